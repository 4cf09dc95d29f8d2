// What the latents of each grid cost in bits, and for which grids a map of empty chunks saves some
// (docs/format.md#empty-chunks).
#pragma once

#include "overfitted/latent_steps.h"

namespace lic::overfitted {

// Of a grid without a map.
struct GridCost {
  double bits = 0;                                // of all its latents
  double empty_bits = 0;                          // of those in empty chunks, which a map would save
  uint64_t chunks[kEmptyNeighbours + 1][2] = {};  // by empty neighbours: full ones, empty ones
};

// A map, or none where none saves bits, and what the grid then costs: its latents and flags.
struct MapChoice {
  ChunkMap map;
  double bits = 0;
};
MapChoice ChooseMap(const GridCost& cost);

// Measures the latents of `planes`, which must hold all rows that are asked for. No grid may be mapped.
class LatentCosts final : public LatentCoder {
 public:
  // For a picture of that width. Both must outlive the object.
  static Result<LatentCosts> Create(const LaplaceTables& laplace, const GridPlanes& planes, uint32_t width);

  // Begins with a stream. Bands above do not count for its flags.
  void StartStream() { grid_ = kNoGrid; }
  // The most symbols that all streams so far can take: latents, escapes and flags.
  size_t symbols() const { return symbols_; }
  const GridCost& of(uint32_t grid) const { return costs_[grid]; }

  bool CodeFlag(const BandPlace& place, uint32_t chunk, uint32_t frequency) override;
  void CodeStep(const BandPlace& place, size_t t, const StepTables& tables, LaneRange lanes, int16_t* latents) override;

 private:
  void StartBand(const BandPlace& place);

  const LaplaceTables* laplace_ = nullptr;
  const GridPlanes* planes_ = nullptr;
  ChunkFlags flags_;
  uint32_t grid_ = kNoGrid;
  size_t symbols_ = 0;
  GridCost costs_[kMaxGrids];
};

}  // namespace lic::overfitted
