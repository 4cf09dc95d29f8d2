// The last rows of a plane of int16, each with room on both sides for kernels.
#pragma once

#include "overfitted/kernels.h"

namespace lic::overfitted {

template <uint32_t kRows>
class RowRing {
  static_assert((kRows & (kRows - 1)) == 0);

 public:
  static Result<RowRing> Create(uint32_t width) {
    RowRing ring;
    ring.stride_ = size_t{RoundUp(width, kRowPad)} + 2 * kRowPad;
    auto values = Buffer<int16_t>::Create(ring.stride_ * kRows);
    if (!values.ok()) return values.failure();
    ring.values_ = std::move(values).value();
    return ring;
  }
  int16_t* Row(uint32_t y) { return values_.data() + (y % kRows) * stride_ + kRowPad; }

 private:
  Buffer<int16_t> values_;
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
