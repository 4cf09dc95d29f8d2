// One row of tiles and the margin of latents that its pixels depend on. Takes latents; gives the loss and its gradient.
#pragma once

#include <memory>
#include <optional>

#include "autoencoder/search_task.h"
#include "floating/gradient.h"
#include "measure/distortion.h"

namespace lic {

class Band {
 public:
  static Result<Band> Create(const SearchTask& task, uint32_t tile_row);

  // The tiles' rows of latents, [first, end) of the picture's.
  uint32_t first() const { return first_; }
  uint32_t end() const { return end_; }

  // Synthesises latents with their gain, which `latents` gives by rows of the picture, (width, channels), for the loss
  // alone.
  Status Run(RowFunction latents);
  // As Run, and hands half the gradient for latents without gain, of each row of the tiles, to `sink`.
  Status RunGradient(RowFunction latents, RowFunction sink);
  // Of what Run or RunGradient synthesised: the distortion on all pixels on which the tiles have an effect.
  double loss() const { return distortion_->loss(); }

 private:
  explicit Band(const SearchTask& task) : task_(&task) {}
  void FillRow(RowFunction latents, uint32_t row, float* to) const;
  bool Watches(uint32_t row) const { return row >= watched_begin_ && row < watched_end_; }

  const SearchTask* task_;
  uint32_t first_ = 0, end_ = 0;
  uint32_t top_ = 0;                              // row of latents with which the synthesised window begins
  uint32_t watched_begin_ = 0, watched_end_ = 0;  // rows of pixels of the window on which the tiles have an effect
  std::unique_ptr<Distortion> distortion_;        // of these
  std::optional<Gradient> gradient_;
};

}  // namespace lic
