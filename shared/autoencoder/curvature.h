// How fast the slope of the distortion rises as a latent moves. The search divides gradients by it.
#pragma once

#include "autoencoder/search_task.h"

namespace lic {

// Half the second derivative for a latent without gain: what its channel has times what its place has.
struct Curvature {
  Buffer<float> channels;
  Buffer<float> places;  // (height, width); empty: 1 everywhere
};

// Measures it for the distortion of the task, at `latents` with their gain, (height, width, channels).
Result<Curvature> MeasureCurvature(const SearchTask& task, const Buffer<float>& latents);

}  // namespace lic
