// Encoding: see lic.h.
#pragma once

#include <cstdint>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/picture.h"
#include "lic/result.h"

namespace lic {

// How hard the encoder searches for the residuals with the least loss, bits + lambda * distortion, lambda being the
// quality's (docs/adr/0012) and the distortion what the model was trained to lower: the squared error or, as the
// encoder's model says, what people see (docs/adr/0017). 0: none, every residual is the nearest integer. 1: residuals
// of 1 become 0 where that saves more bits than its error is worth. 2: likewise, with weights measured on the decoder's
// synthesis. 3..9: descent by the gradient of the synthesis, with 1, 2, 4, 8, 16, 32, 64 steps.
inline constexpr int kMaxEffort = 9;
inline constexpr int kDefaultEffort = 3;

// What a file shall have, instead of a quality.
enum class Target : uint8_t {
  kQuality = 0,  // EncodeOptions::quality
  kBytes = 1,    // the best quality whose whole file, metadata included, has at most target_value bytes
  kPsnr = 2,     // the least quality whose decoded picture has a PSNR of at least target_value dB
  kSsim = 3,     // likewise an SSIM, below 1
};

struct EncodeOptions {
  float quality = 50;  // 1..100, continuous; not looked at with a target
  Target target = Target::kQuality;
  double target_value = 0;
  int effort = kDefaultEffort;  // 0..kMaxEffort
  uint32_t tile_units = 16;     // tile side in units of 64 pixels, 1..1024
  Metadata metadata;            // written as it is
};

// Encodes a picture. The result is a whole .lic file. Alpha that is 255 everywhere is dropped.
// What it writes may differ between machines and versions; what a decoder makes of it does not.
//
// A target is met to within 0.2 % of the bytes or 0.01 dB (of SSIM: of -10 log10(1 - SSIM)) where the qualities are
// fine enough, after 3 to 12 trials; only the analysis is not repeated for each. PSNR is over red, green and blue, SSIM
// that of Wang et al. 2004 on luma, alpha shown on white.
//
// Errors: kInvalidArgument (quality, target_value, effort, tile_units, channels; SSIM of a picture with a side below
// 11), kLimitExceeded (not even quality 1 has so few bytes), kBelowQuality (not even quality 100 reaches the PSNR or
// SSIM), kUnsupportedImage (a side of 0 or above kMaxSide, above kMaxPixels, metadata above 4 MiB), kOutOfMemory.
LIC_API Result<Buffer<uint8_t>> Encode(const PictureView& picture, const Model& model, const EncoderModel& encoder,
                                       const EncodeOptions& options = {});

}  // namespace lic
