#include "model/gains.h"

#include <algorithm>

#include "base/try.h"
#include "container/quality.h"

namespace lic {
namespace {

constexpr int64_t kAnchorSpan = kAnchorCount - 1;
constexpr int64_t kFullQuality256 = kMaxQuality256;
constexpr int kLog2GainUnit = 1024;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

// round(2^(i/32) 2^30)
constexpr uint64_t kExp2Coarse[32] = {
    1073741824, 1097253708, 1121280436, 1145833280, 1170923762, 1196563654, 1222764986, 1249540052,
    1276901417, 1304861917, 1333434672, 1362633090, 1392470869, 1422962010, 1454120821, 1485961921,
    1518500250, 1551751076, 1585730000, 1620452965, 1655936265, 1692196547, 1729250827, 1767116489,
    1805811301, 1845353420, 1885761398, 1927054196, 1969251188, 2012372174, 2056437387, 2101467502,
};

// round(2^(i/1024) 2^30)
constexpr uint64_t kExp2Fine[32] = {
    1073741824, 1074468888, 1075196443, 1075924492, 1076653033, 1077382068, 1078111597, 1078841619,
    1079572136, 1080303147, 1081034654, 1081766656, 1082499153, 1083232146, 1083965636, 1084699622,
    1085434106, 1086169087, 1086904565, 1087640541, 1088377016, 1089113990, 1089851462, 1090589434,
    1091327906, 1092066877, 1092806349, 1093546322, 1094286796, 1095027771, 1095769248, 1096511227,
};

}  // namespace

uint32_t NearestAnchor(uint32_t quality256) { return (quality256 * 7 + 12800) / 25600; }

uint32_t Gain65536(const EntropyModel& model, uint32_t quality256, uint32_t channel) {
  const int64_t t = quality256 * kAnchorSpan;
  const int64_t anchor = std::min(t / kFullQuality256, kAnchorSpan - 1);
  const int64_t fraction = t - kFullQuality256 * anchor;
  const int64_t low = model.log2_gain[anchor * model.latent_channels + channel];
  const int64_t high = model.log2_gain[(anchor + 1) * model.latent_channels + channel];
  const int64_t log2 =
      FloorDiv(low * (kFullQuality256 - fraction) + high * fraction + kFullQuality256 / 2, kFullQuality256);
  const int64_t exponent = FloorDiv(log2, kLog2GainUnit);
  const int64_t rest = log2 - kLog2GainUnit * exponent;
  const uint64_t mantissa = kExp2Coarse[rest / 32] * kExp2Fine[rest % 32];  // in 2^-60
  return static_cast<uint32_t>((mantissa + (uint64_t{1} << (43 - exponent))) >> (44 - exponent));
}

Result<Buffer<float>> Gains(const EntropyModel& model, uint32_t quality256) {
  LIC_TRY(auto gains, Buffer<float>::Create(model.latent_channels));
  for (uint32_t c = 0; c < model.latent_channels; ++c)
    gains[c] = static_cast<float>(Gain65536(model, quality256, c)) / 65536;
  return gains;
}

}  // namespace lic
