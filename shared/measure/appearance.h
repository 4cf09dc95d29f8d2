// How a pixel looks, whatever the channels of its picture.
#pragma once

#include <array>
#include <cstdint>

#include "lic/lic.h"

namespace lic {

using Colour = std::array<double, 3>;  // red, green, blue, 0..255

// A pixel on white; grey is red = green = blue. Since alpha is lossless, two versions of a picture differ on white by
// as much as on any other ground.
inline Colour ColourOnWhite(const PictureView& picture, uint32_t x, uint32_t y) {
  const uint8_t* pixel = picture.pixels + y * picture.stride + size_t{x} * picture.channels;
  const bool grey = picture.channels <= 2;
  Colour colour = {double(pixel[0]), double(pixel[grey ? 0 : 1]), double(pixel[grey ? 0 : 2])};
  if (picture.channels % 2 == 0) {
    const double alpha = pixel[picture.channels - 1] / 255.0;
    for (double& value : colour) value = value * alpha + 255 * (1 - alpha);
  }
  return colour;
}

// The shares of the colours in luma, as in BT.601.
inline constexpr double kRedShare = 0.299, kGreenShare = 0.587, kBlueShare = 0.114;

// The luma of the coded values, 0..255.
inline double Luma(const Colour& colour) {
  return kRedShare * colour[0] + kGreenShare * colour[1] + kBlueShare * colour[2];
}

}  // namespace lic
