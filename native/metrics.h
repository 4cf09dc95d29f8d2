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
// SSIM is that of Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity",
// IEEE Transactions on Image Processing 13(4), 2004: 11 x 11 Gaussian window with standard deviation 1.5, K1 = 0.01, K2 = 0.03,
// at full resolution, over the positions where the whole window lies in the picture. Luma is 0.299 R + 0.587 G + 0.114 B, 0..255.
//
// Errors: kInvalidArgument if the sizes differ, kOutOfMemory.
Result<Difference> Compare(const PictureView& original, const PictureView& decoded);

}  // namespace lic
