// SSIM of two pictures at every place, row by row.
//
// It is that of Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
// similarity", IEEE Transactions on Image Processing 13(4), 2004: 11 x 11 Gaussian window with standard deviation 1.5,
// K1 = 0.01, K2 = 0.03, at full resolution, over the positions where the whole window lies in the picture.
#pragma once

#include <array>
#include <span>

#include "lic/lic.h"

namespace lic {

inline constexpr uint32_t kSsimWindow = 11;

// The window across or down: a Gaussian that sums to 1.
std::array<double, kSsimWindow> SsimWindow();

// The window is separable: each row is filtered across once, and the last kSsimWindow of these rows are filtered down.
class SsimMeter {
 public:
  // `width` is at least kSsimWindow. Errors: kOutOfMemory.
  static Result<SsimMeter> Create(uint32_t width);

  // The luma of both pictures at column x of the row that AddRow takes next.
  void Put(uint32_t x, double original, double decoded) { luma_[x] = {original, decoded}; }

  // Takes a row. Returns the SSIM of the windows whose last row it is: value i is that of the window centred on column
  // i + kSsimWindow / 2, kSsimWindow / 2 rows up. Empty for the first kSsimWindow - 1 rows. Valid until the next call.
  std::span<const double> AddRow();

 private:
  using LumaPair = std::array<double, 2>;  // original, decoded
  using Moments = std::array<double, 5>;   // windowed sums of x, y, x^2, y^2 and xy

  SsimMeter() = default;
  static double Ssim(const Moments& moments);
  void FilterDown();

  std::array<double, kSsimWindow> weights_ = {};
  uint32_t columns_ = 0;
  uint32_t rows_added_ = 0;
  Buffer<LumaPair> luma_;  // (width)
  Buffer<Moments> rows_;   // (kSsimWindow, columns), a ring
  Buffer<double> values_;  // (columns)
};

}  // namespace lic
