// The descent: soft rounding of the latents, less soft from step to step, then hard rounding while the networks alone
// go on (Ladune et al., COOL-CHIC, arXiv 2212.05458; Kim et al., C3, arXiv 2312.02753).
#include "overfitted/training/fitting.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/try.h"
#include "container/quality.h"
#include "overfitted/laplace_tables.h"
#include "overfitted/training/network_rounding.h"
#include "overfitted/training/network_steps.h"
#include "overfitted/training/picture_pass.h"

namespace lic::overfitted {
namespace {

// How the settings go from the first iteration with soft rounding to the last.
struct Range {
  float first, last;
  float At(float part) const { return first + (last - first) * part; }
};

constexpr Range kTemperature = {0.35f, 0.08f};
constexpr Range kNoise = {0.22f, 0.15f};
constexpr float kLatentRate = 0.2f;
constexpr float kLatentGrowth = 0.9f;
constexpr float kLatentEpsilon = 1e-6f;  // for a picture of one pixel
constexpr float kLeastPart = 1e-3f;      // of a rate, at the end
constexpr double kNetworkRate = 0.01;
constexpr double kHardNetworkRate = 1e-3;
constexpr double kLongestGradient = 0.1;
constexpr uint32_t kEagerSteps = 100;  // whose bases are refreshed every second time
constexpr uint32_t kReportEvery = 10;
constexpr uint32_t kMostHardIterations = 100;
constexpr uint32_t kHardPart = 20;   // one of so many iterations
constexpr float kLaterStart = 0.5f;  // where later runs enter the schedule

class Descent final : public Fitting {
 public:
  Descent(const FittingOptions& options, FloatNetworks networks)
      : options_(options), networks_(std::move(networks)), steps_(networks_), kernels_(ChooseTrainingKernels()) {}

  Status Prepare(const Source& source) {
    const uint32_t width = source.view.width, height = source.view.height;
    pixels_ = double{1} * width * height;
    LIC_TRY(workers_, Workers::Create(options_.threads));
    LIC_TRY(laplace_, LaplaceTables::Create());
    LIC_TRY(grids_, FloatGrids::Create(a(), width, height));
    LIC_TRY(rate_, RatePass::Create(a(), height, workers_->workers()));
    LIC_TRY(picture_, PicturePass::Create(a(), source, workers_->workers()));
    LIC_TRY(gradient_, Buffer<float>::Create(networks_.values().size()));
    return {};
  }

  Result<Fit> Run(uint32_t quality256, uint32_t iterations, FittingObserver* observer) override {
    price_ = 1 / (255.0 * 255 * Lambda(quality256) * pixels_);
    const uint32_t hard = std::min(iterations / kHardPart, kMostHardIterations), soft = iterations - hard;
    const Range parts = {runs_++ == 0 ? 0 : kLaterStart, 1};
    for (uint32_t i = 0; i < iterations; ++i) {
      if (i < soft) {
        StepSoftly(parts.At(static_cast<float>(i) / static_cast<float>(soft)));
      } else {
        StepHard(static_cast<float>(i - soft) / static_cast<float>(hard), i == soft);
      }
      if (observer && i % kReportEvery == 0) LIC_CHECK(Report(i, iterations, *observer));
    }
    return TakeFit(iterations);
  }

 private:
  const Architecture& a() const { return networks_.architecture(); }

  void StepSoftly(float part) {
    const float falling = 0.5f * (1 + std::cos(3.14159265f * part));
    grids_.RoundSoftly({kTemperature.At(part), kNoise.At(part), ++iteration_}, kernels_, *workers_);
    Pass(Wanted::kAllGradients);
    grids_.Step({.rate = kLatentRate * (falling + kLeastPart),
                 .growth = kLatentGrowth,
                 .beta1 = 0.8f,
                 .beta2 = 0.95f,
                 .epsilon = kLatentEpsilon / static_cast<float>(pixels_)},
                kernels_, *workers_);
    StepNetworks(kNetworkRate * (falling + kLeastPart));
  }

  void StepHard(float part, bool first) {
    const float falling = 0.5f * (1 + std::cos(3.14159265f * part));
    if (first) grids_.Round();
    ++iteration_;
    Pass(Wanted::kAllGradients);
    StepNetworks(kHardNetworkRate * falling);
  }

