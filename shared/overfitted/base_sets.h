// The values that parameters have before the differences of a file are added (docs/format.md#base-sets).
#pragma once

#include "overfitted/architecture.h"

namespace lic::overfitted {

class GroupList;

// The neutral set, which is number 0, and those that were trained.
uint32_t CountBaseSets();

// Whether the field `networks` has a base set that exists and goes with the rest of the field.
// Errors: kUnsupportedVersion, kBadHeader.
Status CheckBaseSet(std::span<const uint8_t, kArchitectureBytes> networks);

// Writes the base of every parameter. `architecture` has passed Read, and `groups` are its own. `values` are zero.
void PutBase(const Architecture& architecture, const GroupList& groups, int16_t* values);

}  // namespace lic::overfitted
