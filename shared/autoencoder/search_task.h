// What a search is about: the picture, and all that is fixed when the hyper-latents are.
#pragma once

#include "container/tile_grid.h"
#include "integer/integer_network.h"
#include "measure/visual_loss.h"
#include "networks/layers.h"
#include "picture/source.h"
#include "symbols/residual_costs.h"

namespace lic {

struct SearchTask {
  const Source* source;
  const FloatNetwork* synthesis;
  const Buffer<float>* gains;    // (latent_channels)
  const IntegerPlane* features;  // of the picture
  const ResidualCosts* costs;
  TileGrid grid;
  float lambda;
  const VisualLoss* visual_loss;  // the distortion; null: the squared error

  uint32_t width() const { return features->width; }    // of the picture, in latents
  uint32_t height() const { return features->height; }  // likewise
  size_t channels() const { return gains->size(); }
  size_t row_values() const { return width() * channels(); }  // of a row of latents
};

}  // namespace lic