  void StepNetworks(double rate) {
    steps_.Step({.rate = rate, .refresh_every = iteration_ < kEagerSteps ? 2u : 10u}, kLongestGradient,
                {gradient_.data(), gradient_.size()}, networks_);
  }

  void Pass(Wanted wanted) {
    const std::span<float> gradient(gradient_.data(), gradient_.size());
    if (wanted != Wanted::kLossOnly) {
      grids_.ClearGradients();
      std::fill(gradient.begin(), gradient.end(), 0.f);
    }
    bits_ = rate_.Run(networks_, grids_, static_cast<float>(price_), wanted, kernels_, *workers_, gradient);
    error_ = picture_.Run(networks_, grids_, wanted, kernels_, *workers_, gradient);
  }

  Status Report(uint32_t iteration, uint32_t iterations, FittingObserver& observer) const {
    return observer.Report(
        {.iteration = iteration, .iterations = iterations, .bits = bits_, .psnr = -10 * std::log10(error_)});
  }

  // Of the rounded latents: the part that parameters of a kind can change.
  double PartOfLoss(GroupKind kind) {
    if (kind <= GroupKind::kGridBias)
      return price_ * rate_.Run(networks_, grids_, 0, Wanted::kLossOnly, kernels_, *workers_, {});
    const PictureStage stage = kind <= GroupKind::kGain         ? PictureStage::kChannels
                               : kind <= GroupKind::kBypassBias ? PictureStage::kMixing
                                                                : PictureStage::kConvolutions;
    // The stage before may still have what was tried last.
    const PictureStage first = std::min(stage, last_stage_);
    last_stage_ = stage;
    return picture_.ErrorOfSamples(networks_, grids_, first, kernels_, *workers_);
  }

  Result<Fit> TakeFit(uint32_t iterations) {
    grids_.Round();
    last_stage_ = PictureStage::kChannels;
    LIC_TRY(auto kept, Buffer<float>::Create(networks_.values().size()));
    std::copy_n(networks_.values().data(), kept.size(), kept.data());
    LIC_TRY(auto rounded,
            RoundNetworks(networks_, price_, laplace_.residual, [this](GroupKind kind) { return PartOfLoss(kind); }));
    std::copy_n(kept.data(), kept.size(), networks_.values().data());
    networks_.Update();
    Fit fit;
    fit.architecture = a();
    fit.parameters = std::move(rounded.values);
    std::copy_n(rounded.steps, kMaxGroups, fit.step);
    fit.iterations = iterations;
    for (uint32_t g = 0; g < a().grids; ++g) {
      const FloatPlane& rows = grids_[g].rounded;
      LIC_TRY(fit.planes.plane[g], GridPlane::Create(rows.width(), rows.height(), rows.height()));
      for (uint32_t y = 0; y < rows.height(); ++y) {
        for (uint32_t x = 0; x < rows.width(); ++x) fit.planes.plane[g].Row(y)[x] = static_cast<int8_t>(rows.Row(y)[x]);
      }
    }
    return fit;
  }

  FittingOptions options_;
  FloatNetworks networks_;
  NetworkSteps steps_;
  const TrainingKernels& kernels_;
  std::unique_ptr<Workers> workers_;
  LaplaceTables laplace_;
  FloatGrids grids_;
  RatePass rate_;
  PicturePass picture_;
  Buffer<float> gradient_;
  double pixels_ = 0;
  double price_ = 0;                                   // what the loss grows by for a bit
  double bits_ = 0;                                    // of the latents, in the last pass
  double error_ = 0;                                   // mean squared, of samples in 0..1, in the last pass
  PictureStage last_stage_ = PictureStage::kChannels;  // from which the error was found
  uint32_t runs_ = 0;
  uint32_t iteration_ = 0;  // of all runs
};

}  // namespace

Result<std::unique_ptr<Fitting>> Fitting::Create(const Source& source, const FittingOptions& options) {
  LIC_TRY(auto networks, FloatNetworks::Create(options.architecture));
  if (options.architecture.base_set == 0) networks.StartFromNothing();
  networks.Update();
  std::unique_ptr<Descent> descent(new (std::nothrow) Descent(options, std::move(networks)));
  if (!descent) return Fail(Error::kOutOfMemory, "no memory for the descent");
  LIC_CHECK(descent->Prepare(source));
  return std::unique_ptr<Fitting>(std::move(descent));
}

}  // namespace lic::overfitted
