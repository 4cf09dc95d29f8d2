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
#include "autoencoder/latents.h"
#include "autoencoder/quantiser.h"

namespace lic {

// Decoding goes in steps, which are bounded by `work`, about the number of multiplications that a step may take: it
// takes from `work` what it did, and gives true when it is through. What Start was given must outlive the steps.
class LatentCoder {
 public:
  // `model` must outlive the coder.
  static Result<LatentCoder> Create(const EntropyModel& model);

  // Hyper-latents of a picture; the plane is (height, width, hyper_channels), values within kHyperMax.
  Result<Buffer<uint8_t>> EncodeHyper(const IntegerPlane& hyper, uint32_t quality256) const;
  void StartHyper(Bytes stream, uint32_t quality256);
  Result<bool> StepHyper(IntegerPlane& hyper, int64_t& work);

  // Features of the whole picture, cropped to its latent grid.
  Status DeriveFeatures(const IntegerPlane& hyper, uint32_t latent_height, uint32_t latent_width,
                        IntegerPlane& features);
  void StartFeatures(const IntegerPlane& hyper) { hyper_synthesis_.Start(hyper, /*side=*/nullptr, /*bias_set=*/0); }
  Result<bool> StepFeatures(uint32_t latent_height, uint32_t latent_width, IntegerPlane& features, int64_t& work);

  // A tile's latents, which lie at `tile` in the planes of the picture. What `latents` does not hold is decoded and
  // forgotten.
  Result<Buffer<uint8_t>> EncodeTile(const GainedLatents& latents, const Quantiser& quantiser,
                                     const IntegerPlane& features, const Rect& tile);
  // As EncodeTile, but gives what a decoder would make of the stream and, by `costs`, how many bits it would have
  // without the state that every stream ends with.
  Result<double> QuantiseTile(const GainedLatents& latents, const Quantiser& quantiser, const ResidualCosts& costs,
                              const IntegerPlane& features, const Rect& tile, const CodedLatents& coded);
  Status StartTile(Bytes stream, const IntegerPlane& features, const Rect& tile);
  Result<bool> StepTile(LatentPlane& latents, int64_t& work);

  // What the features alone tell of a tile: means and scale indices of its first pass, as ContextNetwork gives them.
  Status StartFirstPass(const IntegerPlane& features, const Rect& tile);
  Result<bool> StepFirstPass(int64_t& work);
  const IntegerPlane& first_pass() const { return parameters_; }

 private:
  // A latent that an encoder has coded: where it lies in the tile, its table, its residual and what it is decoded to.
  struct Coded {
    uint32_t x, y, channel, scale;
    int q;
    int32_t latent;
  };

  // Goes on with the passes over the tile and calls visit(x, y, channel, mean, scale index) for every latent, in the
  // order of the stream; the visitor returns the decoded latent in 1/16. True after the last pass.
  template <class Visitor>
  Result<bool> VisitTile(int64_t& work, Visitor visit);
  template <class Visitor>
  void VisitRow(Visitor visit);
  // Codes a tile and calls put(Coded) for every latent of it.
  template <class Put>
  Status Quantise(const GainedLatents& latents, const Quantiser& quantiser, const IntegerPlane& features,
                  const Rect& tile, Put put);
  Status BeginTile(const IntegerPlane& features, const Rect& tile);
  Status BeginPass(uint32_t pass);

  const EntropyModel* model_ = nullptr;
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
