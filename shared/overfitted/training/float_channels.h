// From grids to the channels that the synthesis looks at, as floats, and back (docs/format.md#channels).
#pragma once

#include "overfitted/training/float_grids.h"
#include "overfitted/training/float_networks.h"

namespace lic::overfitted {

class FloatChannels {
 public:
  // `architecture` must outlive the channels.
  static Result<FloatChannels> Create(const Architecture& architecture, uint32_t width, uint32_t height,
                                      uint32_t workers);

  uint32_t count() const { return count_; }
  // Makes all channels of the rounded latents, which must stay as they are until Back.
  void Forward(const FloatNetworks& networks, const FloatGrids& grids, const TrainingKernels& kernels,
               Workers& workers);
  // Adds gradients to those of the grids and, in the order of the networks' values, to `gradient` unless it is empty.
  // Those of the channels must be there.
  void Back(const FloatNetworks& networks, FloatGrids& grids, const TrainingKernels& kernels, Workers& workers,
            std::span<float> gradient);

  // Of a channel, at 1:1.
  const FloatPlane& values(uint32_t channel) const;
  FloatPlane& gradient(uint32_t channel) { return channels_[channel].level[0].gradient; }

 private:
  struct Level {
    FloatPlane values;  // empty where the rounded latents themselves serve
    FloatPlane gradient;
    const FloatPlane* shown = nullptr;  // the values, or the latents
    float d_gain = 0;
    float d_taps[4] = {};  // of the doubling from the level above
  };
  struct Channel {
    uint32_t chain = 0;
    uint32_t coarsest = 0;
    uint32_t finest_sum = 0;  // grids from here to the coarsest level are added up
    bool has_gains = false;
    uint32_t first_gain = 0;  // of level finest_sum
    Level level[kLevels];

    bool Takes(uint32_t l) const { return l >= finest_sum && l <= coarsest; }
  };
  // Scratch for a row: its line, and what the way back needs.
  size_t scratch_row() const { return 4 * (size_t{width_} + 128); }
  void Double(const FloatNetworks& networks, const TrainingKernels& kernels, Channel& channel, uint32_t level,
              float* scratch);
  void DoubleBack(const FloatNetworks& networks, const TrainingKernels& kernels, Channel& channel, uint32_t level,
                  bool taps_too, float* scratch);
  void AddGrid(const FloatNetworks& networks, const FloatGrids& grids, Channel& channel, uint32_t level);
  void TakeGrid(const FloatNetworks& networks, FloatGrids& grids, Channel& channel, uint32_t level);

  const Architecture* a_ = nullptr;
  uint32_t width_ = 0;
  uint32_t count_ = 0;
  uint32_t noise_ = 0;
  std::vector<Channel> channels_;
  Buffer<float> scratch_;  // (workers, scratch_row)
};

}  // namespace lic::overfitted
