// The loops that need no instruction by name: every kernel's file compiles them for its own instruction set.
#pragma once

#include <algorithm>

#include "integer/gemm.h"

namespace lic {
namespace {

void DepthwiseLoop(const int16_t* const* inputs, const int16_t* weights, size_t channels, int32_t* sums) {
  for (size_t c = 0; c < channels; ++c) {
    int32_t sum = 0;
    for (size_t t = 0; t < 9; ++t) sum += inputs[t][c] * weights[t * channels + c];
    sums[c] = sum;
  }
}

void RequantiseLoop(const Requantisation& how, const int32_t* sums, int16_t* out) {
  const int64_t half = int64_t{1} << (how.shift - 1);
  for (uint32_t o = 0; o < how.channels; ++o) {
    const int64_t scaled = (int64_t{sums[o] + how.bias[o]} * how.multiplier[o] + half) >> how.shift;
    out[o] = static_cast<int16_t>(std::clamp<int64_t>(scaled, how.lo, how.hi));
  }
}

}  // namespace
}  // namespace lic
