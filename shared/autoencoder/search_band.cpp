#include "autoencoder/search_band.h"

#include <algorithm>

#include "autoencoder/latents.h"
#include "base/try.h"
#include "networks/strip_plan.h"

namespace lic {

Result<Band> Band::Create(const SearchTask& task, uint32_t tile_row) {
  Band band(task);
  const Rect tile = LatentsOf(task.grid, tile_row * task.grid.columns);
  band.first_ = tile.y;
  band.end_ = tile.y + tile.height;
  // A latent acts on pixels `reach` latents away, and these depend on latents as far beyond.
  const uint32_t reach = InputReach(*task.synthesis, kLatentStride);
  band.top_ = band.first_ - std::min(band.first_, 2 * reach);
  const uint32_t bottom = std::min(task.height(), band.end_ + 2 * reach);
  const uint32_t watched_top = (band.first_ - std::min(band.first_, reach)) * kLatentStride;
  const uint32_t watched_bottom = std::min((band.end_ + reach) * kLatentStride, task.source->view.height);
  band.watched_begin_ = watched_top - band.top_ * kLatentStride;
  band.watched_end_ = watched_bottom - band.top_ * kLatentStride;
  LIC_TRY(band.distortion_,
          Distortion::Create(*task.source, task.visual_loss, watched_top, watched_bottom - watched_top));
  LIC_TRY(band.gradient_,
          Gradient::Create(*task.synthesis, bottom - band.top_, task.width(), band.distortion_->ahead()));
  return band;
}

// A row of the window without gain, as the synthesis takes it.
void Band::FillRow(RowFunction latents, uint32_t row, float* to) const {
  latents(top_ + row, to);
  const Buffer<float>& gains = *task_->gains;
  for (uint32_t x = 0; x < task_->width(); ++x, to += gains.size()) {
    for (size_t c = 0; c < gains.size(); ++c) to[c] /= gains[c];
  }
}

Status Band::Run(RowFunction latents) {
  distortion_->Begin();
  auto fill = [&](uint32_t row, float* to) { FillRow(latents, row, to); };
  auto visit = [&](uint32_t row, float* pixels) {
    if (Watches(row)) distortion_->Put(pixels);
  };
  return gradient_->RunNetwork(RowFunction(fill), RowFunction(visit));
}

Status Band::RunGradient(RowFunction latents, RowFunction sink) {
  distortion_->Begin();
  const size_t width = size_t{gradient_->out_width()} * 3, visible = size_t{task_->source->view.width} * 3;
  auto fill = [&](uint32_t row, float* to) { FillRow(latents, row, to); };
  auto visit = [&](uint32_t row, float* pixels) {
    if (Watches(row)) distortion_->Put(pixels);
  };
  auto error = [&](uint32_t row, float* pixels) {
    if (Watches(row)) distortion_->ToGradient(row - watched_begin_, pixels);
    std::fill(pixels + (Watches(row) ? visible : 0), pixels + width, 0.0f);
  };
  auto own = [&](uint32_t row, float* gradient) {
    if (const uint32_t y = top_ + row; y >= first_ && y < end_) sink(y, gradient);
  };
  return gradient_->Run(RowFunction(fill), RowFunction(visit), RowFunction(error), RowFunction(own));
}

}  // namespace lic
