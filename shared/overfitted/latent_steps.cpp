#include "overfitted/latent_steps.h"

#include <algorithm>

namespace lic::overfitted {

void CopyStep(const GridPlane& plane, const BandPlace& place, size_t t, LaneRange lanes, int16_t* latents) {
  for (uint32_t lane = lanes.first; lane < lanes.end; ++lane)
    latents[lane] = plane.Row(place.y + lane)[t - size_t{kLag} * lane];
}

bool IsEmptyChunk(const GridPlane& plane, const BandPlace& place, uint32_t chunk) {
  const uint32_t first = chunk * kChunkSteps, end = first + kChunkSteps;
  for (uint32_t lane = 0; lane < place.rows && kLag * lane < end; ++lane) {
    const int8_t* row = plane.Row(place.y + lane);
    const uint32_t left = first - std::min(first, kLag * lane), right = std::min(end - kLag * lane, place.width);
    for (uint32_t x = left; x < right; ++x) {
      if (row[x] != 0) return false;
    }
  }
  return true;
}

}  // namespace lic::overfitted
