#include "overfitted/training/rate_pass.h"

#include <algorithm>

#include "base/try.h"
#include "overfitted/contexts.h"

namespace lic::overfitted {
namespace {

constexpr uint32_t kLeastBands = 4;  // of a grid, from which gradients of weights are taken

ContextPlace Place(FloatGrid& grid, ContextKind kind, int64_t y, int64_t x) {
  return {kind, grid.rounded.Row(y) + x, grid.gradient.Row(y) + x};
}

// The place of a context of other grids, of the latents from column x on of row y.
ContextPlace PlaceOf(CoarserContext relation, const Grid& grid, FloatGrids& grids, uint32_t y, uint32_t x) {
  const Architecture& a = grids.architecture();
  const auto at = [&](uint32_t chain, uint32_t level, ContextKind kind, int64_t row, int64_t column) {
    const uint32_t found = level < kLevels ? a.Find(chain, level) : kNoGrid;
    return found == kNoGrid ? ContextPlace() : Place(grids[found], kind, row, column);
  };
  const bool odd = y % 2 != 0;
  const int64_t up = y / 2, left = x / 2;
  const uint32_t parent = grid.level + 1;
  switch (relation) {
    case CoarserContext::kParent:
      return at(grid.chain, parent, ContextKind::kParent, up, left);
    case CoarserContext::kGrandparent:
      return at(grid.chain, grid.level + 2, ContextKind::kGrandparent, y / 4, x / 4);
    case CoarserContext::kNearVertical:
      return at(grid.chain, parent, ContextKind::kParent, odd ? up + 1 : up - 1, left);
    case CoarserContext::kFarVertical:
      return at(grid.chain, parent, ContextKind::kParent, odd ? up - 1 : up + 1, left);
    case CoarserContext::kNearHorizontal:
      return at(grid.chain, parent, ContextKind::kNear, up, left);
    case CoarserContext::kFarHorizontal:
      return at(grid.chain, parent, ContextKind::kFar, up, left);
    case CoarserContext::kSamePlaceOf0:
      return at(0, grid.level, ContextKind::kDirect, y, x);
    case CoarserContext::kSamePlaceOf1:
      return at(1, grid.level, ContextKind::kDirect, y, x);
  }
  return {};
}

}  // namespace

struct RatePass::Task {
  const FloatNetworks& networks;
  FloatGrids& grids;
  float price;
  Wanted wanted;
  Sampling sampling;
  const TrainingKernels& kernels;
};

Result<RatePass> RatePass::Create(const Architecture& architecture, uint32_t height, uint32_t workers) {
  RatePass pass;
  pass.a_ = &architecture;
  for (uint32_t g = 0; g < architecture.grids; ++g) {
    const Grid& grid = architecture.grid[g];
    pass.first_band_[g] = static_cast<uint32_t>(pass.bands_.size());
    for (uint32_t y = 0; y < grid.Size(height); y += kBandRows)
      pass.bands_.push_back({g, y, std::min(y + kBandRows, grid.Size(height)), 0});
    const ContextShape& shape = architecture.network[grid.network];
    const size_t parameters = size_t{shape.width} * (shape.contexts() + 1) +
                              size_t{shape.depth - 1} * shape.width * (shape.width + 1) +
                              size_t{2} * (shape.width + shape.contexts() + 1);
    pass.parameters_ = std::max(pass.parameters_, parameters);
  }
  pass.first_band_[architecture.grids] = static_cast<uint32_t>(pass.bands_.size());
  LIC_TRY(pass.band_gradients_, Buffer<float>::Create(pass.bands_.size() * pass.parameters_));
  LIC_TRY(pass.scratch_, Buffer<float>::Create(workers * (kRateScratch + pass.parameters_ * kParts)));
  return pass;
}

double RatePass::Run(const FloatNetworks& networks, FloatGrids& grids, float price, Wanted wanted, Sampling sampling,
                     const TrainingKernels& kernels, Workers& workers, std::span<float> gradient) {
  const Task task = {networks, grids, price, wanted, sampling, kernels};
  double total = 0;
  for (uint32_t g = 0; g < a_->grids; ++g) {
    const uint32_t first = first_band_[g], count = first_band_[g + 1] - first;
    for (uint32_t odd = 0; odd < 2; ++odd) {
      workers.ForEach((count + 1 - odd) / 2,
                      [&](uint32_t i, uint32_t worker) { RunBand(task, first + 2 * i + odd, worker); });
    }
    grid_bits_[g] = 0;
    const Sampling of_grid = OfGrid(g, sampling);
    for (uint32_t band = first; band < first + count; ++band) {
      grid_bits_[g] += bands_[band].bits;
      if (wanted == Wanted::kAllGradients && of_grid.Takes(band - first))
        AddBand(networks, band, of_grid.Scale(count), gradient);
    }
    total += grid_bits_[g];
  }
  return total;
}

// Grids of few bands give all.
Sampling RatePass::OfGrid(uint32_t grid, Sampling sampling) const {
  return first_band_[grid + 1] - first_band_[grid] < kLeastBands * sampling.every ? Sampling() : sampling;
}

void RatePass::RunBand(const Task& task, uint32_t number, uint32_t worker) {
  Band& band = bands_[number];
  const Grid& grid = a_->grid[band.grid];
  FloatGrid& floats = task.grids[band.grid];
  const ContextShape& shape = a_->network[grid.network];
  float* scratch = scratch_.data() + worker * (kRateScratch + parameters_ * kParts);
  RateTile tile;
  tile.weights = &task.networks.context(grid.network);
  tile.bias1 = task.networks.Bias1(band.grid);
  tile.grid_bias = task.networks.GridBias(band.grid);
  tile.bit_price = task.price;
  tile.backward = task.wanted != Wanted::kLossOnly;
  tile.weights_too =
      task.wanted == Wanted::kAllGradients && OfGrid(band.grid, task.sampling).Takes(number - first_band_[band.grid]);
  tile.sums = scratch + kRateScratch;
  tile.scratch = scratch;
  if (tile.weights_too) std::fill_n(tile.sums, parameters_ * kParts, 0.f);
  band.bits = 0;
  for (uint32_t y = band.first; y < band.end; ++y) {
    for (uint32_t x = 0; x < floats.rounded.width(); x += kTileLanes) {
      for (uint32_t i = 0; i < shape.spatial; ++i) {
        const SpatialContext& at = kSpatialContexts[i];
        tile.places[i] = Place(floats, ContextKind::kDirect, int64_t{y} + at.row, int64_t{x} + at.column);
      }
      for (uint32_t i = 0; i < shape.coarser; ++i)
        tile.places[shape.spatial + i] = PlaceOf(kCoarserContexts[grid.chain][i], grid, task.grids, y, x);
      tile.latents = floats.rounded.Row(y) + x;
      tile.gradient = floats.gradient.Row(y) + x;
      tile.count = std::min(kTileLanes, floats.rounded.width() - x);
      band.bits += task.kernels.rate(tile);
    }
  }
  if (!tile.weights_too) return;
  float* to = band_gradients_.data() + number * parameters_;
  for (size_t i = 0; i < tile.weights->parameters(); ++i) {
    float sum = 0;
    for (uint32_t part = 0; part < kParts; ++part) sum += tile.sums[i * kParts + part];
    to[i] = sum;
  }
}

void RatePass::AddBand(const FloatNetworks& networks, uint32_t number, float scale, std::span<float> gradient) const {
  const uint32_t g = bands_[number].grid;
  const Grid& grid = a_->grid[g];
  const ContextShape& shape = a_->network[grid.network];
  const float* from = band_gradients_.data() + number * parameters_;
  const auto add = [&](GroupKind kind, uint32_t network, size_t first, size_t count) {
    float* to = gradient.data() + networks.Find(kind, network)->first + first;
    for (size_t i = 0; i < count; ++i) to[i] += scale * *from++;
  };
  add(GroupKind::kWeight1, grid.network, 0, size_t{shape.width} * shape.contexts());
  add(GroupKind::kBias1, grid.network, size_t{grid.bias_set} * shape.width, shape.width);
  if (shape.depth == 2) {
    add(GroupKind::kWeight2, grid.network, 0, size_t{shape.width} * shape.width);
    add(GroupKind::kBias2, grid.network, 0, shape.width);
  }
  add(GroupKind::kWeight3, grid.network, 0, size_t{2} * (shape.width + shape.contexts()));
  add(GroupKind::kBias3, grid.network, 0, 2);
  // Biases of the grid are added to those of its network, so that their gradient is the same.
  from -= 2;
  add(GroupKind::kGridBias, 0, size_t{2} * g, 2);
}

}  // namespace lic::overfitted
