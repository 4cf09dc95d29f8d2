// From channels to samples, row by row (docs/format.md#synthesis).
//
//   channels ──mix──> mixed ──3x3 layer──> ──3x3 layer──> (+) ──> samples
//                └──> bypass ──────────────────────────────┘
#pragma once

#include "overfitted/upsampling.h"

namespace lic::overfitted {

class Synthesis {
 public:
  // Makes the columns of the task. What it points to, and the layers, must outlive the object.
  Status Fill(const ChannelTask& task, const Layers& layers);
  static Result<Synthesis> Create(const ChannelTask& task, const Layers& layers) {
    return Made<Synthesis>(task, layers);
  }

  // The next row that is asked for is y.
  void Start(uint32_t y);
  // Red, green and blue of the columns in row y, then of y + 1, and so on. The latents must be there of which it is
  // made: those up to kReach rows of the picture below.
  void NextRow(const GridPlanes& planes, uint8_t* rgb);

  // Multiplications for a row, roughly.
  int64_t row_work() const { return row_work_; }

 private:
  // The rows after the mixing, or after a 3x3 layer.
  struct Stage {
    RowRing<4> rows[kColours];
    uint32_t next = 0;
  };
  void Place(RowPool& pool, ChannelTask task);
  void MakeRow(uint32_t stage, const GridPlanes& planes);
  void Mix(const GridPlanes& planes);
  void Convolve(uint32_t stage);

  const Layers* layers_ = nullptr;
  const Kernels* kernels_ = nullptr;
  Columns columns_;      // of the picture
  uint32_t before_ = 0;  // columns that are made before these, as the border of 3x3 layers
  uint32_t width_ = 0;   // of all that are made
  uint32_t height_ = 0;
  uint32_t convolutions_ = 0;
  int64_t row_work_ = 0;
  Buffer<int16_t> memory_;  // of all rows
  Channels channels_;
  Stage stages_[kMaxConvolutions + 1];
  RowRing<4> bypass_[kColours];
};

// Rows of the picture above and below a pixel whose latents it is made of: one for each 3x3 layer, and for the levels 0
// and 1 the taps of a doubling.
inline constexpr uint32_t kReach = kMaxConvolutions + 6;

}  // namespace lic::overfitted
