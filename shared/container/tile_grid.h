// Where the tiles of a picture lie (docs/format.md#tiles).
#pragma once

#include "base/geometry.h"
#include "lic/lic.h"

namespace lic {

inline constexpr uint32_t kTileUnit = 64;  // pixels
inline constexpr uint32_t kMaxTileUnits = 1024;

// The picture is cut into squares from the top left; the last of a row or a column may be smaller. Tiles are numbered
// row by row.
struct TileGrid {
  TileGrid() = default;
  TileGrid(uint32_t picture_width, uint32_t picture_height, uint32_t tile_units)
      : width(picture_width),
        height(picture_height),
        side(tile_units * kTileUnit),
        columns(CeilDiv(width, side)),
        rows(CeilDiv(height, side)) {}

  uint32_t count() const { return columns * rows; }
  // The pixels of a tile.
  Rect Pixels(uint32_t tile) const;

  uint32_t width = 0, height = 0;  // of the picture
  uint32_t side = 0;               // of a tile, in pixels
  uint32_t columns = 0, rows = 0;
};

// The failure, with "`what`tile `tile`: " before its text.
Failure AboutTile(const char* what, uint32_t tile, const Failure& failure);

}  // namespace lic
