#include "target.h"

#include <algorithm>
#include <cmath>

#include "container/quality.h"

namespace lic {
namespace {

constexpr int kMaxTrials = 12;
constexpr double kMaxBytes = 1e18;    // beyond all files
constexpr double kMaxDecibels = 200;  // equal pictures count as that

// What is near enough to the target: 0.2 % of the bytes, 0.01 dB.
constexpr double kByteTolerance = 0.002;
constexpr double kDecibelTolerance = 0.01;

// How much the scaled value rises with a step of quality, at about the middle of the range: for the second trial, when
// there is but one.
constexpr double kByteSlope = 0.037;
constexpr double kDecibelSlope = 0.17;

}  // namespace

TargetSearch::TargetSearch(Target target, double wanted, uint32_t first256)
    : target_(target),
      wanted_(wanted),
      goal_(Scale(wanted)),
      low_{int64_t{kMinQuality256} - 1, 0},
      high_{int64_t{kMaxQuality256} + 1, 0},
      next_(first256) {}

Status TargetSearch::Check() const {
  switch (target_) {
    case Target::kBytes:
      if (wanted_ >= 1 && wanted_ < kMaxBytes) return {};
      return Fail(Error::kInvalidArgument, "the target is %g bytes, allowed are 1 and above", wanted_);
    case Target::kPsnr:
      if (wanted_ > 0 && wanted_ < kMaxDecibels) return {};
      return Fail(Error::kInvalidArgument, "the target is a PSNR of %g, allowed are numbers between 0 and %g", wanted_,
                  kMaxDecibels);
    case Target::kSsim:
      if (wanted_ > 0 && wanted_ < 1) return {};
      return Fail(Error::kInvalidArgument, "the target is an SSIM of %g, allowed are numbers between 0 and 1", wanted_);
    case Target::kQuality:
      break;
  }
  return Fail(Error::kInternal, "a quality needs no search");
}

double TargetSearch::Scale(double value) const {
  if (target_ == Target::kBytes) return std::log(value);
  if (target_ == Target::kSsim) value = -10 * std::log10(1 - value);
  return std::min(value, kMaxDecibels);
}

double TargetSearch::QualityShort(double value) const { return (goal_ - Scale(value)) / Slope(); }

// How much the scaled value rises with 1/256 of quality.
double TargetSearch::Slope() const { return (target_ == Target::kBytes ? kByteSlope : kDecibelSlope) / 256; }

double TargetSearch::Tolerance() const { return target_ == Target::kBytes ? kByteTolerance : kDecibelTolerance; }

// Where the target is easiest to reach.
uint32_t TargetSearch::EasiestQuality256() const { return target_ == Target::kBytes ? kMinQuality256 : kMaxQuality256; }

bool TargetSearch::Fulfils(double value) const { return target_ == Target::kBytes ? value <= goal_ : value >= goal_; }

bool TargetSearch::Report(double value) {
  const Trial trial = {next_, Scale(value)};
  last_value_ = value;
  (trial.value < goal_ ? low_ : high_) = trial;
  const bool better = Fulfils(trial.value) &&
                      (best_.quality256 == 0 || std::fabs(trial.value - goal_) < std::fabs(best_.value - goal_));
  if (better) best_ = trial;
  const bool near = best_.quality256 != 0 && std::fabs(best_.value - goal_) <= Tolerance();
  const bool at_end = next_ == EasiestQuality256();
  ++trials_;
  done_ =
      near || high_.quality256 - low_.quality256 <= 1 || (trials_ >= kMaxTrials && (best_.quality256 != 0 || at_end));
  if (done_) return better;
  if (trials_ >= kMaxTrials) {
    next_ = EasiestQuality256();
  } else {
    next_ = static_cast<uint32_t>(std::clamp(Interpolate(), low_.quality256 + 1, high_.quality256 - 1));
  }
  return better;
}

int64_t TargetSearch::Interpolate() const {
  const bool has_low = low_.quality256 >= kMinQuality256, has_high = high_.quality256 <= kMaxQuality256;
  // Aims at the middle of what is near enough, and fulfils.
  const double aim = goal_ + (target_ == Target::kBytes ? -0.5 : 0.5) * Tolerance();
  if (has_low && has_high) {
    if (trials_ % 4 == 3) return (low_.quality256 + high_.quality256) / 2;  // in case the curve is far from straight
    const double part = (aim - low_.value) / (high_.value - low_.value);
    return low_.quality256 + std::llround(part * static_cast<double>(high_.quality256 - low_.quality256));
  }
  const Trial& known = has_low ? low_ : high_;
  // At least a whole quality, so that the search comes to the end of the range even where the slope is far off.
  const double way = std::max(1.3 * std::fabs(aim - known.value) / Slope(), 256.0);
  return known.quality256 + std::llround(has_low ? way : -way);
}

Status TargetSearch::Reached() const {
  if (best_.quality256 != 0) return {};
  if (target_ == Target::kBytes)
    return Fail(Error::kLimitExceeded, "the smallest file has %.0f bytes, allowed are %.0f", last_value_, wanted_);
  return Fail(Error::kBelowQuality, "quality 100 reaches only %s %.4g, asked for is %.4g",
              target_ == Target::kPsnr ? "PSNR" : "SSIM", last_value_, wanted_);
}

}  // namespace lic
