#include "overfitted/training/channel_rows.h"

#include <algorithm>

#include "base/try.h"
#include "overfitted/noise.h"

namespace lic::overfitted {
namespace {

constexpr float kNoiseUnit = 1.f / 64;
constexpr uint32_t kReach = 2;  // rows of level 1 that a row of level 0 reaches, up and down

}  // namespace

Result<ChannelRows> ChannelRows::Create(const Architecture& architecture, uint32_t width, uint32_t height) {
  ChannelRows result;
  result.a_ = &architecture;
  for (uint32_t l = 0; l <= kFineLevels; ++l) {
    const Grid grid = {.level = l};
    result.size_[l][0] = grid.Size(width);
    result.size_[l][1] = grid.Size(height);
  }
  result.shapes_ = ListChannels(architecture);
  for (const ChannelShape& shape : result.shapes_) {
    Rings rings;
    for (uint32_t l = 0; l < std::min(kFineLevels, shape.coarsest + 1); ++l) {
      if (shape.IsGrid(l)) continue;
      LIC_TRY(rings.values[l], FloatRing::Create(result.size_[l][0], kHeld));
    }
    if (shape.coarsest > 0) {
      LIC_TRY(rings.gradient, FloatRing::Create(result.size_[1][0], kHeld));
    }
    result.rings_.push_back(std::move(rings));
  }
  for (uint32_t n = 0; n < architecture.noise; ++n) {
    LIC_TRY(auto ring, FloatRing::Create(width, kHeld));
    result.noise_.push_back(std::move(ring));
  }
  for (uint32_t c = 0; c < architecture.channels(); ++c) {
    LIC_TRY(auto ring, FloatRing::Create(width, 1));
    result.gradients_.push_back(std::move(ring));
  }
  result.sums_.resize(4 * kFineLevels + architecture.gains());
  LIC_TRY(result.scratch_, Buffer<float>::Create(DoublingScratch(width)));
  return result;
}

void ChannelRows::Start(uint32_t first, uint32_t first_back) {
  next_half_ = first / 2 - std::min(kReach, first / 2);
  next_done_ = last_touched_ = first_back / 2 - std::min(kReach, first_back / 2);
  std::fill(sums_.begin(), sums_.end(), 0.f);
}

// ---- Forward -------------------------------------------------------------------------------------------------

void ChannelRows::Make(const Task& task, uint32_t y) {
  for (const uint32_t last = TapRows::Last(y, size_[1][1]); next_half_ <= last; ++next_half_) {
    for (uint32_t c = 0; c < shapes_.size(); ++c) MakeRow(task, c, 1, next_half_);
  }
  for (uint32_t c = 0; c < shapes_.size(); ++c) MakeRow(task, c, 0, y);
  for (uint32_t n = 0; n < noise_.size(); ++n) {
    float* row = noise_[n].Row(y);
    for (uint32_t x = 0; x < size_[0][0]; ++x) row[x] = kNoiseUnit * NoiseAt(n, y, x);
  }
}

void ChannelRows::MakeRow(const Task& task, uint32_t channel, uint32_t l, uint32_t y) {
  const ChannelShape& shape = shapes_[channel];
  if (l > shape.coarsest || shape.IsGrid(l)) return;
  float* to = rings_[channel].values[l].Row(y);
  if (l < shape.coarsest) {
    const TapRows numbers(y, size_[l + 1][1]);
    const float* rows[4];
    for (int i = 0; i < 4; ++i) rows[i] = RowOf(task, channel, l + 1, numbers.number[i]);
    task.kernels.double_row(rows, task.networks.taps(l), size_[l + 1][0], scratch_.data() + kLineMargin, to);
  } else {
    std::fill_n(to, size_[l][0], 0.f);
  }
  if (!shape.has_gains || !shape.Takes(l)) return;
  const float* latents = task.grids[a_->Find(shape.chain, l)].rounded.Row(y);
  task.kernels.add_scaled(latents, task.networks.Values(GroupKind::kGain)[shape.Gain(l)], size_[l][0], to);
}

const float* ChannelRows::RowOf(const Task& task, uint32_t channel, uint32_t l, uint32_t y) const {
  const ChannelShape& shape = shapes_[channel];
  if (l >= kFineLevels) return task.channels.values(task.grids, channel, l).Row(y);
  return shape.IsGrid(l) ? task.grids[a_->Find(shape.chain, l)].rounded.Row(y) : rings_[channel].values[l].Row(y);
}

const float* ChannelRows::Values(const Task& task, uint32_t channel, uint32_t y) const {
  return channel < shapes_.size() ? RowOf(task, channel, 0, y) : noise_[channel - shapes_.size()].Row(y);
}

// ---- Backward ------------------------------------------------------------------------------------------------

void ChannelRows::Back(const Task& task, uint32_t y, bool sums_too) {
  for (uint32_t c = 0; c < shapes_.size(); ++c) {
    TakeRow(task, c, 0, y, gradient(c), sums_too);
    if (shapes_[c].coarsest > 0) DoubleBack(task, c, 0, y, gradient(c), sums_too);
  }
  last_touched_ = TapRows::Last(y, size_[1][1]);
  while (next_done_ + kReach <= y / 2) FinishRow(task, sums_too);
}

void ChannelRows::Finish(const Task& task, bool sums_too) {
  while (next_done_ <= last_touched_) FinishRow(task, sums_too);
}

// Passes the gradients of a row of level 1 on.
void ChannelRows::FinishRow(const Task& task, bool sums_too) {
  const uint32_t y = next_done_++;
  for (uint32_t c = 0; c < shapes_.size(); ++c) {
    if (shapes_[c].coarsest == 0) continue;
    FloatRing& ring = rings_[c].gradient;
    TakeRow(task, c, 1, y, ring.Row(y), sums_too);
    if (shapes_[c].coarsest > 1) DoubleBack(task, c, 1, y, ring.Row(y), sums_too);
    ring.ClearRow(y);
  }
}

void ChannelRows::DoubleBack(const Task& task, uint32_t channel, uint32_t l, uint32_t y, const float* gradient,
                             bool sums_too) {
  const TapRows numbers(y, size_[l + 1][1]);
  const float* rows[4];
  float* d_rows[4];
  for (int i = 0; i < 4; ++i) {
    const uint32_t number = numbers.number[i];
    rows[i] = RowOf(task, channel, l + 1, number);
    d_rows[i] =
        l + 1 < kFineLevels ? rings_[channel].gradient.Row(number) : task.channels.gradient(channel, l + 1).Row(number);
  }
  task.kernels.double_back(rows, task.networks.taps(l), size_[l + 1][0], gradient, size_[l][0], d_rows,
                           sums_too ? sums_.data() + 4 * l : nullptr, scratch_.data());
}

void ChannelRows::TakeRow(const Task& task, uint32_t channel, uint32_t l, uint32_t y, const float* gradient,
                          bool sums_too) {
  const ChannelShape& shape = shapes_[channel];
  if (!shape.Takes(l)) return;
  FloatGrid& grid = task.grids[a_->Find(shape.chain, l)];
  const float gain = shape.has_gains ? task.networks.Values(GroupKind::kGain)[shape.Gain(l)] : 1;
  task.kernels.add_scaled(gradient, gain, size_[l][0], grid.gradient.Row(y));
  if (!sums_too || !shape.has_gains) return;
  sums_[4 * kFineLevels + shape.Gain(l)] += task.kernels.dot(gradient, grid.rounded.Row(y), size_[l][0]);
}

}  // namespace lic::overfitted
