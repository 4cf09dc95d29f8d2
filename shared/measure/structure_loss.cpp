#include "measure/structure_loss.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"

namespace lic {
namespace {

constexpr float kC1 = 0.01f * 0.01f;
constexpr float kC2 = 0.03f * 0.03f;

// sums[i] += weight * values[i]
void AddScaled(float weight, const float* values, size_t count, float* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += weight * values[i];
}

}  // namespace

Result<StructureScale::Ring> StructureScale::MakeRing(size_t row_values) {
  Ring ring;
  ring.row_values = row_values;
  LIC_TRY(ring.values, Buffer<float>::Create(row_values * kSsimWindow));
  return ring;
}

Result<StructureScale> StructureScale::Create(uint32_t height, uint32_t width, const StructureWeights& weights) {
  StructureScale scale;
  scale.height_ = height;
  scale.width_ = width;
  scale.weights_ = weights;
  if (height >= kSsimWindow && width >= kSsimWindow) {
    scale.columns_ = width - kSsimWindow + 1;
    scale.windows_ = height - kSsimWindow + 1;
  }
  std::ranges::copy(SsimWindow(), scale.window_.begin());
  LIC_TRY(scale.originals_, MakeRing(width));
  LIC_TRY(scale.decodeds_, MakeRing(width));
  LIC_TRY(scale.moments_, MakeRing(kMoments * scale.columns_));
  LIC_TRY(scale.spread_, MakeRing(kDerivatives * width));
  LIC_TRY(scale.sums_, Buffer<float>::Create(kMoments * scale.columns_));
  LIC_TRY(scale.padded_, Buffer<float>::Create(size_t{width} + kSsimWindow - 1));
  LIC_TRY(scale.gradient_, Buffer<float>::Create(size_t{height} * width));
  return scale;
}

void StructureScale::Begin() {
  rows_added_ = 0;
  loss_ = 0;
}

void StructureScale::AddRow() {
  const uint32_t row = rows_added_++;
  if (windows_ == 0) return;  // its gradient is 0 from the start
  FilterAcross();
  if (row + 1 < kSsimWindow) return;
  const uint32_t window = row - (kSsimWindow - 1);  // the number of its first row
  DeriveLoss(window);
  SpreadAcross(window);
  FinishRow(window);
  for (uint32_t rest = window + 1; rows_added_ == height_ && rest < height_; ++rest) FinishRow(rest);
}

void StructureScale::Halve(float* original, float* decoded) {
  const uint32_t row = rows_added_ - 1;
  const auto halve = [&](Ring& from, float* to) {
    const float *above = from.Row(row - 1), *below = from.Row(row);
    for (uint32_t x = 0; x < width_ / 2; ++x)
      to[x] = 0.25f * (above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]);
  };
  halve(originals_, original);
  halve(decodeds_, decoded);
}

// Moments of the row added last.
void StructureScale::FilterAcross() {
  const uint32_t row = rows_added_ - 1;
  const float *a = originals_.Row(row), *b = decodeds_.Row(row);
  float* moments = moments_.Row(row);
  std::fill_n(moments, kMoments * columns_, 0.0f);
  for (uint32_t i = 0; i < kSsimWindow; ++i) {
    const float weight = window_[i];
    for (uint32_t x = 0; x < columns_; ++x) {
      const float wa = weight * a[x + i], wb = weight * b[x + i];
      moments[x] += wa;
      moments[columns_ + x] += wb;
      moments[2 * columns_ + x] += wa * a[x + i];
      moments[3 * columns_ + x] += wb * b[x + i];
      moments[4 * columns_ + x] += wa * b[x + i];
    }
  }
}

// The loss of a row of windows, and in sums_ its derivatives.
void StructureScale::DeriveLoss(uint32_t window) {
  float* sums = sums_.data();
  std::fill_n(sums, kMoments * columns_, 0.0f);
  for (uint32_t i = 0; i < kSsimWindow; ++i) AddScaled(window_[i], moments_.Row(window + i), kMoments * columns_, sums);
  float loss = 0;
  for (uint32_t x = 0; x < columns_; ++x) {
    const float mean_a = sums[x], mean_b = sums[columns_ + x];
    const float variance_a = std::max(sums[2 * columns_ + x] - mean_a * mean_a, 0.0f),
                variance_b = std::max(sums[3 * columns_ + x] - mean_b * mean_b, 0.0f);
    const float covariance = sums[4 * columns_ + x] - mean_a * mean_b;
    const float part = 1 / (variance_a + variance_b + kC2), structure = (2 * covariance + kC2) * part;
    const float mean_part = weights_.luminance ? 1 / (mean_a * mean_a + mean_b * mean_b + kC1) : 0;
    const float luminance = weights_.luminance ? (2 * mean_a * mean_b + kC1) * mean_part : 1;
    const float deviation_a = std::sqrt(variance_a + kC2), deviation_b = std::sqrt(variance_b + kC2),
                lost = deviation_a - deviation_b;
    loss += weights_.structure * (1 - luminance * structure) + weights_.texture * lost * lost;
    const float scaled = weights_.structure * luminance * part;
    const float square = scaled * structure - weights_.texture * lost / deviation_b, product = -2 * scaled;
    sums[x] = -product * mean_a - 2 * square * mean_b -
              weights_.structure * structure * 2 * mean_part * (mean_a - luminance * mean_b);
    sums[columns_ + x] = square;
    sums[2 * columns_ + x] = product;
  }
  loss_ += static_cast<double>(loss);
}

// The transpose of filtering across.
void StructureScale::SpreadAcross(uint32_t window) {
  float* spread = spread_.Row(window);
  std::fill_n(spread, kDerivatives * width_, 0.0f);
  for (size_t k = 0; k < kDerivatives; ++k) {
    std::copy_n(sums_.data() + k * columns_, columns_, padded_.data() + kSsimWindow - 1);
    for (uint32_t i = 0; i < kSsimWindow; ++i)
      AddScaled(window_[i], padded_.data() + i, width_, spread + k * width_);  // the window is symmetric
  }
}

// Spreads down, too, for a row whose last window has been derived.
void StructureScale::FinishRow(uint32_t row) {
  float* gradient = gradient_.data() + size_t{row} * width_;
  std::fill_n(gradient, width_, 0.0f);
  const float *a = originals_.Row(row), *b = decodeds_.Row(row);
  const uint32_t first = row - std::min(row, kSsimWindow - 1), end = std::min(row + 1, windows_);
  for (uint32_t window = first; window < end; ++window) {
    const float weight = window_[row - window];
    const float* spread = spread_.Row(window);
    for (uint32_t x = 0; x < width_; ++x)
      gradient[x] += weight * (0.5f * spread[x] + b[x] * spread[width_ + x] + 0.5f * a[x] * spread[2 * width_ + x]);
  }
}

}  // namespace lic
