// Planes of common pseudo-random noise, inputs of the synthesis (docs/format.md#noise-planes).
#pragma once

#include <cstdint>

namespace lic::overfitted {

// A value of a noise plane, in 1/64.
inline int16_t NoiseAt(uint32_t plane, uint32_t y, uint32_t x) {
  uint32_t n = x * 0x9E3779B1u + y * 0x85EBCA77u + (plane + 1) * 0xC2B2AE3Du;
  n = (n ^ n >> 16) * 0x7FEB352Du;
  n = (n ^ n >> 15) * 0x846CA68Bu;
  n = n ^ n >> 16;
  return static_cast<int16_t>((n & 255) + (n >> 8 & 255) + (n >> 16 & 255) + (n >> 24)) - 510;
}

}  // namespace lic::overfitted
