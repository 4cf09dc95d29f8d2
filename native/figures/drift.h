// Finds where a series leaves the course that it had.
#pragma once

#include <cstddef>
#include <vector>

namespace lic::native {

// A figure of one period on a scale on which noise is additive: the logarithm of a median, or 2 asin sqrt of a rate.
struct SeriesPoint {
  double value = 0;
  double sampling_error = 0;  // standard deviation of `value` that the number of files alone explains
};

struct Drift {
  size_t at = 0;          // the first period that is off
  double before = 0;      // the median of the window
  double after = 0;       // the mean of both periods
  double deviations = 0;  // the smaller of their distances, in standard deviations; negative: down
};

// A series drifts where two successive periods lie on the same side of the median of a window before them, each by
// kDriftDeviations standard deviations or more. The window holds up to kDriftWindow periods, kDriftLeast at least, and
// ends kDriftGap periods earlier, so that slow drift shows too. The variance has two parts: what
// 1.4826 times the window's median absolute deviation shows beyond sampling errors, and the period's own sampling
// error. It is taken as kDriftFloor squared at least, so that changes below kDriftDeviations * kDriftFloor never count.
// After a drift the window begins anew, so that a step is reported once.
inline constexpr size_t kDriftWindow = 28, kDriftLeast = 7, kDriftGap = 7;
inline constexpr double kDriftDeviations = 4, kDriftFloor = 0.01;
std::vector<Drift> FindDrifts(const std::vector<SeriesPoint>& series);

}  // namespace lic::native
