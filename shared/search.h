// The encoder's search: which residuals give the least loss, bits + lambda * squared error, for the decoder as it is (docs/adr/0012).
//
//   latents ──quantise──> coded latents ──synthesis──> picture ──> errors ──transposed synthesis──┐
//      ^                                                                                           │
//      └──────────────────── towards where the gradient wants the coded latents ───────────────────┘
#pragma once

#include "entropy.h"
#include "source.h"

namespace lic {

// What a search is about.
struct SearchTask {
  const Source* source;
  const FloatNetwork* synthesis;
  const Buffer<float>* gains;      // (latent_channels)
  const IntegerPlane* features;    // of the picture
  TileGrid grid;
  float lambda;
};

// Searches with an effort of 0..kMaxEffort, of what is known when the hyper-latents are fixed. `latents` are those with their gain, (height, width,
// channels); from effort 3 on they are replaced by coded ones, which the nearest integer codes as they are. Returns the error weights of the
// quantiser that is to code them, empty for the nearest integer. Memory from effort 3 on: 11 bytes for each pixel of a row of tiles.
// Errors: kOutOfMemory, kInternal.
Result<Buffer<float>> Search(const SearchTask& task, int effort, EntropyCoder& coder, Buffer<float>& latents);

}  // namespace lic
