#include "overfitted/training/descent.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/try.h"
#include "container/quality.h"
#include "overfitted/training/network_rounding.h"

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

// From 1 at part 0 to 0 at part 1.
float Falling(float part) { return 0.5f * (1 + std::cos(3.14159265f * part)); }

}  // namespace

Descent::Descent(FloatNetworks networks)
    : networks_(std::move(networks)), steps_(networks_), kernels_(ChooseTrainingKernels()) {}

Result<std::unique_ptr<Descent>> Descent::Create(const Source& source, FloatNetworks networks, uint32_t threads) {
  std::unique_ptr<Descent> d(new (std::nothrow) Descent(std::move(networks)));
  if (!d) return Fail(Error::kOutOfMemory, "no memory for the descent");
  const uint32_t width = source.view.width, height = source.view.height;
  d->pixels_ = double{1} * width * height;
  LIC_TRY(d->workers_, Workers::Create(threads));
  LIC_TRY(d->laplace_, LaplaceTables::Create());
  LIC_TRY(d->grids_, FloatGrids::Create(d->a(), width, height));
  LIC_TRY(d->rate_, RatePass::Create(d->a(), height, d->workers_->workers()));
  LIC_TRY(d->picture_, PicturePass::Create(d->a(), source, d->workers_->workers()));
  LIC_TRY(d->gradient_, Buffer<float>::Create(d->networks_.values().size()));
  return d;
}

void Descent::SetQuality(uint32_t quality256) { price_ = 1 / (255.0 * 255 * Lambda(quality256) * pixels_); }

void Descent::StepSoftly(float part) {
  grids_.RoundSoftly({kTemperature.At(part), kNoise.At(part), ++iteration_}, kernels_, *workers_);
  Pass();
  grids_.Step({.rate = kLatentRate * (Falling(part) + kLeastPart),
               .growth = kLatentGrowth,
               .beta1 = 0.8f,
               .beta2 = 0.95f,
               .epsilon = kLatentEpsilon / static_cast<float>(pixels_)},
              kernels_, *workers_);
  StepNetworks(kNetworkRate * (Falling(part) + kLeastPart));
}

void Descent::Harden() { grids_.Round(); }

void Descent::StepHard(float part) {
  ++iteration_;
  Pass();
  StepNetworks(kHardNetworkRate * Falling(part));
}

void Descent::StepNetworks(double rate) {
  steps_.Step({.rate = rate, .refresh_every = iteration_ < kEagerSteps ? 2u : 10u}, kLongestGradient,
              {gradient_.data(), gradient_.size()}, networks_);
}

void Descent::Pass() {
  const std::span<float> gradient(gradient_.data(), gradient_.size());
  grids_.ClearGradients();
  std::fill(gradient.begin(), gradient.end(), 0.f);
  bits_ =
      rate_.Run(networks_, grids_, static_cast<float>(price_), Wanted::kAllGradients, kernels_, *workers_, gradient);
  error_ = picture_.Run(networks_, grids_, Wanted::kAllGradients, kernels_, *workers_, gradient);
}

// Of the rounded latents: the part of the loss that parameters of a kind can change.
double Descent::PartOfLoss(GroupKind kind) {
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

Result<Fit> Descent::TakeFit() {
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
  for (uint32_t g = 0; g < a().grids; ++g) {
    const FloatPlane& rows = grids_[g].rounded;
    LIC_TRY(fit.planes.plane[g], GridPlane::Create(rows.width(), rows.height(), rows.height()));
    for (uint32_t y = 0; y < rows.height(); ++y) {
      for (uint32_t x = 0; x < rows.width(); ++x) fit.planes.plane[g].Row(y)[x] = static_cast<int8_t>(rows.Row(y)[x]);
    }
  }
  return fit;
}

}  // namespace lic::overfitted
