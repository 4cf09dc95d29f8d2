// What a picture looks like from afar, from its hyper-latents alone.
//
// The first pass of a tile predicts, from the features and an empty context, one group of channels at each position of
// 2 x 2 latents. Together these four predictions are one whole latent for 32 x 32 pixels, and its colour is the mean of
// what the synthesis's linear branch (a 1x1 convolution and a shuffle) makes of it.
#pragma once

#include "base/geometry.h"
#include "integer/integer_network.h"
#include "model/model.h"

namespace lic {

static_assert(kPreviewStride == 2 * kLatentStride);

class Preview {
 public:
  // For the part `region` of a picture, in pixels, of `channels` as a Picture's. Latents in 1/16 become what the
  // synthesis gets by the factors `inverse_gains` (latent_channels).
  static Result<Preview> Create(const Model::Data& model, std::span<const float> inverse_gains, const Rect& region,
                                uint32_t channels, bool is_grey);

  // Whether the model's synthesis has a linear branch.
  static bool IsPossible(const Model::Data& model);

  // The part that a tile covers: `means` as LatentCoder::first_pass gives them, `tile` in latents.
  void PutTile(const IntegerPlane& means, const Rect& tile);

  const Picture& picture() const { return picture_; }

 private:
  struct Colour {
    float value[3];
  };
  Colour Mix(const IntegerPlane& means, uint32_t block_x, uint32_t block_y) const;
  void PutPixel(const Colour& colour, uint8_t* to) const;

  const EntropyModel* model_ = nullptr;
  bool is_grey_ = false;
  Rect blocks_;            // of kPreviewStride pixels, in the picture
  Buffer<float> weights_;  // (3, latent_channels)
  Colour bias_ = {};
  Picture picture_;
};

}  // namespace lic
