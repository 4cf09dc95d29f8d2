// A file becomes a picture. Read top to bottom; encoder.cpp is the mirror.
//
//   HYPER ──rANS──> hyper-latents ──> features ─┐
//   TILES ──rANS, tile by tile, pass by pass────┴──> latents ──gain, synthesis, strip by strip──> pixels
#include <algorithm>
#include <cmath>
#include <new>
#include <optional>

#include "alpha.h"
#include "checksum.h"
#include "entropy.h"
#include "format.h"
#include "network.h"
#include "quality.h"
#include "try.h"

namespace lic {
namespace {

// A row of the network's picture to bytes. One plain loop, so that compilers make SIMD of it. What is not a number, as a hostile model can make
// it, becomes 0: the order of max's arguments sees to that.
void ToBytes(const float* values, size_t count, uint8_t* bytes) {
  for (size_t i = 0; i < count; ++i) {
    const float value = std::min(std::max(0.0f, values[i] + 0.5f), 1.0f);
    bytes[i] = static_cast<uint8_t>(static_cast<int32_t>(value * 255 + 0.5f));
  }
}

Info ToInfo(const Header& header) {
  Info info;
  info.width = header.width;
  info.height = header.height;
  info.version = header.version;
  info.quality = static_cast<float>(header.quality256) / 256;
  info.has_alpha = header.has_alpha;
  info.is_grey = header.is_grey;
  info.model_id = header.model_id;
  info.head_hash = header.head_hash;
  info.tile_units = header.tile_units;
  return info;
}

Layout ToLayout(const Container& container) {
  Layout layout;
  layout.info = ToInfo(container.header);
  layout.metadata = container.metadata;
  layout.hyper_bytes = container.hyper.size();
  layout.index_bytes = container.index.size();
  layout.tiles = TileGrid(container.header).count();
  size_t offset = 0;
  for (uint32_t tile = 0; tile < layout.tiles; ++tile) {
    const TileStreams streams = NextTile(container, tile, offset);
    layout.latent_bytes += streams.latents.size();
    layout.alpha_bytes += streams.alpha.size();
  }
  return layout;
}

Status CheckModel(const Header& header, const Model& model) {
  if (header.model_id == model.id()) return {};
  return Fail(Error::kModelMismatch, "the file is of model %s, the model handed in is %s", ToHex(header.model_id).c_str(), ToHex(model.id()).c_str());
}

// Latents and hyper-latents of a file, decoded piece by piece.
struct EntropyDecoder {
  const Container* container = nullptr;
  EntropyCoder coder;
  IntegerPlane hyper;
  IntegerPlane features;
  LatentPlane latents;

  Status Start(const Container& file, const Model& model) {
    container = &file;
    const Header& header = file.header;
    const EntropyModel& entropy = model.data().entropy;
    LIC_TRY(coder, EntropyCoder::Build(entropy));
    const uint32_t height = CeilDiv(header.height, kLatentStride), width = CeilDiv(header.width, kLatentStride);
    LIC_CHECK(hyper.Reshape(CeilDiv(header.height, kHyperStride), CeilDiv(header.width, kHyperStride), entropy.hyper_channels));
    LIC_CHECK(coder.DecodeHyper(file.hyper, header.quality256, hyper));
    LIC_CHECK(coder.DeriveFeatures(hyper, height, width, features));
    LIC_TRY(latents, LatentPlane::Allocate(height, width, entropy.latent_channels));
    return {};
  }

  Status DecodeTile(const TileGrid& grid, uint32_t tile, Bytes stream) {
    const Status status = coder.DecodeTile(stream, features, grid.Latents(tile), latents);
    if (!status.ok()) return Fail(status.error(), "tile %u: %s", tile, status.failure().what);
    return {};
  }
};

}  // namespace

Result<Info> ReadInfo(Bytes file) {
  LIC_TRY(const Header header, ReadHeader(file));
  return ToInfo(header);
}

Result<Layout> ReadLayout(Bytes file) {
  LIC_TRY(const Container container, ReadContainer(file));
  return ToLayout(container);
}

struct Decoder::State {
  Container container;
  Layout layout;
  const Model* model = nullptr;
  Picture picture;
  EntropyDecoder entropy;
  bool entropy_started = false;
  uint32_t next_tile = 0;
  size_t tile_offset = 0;
  std::optional<Network> synthesis;       // built when all tiles are there
  Buffer<float> inverse_gains;            // (latent_channels), of latents in 1/16
  Buffer<float> strip;                    // (rows, out width, 3)
  Buffer<uint8_t> row_bytes;              // (out width, 3)
  uint32_t next_row = 0;

