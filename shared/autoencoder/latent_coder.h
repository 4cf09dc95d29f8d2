// The exact half of the codec: hyper-latents, features and latents to symbols and back (docs/format.md#entropy-coding).
//
//   hyper-latents ──hyper-synthesis──> features ─┐
//   latents of earlier passes ───────────────────┴─context──> means and scale indices ──rANS──> residuals
//
// Encode and decode derive everything from what the decoder knows, by the same integer programs, so that they never
// disagree.
#pragma once

#include <optional>

#include "autoencoder/context_network.h"
#include "container/container.h"
#include "integer/integer_network.h"
#include "symbols/rans.h"
#include "symbols/residual_costs.h"

namespace lic {

inline constexpr int kMeanUnit = 16;  // means and decoded latents are in 1/16

// Decoded latents in 1/16, channels innermost: (height, width, channels). The plane holds a part of the picture's
// latents, of which it may move on downwards; positions are those of the picture.
struct LatentPlane {
  Rect held;
  uint32_t channels = 0;
  Buffer<int32_t> values;

  static Result<LatentPlane> Create(const Rect& held, uint32_t channels);
  bool Holds(uint32_t x, uint32_t y) const { return x - held.x < held.width && y - held.y < held.height; }
  int32_t* at(uint32_t x, uint32_t y) {
    return values.data() + (size_t{y - held.y} * held.width + x - held.x) * channels;
  }
  const int32_t* at(uint32_t x, uint32_t y) const { return const_cast<LatentPlane*>(this)->at(x, y); }
  // Lets the rows above `first` go; as many undefined ones come at the bottom.
  void MoveTo(uint32_t first);
};

// Latents with their gain as the encoder sees them, of one tile: (height, width, channels).
struct GainedLatents {
  const float* values = nullptr;
  size_t row_stride = 0;  // values from row to row
};

// How an encoder turns latents into residuals.
struct Quantiser {
  // Bits that one unit of squared error of a latent is worth: what its channel has, (channels), times what its place
  // has, (height, width) of the picture. No channels: the nearest integer always. No places: 1 everywhere.
  const float* channel_weight = nullptr;
  const float* place_weight = nullptr;
  // Whether residuals beyond 1, too, may move towards 0 where that saves more bits than it costs. That pays only if the
  // latents are then corrected for it (search.h): by itself it loses, since later passes lean on these residuals.
  bool lowers_all = false;
};

// Where latents go that have been coded, of one tile: as GainedLatents.
struct CodedLatents {
  float* values = nullptr;
  size_t row_stride = 0;
};

// Decoding goes in steps, which are bounded by `work`, about the number of multiplications that a step may take: it
// takes from `work` what it did, and gives true when it is through. What Start was given must outlive the steps.
class EntropyCoder {
 public:
  // `model` must outlive the coder.
  static Result<EntropyCoder> Create(const EntropyModel& model);

  // Hyper-latents of a picture; the plane is (height, width, hyper_channels), values within kHyperMax.
  Result<Buffer<uint8_t>> EncodeHyper(const IntegerPlane& hyper, uint32_t quality256) const;
  void StartHyper(Bytes stream, uint32_t quality256);
  Result<bool> StepHyper(IntegerPlane& hyper, int64_t& work);

  // Features of the whole picture, cropped to its latent grid.
  Status DeriveFeatures(const IntegerPlane& hyper, uint32_t latent_height, uint32_t latent_width,
                        IntegerPlane& features);
  void StartFeatures(const IntegerPlane& hyper) { hyper_synthesis_.Start(hyper, nullptr, 0); }
  Result<bool> StepFeatures(uint32_t latent_height, uint32_t latent_width, IntegerPlane& features, int64_t& work);

  // A tile's latents, which lie at `tile` in the planes of the picture. What `latents` does not hold is decoded and
  // forgotten.
  Result<Buffer<uint8_t>> EncodeTile(const GainedLatents& latents, const Quantiser& quantiser,
                                     const IntegerPlane& features, const Rect& tile);
  // As EncodeTile, but instead of a stream gives what a decoder would make of it, and the length in bits without the
  // stream's ends.
  Result<double> QuantiseTile(const GainedLatents& latents, const Quantiser& quantiser, const IntegerPlane& features,
                              const Rect& tile, const CodedLatents& coded);
  Status StartTile(Bytes stream, const IntegerPlane& features, const Rect& tile);
  Result<bool> StepTile(LatentPlane& latents, int64_t& work);

  // What the features alone tell of a tile: means and scale indices of its first pass, as ContextNetwork gives them.
  Status StartFirstPass(const IntegerPlane& features, const Rect& tile);
  Result<bool> StepFirstPass(int64_t& work);
  const IntegerPlane& first_pass() const { return parameters_; }

 private:
  // Goes on with the passes over the tile and calls visit(x, y, channel, mean, scale index) for every latent, in the
  // order of the stream; the visitor returns the decoded latent in 1/16. True behind the last pass.
  template <class Visitor>
  Result<bool> VisitTile(int64_t& work, Visitor visit);
  template <class Visitor>
  void VisitRow(Visitor visit);
  // Codes a tile and calls put(table index, q) for every coded residual.
  template <class Put>
  Status Quantise(const GainedLatents& latents, const Quantiser& quantiser, const IntegerPlane& features,
                  const Rect& tile, const CodedLatents* coded, Put put);
  Status BeginTile(const IntegerPlane& features, const Rect& tile);
  Status BeginPass(uint32_t pass);

  const EntropyModel* model_ = nullptr;
  std::optional<ResidualCosts> costs_;  // made when an encoder first asks
  IntegerNetwork hyper_synthesis_;
  ContextNetwork context_network_;
  IntegerPlane tile_features_;  // (tile height, tile width, feature_channels)
  IntegerPlane context_;        // (tile height, tile width, latent_channels)
  IntegerPlane parameters_;     // (tile height, tile width, 2 * group size)

  // Where the steps stand.
  std::optional<RansReader> reader_;
  size_t prior_ = 0;      // hyper-latents: of the anchor, in the model's tables
  uint32_t channel_ = 0;  // hyper-latents
  Rect tile_;
  uint32_t pass_ = 0;
  uint32_t row_ = 0;  // of the tile
};

}  // namespace lic
