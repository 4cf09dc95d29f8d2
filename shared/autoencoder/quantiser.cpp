#include "autoencoder/quantiser.h"

namespace lic {

// Of the nearest integer, the one next to it towards 0, and 0.
int Quantiser::Cheapest(float target, int nearest, uint32_t scale, float error_weight) const {
  const auto cost = [&](int q) {
    const float error = target - static_cast<float>(q);
    return error_weight * error * error + costs_->Bits(scale, q);
  };
  int best = nearest;
  float least = cost(nearest);
  for (const int q : {nearest - (nearest > 0 ? 1 : -1), 0}) {
    if (const float candidate = cost(q); candidate < least) {
      least = candidate;
      best = q;
    }
  }
  return best;
}

}  // namespace lic
