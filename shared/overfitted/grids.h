// The latents of all grids, as far as they are kept.
#pragma once

#include <algorithm>

#include "overfitted/architecture.h"

namespace lic::overfitted {

// Rows [first, end) of a grid.
struct RowRange {
  uint32_t first = 0;
  uint32_t end = 0;

  bool Holds(int64_t y) const { return y >= first && y < end; }
};

// The rows of a grid of `level` that belong to the rows [first, end) of the picture.
inline RowRange RowsOfLevel(RowRange pixels, uint32_t level) {
  return {pixels.first >> level, CeilDiv(pixels.end, 1u << level)};
}

// Latents of a grid: the last `held` rows that were put.
struct GridPlane {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t held = 0;
  Buffer<int8_t> latents;  // (held, width): row y lies at y % held

  static Result<GridPlane> Create(uint32_t width, uint32_t height, uint32_t held) {
    GridPlane plane;
    plane.width = width;
    plane.height = height;
    plane.held = held;
    auto latents = Buffer<int8_t>::Create(size_t{width} * held);
    if (!latents.ok()) return latents.failure();
    plane.latents = std::move(latents).value();
    return plane;
  }

  int8_t* Row(uint32_t y) { return latents.data() + size_t{y % held} * width; }
  const int8_t* Row(uint32_t y) const { return latents.data() + size_t{y % held} * width; }
};

struct GridPlanes {
  GridPlane plane[kMaxGrids];

  // For the grids of a picture. Of the grids that are cut into stripes, the rows of a stripe of so many rows of the
  // picture are held, and `more` rows.
  static Result<GridPlanes> Create(const Architecture& architecture, uint32_t width, uint32_t height, uint32_t stripe,
                                   uint32_t more = 0) {
    return Made<GridPlanes>(architecture, width, height, stripe, more);
  }
  Status Fill(const Architecture& architecture, uint32_t width, uint32_t height, uint32_t stripe, uint32_t more) {
    for (uint32_t g = 0; g < architecture.grids; ++g) {
      const Grid& grid = architecture.grid[g];
      const uint32_t rows = grid.Size(height);
      const uint32_t held = grid.level < kStripeLevels ? std::min(rows, grid.Size(stripe) + more) : rows;
      auto plane = GridPlane::Create(grid.Size(width), rows, held);
      if (!plane.ok()) return plane.failure();
      this->plane[g] = std::move(plane).value();
    }
    return {};
  }
};

}  // namespace lic::overfitted
