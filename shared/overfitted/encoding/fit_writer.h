// The parts of a file that a Fit becomes: NETWORK, and the streams of the grids.
#pragma once

#include "container/stream_list.h"
#include "container/tile_grid.h"
#include "overfitted/laplace_tables.h"
#include "overfitted/training/fitting.h"

namespace lic::overfitted {

struct WrittenFit {
  Buffer<uint8_t> network;
  StreamList grids;                  // the streams, in their order
  double grid_bits[kMaxGrids] = {};  // of each grid's latents and flags; every stream has eight states besides
};

// Writes a fit for a picture with these tiles. A grid gets a map of its empty chunks where that saves bits. The same
// fit gives the same bytes with every instruction set.
// Errors: kOutOfMemory; kInternal for a fit that cannot be written.
Result<WrittenFit> WriteFit(const Fit& fit, const TileGrid& tiles, const LaplaceTables& laplace);

}  // namespace lic::overfitted
