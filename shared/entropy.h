// The exact half of the codec: hyper-latents, features and latents to symbols and back (docs/format.md#entropy-coding).
//
//   hyper-latents ──hyper-synthesis──> features ─┐
//   latents of earlier passes ───────────────────┴─context──> means and scale indices ──rANS──> residuals
//
// Encode and decode derive everything from what the decoder knows, by the same integer programs, so that they never disagree.
#pragma once

#include "context_network.h"
#include "format.h"
#include "integer_network.h"
#include "rans.h"

namespace lic {

inline constexpr int kMeanUnit = 16;  // means and decoded latents are in 1/16

// Decoded latents of a picture in 1/16, channels innermost: (height, width, channels).
struct LatentPlane {
  uint32_t height = 0;
  uint32_t width = 0;
  uint32_t channels = 0;
  Buffer<int32_t> values;

  static Result<LatentPlane> Allocate(uint32_t height, uint32_t width, uint32_t channels);
  int32_t* at(uint32_t x, uint32_t y) { return values.data() + (size_t{y} * width + x) * channels; }
  const int32_t* at(uint32_t x, uint32_t y) const { return values.data() + (size_t{y} * width + x) * channels; }
};

// Latents with their gain as the encoder sees them, of one tile: (height, width, channels).
struct GainedLatents {
  const float* values = nullptr;
  size_t row_stride = 0;  // values from row to row
};

// How an encoder turns latents into residuals.
struct Quantiser {
  // Bits that one unit of squared error of a latent is worth, per channel; null: the nearest integer always.
  const float* error_weight = nullptr;
};

class EntropyCoder {
 public:
  // `model` must outlive the coder.
  static Result<EntropyCoder> Build(const EntropyModel& model);

  // Hyper-latents of a picture; the plane is (height, width, hyper_channels), values within kHyperMax.
  Result<Buffer<uint8_t>> EncodeHyper(const IntegerPlane& hyper, uint32_t quality256) const;
  Status DecodeHyper(Bytes stream, uint32_t quality256, IntegerPlane& hyper) const;

  // Features of the whole picture, cropped to its latent grid.
  Status DeriveFeatures(const IntegerPlane& hyper, uint32_t latent_height, uint32_t latent_width, IntegerPlane& features);

  // A tile's latents, which lie at `tile` in the planes of the picture.
  Result<Buffer<uint8_t>> EncodeTile(const GainedLatents& latents, const Quantiser& quantiser, const IntegerPlane& features, const Rect& tile);
  Status DecodeTile(Bytes stream, const IntegerPlane& features, const Rect& tile, LatentPlane& latents);

 private:
  // Runs the passes over a tile and calls visit(x, y, channel, mean, scale index) for every latent, in the order of the stream; the visitor
  // returns the decoded latent in 1/16.
  template <class Visitor>
  Status VisitTile(const IntegerPlane& features, const Rect& tile, Visitor visit);
  Status StartTile(const IntegerPlane& features, const Rect& tile);

  const EntropyModel* model_ = nullptr;
  IntegerNetwork hyper_synthesis_;
  ContextNetwork context_network_;
  IntegerPlane tile_features_;  // (tile height, tile width, feature_channels)
  IntegerPlane context_;        // (tile height, tile width, latent_channels)
  IntegerPlane parameters_;     // (tile height, tile width, 2 * group size)
};

}  // namespace lic
