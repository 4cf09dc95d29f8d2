// The one rule by which values of networks become samples of 8 bits (docs/format.md#pixels).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lic {

// Networks see a sample v as v / 255 - 0.5. A hostile model can produce NaN: max(0, NaN) is 0; with the arguments
// swapped it would be NaN.
inline int32_t ToSample(float value) {
  const float unit = std::min(std::max(0.0f, value + 0.5f), 1.0f);
  return static_cast<int32_t>(unit * 255 + 0.5f);
}

// One plain loop, so that compilers make SIMD of it.
inline void ToSamples(const float* values, size_t count, uint8_t* samples) {
  for (size_t i = 0; i < count; ++i) samples[i] = static_cast<uint8_t>(ToSample(values[i]));
}

}  // namespace lic
