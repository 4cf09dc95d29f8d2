// The grids of a picture while they are fitted: latents as real numbers, and what the descent keeps for each.
#pragma once

#include <vector>

#include "overfitted/training/plane.h"
#include "overfitted/training/training_kernels.h"
#include "overfitted/training/workers.h"

namespace lic::overfitted {

struct FloatGrid {
  FloatPlane latents;   // what is fitted
  FloatPlane rounded;   // softly or to integers: what the networks see
  FloatPlane slope;     // d rounded / d latents
  FloatPlane gradient;  // d loss / d rounded
  FloatPlane mean;      // of Adam
  FloatPlane square;
};

// Soft rounding at a place of a schedule, for levels that differ.
struct GridSoftness {
  float first_temperature = 0;   // of the grids at 1:1, at part 0
  float temperature_growth = 1;  // of the first temperature, from level to level
  float last_temperature = 0;    // of all grids, at part 1
  float noise = 0;               // standard deviation at 1:1
  float noise_growth = 1;        // from level to level
  float part = 0;
  uint32_t seed = 0;
};

struct AdamSettings {
  float rate = 0;    // of the grids at 1:1, in quantiser steps
  float growth = 1;  // of the rate from level to level
  float beta1 = 0, beta2 = 0;
  float epsilon = 0;
};

class FloatGrids {
 public:
  // All latents are 0. `architecture` must outlive the grids.
  static Result<FloatGrids> Create(const Architecture& architecture, uint32_t width, uint32_t height);

  const Architecture& architecture() const { return *a_; }
  FloatGrid& operator[](uint32_t grid) { return grid_[grid]; }
  const FloatGrid& operator[](uint32_t grid) const { return grid_[grid]; }

  void RoundSoftly(const GridSoftness& softness, const TrainingKernels& kernels, Workers& workers);
  // To the nearest integers that a file can hold.
  void Round();
  void ClearGradients();
  // Adds to the gradients what a pull of every latent towards 0 gives, which adds `strength` to the loss for each step
  // of the quantiser that a latent is away from 0.
  void PullToZero(float strength, const TrainingKernels& kernels, Workers& workers);
  void Step(const AdamSettings& settings, const TrainingKernels& kernels, Workers& workers);
  // Forgets what Adam knows.
  void RestartSteps();

 private:
  // Rows that one item of work takes.
  static constexpr uint32_t kItemRows = 32;
  struct Item {
    uint32_t grid, first, end;
  };

  // `growth` to the power of a grid's level.
  float Power(float growth, uint32_t grid) const;

  const Architecture* a_ = nullptr;
  FloatGrid grid_[kMaxGrids];
  std::vector<Item> items_;
  uint32_t steps_ = 0;
};

}  // namespace lic::overfitted
