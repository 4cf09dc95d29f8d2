#include "overfitted/training/picture_pass.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"

namespace lic::overfitted {
namespace {

constexpr float kMiddle = 128.f / 255;  // the sample that 0 stands for

// The rows of channels, from column x on.
void ChannelRows(const FloatChannels& channels, uint32_t y, uint32_t x, const float** rows) {
  for (uint32_t c = 0; c < channels.count(); ++c) rows[c] = channels.values(c).Row(y) + x;
}

}  // namespace

// ---- Colours -------------------------------------------------------------------------------------------------

Status PicturePass::Colours::Make(uint32_t width, uint32_t height) {
  for (FloatPlane& p : plane) {
    LIC_TRY(p, FloatPlane::Create(width, height));
  }
  return {};
}

void PicturePass::Colours::Around(int64_t y, int64_t x, const float* (*rows)[3]) const {
  for (uint32_t o = 0; o < kColours; ++o) {
    for (int64_t row = 0; row < 3; ++row) rows[o][row] = plane[o].Row(y + row - 1) + x;
  }
}

void PicturePass::Colours::Row(int64_t y, int64_t x, float** rows) {
  for (uint32_t o = 0; o < kColours; ++o) rows[o] = plane[o].Row(y) + x;
}

void PicturePass::Colours::RepeatBorder(uint32_t y) {
  for (FloatPlane& p : plane) {
    float* row = p.Row(y);
    row[-1] = row[0];
    row[p.width()] = row[p.width() - 1];
    const size_t bytes = (size_t{p.width()} + 2) * sizeof(float);
    if (y == 0) std::memcpy(p.Row(-1) - 1, row - 1, bytes);
    if (y + 1 == p.height()) std::memcpy(p.Row(p.height()) - 1, row - 1, bytes);
  }
}

// ---- Forward -------------------------------------------------------------------------------------------------

Result<PicturePass> PicturePass::Create(const Architecture& architecture, const Source& source, uint32_t workers) {
  PicturePass pass;
  pass.a_ = &architecture;
  pass.width_ = source.view.width;
  pass.height_ = source.view.height;
  const uint32_t hidden = architecture.hidden, channels = architecture.channels();
  pass.mix_parameters_ =
      size_t{hidden} * (channels + 1) + kColours * (size_t{hidden} + 1) + kColours * (size_t{channels} + 1);
  LIC_TRY(pass.channels_, FloatChannels::Create(architecture, pass.width_, pass.height_, workers));
  for (Colours* colours : {&pass.target_, &pass.bypass_, &pass.d_samples_})
    LIC_CHECK(colours->Make(pass.width_, pass.height_));
  for (uint32_t i = 0; i <= architecture.convolutions; ++i) LIC_CHECK(pass.stages_[i].Make(pass.width_, pass.height_));
  for (uint32_t i = 0; i < architecture.convolutions; ++i) LIC_CHECK(pass.d_stages_[i].Make(pass.width_, pass.height_));
  LIC_TRY(pass.band_errors_, Buffer<double>::Create(pass.bands()));
  LIC_TRY(pass.band_sums_, Buffer<float>::Create(pass.bands() * pass.sums_of_band()));
  LIC_TRY(pass.scratch_, Buffer<float>::Create(workers * (kMixScratch + pass.sums_of_band() * kParts)));
  LIC_TRY(auto row, Buffer<float>::Create(size_t{pass.width_} * kColours));
  constexpr float kOfSource = 0.5f - kMiddle;
  for (uint32_t y = 0; y < pass.height_; ++y) {
    source.FillRow(y, pass.width_, row.data());
    for (uint32_t x = 0; x < pass.width_; ++x) {
      for (uint32_t o = 0; o < kColours; ++o) pass.target_.plane[o].Row(y)[x] = row[x * kColours + o] + kOfSource;
    }
  }
  return pass;
}

template <class Function>
void PicturePass::ForEachRow(const Task& task, const Function& function) {
  task.workers.ForEach(bands(), [&](uint32_t band, uint32_t worker) {
    const uint32_t end = std::min((band + 1) * kBandRows, height_);
    for (uint32_t y = band * kBandRows; y < end; ++y) function(y, band, worker);
  });
}

double PicturePass::Run(const FloatNetworks& networks, FloatGrids& grids, Wanted wanted, Sampling sampling,
                        const TrainingKernels& kernels, Workers& workers, std::span<float> gradient) {
  if (bands() < sampling.every) sampling = {};
  const Task task = {networks, kernels, workers, wanted, sampling};
  const double error = Forward(task, grids, PictureStage::kChannels, false);
  if (wanted == Wanted::kLossOnly) return error;
  Colours* d = &d_samples_;
  for (uint32_t layer = a_->convolutions; layer-- > 0;) {
    ConvolveBack(task, layer, *d, d_stages_[layer]);
    d = &d_stages_[layer];
  }
  MixBack(task, *d);
  channels_.Back(networks, grids, kernels, workers, wanted == Wanted::kAllGradients ? gradient : std::span<float>());
  if (wanted == Wanted::kAllGradients) AddSums(task, gradient);
  return error;
}

double PicturePass::ErrorOfSamples(const FloatNetworks& networks, const FloatGrids& grids, PictureStage first,
                                   const TrainingKernels& kernels, Workers& workers) {
  return Forward({networks, kernels, workers, Wanted::kLossOnly, {}}, grids, first, true);
}

double PicturePass::Forward(const Task& task, const FloatGrids& grids, PictureStage first, bool as_samples) {
  if (first <= PictureStage::kChannels) channels_.Forward(task.networks, grids, task.kernels, task.workers);
  if (first <= PictureStage::kMixing) Mix(task);
  for (uint32_t layer = 0; layer < a_->convolutions; ++layer) Convolve(task, layer);
  return Compare(task, as_samples);
}

void PicturePass::Mix(const Task& task) {
  ForEachRow(task, [&](uint32_t y, uint32_t, uint32_t worker) {
    float* scratch = scratch_.data() + worker * (kMixScratch + sums_of_band() * kParts);
    for (uint32_t x = 0; x < width_; x += kTileLanes) {
      const float* rows[kMaxInputs];
      float *mixed[kColours], *bypass[kColours];
      ChannelRows(channels_, y, x, rows);
      stages_[0].Row(y, x, mixed);
      bypass_.Row(y, x, bypass);
      const uint32_t lanes = CeilDiv(std::min(kTileLanes, width_ - x), kLaneStep) * kLaneStep;
      task.kernels.mix_forward(task.networks.mix(), rows, lanes, mixed, bypass, scratch);
    }
    stages_[0].RepeatBorder(y);
  });
}

void PicturePass::Convolve(const Task& task, uint32_t layer) {
  const bool rectify = layer + 1 < a_->convolutions;
  const uint32_t lanes = CeilDiv(width_, kLaneStep) * kLaneStep;
  ForEachRow(task, [&](uint32_t y, uint32_t, uint32_t) {
    const float* rows[kColours][3];
    float* to[kColours];
    stages_[layer].Around(y, 0, rows);
    stages_[layer + 1].Row(y, 0, to);
    task.kernels.convolve(task.networks.convolution(layer), rows, rectify, lanes, to);
    stages_[layer + 1].RepeatBorder(y);
  });
}

double PicturePass::Compare(const Task& task, bool as_samples) {
  const double samples = double{kColours} * width_ * height_;
  const float slope = static_cast<float>(2 / samples);
  std::fill_n(band_errors_.data(), bands(), 0.0);
  ForEachRow(task, [&](uint32_t y, uint32_t band, uint32_t) {
    for (uint32_t o = 0; o < kColours; ++o) {
      const float* made = stages_[a_->convolutions].plane[o].Row(y);
      const float *bypass = bypass_.plane[o].Row(y), *target = target_.plane[o].Row(y);
      float* d = d_samples_.plane[o].Row(y);
      const float sum = task.kernels.compare(made, bypass, target, width_, as_samples, slope, d);
      band_errors_[band] += sum;
    }
  });
  double total = 0;
  for (uint32_t band = 0; band < bands(); ++band) total += band_errors_[band];
  return total / samples;
}

// ---- Backward ------------------------------------------------------------------------------------------------

void PicturePass::ConvolveBack(const Task& task, uint32_t layer, Colours& d_out, Colours& d_in) {
  const float* weights = task.networks.convolution(layer);
  const uint32_t lanes = CeilDiv(width_, kLaneStep) * kLaneStep;
  const uint32_t lanes_with_border = CeilDiv(width_ + 2, kLaneStep) * kLaneStep;
  const auto back = [&](int64_t y) {
    const float* rows[kColours][3];
    float* to[kColours];
    d_out.Around(y, -1, rows);
    d_in.Row(y, -1, to);
    task.kernels.convolve_back(weights, rows, lanes_with_border, to);
  };
  ForEachRow(task, [&](uint32_t y, uint32_t band, uint32_t worker) {
    back(y);
    if (y == 0) back(-1);
    if (y + 1 == height_) back(height_);
    if (!task.TakesSums(band)) return;
    float* parts = scratch_.data() + worker * (kMixScratch + sums_of_band() * kParts) + kMixScratch;
    if (y % kBandRows == 0) std::fill_n(parts, kConvolutionParameters * kParts, 0.f);
    const float* rows[kColours][3];
    float* d_rows[kColours];
    stages_[layer].Around(y, 0, rows);
    d_out.Row(y, 0, d_rows);
    task.kernels.convolve_sums(rows, d_rows, lanes, parts);
    if (y + 1 == std::min((band + 1) * kBandRows, height_)) {
      Reduce(parts, kConvolutionParameters,
             band_sums_.data() + band * sums_of_band() + mix_parameters_ + layer * kConvolutionParameters);
    }
  });
  ForEachRow(task, [&](uint32_t y, uint32_t, uint32_t) { Fold(y, layer > 0 ? &stages_[layer] : nullptr, d_in); });
  for (FloatPlane& p : d_in.plane) {
    for (const int64_t y : {int64_t{-2}, int64_t{-1}, int64_t{height_}, int64_t{height_} + 1}) p.ClearRow(y);
  }
}

// Gradients of the repeated border go to the pixels that were repeated. Beyond them there must be 0.
void PicturePass::Fold(uint32_t y, const Colours* rectified, Colours& gradient) const {
  for (uint32_t o = 0; o < kColours; ++o) {
    FloatPlane& p = gradient.plane[o];
    float* row = p.Row(y);
    const auto add = [&](int64_t from) {
      for (int64_t x = -1; x <= int64_t{width_}; ++x) row[x] += p.Row(from)[x];
    };
    if (y == 0) add(-1);
    if (y + 1 == height_) add(height_);
    row[0] += row[-1];
    row[width_ - 1] += row[width_];
    row[-1] = 0;
    std::fill(row + width_, row + CeilDiv(width_ + 2, kLaneStep) * kLaneStep + kLaneStep, 0.f);
    if (!rectified) continue;
    const float* values = rectified->plane[o].Row(y);
    for (uint32_t x = 0; x < width_; ++x) row[x] = values[x] > 0 ? row[x] : 0;
  }
}

void PicturePass::MixBack(const Task& task, Colours& d_mixed) {
  ForEachRow(task, [&](uint32_t y, uint32_t band, uint32_t worker) {
    const bool sums_too = task.TakesSums(band);
    float* scratch = scratch_.data() + worker * (kMixScratch + sums_of_band() * kParts);
    float* parts = scratch + kMixScratch;
    if (sums_too && y % kBandRows == 0) std::fill_n(parts, mix_parameters_ * kParts, 0.f);
    for (uint32_t x = 0; x < width_; x += kTileLanes) {
      const float* rows[kMaxInputs];
      float *d_rows[kColours], *d_bypass[kColours], *d_channels[kMaxInputs];
      ChannelRows(channels_, y, x, rows);
      d_mixed.Row(y, x, d_rows);
      d_samples_.Row(y, x, d_bypass);
      for (uint32_t c = 0; c < channels_.count(); ++c) d_channels[c] = channels_.gradient(c).Row(y) + x;
      const uint32_t lanes = CeilDiv(std::min(kTileLanes, width_ - x), kLaneStep) * kLaneStep;
      task.kernels.mix_backward(task.networks.mix(), rows, d_rows, d_bypass, lanes, d_channels,
                                sums_too ? parts : nullptr, scratch);
    }
    if (sums_too && y + 1 == std::min((band + 1) * kBandRows, height_))
      Reduce(parts, mix_parameters_, band_sums_.data() + band * sums_of_band());
  });
}

void PicturePass::Reduce(const float* parts, size_t count, float* to) const {
  for (size_t i = 0; i < count; ++i) {
    float sum = 0;
    for (uint32_t part = 0; part < kParts; ++part) sum += parts[i * kParts + part];
    to[i] = sum;
  }
}

void PicturePass::AddSums(const Task& task, std::span<float> gradient) const {
  const float scale = task.sampling.Scale(bands());
  for (uint32_t band = 0; band < bands(); ++band) {
    if (!task.sampling.Takes(band)) continue;
    const float* from = band_sums_.data() + band * sums_of_band();
    const auto add = [&](GroupKind kind, uint32_t number) {
      const Group& group = *task.networks.Find(kind, number);
      for (size_t i = 0; i < group.count; ++i) gradient[group.first + i] += scale * *from++;
    };
    for (const GroupKind kind : {GroupKind::kMix1, GroupKind::kMixBias1, GroupKind::kMix2, GroupKind::kMixBias2,
                                 GroupKind::kBypass, GroupKind::kBypassBias})
      add(kind, 0);
    for (uint32_t layer = 0; layer < a_->convolutions; ++layer) {
      add(GroupKind::kConvolution, layer);
      add(GroupKind::kConvolutionBias, layer);
    }
  }
}

}  // namespace lic::overfitted
