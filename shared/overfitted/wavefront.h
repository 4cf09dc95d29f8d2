// The order in which the latents of a grid are coded, and with which distributions: bands of eight rows, each two
// columns after the row above it (docs/format.md#wavefront). Decoders and encoders share it: they differ in the
// LatentCoder.
//
//   rows above, grids coded before ──skew──> contexts ──context network──> StepTables ──LatentCoder──> latents
#pragma once

#include "overfitted/chunk_flags.h"
#include "overfitted/grids.h"
#include "overfitted/kernels.h"

namespace lic::overfitted {

struct BandPlace {
  uint32_t grid = 0;
  uint32_t y = 0;  // of its first row in the grid
  uint32_t rows = 0;
  uint32_t width = 0;

  uint32_t steps() const { return width + kLag * (rows - 1); }
  uint32_t chunks() const { return CeilDiv(steps(), kChunkSteps); }
};

// Lanes [first, end).
struct LaneRange {
  uint32_t first = 0;
  uint32_t end = 0;
};

// Takes latents from a stream, or puts them there.
class LatentCoder {
 public:
  virtual ~LatentCoder() = default;
  // Whether a chunk is empty; `frequency` is that of the empty ones.
  virtual bool CodeFlag(const BandPlace& place, uint32_t chunk, uint32_t frequency) = 0;
  // The latents of the lanes at step t: lane r has column t - kLag * r.
  virtual void CodeStep(const BandPlace& place, size_t t, const StepTables& tables, LaneRange lanes,
                        int16_t* latents) = 0;
};

class Wavefront {
 public:
  // For the grids of a picture of that width. All but `width` must outlive the object.
  Status Fill(const Architecture& architecture, const Parameters& parameters, const Layers& layers,
              const Kernels& kernels, uint32_t width);
  static Result<Wavefront> Create(const Architecture& architecture, const Parameters& parameters, const Layers& layers,
                                  const Kernels& kernels, uint32_t width) {
    return Made<Wavefront>(architecture, parameters, layers, kernels, width);
  }

  // Begins with rows of a grid. `visible`: the rows of the picture whose latents of the levels 0 and 1 may be contexts.
  void Start(uint32_t grid, RowRange rows, RowRange visible);
  // Codes on, about as much as `work` multiplications, and takes from `work` what it did. True when all rows are coded.
  bool Step(GridPlanes& planes, LatentCoder& coder, int64_t& work);

 private:
  void StartBand(GridPlanes& planes, LatentCoder& coder);
  void CodeFlags(LatentCoder& coder);
  void SkewRowsAbove(const GridPlane& plane);
  void SkewParents(const GridPlanes& planes);
  void SkewSamePlace(const GridPlanes& planes);
  void SetSources();
  void SetParentSource(ContextSource& source, const int16_t* memory, int column, int even_row, int odd_row) const;
  void CodeStep(LatentCoder& coder);
  RowRange VisibleRows(uint32_t level, uint32_t height) const;
  uint32_t GridAt(uint32_t chain, uint32_t levels_up) const;
  bool ChunkIsEmpty() const { return is_mapped_ && flags_.IsEmpty(t_ / kChunkSteps); }

  const Architecture* a_ = nullptr;
  const Parameters* parameters_ = nullptr;
  const Layers* layers_ = nullptr;
  const Kernels* kernels_ = nullptr;

  // The part of a grid that is being coded.
  uint32_t grid_ = 0;
  RowRange rows_;
  RowRange visible_;
  bool is_mapped_ = false;
  BandPlace band_;
  bool in_band_ = false;
  int8_t* row_[kLanes] = {};  // of the band
  uint32_t t_ = 0;
  ChunkFlags flags_;

  // Skewed: contexts of a band's lanes lie side by side.
  ContextTask task_;
  Buffer<int16_t> skewed_;  // all of the following
  int16_t* own_ = nullptr;
  int16_t* parent_ = nullptr;
  int16_t* grandparent_ = nullptr;
  int16_t* same_place_[kMaxChains - 1] = {};  // as many as there are chains before the last
};

}  // namespace lic::overfitted
