// The alpha of a picture's tiles, which is coded alike in every coding: encoded at once, decoded in steps, into rows.
#pragma once

#include "coding/picture_rows.h"
#include "container/stream_list.h"
#include "picture/source.h"
#include "symbols/alpha.h"

namespace lic {

// The streams of all tiles of a picture that has alpha.
Result<StreamList> EncodeTileAlpha(const Source& source, const TileGrid& tiles, const ResidualTable* tables);

class TileAlpha {
 public:
  // The alpha of a tile, which lies at `pixels` of the picture. The stream is copied: the bytes of a file may move
  // between steps. `tables` must outlive the steps.
  Status Start(uint32_t tile, const Rect& pixels, Bytes stream, const ResidualTable* tables);
  // About as much as `work` multiplications; takes from `work` what it did. True when the alpha of the tile is in
  // `rows`.
  Result<bool> Step(PictureRows& rows, int64_t& work);

 private:
  uint32_t tile_ = 0;
  Rect pixels_;
  Buffer<uint8_t> stream_;
  Buffer<uint8_t> samples_;  // (height, width) of the tile
  AlphaDecoder decoder_;
};

}  // namespace lic
