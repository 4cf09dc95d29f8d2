// What callers see of the decoder: what a file says of itself, a decoder that goes in steps, a picture or a hash in one
// call.
#include <new>

#include "autoencoder/picture_decoder.h"
#include "base/checksum.h"
#include "base/try.h"

namespace lic {
namespace {

// Multiplications of a step: few enough for a slow machine's main thread, many enough for a step's own cost to vanish.
constexpr int64_t kStepWork = 12'000'000;

}  // namespace

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
  return Fail(Error::kModelMismatch, "the file is of model %s, the model handed in is %s",
              ToHex(header.model_id).c_str(), ToHex(model.id()).c_str());
}

Result<Info> ReadInfo(Bytes file) {
  LIC_TRY(const Header header, ReadHeader(file));
  return ToInfo(header);
}

Result<Layout> ReadLayout(Bytes file) {
  LIC_TRY(const Container container, ReadContainer(file));
  return ToLayout(container);
}

// ---- In steps ---------------------------------------------------------------------------------------------

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::Begin(const Model& model, const DecoderOptions& options) {
  if (options.channels != 0 && options.channels != 4)
    return Fail(Error::kInvalidArgument, "%u channels cannot be asked for", options.channels);
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
    case Stage::kHyper:
      return state.StepHyper(work);
    case Stage::kPreview:
      return state.StepPreview(work);
    case Stage::kTiles:
      return state.StepTile(work);
    case Stage::kStrip:
      return state.StepStrip(work);
    case Stage::kDone:
      break;
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
  LIC_TRY(auto plane, Buffer<int16_t>::Create(positions));
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
  LIC_TRY(auto latents, LatentPlane::Create(whole, model.data().entropy.latent_channels));
  size_t offset = 0;
  for (uint32_t tile = 0; tile < grid.count(); ++tile) {
    LIC_CHECK(entropy.coder.StartTile(NextTile(container, tile, offset).latents, entropy.features, grid.Latents(tile)));
    const auto through = entropy.coder.StepTile(latents, work);
    if (!through.ok()) return AboutTile("", tile, through.failure());
  }
  Sha256Hasher hasher;
  const IntegerPlane& hyper = entropy.hyper;
  LIC_CHECK(HashPlane(hasher, hyper.positions(), hyper.channels,
                      [&](size_t position, uint32_t c) { return hyper.at(position)[c]; }));
  LIC_CHECK(HashPlane(hasher, size_t{whole.height} * whole.width, latents.channels, [&](size_t position, uint32_t c) {
    return static_cast<int16_t>(
        std::clamp<int32_t>(latents.values[position * latents.channels + c], INT16_MIN, INT16_MAX));
  }));
  return hasher.Finish();
}

}  // namespace lic
