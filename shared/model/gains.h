// What a quality means for a model: the gains of its channels and the distributions of its hyper-latents
// (docs/format.md#gains).
#pragma once

#include "model/model.h"

namespace lic {

// The anchor nearest to a quality: it chooses the distributions of the hyper-latents.
uint32_t NearestAnchor(uint32_t quality256);

// The gain of a channel in 1/65536, exactly as the document says.
uint32_t Gain65536(const EntropyModel& model, uint32_t quality256, uint32_t channel);

// Gains of all channels, (latent_channels).
Result<Buffer<float>> Gains(const EntropyModel& model, uint32_t quality256);

}  // namespace lic
