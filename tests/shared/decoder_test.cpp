// Decoder: as a file comes in, by regions, without keeping the picture, with previews. The whole decode is the
// definition.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "model/model.h"
#include "networks/strip_plan.h"
#include "support/check.h"
#include "support/files.h"
#include "support/random.h"

namespace lic {
namespace {

using test::Random;
using test::ReadFile;
using File = std::vector<uint8_t>;

// The pixels of a region, cut out of a picture.
File Crop(const Picture& picture, const Region& region) {
  File pixels;
  for (uint32_t y = region.y; y < region.y + region.height; ++y) {
    const uint8_t* row = picture.pixels.data() + (size_t{y} * picture.width + region.x) * picture.channels;
    pixels.insert(pixels.end(), row, row + size_t{region.width} * picture.channels);
  }
  return pixels;
}

// Decodes a file that is fed in chunks, each time to another place; the rows are taken from the strips.
Result<File> DecodeInChunks(const File& file, size_t chunk, const Model& model, DecoderOptions options) {
  options.keep_picture = false;
  auto begun = Decoder::Begin(&model, options);
  if (!begun.ok()) return begun.failure();
  Decoder decoder = std::move(begun).value();
  File pixels, fed;
  while (!decoder.done() || !decoder.complete()) {
    if (decoder.done() || decoder.waits()) {
      const size_t size = std::min(file.size(), fed.size() + chunk);
      File next(file.begin(), file.begin() + ptrdiff_t(size));
      std::fill(fed.begin(), fed.end(), uint8_t{0xee});
      const bool complete = size == file.size();
      const Status status = decoder.Feed(next, complete);
      fed = std::move(next);
      if (!status.ok()) return status.failure();
      CHECK(!complete || !decoder.waits());
    }
    if (const Status status = decoder.Step(); !status.ok()) return status.failure();
    const PictureView strip = decoder.strip();
    pixels.insert(pixels.end(), strip.pixels, strip.pixels + strip.stride * strip.height);
    CHECK_EQ(pixels.size(), strip.stride * decoder.rows_done());
  }
  return pixels;
}

// The released model and a picture of many tiles through it.
struct Photo {
  std::optional<Model> model = test::LoadModel(test::kRoot + "/models/lic-photo.dec.licm");
  File file;

