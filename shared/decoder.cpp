// The door of decoding: feeds the reader, chooses the coding, asks it for steps and hands out what they make.
//
//   bytes ──Feed──> ContainerReader ──header──> Info, choice of the coding
//                          └──────────────────> PictureDecoder ──Step──> strips, picture, preview
#include <new>
#include <optional>

#include "base/try.h"
#include "codings.h"
#include "info.h"

namespace lic {
namespace {

// Multiplications of a step: few enough for a slow machine's main thread, many enough for a step's own cost to vanish.
constexpr int64_t kStepWork = 12'000'000;

Result<std::unique_ptr<PictureDecoder>> CreatePictureDecoder(const DecodingTask& task, const Model* model) {
  for (const CodingEntry& entry : Codings()) {
    if (entry.coding == task.header().coding()) return entry.create(task, model);
  }
  return Fail(Error::kUnsupportedVersion, "this decoder is not one for files of version %u", task.header().version);
}

Status CheckSize(const Header& header, uint64_t max_pixels) {
  if (uint64_t{header.width} * header.height <= max_pixels) return {};
  return Fail(Error::kLimitExceeded, "the picture has %u x %u pixels, allowed are %llu in all", header.width,
              header.height, static_cast<unsigned long long>(max_pixels));
}

}  // namespace

struct Decoder::State {
  State(const Model* handed_in, const DecoderOptions& asked_for) : model(handed_in), options(asked_for) {}

  const Model* model;
  DecoderOptions options;
  ContainerReader reader;
  Info info;
  std::optional<Layout> layout;             // once somebody has asked for it
  std::unique_ptr<PictureDecoder> picture;  // null before the header has come

  Status Begin();
  const PictureRows& rows() const {
    static const PictureRows kNone;
    return picture ? picture->rows() : kNone;
  }
};

// The header has come.
Status Decoder::State::Begin() {
  const Header& header = reader.container().header;
  LIC_CHECK(CheckSize(header, options.max_pixels));
  // A wrong model is told of before a wrong region: the caller may come again with the right model.
  const Result<Rect> region = ChooseRegion(options.region, header);
  const Rect area = region.ok() ? region.value() : Rect{0, 0, header.width, header.height};
  LIC_TRY(auto decoder, CreatePictureDecoder({.reader = &reader, .options = options, .region = area}, model));
  if (!region.ok()) return region.failure();
  picture = std::move(decoder);
  info = ToInfo(header);
  return {};
}

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::Begin(const Model* model, const DecoderOptions& options) {
  if (options.channels != 0 && options.channels != 4)
    return Fail(Error::kInvalidArgument, "channels is %u, allowed are 0 and 4", options.channels);
  std::unique_ptr<State> state(new (std::nothrow) State(model, options));
  if (!state) return Fail(Error::kOutOfMemory, "no memory for a decoder");
  return Decoder(std::move(state));
}

Result<Decoder> Decoder::Open(Bytes file, const Model* model, const DecoderOptions& options) {
  LIC_TRY(Decoder decoder, Begin(model, options));
  LIC_CHECK(decoder.Feed(file, /*complete=*/true));
  return decoder;
}

Status Decoder::Feed(Bytes file, bool complete) {
  State& state = *state_;
  // The header first: what it says of the size and the model must be refused before anything else.
  if (!has_info()) {
    const bool is_there = file.size() >= kHeaderBytes;
    LIC_CHECK(state.reader.Read(is_there ? file.first(kHeaderBytes) : file, complete && !is_there));
    if (is_there) LIC_CHECK(state.Begin());
  }
  return state.reader.Read(file, complete);
}

Status Decoder::Step() { return state_->picture ? state_->picture->Step(kStepWork) : Status(); }

bool Decoder::done() const { return state_->picture && state_->picture->done(); }
bool Decoder::waits() const { return !state_->picture || (!done() && state_->picture->waits()); }
bool Decoder::complete() const { return state_->reader.done(); }
bool Decoder::has_info() const { return state_->picture != nullptr; }
const Info& Decoder::info() const { return state_->info; }
const Layout& Decoder::layout() const {
  if (!state_->layout) state_->layout = ToLayout(state_->reader.container());
  return *state_->layout;
}
float Decoder::progress() const { return state_->picture ? state_->picture->progress() : 0; }
bool Decoder::synthesised() const { return state_->picture && state_->picture->synthesised(); }

uint32_t Decoder::rows_done() const { return state_->rows().done(); }
PictureView Decoder::strip() const { return state_->rows().strip(); }
const Picture& Decoder::picture() const { return state_->rows().picture(); }
Picture Decoder::TakePicture() && { return state_->picture ? state_->picture->TakePicture() : Picture(); }

const Picture& Decoder::preview() const {
  static const Picture kNone;
  const Picture* preview = state_->picture ? state_->picture->preview() : nullptr;
  return preview ? *preview : kNone;
}

Result<Picture> Decode(Bytes file, const Model* model, const DecodeOptions& options) {
  LIC_TRY(auto decoder, Decoder::Open(file, model, {options}));
  while (!decoder.done()) LIC_CHECK(decoder.Step());
  return std::move(decoder).TakePicture();
}

}  // namespace lic
