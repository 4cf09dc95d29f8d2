// From grids to the channels that the synthesis looks at, row by row (docs/format.md#channels).
//
//   latents of a level ──times 64, or the gain──(+)──double──> level - 1 ──double──> ... ──> level 0
//                            coarser ones ───────┘
#pragma once

#include "overfitted/grids.h"
#include "overfitted/row_ring.h"

namespace lic::overfitted {

// What the channels of a picture are made with. All that it points to must outlive them.
struct ChannelTask {
  const Architecture* architecture;
  const Parameters* parameters;
  const Kernels* kernels;
  uint32_t width;  // of the picture, at its level
  uint32_t height;
  Columns columns;  // of these, that are wanted
  // Level of what is made: 0, or that of a smaller picture, made of its grids and the coarser ones alone.
  uint32_t level = 0;
};

// One channel. A row of a level is made of some rows of the next coarser one, so that only these are kept.
class Channel {
 public:
  // Of the chain: the grids from level `finest` to `coarsest`, whose gains are `gains`, or null for a single grid.
  void Place(RowPool& pool, const ChannelTask& task, uint32_t chain, uint32_t finest, uint32_t coarsest,
             const int16_t* gains, const int16_t* taps);

  // The next row that is asked for is y.
  void Start(uint32_t y);
  // Row y, then y + 1, and so on; valid until the next call. The latents must be there of which it is made.
  const int16_t* NextRow(const GridPlanes& planes);

 private:
  struct Level {
    RowRing<8> rows;
    Columns columns;  // that are made
    uint32_t height = 0;
    uint32_t next = 0;        // row
    uint32_t grid = kNoGrid;  // that is added at this level
    int16_t gain = 0;
  };
  const int16_t* Row(uint32_t level, uint32_t y, const GridPlanes& planes);
  void MakeRow(uint32_t level, const GridPlanes& planes);
  void DoubleInto(uint32_t level, uint32_t y, const GridPlanes& planes, int16_t* to);

  const Kernels* kernels_ = nullptr;
  const int16_t* taps_ = nullptr;  // (levels - 1, 4)
  bool has_gains_ = false;
  uint32_t level_ = 0;  // of the rows
  uint32_t coarsest_ = 0;
  Level levels_[kLevels];
  RowRing<1> line_;  // a row between the two directions
};

class Channels {
 public:
  void Place(RowPool& pool, const ChannelTask& task);

  void Start(uint32_t y);
  // All channels of row y, then of y + 1, and so on; noise planes too. Each begins with the first of the columns.
  const int16_t* const* NextRow(const GridPlanes& planes);

 private:
  Columns columns_;
  uint32_t y_ = 0;
  uint32_t count_ = 0;
  uint32_t noise_ = 0;
  uint32_t level_ = 0;
  Channel channel_[kMaxGrids];
  RowRing<1> noise_rows_[kMaxNoise];
  const int16_t* rows_[kMaxInputs] = {};
};

}  // namespace lic::overfitted
