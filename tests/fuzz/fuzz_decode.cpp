// Decode, HashSymbols and a Decoder, in steps and as the file comes in, on any bytes, with the model that the file
// names if it is one of the tests'.
#include "mutate.h"

using namespace lic;

namespace {

constexpr uint64_t kMaxPixelsHere = 1 << 17;

const Model& ModelOf(Bytes file) {
  const auto info = ReadInfo(file);
  for (const Model& model : test::TestModels()) {
    if (info.ok() && info.value().model_id == model.id()) return model;
  }
  return test::TestModels()[0];
}

// Most files would name no model after a mutation: now and then the name is mended too.
void Mend(std::vector<uint8_t>& file, std::minstd_rand& random) {
  if (file.size() < kHeaderBytes) return;
  std::memcpy(file.data(), "\x89LIC", 4);
  const bool names_a_model = std::any_of(test::TestModels().begin(), test::TestModels().end(), [&](const Model& model) {
    return std::equal(model.id().bytes, model.id().bytes + 8, file.begin() + 16);
  });
  if (!names_a_model) test::Relabel(file, test::TestModels()[random() % 3].id());
  test::MendPicture(file);
}

// Decodes a file that comes in pieces, each time to a buffer of its own, where the one before is gone; the rows are
// taken from the strips.
Result<std::vector<uint8_t>> DecodeInPieces(Bytes file, const Model& model, const DecoderOptions& options,
                                            std::minstd_rand& random) {
  auto begun = Decoder::Begin(&model, options);
  REQUIRE(begun.ok());
  Decoder decoder = std::move(begun).value();
  const size_t longest = random() % 2 ? 16 : 1024;
  std::vector<uint8_t> come, pixels;
  bool all = false;
  while (!decoder.done() || !decoder.complete()) {
    const bool wants = decoder.done() || decoder.waits();
    REQUIRE(!(wants && all));
    if (wants || (!all && random() % 4 == 0)) {
      const size_t size = std::min(file.size(), come.size() + 1 + random() % longest);
      come = std::vector<uint8_t>(file.begin(), file.begin() + ptrdiff_t(size));
      all = size == file.size() && random() % 2;
      if (const Status status = decoder.Feed(come, all); !status.ok()) return status.failure();
    }
    if (const Status status = decoder.Step(); !status.ok()) return status.failure();
    const PictureView strip = decoder.strip();
    pixels.insert(pixels.end(), strip.pixels, strip.pixels + strip.stride * strip.height);
  }
  return pixels;
}

// What comes in pieces, that the file itself chooses, is what it is at once.
void CheckPieces(Bytes file, const Model& model) {
  std::minstd_rand random(Crc32(file));
  DecoderOptions options;
  options.max_pixels = kMaxPixelsHere;
  options.channels = random() % 2 ? 0 : 4;
  options.keep_picture = false;
  options.make_preview = true;
  const auto info = ReadInfo(file);
  if (info.ok() && random() % 2) {
    const auto [width, height] = std::pair(info.value().width, info.value().height);
    options.region.x = static_cast<uint32_t>(random() % width);
    options.region.y = static_cast<uint32_t>(random() % height);
    options.region.width = static_cast<uint32_t>(1 + random() % (width - options.region.x));
    options.region.height = static_cast<uint32_t>(1 + random() % (height - options.region.y));
  }
  const auto whole = Decode(file, &model, options);
  const auto pieces = DecodeInPieces(file, model, options, random);
  REQUIRE(pieces.ok() == whole.ok());
  if (whole.ok()) {
    REQUIRE(std::ranges::equal(pieces.value(), whole.value().pixels));
  } else {
    // Streams are decoded before the checksums after them have come.
    REQUIRE(pieces.error() == whole.error() || pieces.error() == Error::kBadStream);
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return test::MutateAndMend(data, size, max_size, seed, Mend);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes file(data, size);
  const Model& model = ModelOf(file);
  CheckPieces(file, model);
  const DecodeOptions options = {.max_pixels = kMaxPixelsHere};
  const auto picture = Decode(file, &model, options);
  if (!picture.ok()) {
    REQUIRE(picture.error() <= Error::kModelMismatch);
    return 0;
  }
  REQUIRE(HashSymbols(file, model).ok());
  auto decoder = Decoder::Open(file, &model, {options});
  REQUIRE(decoder.ok());
  uint32_t rows = 0;
  while (!decoder.value().done()) {
    REQUIRE(decoder.value().Step().ok());
    REQUIRE(decoder.value().rows_done() >= rows);
    rows = decoder.value().rows_done();
  }
  REQUIRE(rows == picture.value().height);
  const Picture stepped = std::move(decoder).value().TakePicture();
  REQUIRE(std::equal(stepped.pixels.begin(), stepped.pixels.end(), picture.value().pixels.begin(),
                     picture.value().pixels.end()));
  return 0;
}
