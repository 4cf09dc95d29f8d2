// Fits grids and networks to one picture by gradient descent: what an overfitted file is made of.
#pragma once

#include <memory>

#include "overfitted/grids.h"
#include "overfitted/parameters.h"
#include "picture/source.h"

namespace lic::overfitted {

// What a file is made of, as the integers that its decoder reads.
struct Fit {
  Architecture architecture;
  Buffer<int16_t> parameters;     // in the order of GroupList
  uint8_t step[kMaxGroups] = {};  // of each group: log2 of the unit of its differences, or kNoDifferences
  GridPlanes planes;              // every grid, all its rows held
  uint32_t iterations = 0;        // that were run for it
  uint32_t quality256 = 0;        // of the last of them
};

struct FittingProgress {
  uint32_t iteration = 0;
  uint32_t iterations = 0;
  double bits = 0;  // of latents, about
  double psnr = 0;  // dB, about
};

class FittingObserver {
 public:
  virtual ~FittingObserver() = default;
  // Called every few iterations, from the thread that called Run. A failure ends the run with it. The quality may be
  // changed, for the iterations that follow.
  virtual Status Report(const FittingProgress& progress, uint32_t& quality256) = 0;
};

struct FittingOptions {
  Architecture architecture;
  uint32_t iterations = 500;  // of the first run
  uint32_t threads = 1;       // the result does not depend on it
};

class Fitting {
 public:
  virtual ~Fitting() = default;
  static Result<std::unique_ptr<Fitting>> Create(const Source& source, const FittingOptions& options);
  // Descends to the least  255^2 * Lambda(quality256) * mse + bits per pixel.  Later calls go on from where the last
  // one ended, with `iterations` more. `observer` may be null.
  virtual Result<Fit> Run(uint32_t quality256, uint32_t iterations, FittingObserver* observer) = 0;
};

}  // namespace lic::overfitted
