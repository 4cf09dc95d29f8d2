// The autoencoder's half of decoding a picture. picture_decoder.cpp has the way of a picture.
#pragma once

#include <memory>
#include <optional>

#include "autoencoder/preview.h"
#include "autoencoder/symbol_decoder.h"
#include "coding/picture_decoder.h"
#include "coding/tile_alpha.h"
#include "floating/float_network.h"

namespace lic {

class AutoencoderDecoder : public PictureDecoder {
 public:
  // `model`, which may be null, must outlive the decoder. Errors: kUnknownModel, kModelMismatch, kOutOfMemory.
  static Result<std::unique_ptr<PictureDecoder>> Create(const DecodingTask& task, const Model* model);

  bool waits() const override;
  float progress() const override;
  bool synthesised() const override { return last_stage_ == Stage::kStrip; }
  const Picture* preview() const override;

 protected:
  Status DoStep(int64_t work) override;

 private:
  // What the next step works at. A stage is done piece by piece: HYPER, a tile, a strip.
  enum class Stage : uint8_t { kHyper, kPreview, kLatents, kAlpha, kStrip };

  AutoencoderDecoder(const DecodingTask& task, const Model::Data& model);

  Status StepHyper(int64_t& work);
  Status StartPreview();
  Status StepPreview(int64_t& work);
  Status StartPicture();
  Status StepLatents(int64_t& work);
  Status StartTile(uint32_t tile);
  Status StepAlpha(int64_t& work);
  void EndTile();
  bool StripIsReady() const;
  Status StepStrip(int64_t& work);
  void StartStrip();
  void MakeRoom();

  uint32_t tile_count() const { return tiles_.width * tiles_.height; }
  // The number in the file of the tile that comes next.
  uint32_t tile() const {
    return (tiles_.y + taken_ / tiles_.width) * grid_.columns + tiles_.x + taken_ % tiles_.width;
  }
  // Rows of the synthesis are pixels from the top of the area.
  uint32_t first_pixel_row() const { return rows_.region().y - area_.y * kLatentStride; }
  uint32_t strip_end() const { return std::min(next_strip_ + synthesis_->strip_rows(), synthesis_->out_height()); }

  // Where things lie.
  const Model::Data& model_;
  TileGrid grid_;
  StreamOrder order_;
  uint32_t reach_ = 0;  // latents around a pixel's own that the synthesis looks at
  Rect area_;           // latents that the region takes
  Rect tiles_;          // columns and rows of tiles that the area takes

  // Where the steps stand.
  Stage stage_ = Stage::kHyper;
  Stage last_stage_ = Stage::kHyper;  // of the last step
  bool begun_ = false;                // the present piece of the stage
  uint32_t taken_ = 0;                // of the tiles that the area takes, those that are decoded
  uint32_t next_strip_ = 0;           // the row of the synthesis with which the next strip begins

  // From bytes to pixels.
  StreamFinder finder_;
  std::optional<SymbolDecoder> symbols_;
  Buffer<float> inverse_gains_;  // (latent_channels), of latents in 1/16
  std::optional<Preview> preview_;
  LatentPlane latents_;  // of the area, the rows that are needed
  TileAlpha alpha_;
  std::optional<Network> synthesis_;  // of the area
  Buffer<float> strip_;               // (strip rows, width of the area in pixels, 3)
  Buffer<uint8_t> row_;               // (width of the region, 3)
};

}  // namespace lic
