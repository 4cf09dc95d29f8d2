// A band of rows of the picture: from channels to samples, the squared error, and back, row after row, so that only the
// last rows of what lies between are there at a time.
//
//   channels ──1x1, ReLU, 1x1──> ──3x3 layers──> (+) ──> samples ──> squared error, and all the way back
//          └──────── bypass ─────────────────────┘
#pragma once

#include "overfitted/training/channel_rows.h"
#include "overfitted/training/sampling.h"

namespace lic::overfitted {

class PictureBand {
 public:
  // Rows that gradients of weights are taken from or not.
  static constexpr uint32_t kSampledRows = 8;

  struct Task {
    ChannelRows::Task channels;
    const uint8_t* target = nullptr;  // samples (kColours, height, width)
    float slope = 0;                  // what gradients of samples are multiplied by
    bool as_samples = false;          // values are rounded to what a sample of 0..255 can be
    Wanted wanted = Wanted::kLossOnly;
    Sampling sampling = {};  // of blocks of kSampledRows

    const TrainingKernels& kernels() const { return channels.kernels; }
    const FloatNetworks& networks() const { return channels.networks; }
    // Whether gradients of weights are taken from row y.
    bool TakesSums(uint32_t y) const { return wanted == Wanted::kAllGradients && sampling.Takes(y / kSampledRows); }
  };

  // `architecture` must outlive the band.
  static Result<PictureBand> Create(const Architecture& architecture, uint32_t width, uint32_t height);

  // The squared error of the samples of rows [first, end). Gradients are added to those of the grids and to the
  // channels' gradients: in the grids at 1:1 for these rows alone, elsewhere for some rows more.
  double Run(const Task& task, uint32_t first, uint32_t end);
  // Sums of the last run, of weights: those of the mixing, of the 3x3 layers, of taps and gains (ChannelRows::sums).
  size_t sums() const { return parts_.size() / kParts + rows_.sums().size(); }
  void CopySums(float* to) const;

 private:
  // The last rows of three planes: red, green and blue.
  struct Colours {
    FloatRing ring[kColours];

    Status Make(uint32_t width, uint32_t held);
    void Rows(uint32_t y, int64_t x, float** rows);
    void RepeatBorder(uint32_t y, uint32_t width);
  };
  enum class Kind : uint8_t { kMix, kConvolve, kCompare, kConvolveBack, kMixBack };
  // A stage takes rows y - reach to y + reach of the stage before it.
  struct Stage {
    Kind kind;
    uint32_t layer;
    uint32_t reach;
    uint32_t next = 0, end = 0;  // rows that are still to be made
  };
  static constexpr uint32_t kHeldOutputs = 4;

  void Plan(const Task& task, uint32_t first, uint32_t end);
  void RunRow(const Task& task, const Stage& stage, uint32_t y);
  void Mix(const Task& task, uint32_t y);
  void Convolve(const Task& task, uint32_t layer, uint32_t y);
  void Compare(const Task& task, uint32_t y);
  void ConvolveBack(const Task& task, uint32_t layer, uint32_t y);
  void MixBack(const Task& task, uint32_t y);

  // Rows y - 1, y and y + 1, from column x on. Beyond the picture its border is repeated, or there are zeros.
  void Around(const Colours& colours, uint32_t y, int64_t x, const float* (*rows)[3]) const;
  void AroundOrZero(const Colours& colours, int64_t y, int64_t x, const float* (*rows)[3]) const;
  size_t mix_parameters() const;
  uint32_t LanesFrom(uint32_t x) const { return CeilDiv(std::min(kTileLanes, width_ - x), kLaneStep) * kLaneStep; }

  const Architecture* a_ = nullptr;
  uint32_t width_ = 0;
  uint32_t height_ = 0;
  uint32_t first_ = 0, end_ = 0;  // rows of the band
  double error_ = 0;
  std::vector<Stage> stages_;
  ChannelRows rows_;
  Colours outputs_[kMaxConvolutions + 1];    // of the mixing, and of each 3x3 layer
  Colours d_outputs_[kMaxConvolutions + 1];  // the last are those of the samples
  Colours bypass_;
  Colours beyond_;       // a row of gradients above the picture or below it
  FloatRing zeros_;      // a row
  Buffer<float> parts_;  // (weights, kParts)
  Buffer<float> scratch_;
};

}  // namespace lic::overfitted
