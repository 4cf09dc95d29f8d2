// What an encoder's search lowers beside bits: how far a synthesised picture is from its source, and its gradient, row
// by row.
//
//   rows of the synthesis ──Put──> loss
//                            └────ToGradient──> rows of the gradient, `ahead` rows later
//
// Losses are in units of the squared error of a sample 0..255, so that lambda weighs them all alike.
#pragma once

#include <memory>
#include <vector>

#include "measure/structure_loss.h"
#include "measure/visual_loss.h"
#include "picture/source.h"

namespace lic {

// Rows [first, first + height) of a picture. Rows are counted from `first`.
class Distortion {
 public:
  // What the weights of `visual` say, where it is not null and the picture has room for a window of SSIM; otherwise the
  // squared error. `source` must outlive the object; `first` is a multiple of 16. Errors: kOutOfMemory.
  static Result<std::unique_ptr<Distortion>> Create(const Source& source, const VisualLoss* visual, uint32_t first,
                                                    uint32_t height);
  virtual ~Distortion() = default;
  // How many rows after a row must have been put before it can become a gradient, if there are so many.
  virtual uint32_t ahead() const = 0;
  // Starts anew with row 0.
  virtual void Begin() = 0;
  // Takes the next row, as a network gives it: v / 255 - 0.5, (width, 3); it counts as the bytes that a decoder makes
  // of it.
  virtual void Put(const float* pixels) = 0;
  // A row that was put becomes half the gradient of the loss, in samples of 0..1. A value beyond 0..1 has none: it does
  // not move with the latents.
  virtual void ToGradient(uint32_t row, float* pixels) = 0;
  // Of the rows that were put.
  virtual double loss() const = 0;
};

}  // namespace lic
