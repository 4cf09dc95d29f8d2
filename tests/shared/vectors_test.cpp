// The conformance vectors: exact symbols and alpha, pixels within 1 of the second decoder's, and the reject vectors'
// errors.
#include <cstdlib>
#include <map>

#include "integer/gemm.h"
#include "support/check.h"
#include "support/files.h"
#include "support/mend.h"

namespace lic::test {
namespace {

constexpr double kMeanTolerance = 0.1;

// Models by path, loaded once.
const Model* ModelOf(const std::string& path) {
  static std::map<std::string, std::optional<Model>> models;
  auto& model = models.try_emplace(path).first->second;
  if (!model) model = LoadModel(kRoot + "/" + path);
  return model ? &*model : nullptr;
}

std::string AlphaHash(const Picture& picture) {
  if (picture.channels % 2 != 0) return "-";
  std::vector<uint8_t> alpha;
  for (size_t i = picture.channels - 1; i < picture.pixels.size(); i += picture.channels)
    alpha.push_back(picture.pixels[i]);
  return ToHex(Sha256(alpha));
}

void CheckMean(const Vector& vector, const Picture& picture) {
  for (uint32_t channel = 0; channel < picture.channels; ++channel) {
    uint64_t sum = 0;
    for (size_t i = channel; i < picture.pixels.size(); i += picture.channels) sum += picture.pixels[i];
    const double mean = double(sum) * picture.channels / double(picture.pixels.size());
    CHECK_NEAR(mean, vector.mean[channel], kMeanTolerance);
  }
}

void CheckPixels(const Vector& vector, const Picture& picture) {
  if (vector.pixels == "-") return;
  const auto expected = ReadFile(kVectors + vector.pixels);
  CHECK_EQ(expected.size(), picture.pixels.size());
  int largest = 0;
  for (size_t i = 0; i < std::min(expected.size(), picture.pixels.size()); ++i) {
    largest = std::max(largest, std::abs(int{expected[i]} - int{picture.pixels[i]}));
  }
  CHECK(largest <= 1);
}

}  // namespace

TEST(every_vector_decodes_to_its_manifest) {
  const auto vectors = ReadManifest();
  CHECK(vectors.size() >= 40);
  for (const Vector& vector : vectors) {
    const int failed_before = failed_checks;
    const Model* model = ModelOf(vector.model);
    CHECK(model);
    if (!model) continue;
    const auto file = ReadFile(kVectors + vector.file);
    const auto hash = HashSymbols(file, *model);
    CHECK_EQ(hash.ok() ? ToHex(hash.value()) : std::string(hash.failure().what), vector.symbols_sha256);
    const auto picture = Decode(file, model);
    CHECK_EQ(picture.error(), Error::kNone);
    if (picture.ok()) {
      CHECK_EQ(picture.value().width, vector.width);
      CHECK_EQ(picture.value().height, vector.height);
      CHECK_EQ(picture.value().channels, vector.channels);
      CHECK_EQ(picture.value().pixels.size(), size_t{vector.width} * vector.height * vector.channels);
      CHECK_EQ(AlphaHash(picture.value()), vector.alpha_sha256);
      CheckMean(vector, picture.value());
      CheckPixels(vector, picture.value());
    }
    if (failed_checks != failed_before) std::printf("  in %s\n", vector.file.c_str());
  }
}

TEST(every_instruction_set_finds_the_same_symbols) {
  for (const IntegerKernel* kernel : AvailableKernels()) {
    SetKernel(kernel);
    for (const Vector& vector : ReadManifest()) {
      const Model* model = ModelOf(vector.model);
      if (!CHECK(model)) continue;
      const auto hash = HashSymbols(ReadFile(kVectors + vector.file), *model);
      const std::string found = hash.ok() ? ToHex(hash.value()) : hash.failure().what;
      if (!CHECK_EQ(found, vector.symbols_sha256))
        std::printf("  in %s, kernel %s\n", vector.file.c_str(), kernel->name);
    }
    SetKernel(nullptr);
  }
}

TEST(a_decoder_in_steps_makes_the_same_picture) {
  for (const Vector& vector : ReadManifest()) {
    const Model* model = ModelOf(vector.model);
    if (!CHECK(model)) continue;
    const auto file = ReadFile(kVectors + vector.file);
    const auto whole = Decode(file, model);
    auto decoder = Decoder::Open(file, model);
    if (!CHECK(whole.ok() && decoder.ok())) continue;
    float progress = 0;
    while (!decoder.value().done()) {
      if (!CHECK(decoder.value().Step().ok())) break;
      CHECK(decoder.value().progress() >= progress);
      progress = decoder.value().progress();
      // Rows that are final stay as they are.
      const size_t bytes = size_t{decoder.value().rows_done()} * vector.width * vector.channels;
      CHECK(std::equal(whole.value().pixels.begin(), whole.value().pixels.begin() + bytes,
                       decoder.value().picture().pixels.begin()));
    }
    const Picture stepped = std::move(decoder).value().TakePicture();
    CHECK(std::equal(stepped.pixels.begin(), stepped.pixels.end(), whole.value().pixels.begin(),
                     whole.value().pixels.end()));
  }
}

TEST(every_reject_vector_gives_the_error_of_its_name) {
  const auto tiny = LoadTestModel("tiny");
  const auto least = LoadTestModel("least");
  CHECK(tiny && least);
  if (!tiny || !least) return;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kBadVectors)) {
    const std::string name = entry.path().filename().string();
    const auto file = ReadFile(entry.path().string());
    Error error = Error::kNone;
    if (name.ends_with(".lic")) {
      error = Decode(file, &*tiny).error();
      // The symbol hash does not cover alpha streams.
      if (!name.starts_with("bad_stream-alpha")) CHECK_EQ(HashSymbols(file, *tiny).error(), error);
    } else if (name.ends_with(".dec.licm")) {
      error = Model::Load(file).error();
    } else {
      error = EncoderModel::Load(file, *least).error();
    }
    if (!Report(name.starts_with(std::string(ErrorName(error)) + "-"), __FILE__, __LINE__, name.c_str(),
                ErrorName(error)))
      continue;
    files++;
  }
  CHECK(files >= 200);
}

// A decoder whose context program scales by one part in a thousand more must not pass for a conforming one.
TEST(a_changed_multiplier_is_noticed) {
  const auto broken = LoadModel(kVectors + "broken/tiny-broken.dec.licm");
  CHECK(broken);
  if (!broken) return;
  for (const Vector& vector : ReadManifest()) {
    if (vector.model != "tests/models/tiny.dec.licm") continue;
    auto file = ReadFile(kVectors + vector.file);
    CHECK_EQ(Decode(file, &*broken).error(), Error::kModelMismatch);
    Relabel(file, broken->id());
    const auto hash = HashSymbols(file, *broken);
    CHECK(hash.ok() ? ToHex(hash.value()) != vector.symbols_sha256 : hash.error() == Error::kBadStream);
  }
}

}  // namespace lic::test
