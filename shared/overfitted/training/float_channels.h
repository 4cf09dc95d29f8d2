// From grids to the channels that the synthesis looks at, as floats, and back (docs/format.md#channels): the levels
// from 1:4 on, which are kept for the whole picture. The finer ones are made row by row: channel_rows.
#pragma once

#include "overfitted/training/float_grids.h"
#include "overfitted/training/float_networks.h"

namespace lic::overfitted {

// Levels that are made row by row: 1:1 and 1:2.
inline constexpr uint32_t kFineLevels = 2;

struct ChannelShape {
  uint32_t chain = 0;
  uint32_t coarsest = 0;
  uint32_t finest_sum = 0;  // grids from here to the coarsest level are added up
  bool has_gains = false;
  uint32_t first_gain = 0;  // of level finest_sum

  bool Takes(uint32_t l) const { return l >= finest_sum && l <= coarsest; }
  // Rounded latents themselves serve as the values of a level.
  bool IsGrid(uint32_t l) const { return l == coarsest && !has_gains; }
  uint32_t Gain(uint32_t l) const { return first_gain + l - finest_sum; }
};

// Without the noise planes.
std::vector<ChannelShape> ListChannels(const Architecture& architecture);

// The rows of a level that the taps of row y of the level below, which is twice as high, belong to.
struct TapRows {
  uint32_t number[4];

  TapRows(uint32_t y, uint32_t height);
  // The last of them.
  static uint32_t Last(uint32_t y, uint32_t height) { return std::min(y / 2 + 1 + y % 2, height - 1); }
};

// Room for the scratch of a row that is doubled: its line, and what the way back needs.
inline size_t DoublingScratch(uint32_t width) { return 4 * (size_t{width} + 128); }
inline constexpr size_t kLineMargin = 32;  // that double_row's line has on both sides

class FloatChannels {
 public:
  // `architecture` must outlive the channels.
  static Result<FloatChannels> Create(const Architecture& architecture, uint32_t width, uint32_t height,
                                      uint32_t workers);

  const std::vector<ChannelShape>& shapes() const { return shapes_; }
  // Makes the levels of the rounded latents, which must stay as they are until Back, and clears the gradients of level
  // kFineLevels.
  void Forward(const FloatNetworks& networks, const FloatGrids& grids, const TrainingKernels& kernels,
               Workers& workers);
  // Adds gradients to those of the grids and, in the order of the networks' values, to `gradient` unless it is empty.
  // Those of level kFineLevels must be there.
  void Back(const FloatNetworks& networks, FloatGrids& grids, const TrainingKernels& kernels, Workers& workers,
            std::span<float> gradient);

  // Of a level from kFineLevels on, which the channel must have.
  const FloatPlane& values(const FloatGrids& grids, uint32_t channel, uint32_t level) const;
  FloatPlane& gradient(uint32_t channel, uint32_t level) { return levels_[channel].level[level].gradient; }

 private:
  struct Level {
    FloatPlane values;  // empty where the rounded latents themselves serve
    FloatPlane gradient;
    float d_gain = 0;
    float d_taps[4] = {};  // of the doubling from the level above
  };
  struct Levels {
    Level level[kLevels];
  };
  // Of the work on a channel.
  struct Task {
    const FloatNetworks& networks;
    const TrainingKernels& kernels;
    uint32_t channel;
    float* scratch;
  };
  void Double(const Task& task, const FloatGrids& grids, uint32_t level);
  void DoubleBack(const Task& task, const FloatGrids& grids, uint32_t level, bool taps_too);
  void AddGrid(const Task& task, const FloatGrids& grids, uint32_t level);
  void TakeGrid(const Task& task, FloatGrids& grids, uint32_t level);

  const Architecture* a_ = nullptr;
  size_t scratch_row_ = 0;
  std::vector<ChannelShape> shapes_;
  std::vector<Levels> levels_;
  Buffer<float> scratch_;  // (workers, scratch_row_)
};

}  // namespace lic::overfitted
