#include "overfitted/wavefront.h"

#include <algorithm>
#include <cstring>

#include "base/try.h"
#include "overfitted/contexts.h"

namespace lic::overfitted {
namespace {

constexpr int kContextUnit = 256;
// Skewed memory begins kPad steps before column 0 of lane 0, and holds as many after the last step.
constexpr int kPad = 16;
// Rows of the band above are lanes -1 to -3; a load of eight lanes from there stays within the stride.
constexpr int kFirstLane = 4;
constexpr uint32_t kOwnStride = 16;
constexpr uint32_t kRowsAbove = 3;
// Multiplications that take as long as what a band needs for each column before its first step: its surroundings are
// copied and its flags are read. Empty chunks need nothing else.
constexpr int64_t kColumnWork = 500;
constexpr uint32_t kEmptyUnit = 128;  // frequency of a probability of 1/256

// Is written by one instruction.
using AllLanes [[gnu::vector_size(kLanes * sizeof(int16_t))]] = int16_t;

// Where step t of lane 0 lies.
template <class T>
T* At(T* memory, int64_t t, uint32_t stride) {
  return memory + (t + kPad) * stride + kFirstLane;
}

// Puts a row in the place of a lane: its column x is that of step x + kLag * lane. Each latent stands for
// 2^`doublings` columns. Several copies of this loop would make no picture sooner.
[[gnu::noinline]] void SkewRow(const int8_t* row, uint32_t width, int lane, uint32_t stride, uint32_t doublings,
                               int16_t* memory) {
  int16_t* to = At(memory, int64_t{kLag} * lane, stride) + lane;
  for (uint32_t x = 0; x < width; ++x, to += stride) *to = static_cast<int16_t>(row[x >> doublings] * kContextUnit);
}

void Clear(int16_t* memory, uint32_t steps, uint32_t stride) {
  std::memset(memory, 0, (size_t{steps} + 2 * kPad) * stride * sizeof(int16_t));
}

}  // namespace

Status Wavefront::Fill(const Architecture& architecture, const Parameters& parameters, const Layers& layers,
                       const Kernels& kernels, uint32_t width) {
  a_ = &architecture;
  parameters_ = &parameters;
  layers_ = &layers;
  kernels_ = &kernels;
  uint32_t finest = kLevels;
  for (uint32_t c = 0; c < architecture.chains; ++c) finest = std::min(finest, architecture.chain[c].finest);
  const size_t steps = BandPlace{.rows = kLanes, .width = CeilDiv(width, 1u << finest)}.steps();
  const size_t own = (steps + 2 * kPad) * kOwnStride, parent = (steps / 2 + 1 + 2 * kPad) * kParentStride;
  LIC_TRY(skewed_, Buffer<int16_t>::Create(architecture.chains * own + 2 * parent));
  own_ = skewed_.data();
  parent_ = own_ + own;
  grandparent_ = parent_ + parent;
  int16_t* after = grandparent_ + parent;
  for (uint32_t i = 0; i + 1 < architecture.chains; ++i, after += own) same_place_[i] = after;
  LIC_TRY(flags_, ChunkFlags::Create(steps / kChunkSteps + 1));
  return {};
}

void Wavefront::Start(uint32_t grid, RowRange rows, RowRange visible) {
  grid_ = grid;
  rows_ = rows;
  visible_ = visible;
  is_mapped_ = parameters_->map[grid].mapped;
  band_ = {.grid = grid, .y = rows.first};
  in_band_ = false;
  flags_.StartPart();
  const ContextNetwork& network = layers_->context[a_->grid[grid].network];
  task_ = {};
  task_.network = &network;
  task_.bias1 = network.bias1 + size_t{a_->grid[grid].bias_set} * kMaxContextWidth;
  const int16_t* biases = parameters_->Find(GroupList(*a_), GroupKind::kGridBias) + 2 * grid;
  std::copy_n(biases, 2, task_.grid_bias);
  SetSources();
}

bool Wavefront::Step(GridPlanes& planes, LatentCoder& coder, int64_t& work) {
  const int64_t step_work = kLanes * int64_t{task_.network->shape.products()};
  while (band_.y < rows_.end) {
    if (work <= 0) return false;
    if (!in_band_) {
      StartBand(planes, coder);
      work -= kColumnWork * band_.width;
    }
    for (const uint32_t steps = band_.steps(); t_ < steps;) {
      if (ChunkIsEmpty()) {
        t_ += kChunkSteps;
        continue;
      }
      if (work <= 0) return false;
      CodeStep(coder);
      ++t_;
      work -= step_work;
    }
    in_band_ = false;
    band_.y += kLanes;
  }
  return true;
}

void Wavefront::StartBand(GridPlanes& planes, LatentCoder& coder) {
  GridPlane& plane = planes.plane[grid_];
  in_band_ = true;
  t_ = 0;
  band_.rows = std::min(kLanes, rows_.end - band_.y);
  band_.width = plane.width;
  if (is_mapped_) CodeFlags(coder);
  for (uint32_t r = 0; r < band_.rows; ++r) {
    row_[r] = plane.Row(band_.y + r);
    std::memset(row_[r], 0, plane.width);
  }
  SkewRowsAbove(plane);
  if (task_.network->shape.coarser > 0) {
    SkewParents(planes);
    SkewSamePlace(planes);
  }
}

void Wavefront::CodeFlags(LatentCoder& coder) {
  flags_.StartBand(band_.chunks());
  for (uint32_t k = 0; k < flags_.count(); ++k) {
    const uint32_t frequency = kEmptyUnit * parameters_->map[grid_].probability[flags_.EmptyNeighbours(k)];
    flags_.Put(k, coder.CodeFlag(band_, k, frequency));
  }
}

void Wavefront::CodeStep(LatentCoder& coder) {
  StepTables tables;
  kernels_->context_step(task_, t_, tables);
  LaneRange lanes;
  if (t_ >= band_.width) lanes.first = (t_ - band_.width) / kLag + 1;
  lanes.end = std::min(t_ / kLag + 1, band_.rows);
  alignas(16) int16_t latents[kLanes] = {};
  coder.CodeStep(band_, t_, tables, lanes, latents);
  uint64_t halves[2];
  std::memcpy(halves, latents, sizeof(halves));
  if ((halves[0] | halves[1]) == 0) return;
  // All lanes at once, those without a latent too, which are 0: the next steps load them so, and would wait for stores
  // of single lanes.
  AllLanes contexts;
  std::memcpy(&contexts, latents, sizeof(contexts));
  contexts *= kContextUnit;
  std::memcpy(At(own_, t_, kOwnStride), &contexts, sizeof(contexts));
  for (uint32_t lane = lanes.first; lane < lanes.end; ++lane)
    row_[lane][t_ - kLag * lane] = static_cast<int8_t>(latents[lane]);
}

// ---- Skewed copies of what surrounds a band -----------------------------------------------------------------

// The rows of a grid that may be contexts.
RowRange Wavefront::VisibleRows(uint32_t level, uint32_t height) const {
  return level < kStripeLevels ? RowsOfLevel(visible_, level) : RowRange{0, height};
}

uint32_t Wavefront::GridAt(uint32_t chain, uint32_t levels_up) const {
  return a_->Find(chain, a_->grid[grid_].level + levels_up);
}

void Wavefront::SkewRowsAbove(const GridPlane& plane) {
  Clear(own_, band_.steps(), kOwnStride);
  for (uint32_t i = 1; i <= kRowsAbove && band_.y >= rows_.first + i; ++i)
    SkewRow(plane.Row(band_.y - i), plane.width, -static_cast<int>(i), kOwnStride, 0, own_);
}

void Wavefront::SkewParents(const GridPlanes& planes) {
  const Grid& grid = a_->grid[grid_];
  const uint32_t parent = GridAt(grid.chain, 1), grandparent = GridAt(grid.chain, 2);
  Clear(parent_, band_.steps() / 2 + 1, kParentStride);
  Clear(grandparent_, band_.steps() / 2 + 1, kParentStride);
  if (parent == kNoGrid) return;
  const GridPlane& from = planes.plane[parent];
  const RowRange visible = VisibleRows(grid.level + 1, from.height);
  for (int lane = -1; lane <= static_cast<int>(kLanes / 2); ++lane) {
    const int64_t y = int64_t{band_.y / 2} + lane;
    if (visible.Holds(y)) SkewRow(from.Row(static_cast<uint32_t>(y)), from.width, lane, kParentStride, 0, parent_);
  }
  if (grandparent == kNoGrid) return;
  const GridPlane& above = planes.plane[grandparent];
  for (uint32_t lane = 0; lane < kLanes / 2; ++lane) {
    const uint32_t y = band_.y / 4 + lane / 2;
    if (y < above.height) SkewRow(above.Row(y), from.width, static_cast<int>(lane), kParentStride, 1, grandparent_);
  }
}

void Wavefront::SkewSamePlace(const GridPlanes& planes) {
  const Grid& grid = a_->grid[grid_];
  for (uint32_t chain = 0; chain < grid.chain; ++chain) {
    const uint32_t other = GridAt(chain, 0);
    Clear(same_place_[chain], band_.steps(), kOwnStride);
    if (other == kNoGrid) continue;
    const GridPlane& from = planes.plane[other];
    for (uint32_t lane = 0; lane < band_.rows; ++lane) {
      SkewRow(from.Row(band_.y + lane), from.width, static_cast<int>(lane), kOwnStride, 0, same_place_[chain]);
    }
  }
}

// ---- Where the contexts lie ----------------------------------------------------------------------------------

void Wavefront::SetSources() {
  const ContextShape& shape = task_.network->shape;
  for (uint32_t i = 0; i < shape.spatial; ++i) {
    const SpatialContext& place = kSpatialContexts[i];
    const int64_t step = place.column + int64_t{kLag} * place.row;
    task_.sources[i].direct = At(own_, step, kOwnStride) + place.row;
    task_.sources[i].direct_stride = kOwnStride;
  }
  const uint32_t chain = a_->grid[grid_].chain;
  for (uint32_t i = 0; i < shape.coarser; ++i) {
    ContextSource& source = task_.sources[shape.spatial + i];
    const auto same_place = [&](uint32_t other) {
      source.direct = At(same_place_[other], 0, kOwnStride);
      source.direct_stride = kOwnStride;
    };
    switch (kCoarserContexts[chain][i]) {
      case CoarserContext::kParent:
        SetParentSource(source, parent_, 0, 0, 0);
        break;
      case CoarserContext::kGrandparent:
        SetParentSource(source, grandparent_, 0, 0, 0);
        break;
      case CoarserContext::kNearVertical:
        SetParentSource(source, parent_, 0, -1, 1);
        break;
      case CoarserContext::kFarVertical:
        SetParentSource(source, parent_, 0, 1, -1);
        break;
      case CoarserContext::kNearHorizontal:
        SetParentSource(source, parent_, 1, 0, 0);
        break;
      case CoarserContext::kFarHorizontal:
        SetParentSource(source, parent_, -1, 0, 0);
        break;
      case CoarserContext::kSamePlaceOf0:
        same_place(0);
        break;
      case CoarserContext::kSamePlaceOf1:
        same_place(1);
        break;
    }
  }
}

// A latent of the parent, `column` to the right for odd columns and to the left for even ones, and so many rows below
// for even and for odd rows.
//
// With T = t >> 1, lane 2 i of step t is in column T - 2 i of the parent, and lane 2 i + 1 in column T - 2 i - 1. Row
// i + d of the parent has column c at its step c + 2 (i + d).
void Wavefront::SetParentSource(ContextSource& source, const int16_t* memory, int column, int even_row,
                                int odd_row) const {
  for (int parity = 0; parity < 2; ++parity) {
    const int right = parity == 1 ? column : -column;
    source.even[parity] = At(memory, right + int64_t{kLag} * even_row, kParentStride) + even_row;
    source.odd[parity] = At(memory, right - 1 + int64_t{kLag} * odd_row, kParentStride) + odd_row;
  }
}

}  // namespace lic::overfitted
