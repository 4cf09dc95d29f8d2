// Quality, the continuous dial of a picture: what it means for the encoder and which gains it applies
// (docs/format.md#quality).
#pragma once

#include "model/model.h"

namespace lic {

// quality 1..100 as stored: rounded to 1/256.
uint32_t ToQuality256(float quality);

// The anchor nearest to a quality: it chooses the distributions of the hyper-latents.
uint32_t NearestAnchor(uint32_t quality256);

// What one unit of squared error is worth in bits: loss = lambda * 255^2 * mse + bits per pixel, mse of samples in
// 0..1. The same for every model: a quality means the same trade everywhere.
float Lambda(uint32_t quality256);

// The gain of a channel in 1/65536, exactly as the document says.
uint32_t Gain65536(const EntropyModel& model, uint32_t quality256, uint32_t channel);

// Gains of all channels, (latent_channels).
Result<Buffer<float>> Gains(const EntropyModel& model, uint32_t quality256);

}  // namespace lic
