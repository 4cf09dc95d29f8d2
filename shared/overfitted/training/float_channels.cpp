#include "overfitted/training/float_channels.h"

#include <algorithm>

#include "base/try.h"
#include "overfitted/noise.h"

namespace lic::overfitted {
namespace {

constexpr size_t kLineMargin = 32;
constexpr float kNoiseUnit = 1.f / 64;

// The rows that the taps of a doubled row belong to.
void RowsOf(const FloatPlane& plane, uint32_t y, const float** rows, uint32_t* numbers) {
  const int64_t middle = y / 2, step = y % 2 == 0 ? 1 : -1, last = int64_t{plane.height()} - 1;
  for (int i = 0; i < 4; ++i) {
    const int64_t row = std::clamp<int64_t>(middle + step * (i - 2), 0, last);
    numbers[i] = static_cast<uint32_t>(row);
    rows[i] = plane.Row(row);
  }
}

}  // namespace

Result<FloatChannels> FloatChannels::Create(const Architecture& architecture, uint32_t width, uint32_t height,
                                            uint32_t workers) {
  FloatChannels result;
  result.a_ = &architecture;
  result.width_ = width;
  result.noise_ = architecture.noise;
  result.count_ = architecture.channels();
  LIC_TRY(result.scratch_, Buffer<float>::Create(workers * result.scratch_row()));
  uint32_t gains = 0;
  for (uint32_t c = 0; c < architecture.chains; ++c) {
    const Chain& chain = architecture.chain[c];
    for (uint32_t l = chain.finest; l <= chain.joined; ++l) {
      Channel channel;
      channel.chain = c;
      channel.finest_sum = l;
      channel.has_gains = l == chain.joined && chain.gains() > 0;
      channel.coarsest = channel.has_gains ? kLevels - 1 : l;
      channel.first_gain = gains;
      if (channel.has_gains) gains += chain.gains();
      result.channels_.push_back(std::move(channel));
    }
  }
  for (Channel& channel : result.channels_) {
    for (uint32_t l = 0; l <= channel.coarsest; ++l) {
      const Grid size = {.level = l};
      Level& level = channel.level[l];
      LIC_TRY(level.gradient, FloatPlane::Create(size.Size(width), size.Size(height)));
      if (l == channel.coarsest && !channel.has_gains) continue;
      LIC_TRY(level.values, FloatPlane::Create(size.Size(width), size.Size(height)));
    }
  }
  for (uint32_t n = 0; n < architecture.noise; ++n) {
    Channel noise;
    LIC_TRY(noise.level[0].values, FloatPlane::Create(width, height));
    LIC_TRY(noise.level[0].gradient, FloatPlane::Create(width, height));
    for (uint32_t y = 0; y < height; ++y) {
      for (uint32_t x = 0; x < width; ++x) noise.level[0].values.Row(y)[x] = kNoiseUnit * NoiseAt(n, y, x);
    }
    result.channels_.push_back(std::move(noise));
  }
  return result;
}

const FloatPlane& FloatChannels::values(uint32_t channel) const {
  const Level& level = channels_[channel].level[0];
  return level.shown ? *level.shown : level.values;
}

void FloatChannels::Forward(const FloatNetworks& networks, const FloatGrids& grids, const TrainingKernels& kernels,
                            Workers& workers) {
  workers.ForEach(count_ - noise_, [&](uint32_t c, uint32_t worker) {
    Channel& channel = channels_[c];
    float* scratch = scratch_.data() + worker * scratch_row();
    for (uint32_t l = channel.coarsest + 1; l-- > 0;) {
      Level& level = channel.level[l];
      level.shown = &level.values;
      if (l < channel.coarsest) Double(networks, kernels, channel, l, scratch);
      if (!channel.Takes(l)) continue;
      if (channel.has_gains) {
        AddGrid(networks, grids, channel, l);
      } else {
        level.shown = &grids[a_->Find(channel.chain, l)].rounded;
      }
    }
  });
}

void FloatChannels::Double(const FloatNetworks& networks, const TrainingKernels& kernels, Channel& channel, uint32_t l,
                           float* scratch) {
  const FloatPlane& from = *channel.level[l + 1].shown;
  FloatPlane& to = channel.level[l].values;
  for (uint32_t y = 0; y < to.height(); ++y) {
    const float* rows[4];
    uint32_t numbers[4];
    RowsOf(from, y, rows, numbers);
    kernels.double_row(rows, networks.taps(l), from.width(), scratch + kLineMargin, to.Row(y));
  }
}

void FloatChannels::AddGrid(const FloatNetworks& networks, const FloatGrids& grids, Channel& channel, uint32_t l) {
  const FloatPlane& from = grids[a_->Find(channel.chain, l)].rounded;
  FloatPlane& to = channel.level[l].values;
  const float gain = networks.Values(GroupKind::kGain)[channel.first_gain + l - channel.finest_sum];
  for (uint32_t y = 0; y < to.height(); ++y) {
    const float* latents = from.Row(y);
    float* row = to.Row(y);
    if (l == channel.coarsest) std::fill_n(row, to.width(), 0.f);
    for (uint32_t x = 0; x < to.width(); ++x) row[x] += gain * latents[x];
  }
}

void FloatChannels::Back(const FloatNetworks& networks, FloatGrids& grids, const TrainingKernels& kernels,
                         Workers& workers, std::span<float> gradient) {
  workers.ForEach(count_ - noise_, [&](uint32_t c, uint32_t worker) {
    Channel& channel = channels_[c];
    float* scratch = scratch_.data() + worker * scratch_row();
    for (uint32_t l = 0; l <= channel.coarsest; ++l) {
      if (l > 0) DoubleBack(networks, kernels, channel, l - 1, !gradient.empty(), scratch);
      if (channel.Takes(l)) TakeGrid(networks, grids, channel, l);
    }
  });
  if (gradient.empty()) return;
  float* taps = gradient.data() + networks.Find(GroupKind::kTaps)->first;
  const Group* gains = networks.Find(GroupKind::kGain);
  for (const Channel& channel : channels_) {
    for (uint32_t l = 0; l < channel.coarsest; ++l) {
      for (uint32_t i = 0; i < 4; ++i) taps[4 * l + i] += channel.level[l].d_taps[i];
    }
    if (!channel.has_gains) continue;
    for (uint32_t l = channel.finest_sum; l <= channel.coarsest; ++l)
      gradient[gains->first + channel.first_gain + l - channel.finest_sum] += channel.level[l].d_gain;
  }
}

void FloatChannels::DoubleBack(const FloatNetworks& networks, const TrainingKernels& kernels, Channel& channel,
                               uint32_t l, bool taps_too, float* scratch) {
  Level& from = channel.level[l + 1];
  Level& to = channel.level[l];
  from.gradient.Clear();
  std::fill_n(to.d_taps, 4, 0.f);
  for (uint32_t y = 0; y < to.gradient.height(); ++y) {
    const float* rows[4];
    uint32_t numbers[4];
    float* d_rows[4];
    RowsOf(*from.shown, y, rows, numbers);
    for (int i = 0; i < 4; ++i) d_rows[i] = from.gradient.Row(numbers[i]);
    kernels.double_back(rows, networks.taps(l), from.gradient.width(), to.gradient.Row(y), to.gradient.width(), d_rows,
                        taps_too ? to.d_taps : nullptr, scratch);
  }
}

void FloatChannels::TakeGrid(const FloatNetworks& networks, FloatGrids& grids, Channel& channel, uint32_t l) {
  FloatGrid& grid = grids[a_->Find(channel.chain, l)];
  Level& level = channel.level[l];
  const float gain =
      channel.has_gains ? networks.Values(GroupKind::kGain)[channel.first_gain + l - channel.finest_sum] : 1;
  level.d_gain = 0;
  for (uint32_t y = 0; y < level.gradient.height(); ++y) {
    const float *d = level.gradient.Row(y), *latents = grid.rounded.Row(y);
    float* to = grid.gradient.Row(y);
    float sum = 0;
    for (uint32_t x = 0; x < level.gradient.width(); ++x) {
      to[x] += gain * d[x];
      sum += d[x] * latents[x];
    }
    level.d_gain += sum;
  }
}

}  // namespace lic::overfitted
