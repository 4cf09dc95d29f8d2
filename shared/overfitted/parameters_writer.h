// NETWORK, written: the mirror of Parameters::Read (docs/format.md#network-payload).
#pragma once

#include "overfitted/parameters.h"

namespace lic::overfitted {

// The parameters of the base set, in the order of GroupList.
Result<Buffer<int16_t>> BaseParameters(const Architecture& architecture);

// Bits of a group in NETWORK, its step and the number of its table included. The table is the one that takes the
// fewest. `differences` are multiples of the step, and of magnitudes up to kMaxResidual. Where all are 0 they take no
// bits of their own.
double GroupBits(std::span<const int32_t> differences, const ResidualTable* tables);

// Writes NETWORK. `steps` are those of the groups, in the order of GroupList: logarithms of the units of the
// differences, or kNoDifferences. `tables` has kScaleCount tables.
// Errors: kInternal where a difference is not a multiple of its step, or something is too large to be written.
Result<Buffer<uint8_t>> WriteParameters(const Architecture& architecture, const Parameters& parameters,
                                        std::span<const uint8_t> steps, const ResidualTable* tables);

}  // namespace lic::overfitted
