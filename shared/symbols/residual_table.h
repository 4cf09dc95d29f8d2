// The distributions with which residuals are coded (docs/format.md#residual-tables).
#pragma once

#include "lic/lic.h"

namespace lic {

inline constexpr int kScaleCount = 64;  // tables of a model

// The symbols are -support..support, then the escape.
struct ResidualTable {
  uint32_t support = 0;
  Buffer<uint16_t> cumulative;  // (2 * support + 3): start of each symbol's interval, last 32768
};

}  // namespace lic
