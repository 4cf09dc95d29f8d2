// The distributions of latents: a table for each scale and fraction of the mean (docs/format.md#laplace-tables).
#pragma once

#include "base/made.h"
#include "symbols/residual_table.h"

namespace lic::overfitted {

inline constexpr int kFractions = 16;
inline constexpr int kMaxLaplaceSupport = 48;

// The starts of the symbols -1, 0, 1 and 2: where most latents are found.
struct FourStarts {
  uint16_t start[4];
};

struct LaplaceTables {
  // By scale * kFractions + fraction.
  Buffer<FourStarts> four;
  Buffer<uint32_t> offset;  // of the start of symbol 0 in `starts`
  Buffer<uint16_t> starts;  // of the symbols -K..K and the escape, then 32768, of each table
  // Those of fraction 8, for differences of parameters and alpha.
  ResidualTable residual[kScaleCount];

  // Makes them in place, where a move would take code: see Made.
  Status Fill();
  static Result<LaplaceTables> Create() { return Made<LaplaceTables>(); }

  const uint16_t* StartsFrom0(int table) const { return starts.data() + offset[table]; }
  static int Support(int table);
};

}  // namespace lic::overfitted
