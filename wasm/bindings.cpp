// The decoder for JavaScript: lic.h as it is, with results as plain objects. No logic lives here.
//
//   web/engine.js ──> Session ──> lic::Model, lic::Decoder
//
// Every method that can fail returns {ok: true, ...} or {ok: false, code, message}, code and message being those of
// lic::Failure. Byte arguments are Uint8Arrays and are copied. A session holds one model and at most one open file.
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <optional>
#include <utility>

#include "lic/lic.h"

namespace {

using emscripten::val;

val Success() {
  val object = val::object();
  object.set("ok", true);
  return object;
}

val Failed(const lic::Failure& failure) {
  val object = val::object();
  object.set("ok", false);
  object.set("code", val::u8string(lic::ErrorName(failure.error)));
  object.set("message", val::u8string(failure.what));
  return object;
}

val ToHex(const lic::SymbolHash& hash) {
  char text[65] = {};
  for (int i = 0; i < 32; ++i) {
    text[2 * i] = "0123456789abcdef"[hash.bytes[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[hash.bytes[i] & 15];
  }
  return val::u8string(text);
}

// The bytes of a Uint8Array in linear memory.
lic::Result<lic::Buffer<uint8_t>> CopyIn(const val& bytes) {
  auto buffer = lic::Buffer<uint8_t>::Allocate(bytes["length"].as<size_t>());
  if (!buffer.ok()) return buffer.failure();
  val(emscripten::typed_memory_view(buffer.value().size(), buffer.value().data())).call<void>("set", bytes);
  return buffer;
}

class Session {
 public:
  // Parses a model file and keeps it in place of an earlier one; closes the open file. Adds {id}.
  val LoadModel(const val& bytes) {
    Close();
    auto file = CopyIn(bytes);
    if (!file.ok()) return Failed(file.failure());
    auto model = lic::Model::Load(file.value());
    if (!model.ok()) return Failed(model.failure());
    model_ = std::move(model).value();
    val result = Success();
    result.set("id", lic::ToHex(model_->id()));
    return result;
  }

  // Opens a whole .lic file with the loaded model, red green blue alpha to come. Adds {width, height}.
  val Open(const val& bytes, double max_pixels) {
    Close();
    auto file = CopyIn(bytes);
    if (!file.ok()) return Failed(file.failure());
    file_ = std::move(file).value();
    lic::DecodeOptions options;
    options.max_pixels = static_cast<uint64_t>(max_pixels);
    options.channels = 4;
    auto decoder = lic::Decoder::Open(file_, *model_, options);
    if (!decoder.ok()) return Failed(decoder.failure());
    decoder_ = std::move(decoder).value();
    val result = Success();
    result.set("width", decoder_->layout().info.width);
    result.set("height", decoder_->layout().info.height);
    return result;
  }

  // One bounded piece of work on the open file. Adds {done, progress}.
  val Step() {
    lic::Status status = decoder_->Step();
    if (!status.ok()) return Failed(status.failure());
    val result = Success();
    result.set("done", decoder_->done());
    result.set("progress", decoder_->progress());
    return result;
  }

  // A view of the open file's pixels, valid until the next call of any method.
  val Pixels() const {
    const lic::Picture& picture = decoder_->picture();
    return val(emscripten::typed_memory_view(picture.pixels.size(), picture.pixels.data()));
  }

  // Forgets the open file.
  void Close() {
    decoder_.reset();
    file_ = {};
  }

  // Adds {hash}: lic::HashSymbols of a whole file in hexadecimal.
  val HashSymbols(const val& bytes) {
    Close();
    auto file = CopyIn(bytes);
    if (!file.ok()) return Failed(file.failure());
    auto hash = lic::HashSymbols(file.value(), *model_);
    if (!hash.ok()) return Failed(hash.failure());
    val result = Success();
    result.set("hash", ToHex(hash.value()));
    return result;
  }

 private:
  std::optional<lic::Model> model_;
  lic::Buffer<uint8_t> file_;
  std::optional<lic::Decoder> decoder_;
};

// Bytes of linear memory that the instance holds; they only ever grow.
double MemoryBytes() { return static_cast<double>(emscripten_get_heap_size()); }

}  // namespace

EMSCRIPTEN_BINDINGS(lic) {
  emscripten::class_<Session>("Session")
      .constructor<>()
      .function("loadModel", &Session::LoadModel)
      .function("open", &Session::Open)
      .function("step", &Session::Step)
      .function("pixels", &Session::Pixels)
      .function("close", &Session::Close)
      .function("hashSymbols", &Session::HashSymbols);
  emscripten::function("memoryBytes", &MemoryBytes);
}
