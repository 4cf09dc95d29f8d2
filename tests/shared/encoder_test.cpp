// Encode and Decode as a pair, through the small test model.
#include <algorithm>
#include <cmath>
#include <vector>

#include "container/quality.h"
#include "measure/distortion.h"
#include "measure/metrics.h"
#include "model/model.h"
#include "support/check.h"
#include "support/files.h"
#include "support/mend.h"
#include "support/random.h"

namespace lic {
namespace {

constexpr VisualLoss kVisualLoss = {0.016f, 0.08f, 0.15f, 0.2f};

struct Models {
  Model decoder;
  EncoderModel encoder;
};

Models LoadModels(const std::string& name, const std::optional<VisualLoss>& loss) {
  Model decoder = Model::Load(test::ReadFile(test::kRoot + name + ".dec.licm")).value();
  auto file = test::ReadFile(test::kRoot + name + ".enc.licm");
  if (loss) file = test::WithLoss(std::move(file), {loss->structure, loss->detail, loss->colour, loss->fidelity});
  EncoderModel encoder = EncoderModel::Load(file, decoder).value();
  return Models{std::move(decoder), std::move(encoder)};
}

const Models& TestModels() {
  static const Models models = LoadModels("/tests/models/tiny", std::nullopt);
  return models;
}

// The same for an encoder that searches for what people see.
const Models& VisualTestModels() {
  static const Models models = LoadModels("/tests/models/tiny", kVisualLoss);
  return models;
}

// Waves with a little noise; alpha, where there is any, runs from 0 to 255.
std::vector<uint8_t> MakePixels(uint32_t width, uint32_t height, uint32_t channels) {
  test::Random random(7);
  std::vector<uint8_t> pixels;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (uint32_t c = 0; c < channels; ++c) {
        const bool alpha = channels % 2 == 0 && c + 1 == channels;
        const double wave = 128 + 80 * std::sin(0.05 * x + c) * std::cos(0.07 * y);
        pixels.push_back(alpha ? static_cast<uint8_t>(x * 255 / std::max(1u, width - 1))
                               : static_cast<uint8_t>(wave + static_cast<double>(random.Within(-4, 4))));
      }
    }
  }
  return pixels;
}

PictureView View(const std::vector<uint8_t>& pixels, uint32_t width, uint32_t height, uint32_t channels) {
  return {pixels.data(), width, height, channels, size_t{width} * channels};
}

Result<Buffer<uint8_t>> EncodeTest(const PictureView& view, const EncodeOptions& options = {}) {
  return Encode(view, TestModels().decoder, TestModels().encoder, options);
}

TEST(EverySizeAndChannelCountComesBack) {
  for (uint32_t channels = 1; channels <= 4; ++channels) {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {15u, 17u}, {16u, 16u}, {65u, 63u}, {200u, 3u}}) {
      const auto pixels = MakePixels(width, height, channels);
      const auto file = EncodeTest(View(pixels, width, height, channels));
      if (!CHECK(file.ok())) return;
      const auto picture = Decode(file.value(), &TestModels().decoder);
      if (!CHECK(picture.ok())) return;
      CHECK_EQ(picture.value().width, width);
      CHECK_EQ(picture.value().height, height);
      CHECK_EQ(picture.value().channels, channels);
      if (channels % 2 == 1) continue;
      for (size_t i = channels - 1; i < pixels.size(); i += channels) CHECK_EQ(picture.value().pixels[i], pixels[i]);
    }
  }
}

TEST(OpaqueAlphaIsDropped) {
  auto pixels = MakePixels(20, 20, 4);
  for (size_t i = 3; i < pixels.size(); i += 4) pixels[i] = 255;
  const auto file = EncodeTest(View(pixels, 20, 20, 4));
  CHECK(!ReadInfo(file.value()).value().has_alpha);
  DecodeOptions options;
  options.channels = 4;
  const auto picture = Decode(file.value(), &TestModels().decoder, options);
  for (size_t i = 3; i < pixels.size(); i += 4) CHECK_EQ(picture.value().pixels[i], 255);
}

// What lies under alpha 0 must not cost bits: two pictures that differ only there give the same file.
TEST(InvisibleColourDoesNotCount) {
  auto pixels = MakePixels(64, 64, 4);
  for (size_t i = 0; i < pixels.size(); i += 4) pixels[i + 3] = (i / 4) % 64 < 30 ? 0 : 255;
  auto other = pixels;
  test::Random random(3);
  for (size_t i = 0; i < other.size(); i += 4) {
    for (size_t c = 0; c < 3 && other[i + 3] == 0; ++c) other[i + c] = static_cast<uint8_t>(random.Next());
  }
  const auto a = EncodeTest(View(pixels, 64, 64, 4)), b = EncodeTest(View(other, 64, 64, 4));
  CHECK(std::ranges::equal(a.value(), b.value()));
}

