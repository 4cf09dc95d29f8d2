#include "overfitted/training/picture_band.h"

#include <algorithm>

#include "base/try.h"

namespace lic::overfitted {

// ---- Rows ----------------------------------------------------------------------------------------------------

Status PictureBand::Colours::Make(uint32_t width, uint32_t held) {
  for (FloatRing& r : ring) {
    LIC_TRY(r, FloatRing::Create(width, held));
  }
  return {};
}

void PictureBand::Colours::Rows(uint32_t y, int64_t x, float** rows) {
  for (uint32_t o = 0; o < kColours; ++o) rows[o] = ring[o].Row(y) + x;
}

void PictureBand::Colours::RepeatBorder(uint32_t y, uint32_t width) {
  for (FloatRing& r : ring) {
    float* row = r.Row(y);
    row[-1] = row[0];
    row[width] = row[width - 1];
  }
}

void PictureBand::Around(const Colours& colours, uint32_t y, int64_t x, const float* (*rows)[3]) const {
  const uint32_t up = y - std::min(y, 1u), down = std::min(y + 1, height_ - 1);
  for (uint32_t o = 0; o < kColours; ++o) {
    const FloatRing& ring = colours.ring[o];
    rows[o][0] = ring.Row(up) + x;
    rows[o][1] = ring.Row(y) + x;
    rows[o][2] = ring.Row(down) + x;
  }
}

void PictureBand::AroundOrZero(const Colours& colours, int64_t y, int64_t x, const float* (*rows)[3]) const {
  for (uint32_t o = 0; o < kColours; ++o) {
    for (int64_t i = 0; i < 3; ++i) {
      const int64_t row = y + i - 1;
      const bool is_inside = row >= 0 && row < int64_t{height_};
      rows[o][i] = (is_inside ? colours.ring[o].Row(static_cast<uint32_t>(row)) : zeros_.Row(0)) + x;
    }
  }
}

// ---- Band ----------------------------------------------------------------------------------------------------

Result<PictureBand> PictureBand::Create(const Architecture& architecture, uint32_t width, uint32_t height) {
  PictureBand band;
  band.a_ = &architecture;
  band.width_ = width;
  band.height_ = height;
  LIC_TRY(band.rows_, ChannelRows::Create(architecture, width, height));
  for (uint32_t i = 0; i <= architecture.convolutions; ++i) {
    LIC_CHECK(band.outputs_[i].Make(width, i == 0 ? ChannelRows::kHeld : kHeldOutputs));
    LIC_CHECK(band.d_outputs_[i].Make(width, kHeldOutputs));
  }
  LIC_CHECK(band.bypass_.Make(width, kHeldOutputs));
  LIC_CHECK(band.beyond_.Make(width, 1));
  LIC_TRY(band.zeros_, FloatRing::Create(width, 1));
  const size_t weights = band.mix_parameters() + size_t{architecture.convolutions} * kConvolutionParameters;
  LIC_TRY(band.parts_, Buffer<float>::Create(weights * kParts));
  LIC_TRY(band.scratch_, Buffer<float>::Create(kMixScratch));
  return band;
}

size_t PictureBand::mix_parameters() const {
  const size_t hidden = a_->hidden, channels = a_->channels();
  return hidden * (channels + 1) + kColours * (hidden + 1) + kColours * (channels + 1);
}

// The stages, and for each the rows that the stages after it take.
void PictureBand::Plan(const Task& task, uint32_t first, uint32_t end) {
  stages_.clear();
  stages_.push_back({Kind::kMix, 0, 0});
  for (uint32_t layer = 0; layer < a_->convolutions; ++layer) stages_.push_back({Kind::kConvolve, layer, 1});
  stages_.push_back({Kind::kCompare, 0, 0});
  if (task.wanted != Wanted::kLossOnly) {
    for (uint32_t layer = a_->convolutions; layer-- > 0;) stages_.push_back({Kind::kConvolveBack, layer, 1});
    stages_.push_back({Kind::kMixBack, 0, 0});
  }
  for (size_t i = stages_.size(); i-- > 0;) {
    stages_[i].next = first;
    stages_[i].end = end;
    first -= std::min(first, stages_[i].reach);
    end = std::min(end + stages_[i].reach, height_);
  }
}

double PictureBand::Run(const Task& task, uint32_t first, uint32_t end) {
  first_ = first;
  end_ = end;
  error_ = 0;
  Plan(task, first, end);
  if (task.wanted == Wanted::kAllGradients) std::fill(parts_.begin(), parts_.end(), 0.f);
  rows_.Start(stages_[0].next, first);
  while (stages_.back().next < stages_.back().end) {
    // A row of each stage, so that the distance from stage to stage is always the same: as rings hold it.
    for (size_t i = 0; i < stages_.size(); ++i) {
      Stage& stage = stages_[i];
      if (stage.next == stage.end) continue;
      if (i > 0 && std::min(stage.next + stage.reach, height_ - 1) >= stages_[i - 1].next) continue;
      RunRow(task, stage, stage.next++);
    }
  }
  if (task.wanted != Wanted::kLossOnly) rows_.Finish(task.channels, task.TakesSums(end - 1));
  return error_;
}

void PictureBand::RunRow(const Task& task, const Stage& stage, uint32_t y) {
  switch (stage.kind) {
    case Kind::kMix:
      return Mix(task, y);
    case Kind::kConvolve:
      return Convolve(task, stage.layer, y);
    case Kind::kCompare:
      return Compare(task, y);
    case Kind::kConvolveBack:
      return ConvolveBack(task, stage.layer, y);
    case Kind::kMixBack:
      return MixBack(task, y);
  }
}

void PictureBand::CopySums(float* to) const {
  for (size_t i = 0; i < parts_.size() / kParts; ++i) {
    float sum = 0;
    for (uint32_t part = 0; part < kParts; ++part) sum += parts_[i * kParts + part];
    *to++ = sum;
  }
  std::copy(rows_.sums().begin(), rows_.sums().end(), to);
}

// ---- Stages --------------------------------------------------------------------------------------------------

void PictureBand::Mix(const Task& task, uint32_t y) {
  rows_.Make(task.channels, y);
  for (uint32_t x = 0; x < width_; x += kTileLanes) {
    const float* channels[kMaxInputs];
    float *mixed[kColours], *bypass[kColours];
    for (uint32_t c = 0; c < a_->channels(); ++c) channels[c] = rows_.Values(task.channels, c, y) + x;
    outputs_[0].Rows(y, x, mixed);
    bypass_.Rows(y, x, bypass);
    task.kernels().mix_forward(task.networks().mix(), channels, LanesFrom(x), mixed, bypass, scratch_.data());
  }
  outputs_[0].RepeatBorder(y, width_);
}

void PictureBand::Convolve(const Task& task, uint32_t layer, uint32_t y) {
  const bool rectify = layer + 1 < a_->convolutions;
  const float* rows[kColours][3];
  float* to[kColours];
  Around(outputs_[layer], y, 0, rows);
  outputs_[layer + 1].Rows(y, 0, to);
  const uint32_t lanes = CeilDiv(width_, kLaneStep) * kLaneStep;
  task.kernels().convolve(task.networks().convolution(layer), rows, rectify, lanes, to);
  outputs_[layer + 1].RepeatBorder(y, width_);
}

void PictureBand::Compare(const Task& task, uint32_t y) {
  const bool counts = y >= first_ && y < end_;
  for (uint32_t o = 0; o < kColours; ++o) {
    const uint8_t* target = task.target + (size_t{o} * height_ + y) * width_;
    const float sum =
        task.kernels().compare(outputs_[a_->convolutions].ring[o].Row(y), bypass_.ring[o].Row(y), target, width_,
                               task.as_samples, task.slope, d_outputs_[a_->convolutions].ring[o].Row(y));
    if (counts) error_ += sum;
  }
}

void PictureBand::ConvolveBack(const Task& task, uint32_t layer, uint32_t y) {
  const uint32_t lanes = CeilDiv(width_ + 2, kLaneStep) * kLaneStep;
  // Layers but the first take what was rectified.
  const float* mask[kColours];
  for (uint32_t o = 0; o < kColours; ++o) mask[o] = outputs_[layer].ring[o].Row(y) - 1;
  const auto back = [&](int64_t from, float* const* to) {
    const float* rows[kColours][3];
    AroundOrZero(d_outputs_[layer + 1], from, -1, rows);
    task.kernels().convolve_back(task.networks().convolution(layer), rows, layer > 0 ? mask : nullptr, lanes, to);
  };
  float *to[kColours], *beyond[kColours];
  d_outputs_[layer].Rows(y, -1, to);
  beyond_.Rows(0, -1, beyond);
  back(y, to);
  // Gradients of the repeated border go to the pixels that were repeated. Beyond them there must be 0.
  const auto fold = [&](int64_t from) {
    back(from, beyond);
    for (uint32_t o = 0; o < kColours; ++o) task.kernels().add_scaled(beyond[o], 1, width_ + 2, to[o]);
  };
  if (y == 0) fold(-1);
  if (y + 1 == height_) fold(height_);
  for (uint32_t o = 0; o < kColours; ++o) {
    float* row = to[o] + 1;
    row[0] += row[-1];
    row[width_ - 1] += row[width_];
    row[-1] = 0;
    std::fill(row + width_, to[o] + lanes, 0.f);
  }
  if (!task.TakesSums(y) || y < first_ || y >= end_) return;
  const float *rows[kColours][3], *d_rows[kColours];
  Around(outputs_[layer], y, 0, rows);
  for (uint32_t o = 0; o < kColours; ++o) d_rows[o] = d_outputs_[layer + 1].ring[o].Row(y);
  float* sums = parts_.data() + (mix_parameters() + size_t{layer} * kConvolutionParameters) * kParts;
  task.kernels().convolve_sums(rows, d_rows, CeilDiv(width_, kLaneStep) * kLaneStep, sums);
}

void PictureBand::MixBack(const Task& task, uint32_t y) {
  for (uint32_t x = 0; x < width_; x += kTileLanes) {
    const float* channels[kMaxInputs];
    float *d_mixed[kColours], *d_bypass[kColours], *d_channels[kMaxInputs];
    for (uint32_t c = 0; c < a_->channels(); ++c) {
      channels[c] = rows_.Values(task.channels, c, y) + x;
      d_channels[c] = rows_.gradient(c) + x;
    }
    d_outputs_[0].Rows(y, x, d_mixed);
    d_outputs_[a_->convolutions].Rows(y, x, d_bypass);
    task.kernels().mix_backward(task.networks().mix(), channels, d_mixed, d_bypass, LanesFrom(x), d_channels,
                                task.TakesSums(y) ? parts_.data() : nullptr, scratch_.data());
  }
  rows_.Back(task.channels, y, task.TakesSums(y));
}

}  // namespace lic::overfitted
