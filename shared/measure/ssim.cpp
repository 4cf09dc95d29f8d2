#include "measure/ssim.h"

#include <cmath>

#include "base/try.h"

namespace lic {
namespace {

constexpr double kSigma = 1.5;
constexpr double kC1 = (0.01 * 255) * (0.01 * 255);
constexpr double kC2 = (0.03 * 255) * (0.03 * 255);

}  // namespace

std::array<double, kSsimWindow> SsimWindow() {
  std::array<double, kSsimWindow> weights;
  double sum = 0;
  for (uint32_t i = 0; i < kSsimWindow; i++) {
    const double distance = double(i) - kSsimWindow / 2;
    sum += weights[i] = std::exp(-distance * distance / (2 * kSigma * kSigma));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

Result<SsimMeter> SsimMeter::Create(uint32_t width) {
  assert(width >= kSsimWindow);
  SsimMeter meter;
  meter.weights_ = SsimWindow();
  meter.columns_ = width - kSsimWindow + 1;
  LIC_TRY(meter.luma_, Buffer<LumaPair>::Create(width));
  LIC_TRY(meter.rows_, Buffer<Moments>::Create(size_t{meter.columns_} * kSsimWindow));
  LIC_TRY(meter.values_, Buffer<double>::Create(meter.columns_));
  return meter;
}

double SsimMeter::Ssim(const Moments& m) {
  const double mean_x = m[0], mean_y = m[1];
  const double variance_x = m[2] - mean_x * mean_x, variance_y = m[3] - mean_y * mean_y,
               covariance = m[4] - mean_x * mean_y;
  return (2 * mean_x * mean_y + kC1) * (2 * covariance + kC2) /
         ((mean_x * mean_x + mean_y * mean_y + kC1) * (variance_x + variance_y + kC2));
}

std::span<const double> SsimMeter::AddRow() {
  Moments* row = rows_.data() + size_t{rows_added_ % kSsimWindow} * columns_;
  for (uint32_t x = 0; x < columns_; x++) {
    Moments sums = {};
    for (uint32_t i = 0; i < kSsimWindow; i++) {
      const auto [a, b] = luma_[x + i];
      const double wa = weights_[i] * a, wb = weights_[i] * b;
      const Moments terms = {wa, wb, wa * a, wb * b, wa * b};
      for (size_t k = 0; k < terms.size(); k++) sums[k] += terms[k];
    }
    row[x] = sums;
  }
  if (++rows_added_ < kSsimWindow) return {};
  FilterDown();
  return values_;
}

void SsimMeter::FilterDown() {
  const uint32_t oldest = rows_added_ % kSsimWindow;
  for (uint32_t x = 0; x < columns_; x++) {
    Moments sums = {};
    for (uint32_t i = 0; i < kSsimWindow; i++) {
      const Moments& row = rows_[size_t{(oldest + i) % kSsimWindow} * columns_ + x];
      for (size_t k = 0; k < sums.size(); k++) sums[k] += weights_[i] * row[k];
    }
    values_[x] = Ssim(sums);
  }
}

}  // namespace lic
