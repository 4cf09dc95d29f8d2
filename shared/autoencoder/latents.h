// Latents as they lie in memory: decoded ones as integers, those of an encoder with their gain.
#pragma once

#include <cassert>

#include "container/tile_grid.h"
#include "model/model.h"

namespace lic {

inline constexpr int kMeanUnit = 16;  // means and decoded latents are in 1/16

// The latents of a tile, in the latent plane of the picture.
inline Rect LatentsOf(const TileGrid& grid, uint32_t tile) {
  const Rect pixels = grid.Pixels(tile);
  return {pixels.x / kLatentStride, pixels.y / kLatentStride, CeilDiv(pixels.width, kLatentStride),
          CeilDiv(pixels.height, kLatentStride)};
}

// Decoded latents in 1/16, channels innermost: (height, width, channels). The plane holds a part of the picture's
// latents, of which it may move on downwards; positions are those of the picture.
struct LatentPlane {
  Rect held;
  uint32_t channels = 0;
  Buffer<int32_t> values;

  static Result<LatentPlane> Create(const Rect& held, uint32_t channels);
  bool Holds(uint32_t x, uint32_t y) const { return x - held.x < held.width && y - held.y < held.height; }
  int32_t* at(uint32_t x, uint32_t y) {
    return values.data() + (size_t{y - held.y} * held.width + x - held.x) * channels;
  }
  const int32_t* at(uint32_t x, uint32_t y) const { return const_cast<LatentPlane*>(this)->at(x, y); }
  // Lets the rows above `first` go; as many undefined ones come at the bottom.
  void MoveTo(uint32_t first);
};

// Latents with their gain as the encoder sees them, of one tile: (height, width, channels).
struct GainedLatents {
  const float* values = nullptr;
  size_t row_stride = 0;  // values from row to row
};

// Where latents go that have been coded, of one tile: as GainedLatents.
struct CodedLatents {
  float* values = nullptr;
  size_t row_stride = 0;
};

}  // namespace lic