  Photo(uint32_t width, uint32_t height, uint32_t channels) {
    const auto encoder = EncoderModel::Load(ReadFile(test::kRoot + "/models/lic-photo.enc.licm"), *model);
    Random random(3);
    File pixels;
    for (uint32_t i = 0; i < width * height * channels; ++i) {
      const double x = i / channels % width, y = i / channels / width;
      pixels.push_back(static_cast<uint8_t>(128 + 60 * std::sin(0.06 * x + i % channels) * std::cos(0.09 * y) +
                                            static_cast<double>(random.Within(-40, 40))));
    }
    const auto encoded = Encode({pixels.data(), width, height, channels, size_t{width} * channels}, *model,
                                encoder.value(), {.effort = 0, .tile_units = 1, .metadata = {}});
    file.assign(encoded.value().begin(), encoded.value().end());
  }
};

TEST(fed_in_chunks_every_vector_gives_the_same_picture) {
  for (const test::Vector& vector : test::ReadManifest()) {
    const auto model = test::LoadModel(test::kRoot + "/" + vector.model);
    if (!CHECK(model)) continue;
    const File file = ReadFile(test::kVectors + vector.file);
    const auto whole = Decode(file, &*model);
    if (!CHECK(whole.ok())) continue;
    const File expected(whole.value().pixels.begin(), whole.value().pixels.end());
    for (const size_t chunk : {size_t{1}, size_t{61}, file.size()}) {
      const auto found = DecodeInChunks(file, chunk, *model, {});
      if (!CHECK(found.ok() && found.value() == expected))
        std::printf("  %s in chunks of %zu\n", vector.file.c_str(), chunk);
    }
  }
}

TEST(a_region_is_the_crop_of_the_whole) {
  Random random(11);
  for (const uint32_t channels : {3u, 4u}) {
    const Photo photo(330, 270, channels);
    const auto whole = Decode(photo.file, &*photo.model);
    if (!CHECK(whole.ok())) return;
    std::vector<Region> regions = {{0, 0, 330, 270}, {0, 0, 1, 1},     {329, 269, 1, 1},
                                   {0, 128, 330, 1}, {64, 64, 64, 64}, {200, 0, 3, 270}};
    for (int i = 0; i < 12; ++i) {
      const auto x = static_cast<uint32_t>(random.Within(0, 329)), y = static_cast<uint32_t>(random.Within(0, 269));
      regions.push_back(
          {x, y, static_cast<uint32_t>(random.Within(1, 330 - x)), static_cast<uint32_t>(random.Within(1, 270 - y))});
    }
    for (const Region& region : regions) {
      DecoderOptions options;
      options.region = region;
      const auto part = Decode(photo.file, &*photo.model, options);
      const File expected = Crop(whole.value(), region);
      CHECK(part.ok() && std::ranges::equal(part.value().pixels, expected));
      const auto fed = DecodeInChunks(photo.file, 1000, *photo.model, options);
      if (!CHECK(fed.ok() && fed.value() == expected))
        std::printf("  %u x %u at %u, %u\n", region.width, region.height, region.x, region.y);
    }
  }
}

TEST(every_vector_has_regions) {
  for (const test::Vector& vector : test::ReadManifest()) {
    const auto model = test::LoadModel(test::kRoot + "/" + vector.model);
    if (!CHECK(model)) continue;
    const File file = ReadFile(test::kVectors + vector.file);
    const auto whole = Decode(file, &*model);
    if (!CHECK(whole.ok())) continue;
    const uint32_t x = vector.width / 3, y = vector.height / 2;
    const Region region = {x, y, (vector.width - x + 1) / 2, (vector.height - y + 1) / 2};
    const auto part = Decode(file, &*model, {.region = region});
    if (!CHECK(part.ok() && std::ranges::equal(part.value().pixels, Crop(whole.value(), region))))
      std::printf("  %s\n", vector.file.c_str());
  }
}

// A damaged tile outside the region does not matter, and is not waited for.
TEST(a_region_takes_only_its_tiles) {
  const Photo photo(330, 270, 3);
  const auto whole = Decode(photo.file, &*photo.model);
  DecoderOptions options;
  options.region = {10, 10, 20, 20};
  auto decoder = Decoder::Begin(&*photo.model, options);
  const File half(photo.file.begin(), photo.file.begin() + ptrdiff_t(photo.file.size() / 2));
  if (!CHECK(whole.ok() && decoder.ok() && decoder.value().Feed(half, false).ok())) return;
  while (!decoder.value().done() && CHECK(!decoder.value().waits())) CHECK(decoder.value().Step().ok());
  CHECK(std::ranges::equal(decoder.value().picture().pixels, Crop(whole.value(), options.region)));
}

TEST(a_region_outside_the_picture_is_refused) {
  const auto model = test::LoadTestModel("tiny");
  const File file = ReadFile(test::kVectors + "tiny-33x31.lic");
  for (const Region& region : {Region{33, 0, 1, 1},
                               {0, 0, 34, 1},
                               {0, 0, 1, 32},
                               {1, 1, 0, 5},
                               {5, 5, 0, 0},
                               {1, 0, UINT32_MAX, 1},
                               {0, UINT32_MAX, 1, 1}}) {
    CHECK_EQ(Decode(file, &*model, {.region = region}).error(), Error::kInvalidArgument);
  }
}

TEST(a_wrong_model_is_told_of_before_a_wrong_region) {
  const auto model = test::LoadTestModel("least");
  const auto file = ReadFile(test::kVectors + "tiny-33x31.lic");
  CHECK_EQ(Decode(file, &*model, {.region = {33, 0, 1, 1}}).error(), Error::kModelMismatch);
  CHECK_EQ(Decode(file, nullptr, {.region = {33, 0, 1, 1}}).error(), Error::kUnknownModel);
}

TEST(a_file_that_names_a_model_is_not_decoded_without_one) {
  const auto file = ReadFile(test::kVectors + test::ReadManifest().front().file);
  const auto info = ReadInfo(file);
  CHECK(info.ok() && info.value().coding == Coding::kAutoencoder);
  const auto picture = Decode(file, nullptr);
  CHECK_EQ(picture.error(), Error::kUnknownModel);
  CHECK(std::strstr(picture.failure().what, ToHex(info.value().model_id).c_str()) != nullptr);
  auto decoder = Decoder::Begin(nullptr);
  CHECK(decoder.ok());
  CHECK_EQ(decoder.value().Feed(file, false).error(), Error::kUnknownModel);
}

// However it ends, a file that is fed is refused for the same reason as one that is there at once.
TEST(truncated_or_damaged_while_it_comes_in) {
  const auto model = test::LoadTestModel("tiny");
  const File file = ReadFile(test::kVectors + "tiny-every-section.lic");
  for (size_t size = 0; size < file.size(); ++size) {
    const File cut(file.begin(), file.begin() + ptrdiff_t(size));
    CHECK_EQ(DecodeInChunks(cut, 9, *model, {}).error(), Decode(cut, &*model).error());
  }
  for (const auto& entry : std::filesystem::directory_iterator(test::kBadVectors)) {
    if (entry.path().extension() != ".lic") continue;
    const File bad = ReadFile(entry.path().string());
    if (!CHECK_EQ(DecodeInChunks(bad, 5, *model, {}).error(), Decode(bad, &*model).error()))
      std::printf("  %s\n", entry.path().c_str());
  }
}

TEST(strips_come_before_the_file_has_come) {
  const Photo photo(200, 640, 3);
  DecoderOptions options;
  options.keep_picture = false;
  auto decoder = Decoder::Begin(&*photo.model, options);
  const File half(photo.file.begin(), photo.file.begin() + ptrdiff_t(photo.file.size() / 2));
  if (!CHECK(decoder.ok() && decoder.value().Feed(half, false).ok())) return;
  while (!decoder.value().waits()) CHECK(decoder.value().Step().ok());
  CHECK(decoder.value().rows_done() > 100 && decoder.value().rows_done() < 400);
  CHECK(!decoder.value().complete());
}

TEST(a_preview_shows_the_colours_and_changes_nothing) {
  const Photo photo(330, 270, 3);
  const auto whole = Decode(photo.file, &*photo.model);
  DecoderOptions options;
  options.make_preview = true;
  options.channels = 4;
  auto opened = Decoder::Open(photo.file, &*photo.model, options);
  if (!CHECK(whole.ok() && opened.ok())) return;
  Decoder& decoder = opened.value();
  while (!decoder.done()) {
    CHECK(decoder.Step().ok());
    if (decoder.rows_done() > 0) CHECK_EQ(decoder.preview().height, 9u);
  }
  const Picture& preview = decoder.preview();
  CHECK_EQ(preview.width, 11u);
  CHECK_EQ(preview.channels, 4u);
  const Picture& picture = decoder.picture();
  double sums[2][3] = {};
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    if (i % 4 == 3)
      CHECK_EQ(picture.pixels[i], 255);
    else
      CHECK_EQ(picture.pixels[i], whole.value().pixels[i / 4 * 3 + i % 4]);
    if (i % 4 < 3) sums[0][i % 4] += picture.pixels[i] / (picture.pixels.size() / 4.0);
  }
  for (size_t i = 0; i < preview.pixels.size(); ++i) {
    if (i % 4 == 3)
      CHECK_EQ(preview.pixels[i], 255);
    else
      sums[1][i % 4] += preview.pixels[i] / (preview.pixels.size() / 4.0);
  }
  // What the synthesis adds to its linear branch is missing; on photographs that is a few levels, on this drawing more.
  for (int c = 0; c < 3; ++c) CHECK_NEAR(sums[0][c], sums[1][c], 24);
}

// A region's preview is a part of the whole one.
TEST(a_preview_of_a_region) {
  const Photo photo(330, 270, 3);
  const auto preview = [&](const Region& region) {
    DecoderOptions options;
    options.make_preview = true;
    options.region = region;
    auto decoder = Decoder::Open(photo.file, &*photo.model, options);
    while (!decoder.value().done()) CHECK(decoder.value().Step().ok());
    const Picture& made = decoder.value().preview();
    return std::pair(Region{0, 0, made.width, made.height}, File(made.pixels.begin(), made.pixels.end()));
  };
  const auto [size, whole] = preview({});
  const auto [part_size, part] = preview({70, 40, 120, 100});
  CHECK_EQ(part_size.width, 4u);   // blocks 2 to 5
  CHECK_EQ(part_size.height, 4u);  // blocks 1 to 4
  for (uint32_t y = 0; y < part_size.height; ++y) {
    CHECK(
        std::equal(part.begin() + y * 12, part.begin() + y * 12 + 12, whole.begin() + ((y + 1) * size.width + 2) * 3));
  }
}

TEST(a_file_of_one_tile_that_is_there_has_no_preview) {
  const auto model = test::LoadTestModel("tiny");
  const File file = ReadFile(test::kVectors + "tiny-33x31.lic");
  DecoderOptions options;
  options.make_preview = true;
  auto decoder = Decoder::Open(file, &*model, options);
  while (!decoder.value().done()) CHECK(decoder.value().Step().ok());
  CHECK(decoder.value().preview().pixels.empty());
}

// No value of the input outside the reach has any effect: that is what regions stand on.
TEST(the_reach_of_the_synthesis) {
  const auto tiny = test::LoadTestModel("tiny");
  const auto least = test::LoadTestModel("least");
  const auto photo = test::LoadModel(test::kRoot + "/models/lic-photo.dec.licm");
  CHECK_EQ(InputReach(least->data().synthesis, 16), 1u);
  CHECK(InputReach(tiny->data().synthesis, 16) >= 1);
  CHECK(InputReach(photo->data().synthesis, 16) >= 3 && InputReach(photo->data().synthesis, 16) <= 6);
}

}  // namespace
}  // namespace lic
