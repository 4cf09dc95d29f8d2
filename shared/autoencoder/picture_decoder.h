// What a decoder holds between its steps. decoder.cpp has the steps, decoder_interface.cpp what callers see of them.
#pragma once

#include <algorithm>
#include <optional>

#include "autoencoder/latent_coder.h"
#include "autoencoder/preview.h"
#include "container/container.h"
#include "floating/float_network.h"
#include "symbols/alpha.h"

namespace lic {

// What a header and a whole file say to a caller.
Info ToInfo(const Header& header);
Layout ToLayout(const Container& container);

// kModelMismatch unless the file is of this model.
Status CheckModel(const Header& header, const Model& model);

// The failure, with "`what`tile `tile`: " before its text.
Failure AboutTile(const char* what, uint32_t tile, const Failure& failure);

// The hyper-latents and features of a file, in steps.
struct HyperDecoder {
  EntropyCoder coder;
  IntegerPlane hyper;
  IntegerPlane features;
  Buffer<uint8_t> stream;  // the bytes of a file may move while they are read
  bool in_features = false;

  Status Start(const Container& file, const Model& model);
  // True when the features are there, too.
  Result<bool> Step(const Header& header, int64_t& work);
};

struct Decoder::State {
  enum class Stage : uint8_t { kHyper, kPreview, kTiles, kStrip, kDone };

  State(const Model& handed_in, const DecoderOptions& asked_for) : model(handed_in), options(asked_for) {}

  const Model& model;
  DecoderOptions options;
  ContainerReader reader;
  Info info;
  Layout layout;

  // Where things lie; known with the header.
  TileGrid grid;
  Rect region;         // pixels
  uint32_t reach = 0;  // latents around a pixel's own that the synthesis looks at
  Rect area;           // latents that the region takes
  Rect tiles;          // columns and rows of tiles that the area takes

  Stage stage = Stage::kHyper;
  bool started = false;  // the stage, or in kTiles the next tile
  bool in_alpha = false;
  uint32_t taken = 0;  // of the tiles that the area takes, those that are decoded
  HyperDecoder entropy;
  Buffer<float> inverse_gains;  // (latent_channels), of latents in 1/16
  std::optional<Preview> preview;
  bool preview_done = false;

  uint32_t located = 0;    // tiles whose place in the file is known
  size_t location = 0;     // of tile `located` in the tiles
  Buffer<uint8_t> stream;  // of the tile's latents, or alpha
  LatentPlane latents;     // of the area, the rows that are needed
  AlphaDecoder alpha;
  Buffer<uint8_t> tile_alpha;  // (tile height, tile width)

  std::optional<Network> synthesis;  // of the area; rows of it below are pixels from the area's top
  Buffer<float> strip;               // (strip rows, width of the area in pixels, 3)
  Buffer<uint8_t> row_bytes;         // (width of the region, 3)
  uint32_t next_strip = 0;           // the row with which the next strip begins

  Picture picture;           // the region, or as many rows of it as are needed
  uint32_t first_row = 0;    // of the region, in `picture`
  uint32_t rows_done = 0;    // of the region
  uint32_t rows_new = 0;     // of these, made by the last step
  bool synthesized = false;  // by the last step

  Status SetUp(const Header& header);
  Status StepHyper(int64_t& work);
  Status StartPreview();
  Status StepPreview(int64_t& work);
  Status StartPicture();
  Status StepTile(int64_t& work);
  Status StartTile(uint32_t tile);
  Status StartAlpha(uint32_t tile);
  Status StepAlpha(uint32_t tile, int64_t& work);
  Result<TileStreams> Locate(uint32_t tile);
  void EndTile();
  bool StripIsReady() const;
  Status StepStrip(int64_t& work);
  void MakeRoom();
  void PutRow(const float* colour, uint32_t y);

  const Container& file() const { return reader.container(); }
  bool has_alpha() const { return info.has_alpha; }
  uint32_t tile_count() const { return tiles.width * tiles.height; }
  // The number in the file of the n-th tile that the area takes.
  uint32_t TileNumber(uint32_t n) const {
    return (tiles.y + n / tiles.width) * grid.columns + tiles.x + n % tiles.width;
  }
  uint32_t first_pixel_row() const { return region.y - area.y * kLatentStride; }
  uint32_t strip_end() const { return std::min(next_strip + synthesis->strip_rows(), synthesis->out_height()); }
  uint8_t* row(uint32_t y) { return picture.pixels.data() + size_t{y - first_row} * picture.width * picture.channels; }
};

}  // namespace lic
