// The base sets that were trained, as docs/base-sets/ has them.
#pragma once

#include "overfitted/architecture.h"

namespace lic::overfitted {

struct TrainedSet {
  std::array<uint8_t, kArchitectureBytes - 1> networks;  // the field `networks` after the number of the set
  uint32_t quality256;                                   // that it was trained for
  std::span<const int8_t> values;  // of each group: a shift, and then each parameter in units of 1 << shift
};

// Set number 1 first.
std::span<const TrainedSet> TrainedSets();

}  // namespace lic::overfitted
