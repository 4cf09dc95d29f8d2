// Pictures: see lic.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lic/memory.h"

namespace lic {

inline constexpr uint32_t kMaxSide = 65535;
inline constexpr uint64_t kMaxPixels = uint64_t{1} << 28;

// Pixels that somebody else owns: interleaved 8-bit samples, rows from the top, `stride` bytes from row to row.
// channels: 1 grey, 2 grey and alpha, 3 red green blue, 4 red green blue alpha. Alpha is straight.
struct PictureView {
  const uint8_t* pixels = nullptr;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 3;
  size_t stride = 0;
};

// A decoded picture; its rows follow each other without gaps.
struct Picture {
  Buffer<uint8_t> pixels;  // (height, width, channels)
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 0;

  PictureView view() const { return {pixels.data(), width, height, channels, size_t{width} * channels}; }
};

// Blocks that travel beside the pixels; empty ones are absent. Spans point into the file that they were read from.
struct Metadata {
  Bytes icc;   // the pixels are in this profile's space; absent: sRGB
  Bytes exif;  // TIFF structure
  Bytes xmp;
};

}  // namespace lic
