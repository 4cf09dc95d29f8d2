#include "model/gains.h"

#include "container/quality.h"

#include <cmath>

#include "support/check.h"
#include "support/random.h"

namespace lic {
namespace {

EntropyModel OneChannelModel(const int (&log2_gain)[kAnchorCount]) {
  EntropyModel model;
  model.latent_channels = 1;
  model.log2_gain = Buffer<int16_t>::Create(kAnchorCount).value();
  for (int anchor = 0; anchor < kAnchorCount; ++anchor)
    model.log2_gain[anchor] = static_cast<int16_t>(log2_gain[anchor]);
  return model;
}

// The gain in floating point: linear in log2 between the anchors at 100 k / 7.
double RealGain(const EntropyModel& model, uint32_t quality256) {
  const double t = quality256 * 7 / 25600.0;
  const int k = std::min(static_cast<int>(t), 6);
  const double log2 = model.log2_gain[k] + (model.log2_gain[k + 1] - model.log2_gain[k]) * (t - k);
  return std::exp2(log2 / 1024);
}

TEST(GainFollowsItsFormula) {
  test::Random random(1);
  for (int round = 0; round < 200; ++round) {
    int gains[kAnchorCount];
    for (int& gain : gains) gain = static_cast<int>(random.Within(-8192, 14336));
    const EntropyModel model = OneChannelModel(gains);
    for (uint32_t quality = 256; quality <= 25600; quality += 97) {
      const double real = RealGain(model, quality);
      // half a step of the logarithm and half a step of the result
      CHECK(std::abs(Gain65536(model, quality, 0) / 65536.0 - real) <= real * 0.00036 + 1.0 / 65536);
    }
  }
}

TEST(GainAtTheLimits) {
  CHECK_EQ(Gain65536(OneChannelModel({0, 0, 0, 0, 0, 0, 0, 0}), 12800, 0), 65536u);
  CHECK_EQ(Gain65536(OneChannelModel({-8192, -8192, -8192, -8192, -8192, -8192, -8192, -8192}), 256, 0), 256u);
  CHECK_EQ(Gain65536(OneChannelModel({14336, 14336, 14336, 14336, 14336, 14336, 14336, 14336}), 25600, 0), 1u << 30);
}

TEST(AnchorIsTheNearest) {
  CHECK_EQ(NearestAnchor(256), 0u);
  CHECK_EQ(NearestAnchor(25600), 7u);
  for (uint32_t quality = 256; quality <= 25600; ++quality)
    CHECK_NEAR(NearestAnchor(quality), quality * 7 / 25600.0, 0.5001);
}

TEST(LambdaRisesWithQuality) {
  CHECK_NEAR(Lambda(12800), 0.008, 1e-6);
  for (uint32_t quality = 512; quality <= 25600; quality += 256) CHECK(Lambda(quality) > Lambda(quality - 256));
}

}  // namespace
}  // namespace lic
