// The latents that an encoder codes, in the order in which a LatentCoder asks for them.
#pragma once

#include "overfitted/wavefront.h"

namespace lic::overfitted {

// Those of the lanes at step t of a band. `plane` is that of the band's grid.
void CopyStep(const GridPlane& plane, const BandPlace& place, size_t t, LaneRange lanes, int16_t* latents);

// Whether all latents of a chunk are 0.
bool IsEmptyChunk(const GridPlane& plane, const BandPlace& place, uint32_t chunk);

}  // namespace lic::overfitted
