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

  void RoundSoftly(const Softness& softness, const TrainingKernels& kernels, Workers& workers);
  // To the nearest integers that a file can hold.
  void Round();
  void ClearGradients();
  void Step(const AdamSettings& settings, const TrainingKernels& kernels, Workers& workers);
  // Forgets what Adam knows.
  void RestartSteps();

 private:
  // Rows that one item of work takes.
  static constexpr uint32_t kItemRows = 32;
  struct Item {
    uint32_t grid, first, end;
  };

  const Architecture* a_ = nullptr;
  FloatGrid grid_[kMaxGrids];
  std::vector<Item> items_;
  uint32_t steps_ = 0;
};

}  // namespace lic::overfitted
