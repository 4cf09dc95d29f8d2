// Rectangles of a grid, and divisions that round up.
#pragma once

#include <cstdint>

namespace lic {

struct Rect {
  uint32_t x = 0, y = 0, width = 0, height = 0;

  uint32_t right() const { return x + width; }
  uint32_t bottom() const { return y + height; }
};

constexpr uint32_t CeilDiv(uint32_t a, uint32_t b) { return a / b + (a % b != 0); }

// The least multiple of `factor` that is not below `value`.
constexpr uint32_t RoundUp(uint32_t value, uint32_t factor) { return CeilDiv(value, factor) * factor; }

}  // namespace lic
