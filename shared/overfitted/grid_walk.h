// An encoder's way through the grids of a picture: the streams that a decoder would read, one by one.
#pragma once

#include "container/tile_grid.h"
#include "overfitted/wavefront.h"

namespace lic::overfitted {

class GridWalk {
 public:
  // The streams of a picture with these tiles. All but `tiles` must outlive the object.
  static Result<GridWalk> Create(const Architecture& architecture, const Parameters& parameters, const Layers& layers,
                                 const TileGrid& tiles);

  uint32_t streams() const { return tiles_.rows + (has_common() ? 1 : 0); }
  // Asks a coder for everything in a stream (docs/format.md#streams-of-the-grids). Streams must come in their order.
  void Run(uint32_t stream, LatentCoder& coder);

 private:
  bool has_common() const { return tiles_.rows > 1; }

  const Architecture* a_ = nullptr;
  TileGrid tiles_;
  Wavefront wavefront_;
  GridPlanes planes_;  // what a decoder would hold
};

}  // namespace lic::overfitted
