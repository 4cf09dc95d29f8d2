#include "coding/tile_alpha.h"

#include "base/bytes.h"
#include "base/try.h"

namespace lic {
namespace {

constexpr const char* kWhat = "alpha of ";

AlphaView<const uint8_t> AlphaOf(const Source& source, const Rect& tile) {
  const PictureView& view = source.view;
  const uint8_t* first = source.Row(tile.y) + size_t{tile.x} * view.channels + view.channels - 1;
  return {.samples = first, .width = tile.width, .height = tile.height, .step = view.channels, .stride = view.stride};
}

}  // namespace

Result<StreamList> EncodeTileAlpha(const Source& source, const TileGrid& tiles, const ResidualTable* tables) {
  StreamList streams;
  for (uint32_t tile = 0; tile < tiles.count(); ++tile) {
    LIC_TRY(const auto stream, EncodeAlpha(AlphaOf(source, tiles.Pixels(tile)), tables));
    LIC_CHECK(streams.Add(stream));
  }
  return streams;
}

Status TileAlpha::Start(uint32_t tile, const Rect& pixels, Bytes stream, const ResidualTable* tables) {
  tile_ = tile;
  pixels_ = pixels;
  LIC_TRY(stream_, CopyOf(stream));
  LIC_TRY(samples_, Buffer<uint8_t>::Create(size_t{pixels.width} * pixels.height));
  const Status status = decoder_.Start(stream_, tables);
  return status.ok() ? status : AboutTile(kWhat, tile, status.failure());
}

Result<bool> TileAlpha::Step(PictureRows& rows, int64_t& work) {
  const AlphaView<uint8_t> view = {
      .samples = samples_.data(), .width = pixels_.width, .height = pixels_.height, .stride = pixels_.width};
  const auto through = decoder_.Step(view, work);
  if (!through.ok()) return AboutTile(kWhat, tile_, through.failure());
  if (!through.value()) return false;
  rows.PutAlpha(pixels_, samples_.data());
  samples_ = {};
  return true;
}

}  // namespace lic
