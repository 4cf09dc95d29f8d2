// The quality of a picture, a continuous dial that every coding has (docs/format.md#quality256).
#pragma once

#include <cmath>
#include <cstdint>

namespace lic {

inline constexpr uint32_t kMinQuality256 = 256;
inline constexpr uint32_t kMaxQuality256 = 25600;

// A quality of 1..100 as it is stored: rounded to 1/256.
inline uint32_t ToQuality256(float quality) { return static_cast<uint32_t>(std::lround(quality * 256)); }

// What one unit of squared error is worth in bits: loss = lambda * 255^2 * mse + bits per pixel, where mse is that of
// samples in 0..1. It is the same for every coding and model, so that a quality means the same trade everywhere.
inline float Lambda(uint32_t quality256) {
  return 0.008f * std::exp(0.0733f * (static_cast<float>(quality256) / 256 - 50));
}

}  // namespace lic
