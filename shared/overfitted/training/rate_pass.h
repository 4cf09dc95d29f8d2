// The bits of a picture's latents, and their gradients.
//
//   rounded latents ──contexts──> context networks ──mean, scale──> Laplace ──> bits ──> gradients of latents, weights
#pragma once

#include "overfitted/training/float_grids.h"
#include "overfitted/training/float_networks.h"
#include "overfitted/training/sampling.h"

namespace lic::overfitted {

class RatePass {
 public:
  // `architecture` must outlive the pass. `workers`: threads that will serve it.
  static Result<RatePass> Create(const Architecture& architecture, uint32_t height, uint32_t workers);

  // Bits of the rounded latents. `price`: what the loss grows by for a bit. Gradients are added to those of the grids
  // and to `gradient`, which has the order of the networks' values.
  double Run(const FloatNetworks& networks, FloatGrids& grids, float price, Wanted wanted, Sampling sampling,
             const TrainingKernels& kernels, Workers& workers, std::span<float> gradient);
  // Of the last run.
  double bits(uint32_t grid) const { return grid_bits_[grid]; }

 private:
  // Rows of a grid that one item of work takes. A band's contexts reach three rows up in the grid itself, and one row
  // beyond its own in the other grids. So bands that are not neighbours write gradients to different places.
  static constexpr uint32_t kBandRows = 16;
  struct Band {
    uint32_t grid, first, end;
    double bits;
  };
  struct Task;

  void RunBand(const Task& task, uint32_t band, uint32_t worker);
  Sampling OfGrid(uint32_t grid, Sampling sampling) const;
  void AddBand(const FloatNetworks& networks, uint32_t band, float scale, std::span<float> gradient) const;

  const Architecture* a_ = nullptr;
  std::vector<Band> bands_;  // grid by grid, from the first grid on
  uint32_t first_band_[kMaxGrids + 1] = {};
  double grid_bits_[kMaxGrids] = {};
  size_t parameters_ = 0;         // most of a network
  Buffer<float> band_gradients_;  // (bands, parameters)
  Buffer<float> scratch_;         // (workers, kRateScratch + parameters * kParts)
};

}  // namespace lic::overfitted