TEST(RowsMayHaveGaps) {
  const auto pixels = MakePixels(30, 20, 3);
  std::vector<uint8_t> wide(20 * 100);
  for (size_t y = 0; y < 20; ++y) std::copy_n(pixels.data() + y * 90, 90, wide.data() + y * 100);
  const auto tight = EncodeTest(View(pixels, 30, 20, 3)), gaps = EncodeTest({wide.data(), 30, 20, 3, 100});
  CHECK(std::ranges::equal(tight.value(), gaps.value()));
}

TEST(TilesAreIndependentOfTheSynthesis) {
  const auto pixels = MakePixels(200, 150, 3);
  EncodeOptions options;
  options.tile_units = 1;
  const auto file = EncodeTest(View(pixels, 200, 150, 3), options);
  CHECK_EQ(ReadLayout(file.value()).value().tiles, 12u);
  CHECK(Decode(file.value(), &TestModels().decoder).ok());
}

TEST(MetadataComesBack) {
  const auto pixels = MakePixels(9, 9, 3);
  const std::vector<uint8_t> icc(300, 1), exif(20, 2), xmp(70, 3);
  EncodeOptions options;
  options.metadata = {icc, exif, xmp};
  const auto file = EncodeTest(View(pixels, 9, 9, 3), options);
  const auto layout = ReadLayout(file.value());
  CHECK(std::ranges::equal(layout.value().metadata.icc, icc));
  CHECK(std::ranges::equal(layout.value().metadata.exif, exif));
  CHECK(std::ranges::equal(layout.value().metadata.xmp, xmp));
}

TEST(OverheadOfASmallPicture) {
  const auto pixels = MakePixels(64, 64, 3);
  const auto file = EncodeTest(View(pixels, 64, 64, 3));
  const auto layout = ReadLayout(file.value()).value();
  CHECK(file.value().size() - layout.hyper_bytes - layout.latent_bytes + 8 <= 100);
}

TEST(WrongArgumentsAreNamed) {
  const auto pixels = MakePixels(8, 8, 3);
  const PictureView view = View(pixels, 8, 8, 3);
  const auto error_of = [&](auto change) {
    EncodeOptions options;
    PictureView changed = view;
    change(options, changed);
    return EncodeTest(changed, options).error();
  };
  CHECK_EQ(error_of([](auto& o, auto&) { o.quality = 0.5f; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.quality = 100.5f; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.quality = std::nanf(""); }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.effort = kMaxEffort + 1; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.effort = -1; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.target = static_cast<Target>(4); }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.target = Target::kBytes, o.target_value = 0; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.target = Target::kSsim, o.target_value = 0.5; }),
           Error::kInvalidArgument);  // 8 x 8 pixels are too few
  CHECK_EQ(error_of([](auto& o, auto&) { o.tile_units = 0; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto& o, auto&) { o.tile_units = 1025; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto&, auto& p) { p.channels = 5; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto&, auto& p) { p.stride = 23; }), Error::kInvalidArgument);
  CHECK_EQ(error_of([](auto&, auto& p) { p.width = 0; }), Error::kUnsupportedImage);
  CHECK_EQ(error_of([](auto&, auto& p) { p.height = 65536; }), Error::kUnsupportedImage);
  CHECK_EQ(error_of([](auto&, auto& p) { p.width = p.height = 65535, p.stride = 65535 * 3; }),
           Error::kUnsupportedImage);
}

TEST(HalvesOfTwoModelsAreRefused) {
  const auto least = test::LoadTestModel("least"), tiny = test::LoadTestModel("tiny");
  const auto encoder = EncoderModel::Load(test::ReadFile(test::kRoot + "/tests/models/tiny.enc.licm"), *tiny);
  const auto pixels = MakePixels(8, 8, 3);
  CHECK_EQ(Encode(View(pixels, 8, 8, 3), *least, encoder.value()).error(), Error::kModelMismatch);
}

TEST(StepsEndWithTheSamePicture) {
  const auto pixels = MakePixels(150, 300, 3);
  EncodeOptions options;
  options.tile_units = 1;
  const auto file = EncodeTest(View(pixels, 150, 300, 3), options);
  auto decoder = Decoder::Open(file.value(), &TestModels().decoder);
  if (!CHECK(decoder.ok())) return;
  uint32_t rows = 0;
  float progress = 0;
  while (!decoder.value().done()) {
    if (!CHECK(decoder.value().Step().ok())) return;
    CHECK(decoder.value().rows_done() >= rows);
    CHECK(decoder.value().progress() >= progress);
    rows = decoder.value().rows_done();
    progress = decoder.value().progress();
  }
  CHECK_EQ(rows, 300u);
  const auto whole = Decode(file.value(), &TestModels().decoder);
  CHECK(std::ranges::equal(std::move(decoder).value().picture().pixels, whole.value().pixels));
}

