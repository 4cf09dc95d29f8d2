// A file becomes a picture. Read top to bottom; encoder.cpp is the mirror.
//
//   HYPER ──rANS──> hyper-latents ──> features ─┬──> preview
//   TILES ──rANS, tile by tile, pass by pass────┴──> latents ──gain, synthesis, strip by strip──> pixels
//
// As soon as a row of tiles is decoded, the strips that lie in it are made: latents and pixels need not be kept for the whole picture, and a
// file may still be coming in.
#include <algorithm>
#include <cmath>
#include <new>
#include <optional>

#include "alpha.h"
#include "checksum.h"
#include "entropy.h"
#include "format.h"
#include "network.h"
#include "network_plan.h"
#include "preview.h"
#include "quality.h"
#include "try.h"

namespace lic {
namespace {

// Multiplications of a step: few enough for a slow machine's main thread, many enough for a step's own cost to vanish.
constexpr int64_t kStepWork = 12'000'000;

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

Result<Buffer<uint8_t>> CopyOf(Bytes bytes) {
  LIC_TRY(auto copy, Buffer<uint8_t>::Allocate(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return copy;
}

Failure AboutTile(const char* what, uint32_t tile, const Failure& failure) { return Fail(failure.error, "%stile %u: %s", what, tile, failure.what); }

// The hyper-latents and features of a file, in steps.
struct HyperDecoder {
  EntropyCoder coder;
  IntegerPlane hyper;
  IntegerPlane features;
  Buffer<uint8_t> stream;  // the bytes of a file may move while they are read
  bool in_features = false;

  Status Start(const Container& file, const Model& model) {
    const Header& header = file.header;
    LIC_TRY(coder, EntropyCoder::Build(model.data().entropy));
    LIC_CHECK(hyper.Reshape(CeilDiv(header.height, kHyperStride), CeilDiv(header.width, kHyperStride), model.data().entropy.hyper_channels));
    LIC_TRY(stream, CopyOf(file.hyper));
    coder.StartHyper(stream, header.quality256);
    return {};
  }

  Result<bool> Step(const Header& header, int64_t& work) {
    if (in_features) return coder.StepFeatures(CeilDiv(header.height, kLatentStride), CeilDiv(header.width, kLatentStride), features, work);
    LIC_TRY(in_features, coder.StepHyper(hyper, work));
    if (in_features) coder.StartFeatures(hyper);
    return false;
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

// ---- The decoder ---------------------------------------------------------------------------------------------------------------

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
  uint32_t taken = 0;    // of the tiles that the area takes, those that are decoded
  HyperDecoder entropy;
  Buffer<float> inverse_gains;  // (latent_channels), of latents in 1/16
  std::optional<Preview> preview;
  bool preview_done = false;

  uint32_t located = 0;       // tiles whose place in the file is known
  size_t location = 0;        // of tile `located` in the tiles
  Buffer<uint8_t> stream;     // of the tile's latents, or alpha
  LatentPlane latents;        // of the area, the rows that are needed
  AlphaDecoder alpha;
  Buffer<uint8_t> tile_alpha; // (tile height, tile width)

  std::optional<Network> synthesis;  // of the area; rows of it below are pixels from the area's top
  Buffer<float> strip;               // (strip rows, width of the area in pixels, 3)
  Buffer<uint8_t> row_bytes;         // (width of the region, 3)
  uint32_t next_strip = 0;           // the row with which the next strip begins

  Picture picture;            // the region, or as many rows of it as are needed
  uint32_t first_row = 0;     // of the region, in `picture`
  uint32_t rows_done = 0;     // of the region
  uint32_t rows_new = 0;      // of these, made by the last step
  bool synthesized = false;   // by the last step

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
  uint32_t TileNumber(uint32_t n) const { return (tiles.y + n / tiles.width) * grid.columns + tiles.x + n % tiles.width; }
  uint32_t first_pixel_row() const { return region.y - area.y * kLatentStride; }
  uint32_t strip_end() const { return std::min(next_strip + synthesis->strip_rows(), synthesis->out_height()); }
  uint8_t* row(uint32_t y) { return picture.pixels.data() + size_t{y - first_row} * picture.width * picture.channels; }
};

// The region that was asked for, and what it takes.
Status Decoder::State::SetUp(const Header& header) {
  if (uint64_t{header.width} * header.height > options.max_pixels) {
    return Fail(Error::kLimitExceeded, "%u x %u pixels, the limit is %llu", header.width, header.height, static_cast<unsigned long long>(options.max_pixels));
  }
  LIC_CHECK(CheckModel(header, model));
  const Region& asked = options.region;
  const bool everything = asked.x == 0 && asked.y == 0 && asked.width == 0 && asked.height == 0;
  const bool inside = asked.width > 0 && asked.height > 0 && uint64_t{asked.x} + asked.width <= header.width && uint64_t{asked.y} + asked.height <= header.height;
  if (!everything && !inside) {
    return Fail(Error::kInvalidArgument, "region of %u x %u at %u, %u in a picture of %u x %u", asked.width, asked.height, asked.x, asked.y, header.width, header.height);
  }
  info = ToInfo(header);
  grid = TileGrid(header);
  region = everything ? Rect{0, 0, header.width, header.height} : Rect{asked.x, asked.y, asked.width, asked.height};
  reach = InputReach(model.data().synthesis, kLatentStride);
  const auto expand = [this](uint32_t first, uint32_t size, uint32_t whole, uint32_t& area_first, uint32_t& area_size) {
    const uint32_t begin = first / kLatentStride, end = CeilDiv(first + size, kLatentStride);
    area_first = begin - std::min(begin, reach);
    area_size = std::min(end + reach, CeilDiv(whole, kLatentStride)) - area_first;
  };
  expand(region.x, region.width, header.width, area.x, area.width);
  expand(region.y, region.height, header.height, area.y, area.height);
  const uint32_t side = grid.side / kLatentStride;
  tiles.x = area.x / side;
  tiles.y = area.y / side;
  tiles.width = CeilDiv(area.x + area.width, side) - tiles.x;
  tiles.height = CeilDiv(area.y + area.height, side) - tiles.y;
  return {};
}

Status Decoder::State::StepHyper(int64_t& work) {
  if (!started) {
    started = true;
    return entropy.Start(file(), model);
  }
  LIC_TRY(const bool through, entropy.Step(file().header, work));
  if (!through) return {};
  LIC_TRY(inverse_gains, Gains(model.data().entropy, file().header.quality256));
  for (float& gain : inverse_gains) gain = 1 / (gain * kMeanUnit);
  const bool is_worth_it = !reader.done() || tile_count() > 1;
  if (options.make_preview && is_worth_it && Preview::IsPossible(model.data())) return StartPreview();
  return StartPicture();
}

// ---- Preview -----------------------------------------------------------------------------------------------------------------

Status Decoder::State::StartPreview() {
  const uint32_t channels = options.channels ? options.channels : info.channels();
  LIC_TRY(preview, Preview::Build(model.data(), inverse_gains, region, channels, info.is_grey));
  stage = Stage::kPreview;
  started = false;
  return {};
}

Status Decoder::State::StepPreview(int64_t& work) {
  const Rect tile = grid.Latents(TileNumber(taken));
  if (!started) {
    started = true;
    return entropy.coder.StartFirstPass(entropy.features, tile);
  }
  LIC_TRY(const bool through, entropy.coder.StepFirstPass(work));
  if (!through) return {};
  preview->PutTile(entropy.coder.first_pass(), tile);
  started = false;
  if (++taken < tile_count()) return {};
  preview_done = true;
  taken = 0;
  return StartPicture();
}

// ---- Tiles -------------------------------------------------------------------------------------------------------------------

// Claims what the picture itself takes.
Status Decoder::State::StartPicture() {
  stage = Stage::kTiles;
  started = false;
  LIC_TRY(synthesis, Network::Build(model.data().synthesis, area.height, area.width));
  next_strip = first_pixel_row() / synthesis->strip_rows() * synthesis->strip_rows();
  LIC_TRY(strip, Buffer<float>::Allocate(synthesis->strip_rows() * size_t{synthesis->out_width()} * synthesis->out_channels()));
  LIC_TRY(row_bytes, Buffer<uint8_t>::Allocate(size_t{region.width} * 3));

  // Behind a row of tiles there are the latents and rows of the strip that is not ready yet, as StripIsReady says.
  const uint64_t strip_latents = CeilDiv(synthesis->strip_rows(), kLatentStride) + 1;
  const uint64_t held = grid.side / kLatentStride + strip_latents + 2 * uint64_t{reach} + 2;
  LIC_TRY(latents, LatentPlane::Allocate({area.x, area.y, area.width, static_cast<uint32_t>(std::min<uint64_t>(held, area.height))}, model.data().entropy.latent_channels));
  uint64_t rows = synthesis->strip_rows();
  if (has_alpha()) rows += grid.side + (uint64_t{reach} + 2) * kLatentStride;
  if (options.keep_picture) rows = region.height;
  picture.width = region.width;
  picture.height = static_cast<uint32_t>(std::min<uint64_t>(rows, region.height));
  picture.channels = options.channels ? options.channels : info.channels();
  LIC_TRY(picture.pixels, Buffer<uint8_t>::Allocate(size_t{picture.width} * picture.height * picture.channels));
  if (picture.channels == 4 && !has_alpha()) {
    for (size_t i = 3; i < picture.pixels.size(); i += 4) picture.pixels[i] = 255;
  }
  return {};
}

// Where the streams of a tile lie. Tiles are asked for in ascending order.
Result<TileStreams> Decoder::State::Locate(uint32_t tile) {
  for (; located < tile; ++located) NextTile(file(), located, location);
  size_t offset = location;
  return NextTile(file(), tile, offset);
}

Status Decoder::State::StartTile(uint32_t tile) {
  if (taken % tiles.width == 0) MakeRoom();
  LIC_TRY(const TileStreams streams, Locate(tile));
  LIC_TRY(stream, CopyOf(streams.latents));
  started = true;
  return entropy.coder.StartTile(stream, entropy.features, grid.Latents(tile));
}

// Lets go of the latents and rows above the next strip, before a row of tiles comes in.
void Decoder::State::MakeRoom() {
  const uint32_t latent_row = next_strip / kLatentStride;
  const uint32_t first_latent = area.y + latent_row - std::min(latent_row, reach);
  if (first_latent > latents.held.y) latents.MoveTo(std::min(first_latent, area.y + area.height - latents.held.height));
  if (options.keep_picture || !has_alpha()) return;
  const uint32_t first = std::min(rows_done, region.height - picture.height);
  std::copy(row(first), picture.pixels.end(), picture.pixels.begin());
  first_row = first;
}

Status Decoder::State::StepTile(int64_t& work) {
  const uint32_t tile = TileNumber(taken);
  if (!started) return StartTile(tile);
  if (in_alpha) return StepAlpha(tile, work);
  const auto through = entropy.coder.StepTile(latents, work);
  if (!through.ok()) return AboutTile("", tile, through.failure());
  if (!through.value()) return {};
  if (has_alpha()) return StartAlpha(tile);
  EndTile();
  return {};
}

Status Decoder::State::StartAlpha(uint32_t tile) {
  const Rect pixels = grid.Pixels(tile);
  LIC_TRY(const TileStreams streams, Locate(tile));
  LIC_TRY(stream, CopyOf(streams.alpha));
  LIC_TRY(tile_alpha, Buffer<uint8_t>::Allocate(size_t{pixels.width} * pixels.height));
  in_alpha = true;
  const Status status = alpha.Start(stream, model.data().entropy.tables);
  return status.ok() ? status : AboutTile("alpha of ", tile, status.failure());
}

Status Decoder::State::StepAlpha(uint32_t tile, int64_t& work) {
  const Rect pixels = grid.Pixels(tile);
  const auto through = alpha.Step({tile_alpha.data(), pixels.width, pixels.height, 1, pixels.width}, work);
  if (!through.ok()) return AboutTile("alpha of ", tile, through.failure());
  if (!through.value()) return {};
  const uint32_t left = std::max(pixels.x, region.x), right = std::min(pixels.x + pixels.width, region.x + region.width);
  const uint32_t top = std::max(pixels.y, region.y + first_row), bottom = std::min(pixels.y + pixels.height, region.y + region.height);
  for (uint32_t y = top; y < bottom; ++y) {
    const uint8_t* from = tile_alpha.data() + size_t{y - pixels.y} * pixels.width;
    uint8_t* to = row(y - region.y) + picture.channels - 1;
    for (uint32_t x = left; x < right; ++x) to[size_t{x - region.x} * picture.channels] = from[x - pixels.x];
  }
  tile_alpha = {};
  EndTile();
  return {};
}

void Decoder::State::EndTile() {
  started = in_alpha = false;
  ++taken;
}

// ---- Strips ------------------------------------------------------------------------------------------------------------------

bool Decoder::State::StripIsReady() const {
  const uint32_t rows_taken = taken / tiles.width;
  if (rows_taken == tiles.height) return true;
  const uint64_t decoded_to = (tiles.y + rows_taken) * uint64_t{grid.side / kLatentStride};
  return uint64_t{area.y} + (strip_end() - 1) / kLatentStride + reach < decoded_to;
}

// A row of the network's picture, red, green and blue, to row y of the region.
void Decoder::State::PutRow(const float* colour, uint32_t y) {
  const uint32_t channels = picture.channels;
  uint8_t* to = row(y);
  ToBytes(colour, size_t{picture.width} * 3, row_bytes.data());
  const uint8_t* rgb = row_bytes.data();
  if (info.is_grey) {
    for (uint32_t x = 0; x < picture.width; ++x, rgb += 3, to += channels) {
      std::fill_n(to, channels <= 2 ? 1 : 3, static_cast<uint8_t>((rgb[0] + rgb[1] + rgb[2] + 1) / 3));
    }
  } else if (channels == 3) {
    std::copy_n(rgb, size_t{picture.width} * 3, to);
  } else {
    for (uint32_t x = 0; x < picture.width; ++x, rgb += 3, to += 4) std::copy_n(rgb, 3, to);
  }
}

Status Decoder::State::StepStrip(int64_t& work) {
  if (!started) {
    started = true;
    auto fill = [&](uint32_t row, float* to) {
      const int32_t* from = latents.at(area.x, area.y + row);
      for (uint32_t x = 0; x < area.width; ++x, from += latents.channels, to += latents.channels) {
        for (uint32_t c = 0; c < latents.channels; ++c) to[c] = static_cast<float>(from[c]) * inverse_gains[c];
      }
    };
    synthesis->StartRun(next_strip, RowSource(fill), strip.data());
  }
  LIC_TRY(const bool through, synthesis->StepRun(work));
  if (!through) return {};
  started = false;
  const uint32_t top = first_pixel_row(), end = std::min(strip_end(), top + region.height);
  const size_t row_values = size_t{synthesis->out_width()} * synthesis->out_channels();
  const size_t left = size_t{region.x - area.x * kLatentStride} * synthesis->out_channels();
  if (!options.keep_picture && !has_alpha()) first_row = rows_done;
  for (uint32_t y = top + rows_done; y < end; ++y) PutRow(strip.data() + (y - next_strip) * row_values + left, y - top);
  rows_new = end - top - rows_done;
  rows_done = end - top;
  next_strip = strip_end();
  stage = rows_done == region.height ? Stage::kDone : Stage::kTiles;
  return {};
}

// ---- Interface ---------------------------------------------------------------------------------------------------------------

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::Begin(const Model& model, const DecoderOptions& options) {
  if (options.channels != 0 && options.channels != 4) return Fail(Error::kInvalidArgument, "%u channels cannot be asked for", options.channels);
  std::unique_ptr<State> state(new (std::nothrow) State(model, options));
  if (!state) return Fail(Error::kOutOfMemory, "no memory for a decoder");
  return Decoder(std::move(state));
}

Result<Decoder> Decoder::Open(Bytes file, const Model& model, const DecoderOptions& options) {
  LIC_TRY(Decoder decoder, Begin(model, options));
  LIC_CHECK(decoder.Feed(file, true));
  return decoder;
}

Status Decoder::Feed(Bytes file, bool complete) {
  State& state = *state_;
  if (!has_info() && (complete || file.size() >= lic::kHeaderBytes)) {
    LIC_TRY(const Header header, ReadHeader(file));
    LIC_CHECK(state.SetUp(header));
  }
  LIC_CHECK(state.reader.Read(file, complete));
  if (state.reader.done()) state.layout = ToLayout(state.file());
  return {};
}

Status Decoder::Step() {
  State& state = *state_;
  state.rows_new = 0;
  if (done() || waits()) return {};
  int64_t work = kStepWork;
  using Stage = State::Stage;
  if (state.stage == Stage::kTiles && !state.started && state.StripIsReady()) state.stage = Stage::kStrip;
  state.synthesized = state.stage == Stage::kStrip;
  switch (state.stage) {
    case Stage::kHyper: return state.StepHyper(work);
    case Stage::kPreview: return state.StepPreview(work);
    case Stage::kTiles: return state.StepTile(work);
    case Stage::kStrip: return state.StepStrip(work);
    case Stage::kDone: break;
  }
  return {};
}

bool Decoder::done() const { return state_->stage == State::Stage::kDone; }
bool Decoder::synthesized() const { return state_->synthesized; }
bool Decoder::complete() const { return state_->reader.done(); }
bool Decoder::has_info() const { return state_->info.width > 0; }

bool Decoder::waits() const {
  const State& state = *state_;
  if (state.started) return false;
  if (state.stage == State::Stage::kHyper) return !state.reader.has_hyper();
  if (state.stage != State::Stage::kTiles || state.StripIsReady()) return false;
  return state.reader.tiles_read() <= state.TileNumber(state.taken);
}

float Decoder::progress() const {
  const State& state = *state_;
  if (!has_info()) return 0;
  const bool in_preview = state.stage == State::Stage::kPreview;
  const float entropy = in_preview ? 0 : static_cast<float>(state.taken) / static_cast<float>(state.tile_count());
  const float synthesis = static_cast<float>(state.rows_done) / static_cast<float>(state.region.height);
  return 0.4f * entropy + 0.6f * synthesis;
}

const Info& Decoder::info() const { return state_->info; }
const Layout& Decoder::layout() const { return state_->layout; }
uint32_t Decoder::rows_done() const { return state_->rows_done; }
const Picture& Decoder::picture() const { return state_->picture; }
Picture Decoder::TakePicture() && { return std::move(state_->picture); }

PictureView Decoder::strip() const {
  State& state = *state_;
  const Picture& picture = state.picture;
  const uint8_t* first = state.rows_new ? state.row(state.rows_done - state.rows_new) : nullptr;
  return {first, picture.width, state.rows_new, picture.channels, size_t{picture.width} * picture.channels};
}

const Picture& Decoder::preview() const {
  static const Picture kNone;
  return state_->preview_done ? state_->preview->picture() : kNone;
}

Result<Picture> Decode(Bytes file, const Model& model, const DecodeOptions& options) {
  LIC_TRY(auto decoder, Decoder::Open(file, model, {options}));
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
  HyperDecoder entropy;
  LIC_CHECK(entropy.Start(container, model));
  int64_t work = INT64_MAX;
  for (bool through = false; !through;) {
    LIC_TRY(through, entropy.Step(container.header, work));
  }
  const TileGrid grid(container.header);
  const Rect whole = {0, 0, CeilDiv(grid.width, kLatentStride), CeilDiv(grid.height, kLatentStride)};
  LIC_TRY(auto latents, LatentPlane::Allocate(whole, model.data().entropy.latent_channels));
  size_t offset = 0;
  for (uint32_t tile = 0; tile < grid.count(); ++tile) {
    LIC_CHECK(entropy.coder.StartTile(NextTile(container, tile, offset).latents, entropy.features, grid.Latents(tile)));
    const auto through = entropy.coder.StepTile(latents, work);
    if (!through.ok()) return AboutTile("", tile, through.failure());
  }
  Sha256Hasher hasher;
  const IntegerPlane& hyper = entropy.hyper;
  LIC_CHECK(HashPlane(hasher, hyper.positions(), hyper.channels, [&](size_t position, uint32_t c) { return hyper.at(position)[c]; }));
  LIC_CHECK(HashPlane(hasher, size_t{whole.height} * whole.width, latents.channels, [&](size_t position, uint32_t c) {
    return static_cast<int16_t>(std::clamp<int32_t>(latents.values[position * latents.channels + c], INT16_MIN, INT16_MAX));
  }));
  return hasher.Finish();
}

}  // namespace lic
