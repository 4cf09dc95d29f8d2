#include "overfitted/grid_walk.h"

#include <algorithm>

#include "base/try.h"

namespace lic::overfitted {

Result<GridWalk> GridWalk::Create(const Architecture& architecture, const Parameters& parameters, const Layers& layers,
                                  const TileGrid& tiles) {
  GridWalk walk;
  walk.a_ = &architecture;
  walk.tiles_ = tiles;
  LIC_TRY(walk.wavefront_, Wavefront::Create(architecture, parameters, layers, ChooseKernels(), tiles.width));
  LIC_TRY(walk.planes_, GridPlanes::Create(architecture, tiles.width, tiles.height, tiles.side));
  return walk;
}

void GridWalk::Run(uint32_t stream, LatentCoder& coder) {
  const bool is_common = has_common() && stream == 0;
  RowRange pixels = {0, tiles_.height};
  if (!is_common) {
    pixels.first = (stream - (has_common() ? 1 : 0)) * tiles_.side;
    pixels.end = std::min(pixels.first + tiles_.side, tiles_.height);
  }
  for (uint32_t g = 0; g < a_->grids; ++g) {
    const uint32_t level = a_->grid[g].level;
    const bool is_cut = level < kStripeLevels;
    if (has_common() && is_cut == is_common) continue;
    wavefront_.Start(g, RowsOfLevel(pixels, level), pixels);
    int64_t no_limit = INT64_MAX;
    wavefront_.Step(planes_, coder, no_limit);
  }
}

}  // namespace lic::overfitted
