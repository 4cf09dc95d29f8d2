#include "native/figures/drift.h"

#include <algorithm>
#include <cmath>

namespace lic::native {
namespace {

// The mean of the two in the middle where there are two.
double Median(std::vector<double> values) {
  const size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(half), values.end());
  const double upper = values[half];
  if (values.size() % 2) return upper;
  return (upper + *std::max_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(half))) / 2;
}

// What the periods of a window have in common.
struct Course {
  double median = 0;
  double variance = 0;  // between periods, beyond sampling errors

  explicit Course(const std::vector<SeriesPoint>& window) {
    std::vector<double> values, distances, errors;
    for (const SeriesPoint& point : window) values.push_back(point.value);
    median = Median(values);
    for (const SeriesPoint& point : window) {
      distances.push_back(std::abs(point.value - median));
      errors.push_back(point.sampling_error * point.sampling_error);
    }
    const double deviation = 1.4826 * Median(distances);
    variance = std::max(deviation * deviation - Median(errors), 0.0);
  }

  double Deviations(const SeriesPoint& point) const {
    const double total = variance + point.sampling_error * point.sampling_error;
    return (point.value - median) / std::sqrt(std::max(total, kDriftFloor * kDriftFloor));
  }
};

}  // namespace

std::vector<Drift> FindDrifts(const std::vector<SeriesPoint>& series) {
  std::vector<Drift> drifts;
  size_t start = 0;  // of the course that holds now
  for (size_t i = 0; i + 1 < series.size(); i++) {
    if (i < start + kDriftLeast + kDriftGap) continue;
    const size_t end = i - kDriftGap, first = std::max(start, end - std::min(end, kDriftWindow));
    const Course course({series.begin() + static_cast<ptrdiff_t>(first), series.begin() + static_cast<ptrdiff_t>(end)});
    const double now = course.Deviations(series[i]), next = course.Deviations(series[i + 1]);
    if (now * next <= 0 || std::min(std::abs(now), std::abs(next)) < kDriftDeviations) continue;
    drifts.push_back(
        {i, course.median, (series[i].value + series[i + 1].value) / 2, std::abs(now) < std::abs(next) ? now : next});
    start = i;
  }
  return drifts;
}

}  // namespace lic::native
