// Which streams TILES holds, and in which order (docs/format.md#index).
#pragma once

#include "container/header.h"

namespace lic {

// A stream of a tile's latents, of the grids of a row of tiles, or of a tile's alpha.
enum class StreamKind : uint8_t { kLatents, kGrids, kAlpha };

class StreamOrder {
 public:
  StreamOrder() = default;
  explicit StreamOrder(const Header& header);

  uint64_t count() const { return first_ + uint64_t{groups_} * (1 + alphas_); }
  StreamKind Kind(uint64_t stream) const;
  // The first tile of those that a stream belongs to.
  uint32_t Tile(uint64_t stream) const;

  // Streams by their number: of a tile's latents (autoencoder); of a row of tiles (overfitted).
  uint64_t Latents(uint32_t tile) const { return uint64_t{tile} * (1 + alphas_); }
  uint64_t Grids(uint32_t row) const { return first_ + uint64_t{row} * (1 + alphas_); }
  uint64_t Alpha(uint32_t tile) const { return first_ + uint64_t{tile / tiles_} * (1 + alphas_) + 1 + tile % tiles_; }
  // Whether there is a stream before those of the first row of tiles.
  bool has_common() const { return first_ > 0; }

 private:
  Coding coding_ = Coding::kAutoencoder;
  uint32_t first_ = 0;   // streams that belong to no group
  uint32_t groups_ = 0;  // each has a stream of latents or grids, and then streams of alpha
  uint32_t alphas_ = 0;  // of a group
  uint32_t tiles_ = 1;   // of a group
};

}  // namespace lic
