#include "container/tile_grid.h"

#include <algorithm>

namespace lic {

Rect TileGrid::Pixels(uint32_t tile) const {
  const uint32_t x = tile % columns * side;
  const uint32_t y = tile / columns * side;
  return {x, y, std::min(side, width - x), std::min(side, height - y)};
}

Failure AboutTile(const char* what, uint32_t tile, const Failure& failure) {
  return Fail(failure.error, "%stile %u: %s", what, tile, failure.what);
}

}  // namespace lic
