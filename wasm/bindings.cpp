// The decoder for JavaScript: lic.h as plain functions. No logic lives here. Models are in model_bindings.cpp, which
// the module for files that carry their own networks does without.
//
//   web/engine/instance.js ──> wasm_* ──> lic::Decoder
//
// What can fail returns its lic::Error as a number, 0 for success; wasm_failure() is the sentence of the last failure.
// Bytes come in through wasm_allocate(); objects are pointers, and whoever made one releases it. Words of results lie
// in wasm_words(). No name begins with lic_: those are lic_c.h's, which has other signatures and may be linked in too.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "exports.h"

lic::Failure last_failure;
uint32_t words[16];
char text[65];

int Report(const lic::Failure& failure) {
  last_failure = failure;
  return static_cast<int>(failure.error);
}

namespace {

int Report(const lic::Status& status) { return status.ok() ? 0 : ::Report(status.failure()); }

// A file that is coming in, and its decoder.
struct Decoding {
  uint8_t* file = nullptr;
  size_t size = 0;
  size_t capacity = 0;
  lic::Decoder decoder;

  ~Decoding() { std::free(file); }

  // Room for `count` bytes more; null if there is none.
  uint8_t* Reserve(size_t count) {
    if (count > SIZE_MAX - size) return nullptr;
    if (size + count > capacity) {
      const size_t wanted = size == 0 ? count : std::max(size + count, 2 * capacity);
      auto* grown = static_cast<uint8_t*>(std::malloc(wanted));
      if (!grown) return nullptr;
      std::copy_n(file, size, grown);
      std::free(file);
      file = grown;
      capacity = wanted;
    }
    return file + size;
  }
};

}  // namespace

extern "C" {

void* LIC_EXPORT(wasm_allocate)(size_t size) { return std::malloc(size); }
void LIC_EXPORT(wasm_release)(void* memory) { std::free(memory); }
const char* LIC_EXPORT(wasm_failure)() { return last_failure.what; }
const uint32_t* LIC_EXPORT(wasm_words)() { return words; }
const char* LIC_EXPORT(wasm_text)() { return text; }

// Words: the decoding, red green blue alpha to come. `model` is null for a file that carries its own networks. All of
// the region zero: the whole picture.
int LIC_EXPORT(wasm_begin)(const lic::Model* model, double max_pixels, uint32_t x, uint32_t y, uint32_t width,
                           uint32_t height, bool make_preview) {
  lic::DecoderOptions options;
  options.max_pixels = static_cast<uint64_t>(max_pixels);
  options.channels = 4;
  options.region = {x, y, width, height};
  options.keep_picture = false;
  options.make_preview = make_preview;
  auto begun = lic::Decoder::Begin(model, options);
  if (!begun.ok()) return Report(begun.failure());
  auto* decoding = new (std::nothrow) Decoding{.decoder = std::move(begun).value()};
  if (!decoding) return Report(lic::Fail(lic::Error::kOutOfMemory, "no memory for a decoder"));
  words[0] = Address(decoding);
  return 0;
}

void LIC_EXPORT(wasm_end)(Decoding* decoding) { delete decoding; }

// Where the next `count` bytes of the file are to be put; null where memory is out.
uint8_t* LIC_EXPORT(wasm_reserve)(Decoding* decoding, size_t count) { return decoding->Reserve(count); }

// `count` bytes more have been put there.
int LIC_EXPORT(wasm_feed)(Decoding* decoding, size_t count, bool complete) {
  decoding->size += count;
  return Report(decoding->decoder.Feed({decoding->file, decoding->size}, complete));
}

// One bounded piece of work. Words: done, waits for bytes, file complete, rows done, rows and address of the strip
// made, width, height and address of the preview, progress in 1/1000, whether the step was one of the synthesis, width
// of the strip.
int LIC_EXPORT(wasm_step)(Decoding* decoding) {
  lic::Decoder& decoder = decoding->decoder;
  const lic::Status status = decoder.Step();
  if (!status.ok()) return Report(status);
  const lic::PictureView strip = decoder.strip();
  const lic::Picture& preview = decoder.preview();
  const uint32_t results[] = {decoder.done(),
                              decoder.waits(),
                              decoder.complete(),
                              decoder.rows_done(),
                              strip.height,
                              Address(strip.pixels),
                              preview.width,
                              preview.height,
                              Address(preview.pixels.data()),
                              static_cast<uint32_t>(decoder.progress() * 1000),
                              decoder.synthesised(),
                              strip.width};
  std::copy(std::begin(results), std::end(results), words);
  return 0;
}

}  // extern "C"
