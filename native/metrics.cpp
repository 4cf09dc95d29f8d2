#include "native/metrics.h"

#include <array>
#include <cmath>

#include "shared/try.h"

namespace lic {
namespace {

constexpr uint32_t kWindow = 11;
constexpr double kSigma = 1.5;
constexpr double kC1 = (0.01 * 255) * (0.01 * 255);
constexpr double kC2 = (0.03 * 255) * (0.03 * 255);

using Colour = std::array<double, 3>;
using LumaPair = std::array<double, 2>;  // original, decoded

// A pixel as it looks on white.
Colour At(const PictureView& picture, uint32_t x, uint32_t y) {
  const uint8_t* pixel = picture.pixels + y * picture.stride + size_t{x} * picture.channels;
  const bool grey = picture.channels <= 2;
  Colour colour = {double(pixel[0]), double(pixel[grey ? 0 : 1]), double(pixel[grey ? 0 : 2])};
  if (picture.channels % 2 == 0) {
    const double alpha = pixel[picture.channels - 1] / 255.0;
    for (double& value : colour) value = value * alpha + 255 * (1 - alpha);
  }
  return colour;
}

double Luma(const Colour& colour) { return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]; }

std::array<double, kWindow> Gaussian() {
  std::array<double, kWindow> weights;
  double sum = 0;
  for (uint32_t i = 0; i < kWindow; i++) {
    const double distance = double(i) - kWindow / 2;
    sum += weights[i] = std::exp(-distance * distance / (2 * kSigma * kSigma));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Windowed sums of x, y, x^2, y^2 and xy.
using Moments = std::array<double, 5>;

double Ssim(const Moments& m) {
  const double mean_x = m[0], mean_y = m[1];
  const double variance_x = m[2] - mean_x * mean_x, variance_y = m[3] - mean_y * mean_y, covariance = m[4] - mean_x * mean_y;
  return (2 * mean_x * mean_y + kC1) * (2 * covariance + kC2) /
         ((mean_x * mean_x + mean_y * mean_y + kC1) * (variance_x + variance_y + kC2));
}

// The window is separable: each row is filtered across once, and the last kWindow of these rows are filtered down.
class SsimMeter {
 public:
  explicit SsimMeter(uint32_t width) : width_(width), columns_(width - kWindow + 1), weights_(Gaussian()) {}

  Status Allocate() {
    LIC_TRY(luma_, Buffer<LumaPair>::Allocate(width_));
    LIC_TRY(rows_, Buffer<Moments>::Allocate(size_t{columns_} * kWindow));
    return {};
  }

  // The luma of both pictures at column x of the row that AddRow takes next.
  void Put(uint32_t x, double original, double decoded) { luma_[x] = {original, decoded}; }

  void AddRow() {
    Moments* row = rows_.data() + size_t{rows_added_ % kWindow} * columns_;
    for (uint32_t x = 0; x < columns_; x++) {
      Moments sums = {};
      for (uint32_t i = 0; i < kWindow; i++) {
        const auto [a, b] = luma_[x + i];
        const double wa = weights_[i] * a, wb = weights_[i] * b;
        const Moments terms = {wa, wb, wa * a, wb * b, wa * b};
        for (size_t k = 0; k < terms.size(); k++) sums[k] += terms[k];
      }
      row[x] = sums;
    }
    if (++rows_added_ >= kWindow) SumDown();
  }

  double Mean() const { return sum_ / (double(rows_added_ - kWindow + 1) * columns_); }

 private:
  void SumDown() {
    const uint32_t oldest = rows_added_ % kWindow;
    for (uint32_t x = 0; x < columns_; x++) {
      Moments sums = {};
      for (uint32_t i = 0; i < kWindow; i++) {
        const Moments& row = rows_[size_t{(oldest + i) % kWindow} * columns_ + x];
        for (size_t k = 0; k < sums.size(); k++) sums[k] += weights_[i] * row[k];
      }
      sum_ += Ssim(sums);
    }
  }

  uint32_t width_, columns_;
  std::array<double, kWindow> weights_;
  Buffer<LumaPair> luma_;  // (width)
  Buffer<Moments> rows_;                // (kWindow, columns), a ring
  uint32_t rows_added_ = 0;
  double sum_ = 0;
};

}  // namespace

Result<Difference> Compare(const PictureView& original, const PictureView& decoded) {
  const uint32_t width = original.width, height = original.height;
  if (width != decoded.width || height != decoded.height) {
    return Fail(Error::kInvalidArgument, "the original has %u x %u pixels, the picture %u x %u", width, height, decoded.width, decoded.height);
  }
  const bool has_ssim = width >= kWindow && height >= kWindow;
  SsimMeter ssim(has_ssim ? width : kWindow);
  LIC_CHECK(ssim.Allocate());
  double squares = 0;
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      const Colour a = At(original, x, y), b = At(decoded, x, y);
      for (size_t c = 0; c < 3; c++) squares += (a[c] - b[c]) * (a[c] - b[c]);
      if (has_ssim) ssim.Put(x, Luma(a), Luma(b));
    }
    if (has_ssim) ssim.AddRow();
  }
  Difference difference;
  difference.psnr = 10 * std::log10(255.0 * 255.0 * 3 * width * height / squares);  // infinite for squares = 0
  if (has_ssim) difference.ssim = ssim.Mean();
  return difference;
}

}  // namespace lic
