// Networks as the integers that a file holds: coarse where the loss hardly feels it.
#pragma once

#include <functional>

#include "overfitted/training/float_networks.h"
#include "symbols/residual_table.h"

namespace lic::overfitted {

struct RoundedNetworks {
  Buffer<int16_t> values;  // in the order of the groups
  uint8_t steps[kMaxGroups] = {};
  double bits = 0;  // that the differences take
};

// Chooses a step for each group, one group after the other, and rounds. `loss` tells that part of the loss, with the
// present values of the networks, which a group of a kind can change; no other group has changed since it was last
// asked for that kind. `price` is what the loss grows by for a bit. Leaves the rounded values in `networks`.
// `tables` has kScaleCount tables. Errors: kOutOfMemory.
Result<RoundedNetworks> RoundNetworks(FloatNetworks& networks, double price, const ResidualTable* tables,
                                      const std::function<double(GroupKind)>& loss);

}  // namespace lic::overfitted