// Bits + lambda * squared error, what the search lowers.
double Loss(const Buffer<uint8_t>& file, const std::vector<uint8_t>& pixels, float quality) {
  const auto picture = Decode(file, &TestModels().decoder);
  double squares = 0;
  for (size_t i = 0; i < pixels.size(); ++i) {
    const double difference = static_cast<double>(picture.value().pixels[i]) - pixels[i];
    squares += difference * difference;
  }
  return 8.0 * static_cast<double>(file.size()) + Lambda(ToQuality256(quality)) / 3 * squares;
}

// Waves and noise at three qualities with small tiles and large ones: visit(pixels of 150 x 90, options).
template <class Visit>
void ForEachRefinement(Visit visit) {
  test::Random random(5);
  std::vector<uint8_t> noise(150 * 90 * 3);
  for (uint8_t& value : noise) value = static_cast<uint8_t>(random.Next());
  for (const auto& pixels : {MakePixels(150, 90, 3), noise}) {
    for (const float quality : {15.0f, 50.0f, 90.0f}) {
      for (const uint32_t tile_units : {1u, 16u}) {
        EncodeOptions options;
        options.quality = quality;
        options.tile_units = tile_units;
        visit(pixels, options);
      }
    }
  }
}

// The refinement never loses against no search, whatever the picture and its tiles, and with many steps it wins.
TEST(RefinementLowersTheLoss) {
  ForEachRefinement([](const std::vector<uint8_t>& pixels, EncodeOptions options) {
    const auto loss = [&](int effort) {
      options.effort = effort;
      return Loss(EncodeTest(View(pixels, 150, 90, 3), options).value(), pixels, options.quality);
    };
    const double plain = loss(0);
    for (const int effort : {3, 5, 7})
      CHECK(loss(effort) <
            plain * (effort < 7 ? 1.002
                                : 0.995));  // streams end with whole words, pixels outside a row of tiles move a little
  });
}

// The loss of what a decoder makes of the file, by the distortion of the model's search.
double VisualTotal(Bytes file, const PictureView& original, const Models& models, float quality) {
  const auto picture = Decode(file, &models.decoder);
  if (!CHECK(picture.ok())) return 0;
  const Source source = ReadSource(original).value(), decoded = ReadSource(picture.value().view()).value();
  auto error = Distortion::Create(source, &*models.encoder.data().visual_loss, 0, original.height).value();
  std::vector<float> row(size_t{original.width} * 3);
  error->Begin();
  for (uint32_t y = 0; y < original.height; ++y) {
    decoded.FillRow(y, original.width, row.data());
    error->Put(row.data());
  }
  return 8.0 * static_cast<double>(file.size()) + Lambda(ToQuality256(quality)) / 3 * error->loss();
}

// Likewise for what people see; much is won where bits are few.
TEST(RefinementLowersTheVisualLoss) {
  ForEachRefinement([](const std::vector<uint8_t>& pixels, EncodeOptions options) {
    const PictureView view = View(pixels, 150, 90, 3);
    const Models& models = VisualTestModels();
    const auto total = [&](int effort) {
      options.effort = effort;
      return VisualTotal(Encode(view, models.decoder, models.encoder, options).value(), view, models, options.quality);
    };
    const double plain = total(0);
    for (const int effort : {3, 5, 7})
      CHECK(total(effort) < plain * (options.quality > 15 ? 1.002 : effort < 7 ? 0.985 : 0.96));
  });
}

// With the released model the default effort does, for its own loss, what it is for; so nobody has to know of losses.
TEST(TheDefaultEffortSuitsLicVisual) {
  const Models models = LoadModels("/models/lic-visual", std::nullopt);
  CHECK(models.encoder.data().visual_loss.has_value());
  const auto pixels = MakePixels(128, 112, 3);
  const PictureView view = View(pixels, 128, 112, 3);
  for (const float quality : {20.0f, 60.0f}) {
    EncodeOptions options;
    options.quality = quality;
    const auto total = [&] {
      return VisualTotal(Encode(view, models.decoder, models.encoder, options).value(), view, models, quality);
    };
    const double searched = total();
    options.effort = 0;
    CHECK(searched < 0.998 * total());
  }
}

