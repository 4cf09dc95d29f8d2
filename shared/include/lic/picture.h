// Pictures: pixels on their way in and out, and the metadata that travels with them.
//
// Pixels have 8 bits a sample and 1 to 4 samples, which are called channels:
//
//     channels   samples of a pixel
//     1          grey
//     2          grey, alpha
//     3          red, green, blue
//     4          red, green, blue, alpha
//
// The samples of a pixel follow each other, and so do the pixels of a row from the left. Rows go from the top. Alpha
// is straight: colours are not multiplied by it. 255 is opaque. Colours are sRGB unless the metadata has an ICC
// profile. The library hands the profile on and converts no colours.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lic/memory.h"

namespace lic {

// What the format allows: the longest side of a picture, and the most pixels.
inline constexpr uint32_t kMaxSide = 65535;
inline constexpr uint64_t kMaxPixels = uint64_t{1} << 28;

// Pixels that somebody else owns.
struct PictureView {
  const uint8_t* pixels = nullptr;  // of the top left pixel
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 3;
  size_t stride = 0;  // bytes from the beginning of a row to that of the next: width * channels at least
};

// A picture that the library has made. It owns its pixels.
struct Picture {
  Buffer<uint8_t> pixels;  // (height, width, channels), without gaps between rows
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 0;

  // The pixels as Encode takes them, valid as long as `pixels` is not destroyed or assigned to.
  PictureView view() const { return {pixels.data(), width, height, channels, size_t{width} * channels}; }
};

// Blocks that a file keeps beside its pixels. One that is empty is absent. None may have more than 4 MiB. The library
// does not look into them.
//
// The three are views. As EncodeOptions::metadata they point to the caller's bytes, which must stay until Encode
// returns. As Layout::metadata they point into the file that was read.
struct Metadata {
  Bytes icc;   // the profile of the colours
  Bytes exif;  // Exif, from the head of its TIFF structure on
  Bytes xmp;   // an XMP packet
};

}  // namespace lic
