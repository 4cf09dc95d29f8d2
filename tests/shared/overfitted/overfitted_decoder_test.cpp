// The decoder of the overfitted coding: files of random networks come back as they were drawn, at once and in pieces,
// whole and in parts, and with every instruction set.
#include "support/check.h"
#include "support/overfitted_drawings.h"

namespace lic::test {
namespace {

using File = std::vector<uint8_t>;

std::vector<uint8_t> PixelsOf(const Picture& picture) { return {picture.pixels.begin(), picture.pixels.end()}; }

Picture DecodeWhole(const File& file, const DecodeOptions& options = {}) {
  auto picture = Decode(file, nullptr, options);
  if (!CHECK(picture.ok())) {
    std::printf("  %s\n", picture.failure().what);
    return {};
  }
  return std::move(picture).value();
}

// The strips that a decoder hands out while the file comes in `piece` bytes at a time.
std::vector<uint8_t> DecodeInPieces(const File& file, size_t piece, const DecodeOptions& options = {}) {
  DecoderOptions all = {options};
  all.keep_picture = false;
  auto decoder = Decoder::Begin(nullptr, all).value();
  std::vector<uint8_t> pixels;
  File come;
  for (size_t at = 0; at < file.size() || !decoder.done();) {
    const size_t count = std::min(piece, file.size() - at);
    come.insert(come.end(), file.begin() + ptrdiff_t(at), file.begin() + ptrdiff_t(at + count));
    at += count;
    // The bytes move between calls, and those of the last one are gone.
    const File moved = come;
    if (!CHECK(decoder.Feed(moved, at == file.size()).ok())) return {};
    while (!decoder.done() && !decoder.waits()) {
      if (!CHECK(decoder.Step().ok())) return {};
      const PictureView strip = decoder.strip();
      for (uint32_t y = 0; y < strip.height; ++y) {
        const uint8_t* row = strip.pixels + y * strip.stride;
        pixels.insert(pixels.end(), row, row + size_t{strip.width} * strip.channels);
      }
    }
    if (at == file.size() && !CHECK(decoder.done())) return {};
  }
  return pixels;
}

std::vector<uint8_t> Part(const Picture& picture, const Region& region) {
  std::vector<uint8_t> part;
  for (uint32_t y = region.y; y < region.y + region.height; ++y) {
    const uint8_t* row = picture.pixels.data() + (size_t{y} * picture.width + region.x) * picture.channels;
    part.insert(part.end(), row, row + size_t{region.width} * picture.channels);
  }
  return part;
}

}  // namespace

TEST(latents_and_alpha_come_back) {
  for (const NamedDrawing& named : Drawings()) {
    FileDrawer drawer(named.drawing);
    const File file = drawer.Draw();
    const Picture picture = DecodeWhole(file);
    CHECK_EQ(picture.width, named.drawing.width);
    CHECK_EQ(picture.height, named.drawing.height);
    CHECK_EQ(picture.channels, (named.drawing.is_grey ? 1u : 3u) + named.drawing.has_alpha);
    for (size_t i = 0; i < drawer.alpha().size(); ++i) {
      if (!CHECK_EQ(picture.pixels[(i + 1) * picture.channels - 1], drawer.alpha()[i])) break;
    }
  }
}

TEST(every_instruction_set_makes_the_same_pixels) {
  for (const NamedDrawing& named : Drawings()) {
    const File file = DrawFile(named.drawing);
    std::vector<uint8_t> plain;
    for (const of::Kernels* kernels : of::AllKernels()) {
      of::SetKernels(kernels);
      const auto pixels = PixelsOf(DecodeWhole(file));
      if (plain.empty()) plain = pixels;
      if (!CHECK(pixels == plain)) std::printf("  %s: %s\n", named.name, kernels->name);
    }
    of::SetKernels(nullptr);
  }
}

TEST(a_file_in_pieces_makes_the_same_pixels) {
  for (const NamedDrawing& named : Drawings()) {
    const File file = DrawFile(named.drawing);
    const auto whole = PixelsOf(DecodeWhole(file));
    for (const size_t piece : {size_t{7}, size_t{1000}, file.size()}) {
      if (!CHECK(DecodeInPieces(file, piece) == whole)) std::printf("  %s, pieces of %zu\n", named.name, piece);
    }
  }
}

TEST(a_preview_comes_before_the_rows_and_changes_none) {
  uint32_t seen = 0;
  for (const NamedDrawing& named : Drawings()) {
    FileDrawer drawer(named.drawing);
    const File file = drawer.Draw();
    const Picture whole = DecodeWhole(file);
    DecoderOptions options;
    options.make_preview = true;
    auto opened = Decoder::Open(file, nullptr, options);
    if (!CHECK(opened.ok())) return;
    Decoder decoder = std::move(opened).value();
    while (!decoder.done() && decoder.rows_done() == 0) CHECK(decoder.Step().ok());
    const Picture& preview = decoder.preview();
    if (preview.height > 0) {
      ++seen;
      CHECK_EQ(preview.width, (whole.width + kOverfittedPreviewStride - 1) / kOverfittedPreviewStride);
      CHECK_EQ(preview.height, (whole.height + kOverfittedPreviewStride - 1) / kOverfittedPreviewStride);
      CHECK_EQ(preview.channels, whole.channels);
    }
    while (!decoder.done()) CHECK(decoder.Step().ok());
    CHECK(std::equal(whole.pixels.begin(), whole.pixels.end(), decoder.picture().pixels.begin()));
  }
  CHECK(seen > 0);
}

TEST(a_region_is_that_part_of_the_picture) {
  Random random(5);
  for (const NamedDrawing& named : Drawings()) {
    const File file = DrawFile(named.drawing);
    const Picture whole = DecodeWhole(file, {.channels = 4});
    for (int i = 0; i < 6; ++i) {
      Region region;
      region.x = uint32_t(random.Within(0, whole.width - 1));
      region.y = uint32_t(random.Within(0, whole.height - 1));
      region.width = uint32_t(random.Within(1, whole.width - region.x));
      region.height = uint32_t(random.Within(1, std::min(whole.height - region.y, i % 2 ? 9u : whole.height)));
      const DecodeOptions options = {.channels = 4, .region = region};
      const auto part = Part(whole, region);
      CHECK(PixelsOf(DecodeWhole(file, options)) == part);
      if (!CHECK(DecodeInPieces(file, 300, options) == part)) {
        std::printf("  %s, %u x %u at %u, %u\n", named.name, region.width, region.height, region.x, region.y);
      }
    }
  }
}

TEST(the_header_says_the_coding) {
  const File file = DrawFile(Drawings()[0].drawing);
  const auto info = ReadInfo(file);
  if (!CHECK(info.ok())) return;
  CHECK_EQ(info.value().coding, Coding::kOverfitted);
  CHECK_EQ(info.value().version, 2u);
  const auto layout = ReadLayout(file);
  if (!CHECK(layout.ok())) return;
  CHECK(layout.value().network_bytes > 0);
  CHECK(layout.value().latent_bytes >= 32);
  CHECK_EQ(layout.value().hyper_bytes, 0u);
}

TEST(a_picture_larger_than_allowed_is_refused) {
  Drawing drawing;
  drawing.width = drawing.height = 2;
  const File file = DrawFile(drawing);
  CHECK_EQ(Decode(file, nullptr, {.max_pixels = 3}).error(), Error::kLimitExceeded);
}

}  // namespace lic::test
