// Model files of both kinds: whatever loads must also work. With a decoder model, symbols are coded and decoded again
// and a picture is made of them; with an encoder model, a picture is encoded for the model `least`.
#include "autoencoder/latent_coder.h"
#include "container/container.h"
#include "container/quality.h"
#include "mutate.h"

using namespace lic;

namespace {

constexpr uint32_t kSide = 24;  // pixels

template <class T>
T Get(Result<T> result) {
  REQUIRE(result.ok());
  return std::move(result).value();
}

// A file of the model whose latents are noise, coded by the model's own entropy half.
std::vector<uint8_t> WriteNoise(const Model& model, uint32_t seed) {
  const EntropyModel& entropy = model.data().entropy;
  std::minstd_rand random(seed);
  ContainerParts parts;
  parts.header.quality256 = kMinQuality256 + random() % (kMaxQuality256 - kMinQuality256);
  parts.header.width = parts.header.height = kSide;
  parts.header.model_id = model.id();
  parts.header.tile_units = 1;
  const Rect tile = LatentsOf(parts.header.grid(), 0);

  LatentCoder coder = Get(LatentCoder::Create(entropy));
  IntegerPlane hyper, features;
  REQUIRE(hyper.Reshape(1, 1, entropy.hyper_channels).ok());
  for (int16_t& z : hyper.values) z = int16_t(int(random() % (2 * kHyperMax + 1)) - kHyperMax);
  const Buffer<uint8_t> hyper_stream = Get(coder.EncodeHyper(hyper, parts.header.quality256));
  REQUIRE(coder.DeriveFeatures(hyper, tile.height, tile.width, features).ok());

  std::vector<float> latents(size_t{tile.height} * tile.width * entropy.latent_channels);
  for (float& latent : latents) latent = float(int(random() % 2001) - 1000) / 16;
  const Quantiser quantiser;
  const GainedLatents gained = {latents.data(), size_t{tile.width} * entropy.latent_channels};
  StreamList streams;
  REQUIRE(streams.Add(Get(coder.EncodeTile(gained, quantiser, features, tile))).ok());
  parts.payloads[SectionType::kHyper] = hyper_stream;
  parts.latents = &streams;
  const Buffer<uint8_t> file = Get(WriteContainer(parts));
  return {file.begin(), file.end()};
}

void TryDecoderModel(Bytes file) {
  const auto model = Model::Load(file);
  if (!model.ok()) return;
  const auto picture_file = WriteNoise(model.value(), uint32_t(file.size()));
  REQUIRE(Decode(picture_file, &model.value()).ok());
  REQUIRE(HashSymbols(picture_file, model.value()).ok());
}

void TryEncoderModel(Bytes file) {
  const Model& least = test::TestModels()[2];
  const auto encoder = EncoderModel::Load(file, least);
  if (!encoder.ok()) return;
  std::vector<uint8_t> pixels(kSide * kSide * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = uint8_t(i * i / 5);
  const auto encoded = Encode({pixels.data(), kSide, kSide, 3, kSide * 3}, least, encoder.value());
  REQUIRE(encoded.ok());
  REQUIRE(Decode(encoded.value(), &least).ok());
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return test::MutateAndMend(data, size, max_size, seed, [](auto& file, auto&) {
    if (file.size() >= 4) std::memcpy(file.data(), "\x89LIM", 4);
    test::MendModel(file);
  });
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 5 && data[5] == 2) {
    TryEncoderModel({data, size});
  } else {
    TryDecoderModel({data, size});
  }
  return 0;
}
