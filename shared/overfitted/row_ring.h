// The last rows of a plane of int16, each with room on both sides for kernels.
#pragma once

#include "overfitted/kernels.h"

namespace lic::overfitted {

// Columns [first, end) of a plane.
struct Columns {
  uint32_t first = 0;
  uint32_t end = 0;

  uint32_t width() const { return end - first; }
};

// Counts the values that rows take or, where there is memory for them, hands it out: the same calls for both.
class RowPool {
 public:
  RowPool() = default;
  explicit RowPool(int16_t* memory) : memory_(memory) {}

  int16_t* Take(size_t values) {
    int16_t* taken = memory_ ? memory_ + taken_ : nullptr;
    taken_ += values;
    return taken;
  }
  size_t taken() const { return taken_; }

 private:
  int16_t* memory_ = nullptr;
  size_t taken_ = 0;
};

template <uint32_t kRows>
class RowRing {
  static_assert((kRows & (kRows - 1)) == 0);

 public:
  void Place(RowPool& pool, uint32_t width) {
    stride_ = size_t{RoundUp(width, kRowPad)} + 2 * kRowPad;
    values_ = pool.Take(stride_ * kRows);
  }
  int16_t* Row(uint32_t y) { return values_ + (y % kRows) * stride_ + kRowPad; }

 private:
  int16_t* values_ = nullptr;
  size_t stride_ = 0;
};

// Repeats the values at the ends of a row, `count` times.
inline void RepeatEnds(int16_t* row, uint32_t width, uint32_t count) {
  for (uint32_t i = 1; i <= count; ++i) {
    *(row - i) = row[0];
    row[width - 1 + i] = row[width - 1];
  }
}

}  // namespace lic::overfitted
