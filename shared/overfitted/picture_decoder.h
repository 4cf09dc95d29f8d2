// Decodes a file that carries its own networks. picture_decoder.cpp has the way of a picture.
#pragma once

#include <memory>
#include <optional>

#include "coding/picture_decoder.h"
#include "coding/tile_alpha.h"
#include "overfitted/lane_reader.h"
#include "overfitted/preview.h"

namespace lic::overfitted {

class OverfittedDecoder : public PictureDecoder {
 public:
  // No model is needed. Errors: kBadHeader, kUnsupportedVersion, kOutOfMemory.
  static Result<std::unique_ptr<PictureDecoder>> Create(const DecodingTask& task, const Model* model = nullptr);

  bool waits() const override;
  float progress() const override;
  bool synthesised() const override { return last_stage_ == Stage::kRows; }
  const Picture* preview() const override { return has_preview_ ? &preview_.picture() : nullptr; }

 protected:
  Status DoStep(int64_t work) override;

 private:
  // What the next step works at. A stage is done piece by piece: NETWORK, a stream, the rows that a stripe allows.
  enum class Stage : uint8_t { kNetwork, kGrids, kPreview, kAlpha, kRows };

  OverfittedDecoder(const DecodingTask& task, const Architecture& architecture);

  Status StepNetwork();
  Status ClaimMemory();
  ChannelTask AllChannels() const;
  Status StepGrids(int64_t& work);
  Status StartGrids();
  Status EndGrids();
  Failure AboutGrids(const Failure& failure) const;
  void StartNextGrid();
  Status StartPreview();
  void StepPreview(int64_t& work);
  Status StepAlpha(int64_t& work);
  void NextAlphaTile();
  Status StepRows(int64_t& work);

  uint64_t stream() const { return stage_ == Stage::kAlpha ? order_.Alpha(alpha_tile_) : grid_stream(); }
  uint64_t grid_stream() const { return in_common_ ? 0 : order_.Grids(stripe_); }
  RowRange PixelsOf(uint32_t stripe) const;
  // Rows of the picture whose latents are there, with all that they are made of.
  uint32_t rows_ready() const;

  // Where things lie.
  Architecture architecture_;
  TileGrid tiles_;
  StreamOrder order_;
  uint32_t end_stripe_ = 0;  // after the last that the region takes

  // Where the steps stand.
  Stage stage_ = Stage::kNetwork;
  Stage last_stage_ = Stage::kNetwork;  // of the last step
  bool begun_ = false;                  // the present piece of the stage
  bool in_common_ = false;              // in the stream of the grids that are not cut
  uint32_t stripe_ = 0;
  uint32_t stripes_done_ = 0;
  uint32_t grid_ = 0;  // that is being decoded, of those in the stream
  uint32_t alpha_tile_ = 0;

  // From bytes to pixels.
  StreamFinder finder_;
  LaplaceTables laplace_;
  Parameters parameters_;
  Layers layers_;
  Wavefront wavefront_;
  LaneReader lanes_;
  GridPlanes planes_;
  TileAlpha alpha_;
  Synthesis synthesis_;
  Preview preview_;
  bool has_preview_ = false;
  Buffer<uint8_t> row_;  // (width of the region, 3)
};

}  // namespace lic::overfitted
