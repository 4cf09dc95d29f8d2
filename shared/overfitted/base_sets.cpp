#include "overfitted/base_sets.h"

#include <algorithm>

#include "base/try.h"
#include "overfitted/parameters.h"
#include "overfitted/trained_sets.h"

namespace lic::overfitted {
namespace {

constexpr int16_t kOne = 4096;       // of weights in 1/4096
constexpr int16_t kScaleBias = 896;  // logarithm of the scale exp(-1), from exp(-4.5) on, in 1/256
constexpr int16_t kTaps[4] = {-576, 4288, 14400, -1728};
// Red, green and blue of a channel of each chain: luma, blue and red difference, a tenth of the range for a latent
// of 1.
constexpr int16_t kColoursOfChain[kMaxChains][kColours] = {{6528, 6528, 6528}, {0, -2246, 11568}, {9152, -4661, 0}};

void PutIdentity(size_t rows, size_t columns, int16_t* values) {
  for (size_t i = 0; i < std::min(rows, columns); ++i) values[i * columns + i] = kOne;
}

void PutBypass(const Architecture& a, int16_t* values) {
  uint32_t channel = 0;
  for (uint32_t c = 0; c < a.chains; ++c) {
    for (uint32_t i = 0; i < a.chain[c].channels(); ++i, ++channel) {
      for (uint32_t o = 0; o < kColours; ++o) values[o * a.channels() + channel] = kColoursOfChain[c][o];
    }
  }
}

// A group of base set 0.
void PutNeutral(const Architecture& architecture, const Group& group, int16_t* values) {
  switch (group.kind) {
    case GroupKind::kWeight1: {
      const ContextShape& shape = architecture.network[group.number];
      return PutIdentity(shape.width, shape.contexts(), values);
    }
    case GroupKind::kWeight2:
      return PutIdentity(architecture.network[group.number].width, architecture.network[group.number].width, values);
    case GroupKind::kBias3:
      values[1] = kScaleBias;
      return;
    case GroupKind::kTaps:
      for (uint32_t step = 0; step + 1 < kLevels; ++step) std::copy_n(kTaps, 4, values + 4 * step);
      return;
    case GroupKind::kGain:
      std::fill_n(values, group.count, kOne);
      return;
    case GroupKind::kBypass:
      return PutBypass(architecture, values);
    case GroupKind::kConvolution:
      for (uint32_t o = 0; o < kColours; ++o) values[(o * kColours + o) * 9 + 4] = kOne;
      return;
    default:
      return;
  }
}

void PutTrained(const TrainedSet& set, const GroupList& groups, int16_t* values) {
  const int8_t* from = set.values.data();
  for (const Group& group : groups) {
    const int shift = *from++;
    for (size_t i = 0; i < group.count; ++i) values[group.first + i] = static_cast<int16_t>(*from++ * (1 << shift));
  }
}

}  // namespace

uint32_t CountBaseSets() { return 1 + static_cast<uint32_t>(TrainedSets().size()); }

Status CheckBaseSet(std::span<const uint8_t, kArchitectureBytes> networks) {
  const uint32_t number = networks[0];
  if (number >= CountBaseSets()) {
    return Fail(Error::kUnsupportedVersion, "the base set of the networks is %u, known are 0 to %u", number,
                CountBaseSets() - 1);
  }
  if (number == 0) return {};
  const TrainedSet& set = TrainedSets()[number - 1];
  for (size_t i = 1; i < kArchitectureBytes; ++i) {
    if (networks[i] == set.networks[i - 1]) continue;
    return Fail(Error::kBadHeader, "networks: byte %zu is %u, but base set %u is for networks where it is %u", i,
                networks[i], number, set.networks[i - 1]);
  }
  return {};
}

void PutBase(const Architecture& architecture, const GroupList& groups, int16_t* values) {
  if (architecture.base_set > 0) return PutTrained(TrainedSets()[architecture.base_set - 1], groups, values);
  for (const Group& group : groups) PutNeutral(architecture, group, values + group.first);
}

}  // namespace lic::overfitted
