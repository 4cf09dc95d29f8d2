// The hash of a file's symbols, by which machines and decoders are compared.
#include <algorithm>

#include "autoencoder/symbol_decoder.h"
#include "base/checksum.h"
#include "base/try.h"

namespace lic {
namespace {

// Adds a plane to a hash in (channels, height, width) order; get(position, channel) gives a 16-bit value.
template <class Get>
Status HashPlane(Sha256Hasher& hasher, size_t positions, uint32_t channels, Get get) {
  LIC_TRY(auto plane, Buffer<int16_t>::Create(positions));
  for (uint32_t c = 0; c < channels; ++c) {
    for (size_t position = 0; position < positions; ++position) plane[position] = get(position, c);
    hasher.Update({reinterpret_cast<const uint8_t*>(plane.data()), positions * sizeof(int16_t)});
  }
  return {};
}

Result<LatentPlane> DecodeLatents(const Container& file, const EntropyModel& model, SymbolDecoder& symbols) {
  int64_t work = INT64_MAX;
  for (bool through = false; !through;) {
    LIC_TRY(through, symbols.StepHyper(work));
  }
  const TileGrid grid = file.header.grid();
  const Rect whole = {0, 0, CeilDiv(grid.width, kLatentStride), CeilDiv(grid.height, kLatentStride)};
  LIC_TRY(auto latents, LatentPlane::Create(whole, model.latent_channels));
  const StreamOrder order(file.header);
  StreamFinder finder;
  for (uint32_t tile = 0; tile < grid.count(); ++tile) {
    LIC_CHECK(symbols.StartTile(tile, finder.Find(file, order.Latents(tile))));
    LIC_TRY([[maybe_unused]] const bool through, symbols.StepTile(latents, work));
    assert(through);
  }
  return latents;
}

}  // namespace

Result<SymbolHash> HashSymbols(Bytes file, const Model& model) {
  LIC_TRY(const Container container, ReadContainer(file));
  LIC_CHECK(CheckModel(container.header, &model));
  LIC_TRY(auto symbols, SymbolDecoder::Create(container, model.data().entropy));
  LIC_TRY(const auto latents, DecodeLatents(container, model.data().entropy, symbols));
  Sha256Hasher hasher;
  const IntegerPlane& hyper = symbols.hyper();
  LIC_CHECK(HashPlane(hasher, hyper.positions(), hyper.channels,
                      [&](size_t position, uint32_t c) { return hyper.at(position)[c]; }));
  const auto latent = [&](size_t position, uint32_t c) {
    const int32_t value = latents.values[position * latents.channels + c];
    return static_cast<int16_t>(std::clamp<int32_t>(value, INT16_MIN, INT16_MAX));
  };
  LIC_CHECK(HashPlane(hasher, size_t{latents.held.height} * latents.held.width, latents.channels, latent));
  return hasher.Finish();
}

}  // namespace lic
