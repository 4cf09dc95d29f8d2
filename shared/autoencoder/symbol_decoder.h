// The exact half of decoding: the symbols of a file, in steps.
//
//   HYPER ──rANS──> hyper-latents ──hyper-synthesis──> features
//   TILES ──rANS, tile by tile, pass by pass, with the features──> latents
#pragma once

#include "autoencoder/latent_coder.h"
#include "container/container.h"

namespace lic {

// kUnknownModel where there is no model, kModelMismatch where the file is of another one.
Status CheckModel(const Header& header, const Model* model);

// Steps are bounded by `work` as those of LatentCoder. Streams are copied: the bytes of a file may move between steps.
class SymbolDecoder {
 public:
  // For a file whose HYPER has come. `model` must outlive the decoder.
  static Result<SymbolDecoder> Create(const Container& file, const EntropyModel& model);

  // True when hyper-latents and features are there, for which the steps below wait.
  Result<bool> StepHyper(int64_t& work);

  // What the features alone tell of a tile: see LatentCoder::StartFirstPass. True when first_pass() is there.
  Status StartFirstPass(uint32_t tile) { return coder_.StartFirstPass(features_, LatentsOf(grid_, tile)); }
  Result<bool> StepFirstPass(int64_t& work) { return coder_.StepFirstPass(work); }
  const IntegerPlane& first_pass() const { return coder_.first_pass(); }

  // The latents of a tile, as far as `latents` holds them. Tiles come in ascending order.
  Status StartTile(uint32_t tile, Bytes stream);
  Result<bool> StepTile(LatentPlane& latents, int64_t& work);

  const IntegerPlane& hyper() const { return hyper_; }

 private:
  TileGrid grid_;
  LatentCoder coder_;
  IntegerPlane hyper_;
  IntegerPlane features_;
  Buffer<uint8_t> stream_;
  bool in_features_ = false;
  uint32_t tile_ = 0;
};

}  // namespace lic
