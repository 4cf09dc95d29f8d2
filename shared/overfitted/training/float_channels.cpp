#include "overfitted/training/float_channels.h"

#include <algorithm>

#include "base/try.h"

namespace lic::overfitted {

std::vector<ChannelShape> ListChannels(const Architecture& architecture) {
  std::vector<ChannelShape> list;
  uint32_t gains = 0;
  for (uint32_t c = 0; c < architecture.chains; ++c) {
    const Chain& chain = architecture.chain[c];
    for (uint32_t l = chain.finest; l <= chain.joined; ++l) {
      ChannelShape shape = {.chain = c, .finest_sum = l, .first_gain = gains};
      shape.has_gains = l == chain.joined && chain.gains() > 0;
      shape.coarsest = shape.has_gains ? kLevels - 1 : l;
      if (shape.has_gains) gains += chain.gains();
      list.push_back(shape);
    }
  }
  return list;
}

TapRows::TapRows(uint32_t y, uint32_t height) {
  const int64_t middle = y / 2, step = y % 2 == 0 ? 1 : -1, last = int64_t{height} - 1;
  for (int i = 0; i < 4; ++i) number[i] = static_cast<uint32_t>(std::clamp<int64_t>(middle + step * (i - 2), 0, last));
}

Result<FloatChannels> FloatChannels::Create(const Architecture& architecture, uint32_t width, uint32_t height,
                                            uint32_t workers) {
  FloatChannels result;
  result.a_ = &architecture;
  result.shapes_ = ListChannels(architecture);
  result.levels_.resize(result.shapes_.size());
  result.scratch_row_ = DoublingScratch(Grid{.level = kFineLevels}.Size(width));
  LIC_TRY(result.scratch_, Buffer<float>::Create(workers * result.scratch_row_));
  for (uint32_t c = 0; c < result.shapes_.size(); ++c) {
    const ChannelShape& shape = result.shapes_[c];
    for (uint32_t l = kFineLevels; l <= shape.coarsest; ++l) {
      const Grid size = {.level = l};
      Level& level = result.levels_[c].level[l];
      LIC_TRY(level.gradient, FloatPlane::Create(size.Size(width), size.Size(height)));
      if (shape.IsGrid(l)) continue;
      LIC_TRY(level.values, FloatPlane::Create(size.Size(width), size.Size(height)));
    }
  }
  return result;
}

const FloatPlane& FloatChannels::values(const FloatGrids& grids, uint32_t channel, uint32_t l) const {
  const ChannelShape& shape = shapes_[channel];
  return shape.IsGrid(l) ? grids[a_->Find(shape.chain, l)].rounded : levels_[channel].level[l].values;
}

void FloatChannels::Forward(const FloatNetworks& networks, const FloatGrids& grids, const TrainingKernels& kernels,
                            Workers& workers) {
  workers.ForEach(static_cast<uint32_t>(shapes_.size()), [&](uint32_t c, uint32_t worker) {
    const ChannelShape& shape = shapes_[c];
    if (shape.coarsest < kFineLevels) return;
    const Task task = {networks, kernels, c, scratch_.data() + worker * scratch_row_};
    for (uint32_t l = shape.coarsest + 1; l-- > kFineLevels;) {
      if (l < shape.coarsest) Double(task, grids, l);
      if (shape.Takes(l) && shape.has_gains) AddGrid(task, grids, l);
    }
    levels_[c].level[kFineLevels].gradient.Clear();
  });
}

void FloatChannels::Double(const Task& task, const FloatGrids& grids, uint32_t l) {
  const FloatPlane& from = values(grids, task.channel, l + 1);
  FloatPlane& to = levels_[task.channel].level[l].values;
  for (uint32_t y = 0; y < to.height(); ++y) {
    const TapRows numbers(y, from.height());
    const float* rows[4];
    for (int i = 0; i < 4; ++i) rows[i] = from.Row(numbers.number[i]);
    task.kernels.double_row(rows, task.networks.taps(l), from.width(), task.scratch + kLineMargin, to.Row(y));
  }
}

void FloatChannels::AddGrid(const Task& task, const FloatGrids& grids, uint32_t l) {
  const ChannelShape& shape = shapes_[task.channel];
  const FloatPlane& from = grids[a_->Find(shape.chain, l)].rounded;
  FloatPlane& to = levels_[task.channel].level[l].values;
  const float gain = task.networks.Values(GroupKind::kGain)[shape.Gain(l)];
  for (uint32_t y = 0; y < to.height(); ++y) {
    if (l == shape.coarsest) std::fill_n(to.Row(y), to.width(), 0.f);
    task.kernels.add_scaled(from.Row(y), gain, to.width(), to.Row(y));
  }
}

void FloatChannels::Back(const FloatNetworks& networks, FloatGrids& grids, const TrainingKernels& kernels,
                         Workers& workers, std::span<float> gradient) {
  workers.ForEach(static_cast<uint32_t>(shapes_.size()), [&](uint32_t c, uint32_t worker) {
    const Task task = {networks, kernels, c, scratch_.data() + worker * scratch_row_};
    for (uint32_t l = kFineLevels; l <= shapes_[c].coarsest; ++l) {
      if (l > kFineLevels) DoubleBack(task, grids, l - 1, !gradient.empty());
      if (shapes_[c].Takes(l)) TakeGrid(task, grids, l);
    }
  });
  if (gradient.empty()) return;
  float* taps = gradient.data() + networks.Find(GroupKind::kTaps)->first;
  const Group* gains = networks.Find(GroupKind::kGain);
  for (uint32_t c = 0; c < shapes_.size(); ++c) {
    const ChannelShape& shape = shapes_[c];
    for (uint32_t l = kFineLevels; l < shape.coarsest; ++l) {
      for (uint32_t i = 0; i < 4; ++i) taps[4 * l + i] += levels_[c].level[l].d_taps[i];
    }
    if (!shape.has_gains) continue;
    for (uint32_t l = std::max(kFineLevels, shape.finest_sum); l <= shape.coarsest; ++l)
      gradient[gains->first + shape.Gain(l)] += levels_[c].level[l].d_gain;
  }
}

void FloatChannels::DoubleBack(const Task& task, const FloatGrids& grids, uint32_t l, bool taps_too) {
  const FloatPlane& values = this->values(grids, task.channel, l + 1);
  FloatPlane& from = levels_[task.channel].level[l + 1].gradient;
  Level& to = levels_[task.channel].level[l];
  from.Clear();
  std::fill_n(to.d_taps, 4, 0.f);
  for (uint32_t y = 0; y < to.gradient.height(); ++y) {
    const TapRows numbers(y, from.height());
    const float* rows[4];
    float* d_rows[4];
    for (int i = 0; i < 4; ++i) {
      rows[i] = values.Row(numbers.number[i]);
      d_rows[i] = from.Row(numbers.number[i]);
    }
    task.kernels.double_back(rows, task.networks.taps(l), from.width(), to.gradient.Row(y), to.gradient.width(), d_rows,
                             taps_too ? to.d_taps : nullptr, task.scratch);
  }
}

void FloatChannels::TakeGrid(const Task& task, FloatGrids& grids, uint32_t l) {
  const ChannelShape& shape = shapes_[task.channel];
  FloatGrid& grid = grids[a_->Find(shape.chain, l)];
  Level& level = levels_[task.channel].level[l];
  const float gain = shape.has_gains ? task.networks.Values(GroupKind::kGain)[shape.Gain(l)] : 1;
  level.d_gain = 0;
  for (uint32_t y = 0; y < level.gradient.height(); ++y) {
    const float* d = level.gradient.Row(y);
    task.kernels.add_scaled(d, gain, level.gradient.width(), grid.gradient.Row(y));
    if (shape.has_gains) level.d_gain += task.kernels.dot(d, grid.rounded.Row(y), level.gradient.width());
  }
}

}  // namespace lic::overfitted
