// How an encoder turns latents into residuals.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "symbols/residual_costs.h"

namespace lic {

// The nearest integer that can be coded as a residual. A hostile model can produce NaN: max(-kMost, NaN) is -kMost;
// with the arguments swapped it would be NaN.
inline int NearestResidual(float value) {
  constexpr float kMost = kMaxResidual;
  return static_cast<int>(std::lrint(std::min(std::max(-kMost, value), kMost)));
}

class Quantiser {
 public:
  // Chooses the nearest integer always.
  Quantiser() = default;
  // Chooses what costs least in bits and error together. A unit of squared error of a latent is worth the bits that its
  // channel has, (latent_channels), times what its place has, (height, width) of the picture's latents. No channels:
  // the nearest integer always; no places: they are 1 everywhere. All that is handed in must outlive the quantiser.
  Quantiser(const ResidualCosts& costs, std::span<const float> channel_weights, std::span<const float> place_weights)
      : costs_(&costs), channel_weights_(channel_weights), place_weights_(place_weights) {}

  // Lets residuals beyond 1, too, move towards 0 where that saves more bits than it costs. It pays only if the latents
  // are then corrected for it (search.h): by itself it loses, since later passes lean on these residuals.
  void LowerAll() { lowers_all_ = true; }

  // The residual for `target`, coded with the table `scale`, of a channel at a place of the picture's latents.
  int Choose(float target, uint32_t scale, uint32_t channel, size_t place) const {
    const int nearest = NearestResidual(target);
    if (nearest == 0 || channel_weights_.empty() || (!lowers_all_ && std::abs(nearest) > 1)) return nearest;
    const float place_weight = place_weights_.empty() ? 1 : place_weights_[place];
    return Cheapest(target, nearest, scale, channel_weights_[channel] * place_weight);
  }

 private:
  int Cheapest(float target, int nearest, uint32_t scale, float error_weight) const;

  const ResidualCosts* costs_ = nullptr;
  std::span<const float> channel_weights_;
  std::span<const float> place_weights_;
  bool lowers_all_ = false;
};

}  // namespace lic
