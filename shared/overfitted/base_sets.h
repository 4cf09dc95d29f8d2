// The values that parameters have before the differences of a file are added (docs/format.md#base-sets).
#pragma once

#include "overfitted/architecture.h"

namespace lic::overfitted {

struct Group;

inline constexpr uint32_t kBaseSets = 1;

// Writes the values of a group, by the base set of the architecture. `values` are zero.
void PutBase(const Architecture& architecture, const Group& group, int16_t* values);

}  // namespace lic::overfitted
