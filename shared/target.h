// Which quality reaches a target: a search over qualities that are tried one after the other.
#pragma once

#include "lic/lic.h"

namespace lic {

// Bytes and metrics rise with the quality; so the wanted one lies between those that fall short and those that
// overshoot. Between two of them the next trial is interpolated in a scale in which the curves are nearly straight: the
// logarithm of bytes, decibels.
class TargetSearch {
 public:
  // `first256` is tried first, in 1/256.
  TargetSearch(Target target, double wanted, uint32_t first256 = kMiddle256);
  static constexpr uint32_t kMiddle256 = 50 * 256;

  // How much quality, in 1/256, a result is short of what is wanted, by the slope at about the middle of the range.
  double QualityShort(double value) const;

  // kInvalidArgument for a value that no picture has.
  Status Check() const;
  bool done() const { return done_; }
  // The quality to try, in 1/256.
  uint32_t next() const { return next_; }
  // Takes the result of trying quality next(): bytes, dB or SSIM. Returns whether that fulfils the target better than
  // all before.
  bool Report(double value);
  // Whether anything has fulfilled it; if not, why not: kLimitExceeded for bytes, else kBelowQuality.
  Status Reached() const;

 private:
  struct Trial {
    int64_t quality256;
    double value;  // in the straight scale
  };
  double Scale(double value) const;
  double Slope() const;
  double Tolerance() const;
  uint32_t EasiestQuality256() const;
  bool Fulfils(double value) const;
  int64_t Interpolate() const;

  Target target_;
  double wanted_ = 0;      // as given
  double goal_ = 0;        // in the straight scale
  Trial low_, high_;       // the nearest trials that fall short and that overshoot; at first beyond all qualities
  Trial best_ = {0, 0};    // quality256 0: none
  double last_value_ = 0;  // the value of the last trial, as given
  uint32_t next_;
  int trials_ = 0;
  bool done_ = false;
};

}  // namespace lic
