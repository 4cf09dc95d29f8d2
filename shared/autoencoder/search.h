// The encoder's search: which residuals give the least loss, bits + lambda * distortion, for the decoder as it is
// (docs/adr/0012, docs/adr/0017).
//
//   latents ──quantise──> coded latents ──synthesis──> picture ──> errors ──transposed synthesis──┐
//      ^                                                                                           │
//      └──────────────────── towards where the gradient wants the coded latents ───────────────────┘
#pragma once

#include "autoencoder/latent_coder.h"
#include "autoencoder/search_task.h"

namespace lic {

// The weights of the quantiser that is to code the latents. Empty buffers stand for none.
struct ErrorWeights {
  Buffer<float> channels;
  Buffer<float> places;
};

// Searches with an effort of 0..kMaxEffort. `latents` are those with their gain, (height, width, channels); from effort
// 3 on they are replaced by coded ones, which the nearest integer codes as they are.
//
// From effort 3 on the search takes 11 bytes for each pixel of a row of tiles. With a visual loss it takes 17 bytes,
// from effort 2 on, and 12 more for each pixel of 200 rows. Errors: kOutOfMemory, kInternal.
Result<ErrorWeights> Search(const SearchTask& task, int effort, LatentCoder& coder, Buffer<float>& latents);

}  // namespace lic
