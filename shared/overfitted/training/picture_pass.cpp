#include "overfitted/training/picture_pass.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"

namespace lic::overfitted {

// A band's gradients reach three rows of 1:4 beyond its own. So bands that are not neighbours write to different rows.
static_assert(PicturePass::kBandRows % 8 == 0 && PicturePass::kBandRows >= 32);

Result<PicturePass> PicturePass::Create(const Architecture& architecture, const Source& source, uint32_t workers) {
  PicturePass pass;
  pass.a_ = &architecture;
  pass.width_ = source.view.width;
  pass.height_ = source.view.height;
  LIC_TRY(pass.channels_, FloatChannels::Create(architecture, pass.width_, pass.height_, workers));
  for (uint32_t i = 0; i < workers; ++i) {
    LIC_TRY(auto worker, PictureBand::Create(architecture, pass.width_, pass.height_));
    pass.workers_.push_back(std::move(worker));
  }
  LIC_TRY(pass.band_errors_, Buffer<double>::Create(pass.bands()));
  LIC_TRY(pass.band_sums_, Buffer<float>::Create(pass.bands() * pass.workers_[0].sums()));
  const size_t plane = size_t{pass.width_} * pass.height_;
  LIC_TRY(pass.target_, Buffer<uint8_t>::Create(kColours * plane));
  for (uint32_t y = 0; y < pass.height_; ++y) {
    const uint8_t* row = source.Row(y);
    for (uint32_t x = 0; x < pass.width_; ++x, row += source.view.channels) {
      for (uint32_t o = 0; o < kColours; ++o)
        pass.target_[o * plane + size_t{y} * pass.width_ + x] = row[source.is_grey ? 0 : o];
    }
  }
  return pass;
}

double PicturePass::Run(const FloatNetworks& networks, FloatGrids& grids, Wanted wanted, Sampling sampling,
                        const TrainingKernels& kernels, Workers& workers, std::span<float> gradient) {
  if (blocks() < sampling.every) sampling = {};
  const double samples = double{kColours} * width_ * height_;
  const bool all = wanted == Wanted::kAllGradients;
  channels_.Forward(networks, grids, kernels, workers);
  // Neighbours add to the same rows: they take turns.
  for (uint32_t odd = 0; odd < 2; ++odd) {
    workers.ForEach((bands() + 1 - odd) / 2, [&](uint32_t i, uint32_t worker) {
      const uint32_t band = 2 * i + odd;
      RunBand({.channels = {networks, kernels, grids, channels_},
               .target = target_.data(),
               .slope = static_cast<float>(2 / samples),
               .wanted = wanted,
               .sampling = sampling},
              band, workers_[worker]);
    });
  }
  if (wanted != Wanted::kLossOnly)
    channels_.Back(networks, grids, kernels, workers, all ? gradient : std::span<float>());
  if (all) AddSums(networks, sampling, gradient);
  double total = 0;
  for (const double error : band_errors_) total += error;
  return total / samples;
}

double PicturePass::ErrorOfSamples(const FloatNetworks& networks, FloatGrids& grids, Sampling sampling,
                                   const TrainingKernels& kernels, Workers& workers) {
  if (bands() < sampling.every) sampling = {};
  channels_.Forward(networks, grids, kernels, workers);
  const uint32_t first = sampling.turn % sampling.every;
  workers.ForEach(sampling.Taken(bands()), [&](uint32_t i, uint32_t worker) {
    RunBand({.channels = {networks, kernels, grids, channels_}, .target = target_.data(), .as_samples = true},
            first + i * sampling.every, workers_[worker]);
  });
  double total = 0, rows = 0;
  for (uint32_t band = first; band < bands(); band += sampling.every) {
    total += band_errors_[band];
    rows += std::min(kBandRows, height_ - band * kBandRows);
  }
  return total / (kColours * rows * width_);
}

void PicturePass::RunBand(const PictureBand::Task& task, uint32_t band, PictureBand& worker) {
  const uint32_t first = band * kBandRows;
  band_errors_[band] = worker.Run(task, first, std::min(first + kBandRows, height_));
  if (task.wanted == Wanted::kAllGradients) worker.CopySums(band_sums_.data() + band * worker.sums());
}

void PicturePass::AddSums(const FloatNetworks& networks, Sampling sampling, std::span<float> gradient) const {
  const float scale = sampling.Scale(blocks());
  for (uint32_t band = 0; band < bands(); ++band) {
    const float* from = band_sums_.data() + band * workers_[0].sums();
    const auto add = [&](GroupKind kind, uint32_t number, size_t count) {
      float* to = gradient.data() + networks.Find(kind, number)->first;
      for (size_t i = 0; i < count; ++i) to[i] += scale * *from++;
    };
    for (const GroupKind kind : {GroupKind::kMix1, GroupKind::kMixBias1, GroupKind::kMix2, GroupKind::kMixBias2,
                                 GroupKind::kBypass, GroupKind::kBypassBias})
      add(kind, 0, networks.Find(kind)->count);
    for (uint32_t layer = 0; layer < a_->convolutions; ++layer) {
      for (const GroupKind kind : {GroupKind::kConvolution, GroupKind::kConvolutionBias})
        add(kind, layer, networks.Find(kind, layer)->count);
    }
    add(GroupKind::kTaps, 0, size_t{4} * kFineLevels);
    if (a_->gains() > 0) add(GroupKind::kGain, 0, a_->gains());
  }
}

}  // namespace lic::overfitted
