// Rows of the channels at 1:1, made one after the other from the levels that FloatChannels keeps, and the way back.
// Only the last rows of the levels 1:1 and 1:2 are there at a time.
#pragma once

#include "overfitted/training/float_channels.h"

namespace lic::overfitted {

class ChannelRows {
 public:
  // Rows at 1:1 that are there at a time.
  static constexpr uint32_t kHeld = 8;

  // What a walk works with.
  struct Task {
    const FloatNetworks& networks;
    const TrainingKernels& kernels;
    FloatGrids& grids;
    FloatChannels& channels;
  };

  // `architecture` must outlive the rows.
  static Result<ChannelRows> Create(const Architecture& architecture, uint32_t width, uint32_t height);

  // Begins a walk: Make will be asked for rows from `first` on, Back for rows from `first_back` on.
  void Start(uint32_t first, uint32_t first_back);
  // Makes row y of every channel.
  void Make(const Task& task, uint32_t y);
  // Of one of the last rows that were made.
  const float* Values(const Task& task, uint32_t channel, uint32_t y) const;

  // Where the gradients of a row of a channel belong.
  float* gradient(uint32_t channel) { return gradients_[channel].Row(0); }
  // Adds those of row y to the gradients of the grids and of level kFineLevels; some only when later rows follow.
  void Back(const Task& task, uint32_t y, bool sums_too);
  // Adds what is left.
  void Finish(const Task& task, bool sums_too);

  // Gradients of taps and gains, summed up since Start: of kFineLevels doublings, and of all gains.
  const std::vector<float>& sums() const { return sums_; }

 private:
  // Of a channel.
  struct Rings {
    FloatRing values[kFineLevels];  // empty where the rounded latents themselves serve, or where there is no such level
    FloatRing gradient;             // of level 1
  };
  void MakeRow(const Task& task, uint32_t channel, uint32_t level, uint32_t y);
  const float* RowOf(const Task& task, uint32_t channel, uint32_t level, uint32_t y) const;
  void DoubleBack(const Task& task, uint32_t channel, uint32_t level, uint32_t y, const float* gradient, bool sums_too);
  void TakeRow(const Task& task, uint32_t channel, uint32_t level, uint32_t y, const float* gradient, bool sums_too);
  void FinishRow(const Task& task, bool sums_too);

  const Architecture* a_ = nullptr;
  uint32_t size_[kFineLevels + 1][2] = {};  // of the levels: width, height
  std::vector<ChannelShape> shapes_;
  std::vector<Rings> rings_;
  std::vector<FloatRing> noise_;
  std::vector<FloatRing> gradients_;  // a row of each channel
  uint32_t next_half_ = 0;            // row of level 1 that is to be made
  uint32_t next_done_ = 0;            // row of level 1 whose gradients are to be passed on
  uint32_t last_touched_ = 0;         // row of level 1 that got gradients
  std::vector<float> sums_;
  Buffer<float> scratch_;
};

}  // namespace lic::overfitted
