#include "overfitted/training/float_grids.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"

namespace lic::overfitted {
namespace {

constexpr float kLeastLatent = -128;
constexpr float kLargestLatent = 127;

}  // namespace

Result<FloatGrids> FloatGrids::Create(const Architecture& architecture, uint32_t width, uint32_t height) {
  FloatGrids grids;
  grids.a_ = &architecture;
  for (uint32_t g = 0; g < architecture.grids; ++g) {
    const Grid& grid = architecture.grid[g];
    FloatGrid& floats = grids.grid_[g];
    for (FloatPlane* plane :
         {&floats.latents, &floats.rounded, &floats.slope, &floats.gradient, &floats.mean, &floats.square}) {
      LIC_TRY(*plane, FloatPlane::Create(grid.Size(width), grid.Size(height)));
    }
    for (uint32_t y = 0; y < grid.Size(height); y += kItemRows)
      grids.items_.push_back({g, y, std::min(y + kItemRows, grid.Size(height))});
  }
  return grids;
}

void FloatGrids::RoundSoftly(const GridSoftness& softness, const TrainingKernels& kernels, Workers& workers) {
  workers.ForEach(static_cast<uint32_t>(items_.size()), [&](uint32_t i, uint32_t) {
    const Item& item = items_[i];
    FloatGrid& grid = grid_[item.grid];
    const float first = softness.first_temperature * Power(softness.temperature_growth, item.grid);
    const Softness own = {.temperature = first + (softness.last_temperature - first) * softness.part,
                          .noise = softness.noise * Power(softness.noise_growth, item.grid),
                          .seed = softness.seed};
    for (uint32_t y = item.first; y < item.end; ++y) {
      const uint32_t place = item.grid << 16 | y;
      kernels.soften(grid.latents.Row(y), grid.latents.width(), own, place, grid.rounded.Row(y), grid.slope.Row(y));
    }
  });
}

void FloatGrids::Round() {
  for (uint32_t g = 0; g < a_->grids; ++g) {
    FloatGrid& grid = grid_[g];
    for (uint32_t y = 0; y < grid.latents.height(); ++y) {
      const float* from = grid.latents.Row(y);
      float* to = grid.rounded.Row(y);
      for (uint32_t x = 0; x < grid.latents.width(); ++x)
        to[x] = std::clamp(std::nearbyint(from[x]), kLeastLatent, kLargestLatent);
    }
  }
}

void FloatGrids::ClearGradients() {
  for (uint32_t g = 0; g < a_->grids; ++g) grid_[g].gradient.Clear();
}

void FloatGrids::PullToZero(float strength, const TrainingKernels& kernels, Workers& workers) {
  workers.ForEach(static_cast<uint32_t>(items_.size()), [&](uint32_t i, uint32_t) {
    const Item& item = items_[i];
    FloatGrid& grid = grid_[item.grid];
    for (uint32_t y = item.first; y < item.end; ++y)
      kernels.pull(grid.rounded.Row(y), strength, grid.rounded.width(), grid.gradient.Row(y));
  });
}

void FloatGrids::Step(const AdamSettings& settings, const TrainingKernels& kernels, Workers& workers) {
  ++steps_;
  const float steps = static_cast<float>(steps_);
  workers.ForEach(static_cast<uint32_t>(items_.size()), [&](uint32_t i, uint32_t) {
    const Item& item = items_[i];
    FloatGrid& grid = grid_[item.grid];
    const AdamStep step = {.rate = settings.rate * Power(settings.growth, item.grid),
                           .beta1 = settings.beta1,
                           .beta2 = settings.beta2,
                           .scale1 = 1 / (1 - std::pow(settings.beta1, steps)),
                           .scale2 = 1 / (1 - std::pow(settings.beta2, steps)),
                           .epsilon = settings.epsilon};
    for (uint32_t y = item.first; y < item.end; ++y) {
      kernels.adam(step, grid.latents.width(), grid.gradient.Row(y), grid.slope.Row(y), grid.mean.Row(y),
                   grid.square.Row(y), grid.latents.Row(y));
    }
  });
}

float FloatGrids::Power(float growth, uint32_t grid) const {
  return std::pow(growth, static_cast<float>(a_->grid[grid].level));
}

void FloatGrids::RestartSteps() {
  steps_ = 0;
  for (uint32_t g = 0; g < a_->grids; ++g) {
    grid_[g].mean.Clear();
    grid_[g].square.Clear();
  }
}

}  // namespace lic::overfitted
