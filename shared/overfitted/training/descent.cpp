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

// Of short descents and of long ones: a short one must decide sooner, and lets its latents move faster.
constexpr uint32_t kShort = 250, kLong = 1000;  // iterations
constexpr Range kFirstTemperature = {0.45f, 0.35f};
constexpr Range kBeta1 = {0.6f, 0.8f};
constexpr float kBeta2 = 0.95f;
constexpr Range kLastTemperature = {0.06f, 0.05f};
constexpr Range kNoise = {0.22f, 0.15f};
constexpr Range kLatentRate = {0.25f, 0.2f};
// From level to level.
constexpr Range kRateGrowth = {1.08f, 0.9f};
constexpr Range kTemperatureGrowth = {1.1f, 1};  // of the first temperature
constexpr Range kNoiseGrowth = {0.8f, 1};
// A pull of all latents towards 0, in bits for each quantiser step. Without it the finest grid learns to carry what
// coarser ones could: a mean that its context network predicts costs no bits, but it cannot be skipped by a decoder,
// and where it changes it costs more than in a coarse grid.
constexpr float kPull = 2.5f;
constexpr float kPullEnd = 0.5f;         // the part of the schedule where it ends
constexpr float kLatentEpsilon = 1e-6f;  // for a picture of one pixel
constexpr float kLeastPart = 1e-3f;      // of a rate, at the end
constexpr double kNetworkRate = 0.01;
constexpr double kHardNetworkRate = 1e-3;
constexpr double kLongestGradient = 0.1;
constexpr uint32_t kSampledBands = 2;
constexpr uint32_t kEagerSteps = 100;  // whose bases are refreshed every second time

constexpr float kMiddle = 128.f / 255;  // the sample that 0 stands for

// Lets the bypass begin with the mean colour. Otherwise all grids would move towards it at once, and the finest would
// learn to carry it: on a crop of kodim05 the loss after 300 iterations was 5 % higher (mean of six seeds).
Status StartAtMean(const Source& source, FloatNetworks& networks) {
  const uint32_t width = source.view.width, height = source.view.height;
  LIC_TRY(auto row, Buffer<float>::Create(size_t{width} * kColours));
  double sums[kColours] = {};
  for (uint32_t y = 0; y < height; ++y) {
    source.FillRow(y, width, row.data());
    for (size_t i = 0; i < row.size(); ++i) sums[i % kColours] += row[i];
  }
  const std::span<float> bias = networks.Values(*networks.Find(GroupKind::kBypassBias));
  for (uint32_t o = 0; o < kColours; ++o)
    bias[o] = static_cast<float>(sums[o] / (double{1} * width * height)) + 0.5f - kMiddle;
  networks.Update();
  return {};
}

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
  LIC_CHECK(StartAtMean(source, d->networks_));
  return d;
}

void Descent::Plan(uint32_t iterations) {
  const float length = std::log2(static_cast<float>(std::max(iterations, 1u)) / kShort);
  planned_ = std::clamp(length / std::log2(float{kLong} / kShort), 0.f, 1.f);
}

void Descent::SetQuality(uint32_t quality256) { price_ = 1 / (255.0 * 255 * Lambda(quality256) * pixels_); }

void Descent::StepSoftly(float part) {
  grids_.RoundSoftly({.first_temperature = kFirstTemperature.At(planned_),
                      .temperature_growth = kTemperatureGrowth.At(planned_),
                      .last_temperature = kLastTemperature.At(planned_),
                      .noise = kNoise.At(part),
                      .noise_growth = kNoiseGrowth.At(planned_),
                      .part = part,
                      .seed = ++iteration_},
                     kernels_, *workers_);
  Pass();
  if (part < kPullEnd)
    grids_.PullToZero(static_cast<float>(price_) * kPull * (1 - part / kPullEnd), kernels_, *workers_);
  grids_.Step({.rate = kLatentRate.At(planned_) * (Falling(part) + kLeastPart),
               .growth = kRateGrowth.At(planned_),
               .beta1 = kBeta1.At(planned_),
               .beta2 = kBeta2,
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
  AddPriceOfDifferences(networks_, static_cast<float>(price_), {gradient_.data(), gradient_.size()});
  steps_.Step({.rate = rate, .refresh_every = iteration_ < kEagerSteps ? 2u : 10u}, kLongestGradient,
              {gradient_.data(), gradient_.size()}, networks_);
}

void Descent::Pass() {
  const std::span<float> gradient(gradient_.data(), gradient_.size());
  grids_.ClearGradients();
  std::fill(gradient.begin(), gradient.end(), 0.f);
  const Sampling sampling = {.every = kSampledBands, .turn = iteration_};
  bits_ = rate_.Run(networks_, grids_, static_cast<float>(price_), Wanted::kAllGradients, sampling, kernels_, *workers_,
                    gradient);
  error_ = picture_.Run(networks_, grids_, Wanted::kAllGradients, sampling, kernels_, *workers_, gradient);
}

// Of the rounded latents: the part of the loss that parameters of a kind can change.
double Descent::PartOfLoss(GroupKind kind) {
  if (kind <= GroupKind::kGridBias)
    return price_ * rate_.Run(networks_, grids_, 0, Wanted::kLossOnly, {}, kernels_, *workers_, {});
  return picture_.ErrorOfSamples(networks_, grids_, {}, kernels_, *workers_);
}

Result<Fit> Descent::TakeFit() {
  grids_.Round();
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
