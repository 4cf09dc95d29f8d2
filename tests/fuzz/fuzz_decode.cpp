// Decode, HashSymbols and a Decoder in steps on any bytes, with the model that the file names if it is one of the tests'.
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

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return test::MutateAndMend(data, size, max_size, seed, Mend);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes file(data, size);
  const Model& model = ModelOf(file);
  const DecodeOptions options = {.max_pixels = kMaxPixelsHere};
  const auto picture = Decode(file, model, options);
  if (!picture.ok()) {
    REQUIRE(picture.error() <= Error::kModelMismatch);
    return 0;
  }
  REQUIRE(HashSymbols(file, model).ok());
  auto decoder = Decoder::Open(file, model, {options});
  REQUIRE(decoder.ok());
  uint32_t rows = 0;
  while (!decoder.value().done()) {
    REQUIRE(decoder.value().Step().ok());
    REQUIRE(decoder.value().rows_done() >= rows);
    rows = decoder.value().rows_done();
  }
  REQUIRE(rows == picture.value().height);
  const Picture stepped = std::move(decoder).value().TakePicture();
  REQUIRE(std::equal(stepped.pixels.begin(), stepped.pixels.end(), picture.value().pixels.begin(), picture.value().pixels.end()));
  return 0;
}