// Pictures without room for a window of SSIM are searched for the squared error.
TEST(VisualLossOfSmallPictures) {
  for (const uint32_t side : {1u, 10u, 11u, 22u}) {
    const auto pixels = MakePixels(side, 40, 3);
    const PictureView view = View(pixels, side, 40, 3);
    for (const int effort : {1, 2, 3, 5}) {
      EncodeOptions options;
      options.effort = effort;
      const auto visual = Encode(view, VisualTestModels().decoder, VisualTestModels().encoder, options);
      if (!CHECK(visual.ok())) return;
      CHECK(Decode(visual.value(), &TestModels().decoder).ok());
    }
  }
}

TEST(TargetsAreMet) {
  const auto pixels = MakePixels(200, 120, 4);
  const PictureView view = View(pixels, 200, 120, 4);
  const std::vector<uint8_t> exif(500, 2);
  for (const int effort : {0, 4}) {
    EncodeOptions options;
    options.effort = effort;
    options.metadata.exif = exif;
    options.target = Target::kBytes;
    const auto smallest = [&] {
      EncodeOptions least = options;
      least.target = Target::kQuality;
      least.quality = 1;
      return EncodeTest(view, least).value().size();
    }();
    options.target_value = static_cast<double>(smallest) * 1.5;
    const auto file = EncodeTest(view, options);
    if (!CHECK(file.ok())) return;
    CHECK(static_cast<double>(file.value().size()) <= options.target_value);
    CHECK(static_cast<double>(file.value().size()) >
          options.target_value * 0.97);  // a small file: few bytes are many percent
    options.target_value = static_cast<double>(smallest) - 20;
    CHECK_EQ(EncodeTest(view, options).error(), Error::kLimitExceeded);

    // What quality 40 has can be had by that, or a little less.
    const auto measure = [&](const EncodeOptions& with) {
      const auto encoded = EncodeTest(view, with);
      if (!CHECK(encoded.ok())) return Difference{};
      return Compare(view, Decode(encoded.value(), &TestModels().decoder).value().view()).value();
    };
    options.target = Target::kQuality;
    options.quality = 40;
    const Difference at40 = measure(options);
    options.target = Target::kPsnr;
    options.target_value = at40.psnr;
    const Difference by_psnr = measure(options);
    CHECK(by_psnr.psnr >= at40.psnr && by_psnr.psnr < at40.psnr + 0.1);
    options.target = Target::kSsim;
    options.target_value = *at40.ssim;
    const Difference by_ssim = measure(options);
    CHECK(*by_ssim.ssim >= *at40.ssim && *by_ssim.ssim < *at40.ssim + 0.01);
    options.target = Target::kPsnr;
    options.target_value = 80;
    CHECK_EQ(EncodeTest(view, options).error(), Error::kBelowQuality);
  }
}

// Each effort does something of its own where the quality calls for it, and what it writes can be decoded.
TEST(EffortsDiffer) {
  const auto pixels = MakePixels(100, 90, 3);
  std::vector<std::vector<uint8_t>> files;
  for (int effort = 0; effort <= kMaxEffort; ++effort) {
    EncodeOptions options;
    options.quality = 90;
    options.effort = effort;
    const auto file = EncodeTest(View(pixels, 100, 90, 3), options);
    if (!CHECK(file.ok())) return;
    CHECK(Decode(file.value(), &TestModels().decoder).ok());
    files.emplace_back(file.value().begin(), file.value().end());
  }
  CHECK(files[1].size() < files[0].size());
  for (size_t effort = 1; effort < files.size(); ++effort) CHECK(files[effort] != files[effort - 1]);
}

TEST(EncodeSurvivesEveryFailedAllocation) {
  static int64_t left;
  const Allocator failing = {
      [](void*, size_t bytes, size_t alignment) -> void* {
        return left-- > 0 ? std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) : nullptr;
      },
      [](void*, void* memory) { std::free(memory); }, nullptr};
  const auto pixels = MakePixels(20, 20, 4);
  EncodeOptions options;
  options.quality = 90;  // every step of the search
  for (const Models* models : {&TestModels(), &VisualTestModels()}) {
    SetAllocator(&failing);
    bool done = false;
    for (int64_t allowed = 0; !done && allowed < 5000; ++allowed) {
      left = allowed;
      const auto file = Encode(View(pixels, 20, 20, 4), models->decoder, models->encoder, options);
      done = file.ok();
      if (!done) CHECK_EQ(file.error(), Error::kOutOfMemory);
    }
    CHECK(done);
    SetAllocator(nullptr);
  }
}

}  // namespace
}  // namespace lic
