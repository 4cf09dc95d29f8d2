// How far a decoded picture is from its original.
#pragma once

#include <optional>

#include "lic/lic.h"

namespace lic {

struct Difference {
  double psnr = 0;             // dB over all red, green and blue samples; infinite for equal ones
  std::optional<double> ssim;  // of luma; absent for pictures narrower or lower than its window
};

// Pictures with alpha are compared as they look on white, grey ones as red = green = blue.
//
// SSIM is the mean of ssim.h on luma 0.299 R + 0.587 G + 0.114 B, 0..255.
//
// Errors: kInvalidArgument if the sizes differ, kOutOfMemory.
Result<Difference> Compare(const PictureView& original, const PictureView& decoded);

}  // namespace lic
