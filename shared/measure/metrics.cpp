#include "measure/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"
#include "measure/appearance.h"
#include "measure/ssim.h"

namespace lic {

Result<Difference> Compare(const PictureView& original, const PictureView& decoded) {
  const uint32_t width = original.width, height = original.height;
  if (width != decoded.width || height != decoded.height) {
    return Fail(Error::kInvalidArgument, "the original has %u x %u pixels, the picture %u x %u", width, height,
                decoded.width, decoded.height);
  }
  const bool has_ssim = width >= kSsimWindow && height >= kSsimWindow;
  LIC_TRY(SsimMeter ssim, SsimMeter::Create(std::max(width, kSsimWindow)));
  double squares = 0, similarity = 0;
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      const Colour a = ColourOnWhite(original, x, y), b = ColourOnWhite(decoded, x, y);
      for (size_t c = 0; c < 3; c++) squares += (a[c] - b[c]) * (a[c] - b[c]);
      if (has_ssim) ssim.Put(x, Luma(a), Luma(b));
    }
    if (!has_ssim) continue;
    for (const double value : ssim.AddRow()) similarity += value;
  }
  Difference difference;
  difference.psnr = 10 * std::log10(255.0 * 255.0 * 3 * width * height / squares);  // infinite for squares = 0
  if (has_ssim) difference.ssim = similarity / (double(width - kSsimWindow + 1) * (height - kSsimWindow + 1));
  return difference;
}

}  // namespace lic
