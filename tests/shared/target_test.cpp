// The search for a target, on curves that are known.
#include "target.h"

#include <cmath>

#include "support/check.h"

namespace lic {
namespace {

struct Found {
  uint32_t quality256 = 0;
  double value = 0;
  int trials = 0;
  Error error = Error::kNone;
};

template <class Curve>
Found Find(Target target, double wanted, Curve curve) {
  TargetSearch search(target, wanted);
  Found found;
  if (const Status status = search.Check(); !status.ok()) return {.error = status.error()};
  while (!search.done() && found.trials < 100) {
    CHECK(search.next() >= 256 && search.next() <= 25600);
    ++found.trials;
    const uint32_t quality256 = search.next();
    const double value = curve(quality256 / 256.0);
    if (search.Report(value)) found.quality256 = quality256, found.value = value;
  }
  found.error = search.Reached().error();
  return found;
}

double Bytes(double quality) { return std::floor(3000 * std::exp(0.04 * quality) / 2) * 2; }
double Psnr(double quality) { return 24 + 0.2 * quality - 0.0006 * quality * quality; }

TEST(SizesAreReachedFromBelow) {
  for (double wanted = 3200; wanted < 160000; wanted *= 1.07) {
    const Found found = Find(Target::kBytes, wanted, Bytes);
    CHECK_EQ(found.error, Error::kNone);
    CHECK(found.value <= wanted && found.value > wanted * 0.997);
    CHECK(found.trials <= 8);
  }
}

TEST(MetricsAreReachedFromAbove) {
  for (double wanted = 24.3; wanted < 37.9; wanted += 0.37) {
    const Found found = Find(Target::kPsnr, wanted, Psnr);
    CHECK_EQ(found.error, Error::kNone);
    CHECK(found.value >= wanted && found.value < wanted + 0.011);
    CHECK(found.trials <= 8);
  }
  const Found found = Find(Target::kSsim, 0.95, [](double quality) { return 1 - std::pow(10, -Psnr(quality) / 20); });
  CHECK(found.value >= 0.95 && found.value < 0.9502);
}

// A size that every quality stays below takes the best one, a metric that every quality exceeds the worst.
TEST(TargetsBeyondAllQualitiesTakeTheEnd) {
  CHECK_EQ(Find(Target::kBytes, 1e9, Bytes).quality256, 25600);
  CHECK_EQ(Find(Target::kPsnr, 3, Psnr).quality256, 256);
}

TEST(UnreachableTargetsAreErrors) {
  CHECK_EQ(Find(Target::kBytes, 1000, Bytes).error, Error::kLimitExceeded);
  CHECK_EQ(Find(Target::kPsnr, 60, Psnr).error, Error::kBelowQuality);
  CHECK_EQ(Find(Target::kSsim, 0.999999, [](double quality) { return quality / 200; }).error, Error::kBelowQuality);
}

TEST(ImpossibleTargetsAreErrors) {
  for (const double wanted : {0.0, -5.0, double{NAN}, double{INFINITY}}) {
    for (const Target target : {Target::kBytes, Target::kPsnr, Target::kSsim})
      CHECK_EQ(Find(target, wanted, Psnr).error, Error::kInvalidArgument);
  }
  CHECK_EQ(Find(Target::kSsim, 1, Psnr).error, Error::kInvalidArgument);
}

// Curves as no picture should have: level, in one step, with noise, equal from some quality on.
TEST(StrangeCurvesEnd) {
  CHECK_EQ(Find(Target::kBytes, 500, [](double) { return 500.0; }).error, Error::kNone);
  CHECK_EQ(Find(Target::kBytes, 500, [](double) { return 501.0; }).error, Error::kLimitExceeded);
  const Found step = Find(Target::kBytes, 500, [](double quality) { return quality < 63.21 ? 400.0 : 900.0; });
  CHECK_EQ(step.value, 400.0);
  const Found noise = Find(Target::kBytes, 20000,
                           [](double quality) { return Bytes(quality) * (1 + 0.02 * std::sin(1000 * quality)); });
  CHECK(noise.error == Error::kNone && noise.value <= 20000 && noise.value > 19000);
  CHECK_EQ(Find(Target::kPsnr, 50, [](double quality) { return quality < 90 ? 30.0 : double{INFINITY}; }).error,
           Error::kNone);
}

}  // namespace
}  // namespace lic
