// PSNR and SSIM against their definitions, written out plainly.
#include "shared/measure/metrics.h"

#include <cmath>
#include <vector>

#include "support/check.h"
#include "tests/native/pictures.h"

namespace lic {
namespace {

using test::File;

struct Image {
  uint32_t width, height, channels;
  File pixels;
  PictureView view() const { return {pixels.data(), width, height, channels, size_t{width} * channels}; }
};

Image Noise(uint32_t width, uint32_t height, uint32_t channels, uint32_t seed, int amplitude) {
  Image image{width, height, channels, {}};
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      for (uint32_t c = 0; c < channels; c++) {
        image.pixels.push_back(static_cast<uint8_t>(60 + 2 * x + 3 * y + 10 * c +
                                                    test::Pattern(x, y, c + seed) % static_cast<uint32_t>(amplitude)));
      }
    }
  }
  return image;
}

// The textbook: every window by itself, with all its 121 weights.
double PlainSsim(const Image& a, const Image& b) {
  double weights[11][11], weight_sum = 0;
  for (int i = 0; i < 11; i++) {
    for (int k = 0; k < 11; k++)
      weight_sum += weights[i][k] = std::exp(-((i - 5) * (i - 5) + (k - 5) * (k - 5)) / (2 * 1.5 * 1.5));
  }
  const auto luma = [](const Image& image, uint32_t x, uint32_t y) {
    const uint8_t* p = image.pixels.data() + (size_t{y} * image.width + x) * 3;
    return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
  };
  double sum = 0;
  for (uint32_t y = 0; y + 11 <= a.height; y++) {
    for (uint32_t x = 0; x + 11 <= a.width; x++) {
      double ma = 0, mb = 0, va = 0, vb = 0, covariance = 0;
      for (uint32_t i = 0; i < 121; i++) {
        const double w = weights[i / 11][i % 11] / weight_sum;
        ma += w * luma(a, x + i % 11, y + i / 11);
        mb += w * luma(b, x + i % 11, y + i / 11);
      }
      for (uint32_t i = 0; i < 121; i++) {
        const double w = weights[i / 11][i % 11] / weight_sum;
        const double da = luma(a, x + i % 11, y + i / 11) - ma, db = luma(b, x + i % 11, y + i / 11) - mb;
        va += w * da * da, vb += w * db * db, covariance += w * da * db;
      }
      const double c1 = 6.5025, c2 = 58.5225;
      sum += (2 * ma * mb + c1) * (2 * covariance + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
    }
  }
  return sum / ((a.width - 10) * (a.height - 10));
}

TEST(SsimIsTheTextbooks) {
  for (const auto& [width, height] : {std::pair{11u, 11u}, std::pair{24u, 17u}, std::pair{12u, 40u}}) {
    const Image a = Noise(width, height, 3, 0, 40), b = Noise(width, height, 3, 5, 25);
    const Result<Difference> difference = Compare(a.view(), b.view());
    if (!CHECK(difference.ok() && difference.value().ssim)) continue;
    CHECK_NEAR(*difference.value().ssim, PlainSsim(a, b), 1e-9);
  }
}

TEST(PsnrOfKnownErrors) {
  const Image a = Noise(20, 20, 3, 0, 10);
  Image b = a;
  const Result<Difference> same = Compare(a.view(), b.view());
  CHECK(std::isinf(same.value().psnr));
  CHECK_NEAR(*same.value().ssim, 1, 1e-12);
  b.pixels[77] ^= 1;
  CHECK_NEAR(Compare(a.view(), b.view()).value().psnr, 10 * std::log10(255.0 * 255 * 1200), 1e-9);
  for (uint8_t& value : b.pixels) value ^= 1;
  b.pixels[77] ^= 1;
  CHECK_NEAR(Compare(a.view(), b.view()).value().psnr, 48.1308, 1e-4);
}

TEST(SmallPicturesHaveNoSsim) {
  const Image a = Noise(10, 30, 3, 0, 10);
  CHECK(!Compare(a.view(), a.view()).value().ssim);
  const Image b = Noise(30, 10, 3, 0, 10);
  CHECK(!Compare(b.view(), b.view()).value().ssim);
  CHECK(Compare(a.view(), b.view()).error() == Error::kInvalidArgument);
}

TEST(GreyAndAlphaCompareAsTheyLook) {
  const Image grey{1, 1, 1, {100}}, colour{1, 1, 3, {100, 100, 100}}, hidden{1, 1, 4, {1, 2, 3, 0}},
      white{1, 1, 2, {255, 255}};
  CHECK(std::isinf(Compare(grey.view(), colour.view()).value().psnr));
  CHECK(std::isinf(Compare(hidden.view(), white.view()).value().psnr));
  CHECK(!std::isinf(Compare(grey.view(), white.view()).value().psnr));
}

}  // namespace
}  // namespace lic