  Status StepTile();
  Status StartSynthesis();
  Status StepStrip();
  void PutRow(const float* colour, uint32_t y);
};

Status Decoder::State::StepTile() {
  const TileGrid grid(container.header);
  const TileStreams streams = NextTile(container, next_tile, tile_offset);
  LIC_CHECK(entropy.DecodeTile(grid, next_tile, streams.latents));
  if (container.header.has_alpha) {
    const Rect tile = grid.Pixels(next_tile);
    const size_t step = picture.channels, stride = picture.width * step;
    uint8_t* first = picture.pixels.data() + tile.y * stride + tile.x * step + step - 1;
    const Status status = DecodeAlpha(streams.alpha, model->data().entropy.tables, {first, tile.width, tile.height, step, stride});
    if (!status.ok()) return Fail(status.error(), "alpha of tile %u: %s", next_tile, status.failure().what);
  }
  ++next_tile;
  return {};
}

Status Decoder::State::StartSynthesis() {
  // The entropy half is over; only the latents stay.
  LatentPlane latents = std::move(entropy.latents);
  entropy = {};
  entropy.latents = std::move(latents);
  LIC_TRY(inverse_gains, Gains(model->data().entropy, container.header.quality256));
  for (float& gain : inverse_gains) gain = 1 / (gain * kMeanUnit);
  LIC_TRY(synthesis, Network::Build(model->data().synthesis, entropy.latents.height, entropy.latents.width));
  const size_t row_values = size_t{synthesis->out_width()} * synthesis->out_channels();
  LIC_TRY(strip, Buffer<float>::Allocate(synthesis->strip_rows() * row_values));
  LIC_TRY(row_bytes, Buffer<uint8_t>::Allocate(row_values));
  return {};
}

// A row of the network's picture, red, green and blue, to a row of the picture.
void Decoder::State::PutRow(const float* colour, uint32_t y) {
  const uint32_t channels = picture.channels;
  uint8_t* to = picture.pixels.data() + size_t{y} * picture.width * channels;
  ToBytes(colour, size_t{picture.width} * 3, row_bytes.data());
  const uint8_t* rgb = row_bytes.data();
  if (container.header.is_grey) {
    for (uint32_t x = 0; x < picture.width; ++x, rgb += 3, to += channels) {
      std::fill_n(to, channels <= 2 ? 1 : 3, static_cast<uint8_t>((rgb[0] + rgb[1] + rgb[2] + 1) / 3));
    }
  } else if (channels == 3) {
    std::copy_n(rgb, size_t{picture.width} * 3, to);
  } else {
    for (uint32_t x = 0; x < picture.width; ++x, rgb += 3, to += 4) std::copy_n(rgb, 3, to);
  }
}

Status Decoder::State::StepStrip() {
  Network& network = *synthesis;
  const LatentPlane& latents = entropy.latents;
  auto fill = [&](uint32_t row, float* to) {
    const int32_t* from = latents.at(0, row);
    for (uint32_t x = 0; x < latents.width; ++x, from += latents.channels, to += latents.channels) {
      for (uint32_t c = 0; c < latents.channels; ++c) to[c] = static_cast<float>(from[c]) * inverse_gains[c];
    }
  };
  LIC_CHECK(network.Run(next_row, RowSource(fill), strip.data()));
  const uint32_t end = std::min(next_row + network.strip_rows(), picture.height);
  const size_t row_values = size_t{network.out_width()} * network.out_channels();
  for (uint32_t y = next_row; y < end; ++y) PutRow(strip.data() + (y - next_row) * row_values, y);
  next_row = end;
  return {};
}

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::Open(Bytes file, const Model& model, const DecodeOptions& options) {
  if (options.channels != 0 && options.channels != 4) return Fail(Error::kInvalidArgument, "%u channels cannot be asked for", options.channels);
  LIC_TRY(const Header header, ReadHeader(file));
  if (uint64_t{header.width} * header.height > options.max_pixels) {
    return Fail(Error::kLimitExceeded, "%u x %u pixels, the limit is %llu", header.width, header.height, static_cast<unsigned long long>(options.max_pixels));
  }
  LIC_CHECK(CheckModel(header, model));
  std::unique_ptr<State> state(new (std::nothrow) State);
  if (!state) return Fail(Error::kOutOfMemory, "no memory for a decoder");
  LIC_TRY(state->container, ReadContainer(file));
  state->layout = ToLayout(state->container);
  state->model = &model;
  Picture& picture = state->picture;
  picture.width = header.width;
  picture.height = header.height;
  picture.channels = options.channels ? options.channels : state->layout.info.channels();
  LIC_TRY(picture.pixels, Buffer<uint8_t>::Allocate(size_t{header.width} * header.height * picture.channels));
  if (picture.channels == 4 && !header.has_alpha) {
    for (size_t i = 3; i < picture.pixels.size(); i += 4) picture.pixels[i] = 255;
  }
  return Decoder(std::move(state));
}

Status Decoder::Step() {
  State& state = *state_;
  if (!state.entropy_started) {
    state.entropy_started = true;
    return state.entropy.Start(state.container, *state.model);
  }
  if (state.next_tile < state.layout.tiles) return state.StepTile();
  if (!state.synthesis) return state.StartSynthesis();
  if (!done()) return state.StepStrip();
  return {};
}

bool Decoder::done() const { return state_->next_row == state_->picture.height; }
uint32_t Decoder::rows_done() const { return state_->next_row; }

float Decoder::progress() const {
  const float entropy = static_cast<float>(state_->next_tile) / static_cast<float>(state_->layout.tiles);
  const float synthesis = static_cast<float>(state_->next_row) / static_cast<float>(state_->picture.height);
  return 0.4f * entropy + 0.6f * synthesis;
}

const Layout& Decoder::layout() const { return state_->layout; }
const Picture& Decoder::picture() const { return state_->picture; }
Picture Decoder::TakePicture() && { return std::move(state_->picture); }

Result<Picture> Decode(Bytes file, const Model& model, const DecodeOptions& options) {
  LIC_TRY(auto decoder, Decoder::Open(file, model, options));
  while (!decoder.done()) LIC_CHECK(decoder.Step());
  return std::move(decoder).TakePicture();
}

namespace {

// Adds a plane to a hash in (channels, height, width) order; get(position, channel) gives a 16-bit value.
template <class Get>
Status HashPlane(Sha256Hasher& hasher, size_t positions, uint32_t channels, Get get) {
  LIC_TRY(auto plane, Buffer<int16_t>::Allocate(positions));
  for (uint32_t c = 0; c < channels; ++c) {
    for (size_t position = 0; position < positions; ++position) plane[position] = get(position, c);
    hasher.Update({reinterpret_cast<const uint8_t*>(plane.data()), positions * sizeof(int16_t)});
  }
  return {};
}

}  // namespace

Result<SymbolHash> HashSymbols(Bytes file, const Model& model) {
  LIC_TRY(const Container container, ReadContainer(file));
  LIC_CHECK(CheckModel(container.header, model));
  EntropyDecoder entropy;
  LIC_CHECK(entropy.Start(container, model));
  const TileGrid grid(container.header);
  size_t offset = 0;
  for (uint32_t tile = 0; tile < grid.count(); ++tile) LIC_CHECK(entropy.DecodeTile(grid, tile, NextTile(container, tile, offset).latents));
  Sha256Hasher hasher;
  const IntegerPlane& hyper = entropy.hyper;
  LIC_CHECK(HashPlane(hasher, hyper.positions(), hyper.channels, [&](size_t position, uint32_t c) { return hyper.at(position)[c]; }));
  const LatentPlane& latents = entropy.latents;
  LIC_CHECK(HashPlane(hasher, size_t{latents.height} * latents.width, latents.channels, [&](size_t position, uint32_t c) {
    return static_cast<int16_t>(std::clamp<int32_t>(latents.values[position * latents.channels + c], INT16_MIN, INT16_MAX));
  }));
  return hasher.Finish();
}

}  // namespace lic
