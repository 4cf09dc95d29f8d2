#include "overfitted/encoding/presets.h"

#include <algorithm>
#include <cstdlib>

#include "overfitted/trained_sets.h"

namespace lic::overfitted {

std::array<uint8_t, kArchitectureBytes> NetworksFor(uint32_t quality256) {
  const auto distance = [&](const TrainedSet& set) {
    return std::abs(static_cast<int>(set.quality256) - static_cast<int>(quality256));
  };
  auto networks = kNetworks;
  const TrainedSet* nearest = nullptr;
  for (const TrainedSet& set : TrainedSets()) {
    if (!std::equal(set.networks.begin(), set.networks.end(), kNetworks.begin() + 1)) continue;
    if (nearest && distance(*nearest) <= distance(set)) continue;
    nearest = &set;
    networks[0] = static_cast<uint8_t>(&set - TrainedSets().data() + 1);
  }
  return networks;
}

}  // namespace lic::overfitted
