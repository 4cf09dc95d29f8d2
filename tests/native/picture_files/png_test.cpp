// PNG files of every kind, damaged ones, and what is written.
#include <unistd.h>

#include <filesystem>

#include "native/picture_files/image_file.h"
#include "support/check.h"
#include "tests/native/pictures.h"

namespace lic::native {
namespace {

using test::File;
using test::MakeExif;
using test::MakePng;
using test::PngRecipe;

void CheckPixels(const PngRecipe& recipe, const Picture& picture) {
  CHECK_EQ(picture.width, recipe.width);
  if (!CHECK_EQ(picture.height, recipe.height)) return;
  if (!CHECK_EQ(picture.channels, test::ExpectedPixel(recipe, 0, 0).size())) return;
  int wrong = 0;
  for (uint32_t y = 0; y < recipe.height; y++) {
    for (uint32_t x = 0; x < recipe.width; x++) {
      const std::vector<int> expected = test::ExpectedPixel(recipe, x, y);
      for (uint32_t c = 0; c < picture.channels; c++)
        wrong += picture.pixels[(size_t{y} * picture.width + x) * picture.channels + c] != expected[c];
    }
  }
  CHECK_EQ(wrong, 0);
}

TEST(EveryKindOfPng) {
  struct Kind {
    int colour_type;
    std::vector<int> depths;
  };
  const Kind kinds[] = {{PNG_COLOR_TYPE_GRAY, {1, 2, 4, 8, 16}},
                        {PNG_COLOR_TYPE_RGB, {8, 16}},
                        {PNG_COLOR_TYPE_PALETTE, {1, 2, 4, 8}},
                        {PNG_COLOR_TYPE_GRAY_ALPHA, {8, 16}},
                        {PNG_COLOR_TYPE_RGBA, {8, 16}}};
  for (const Kind& kind : kinds) {
    for (const int depth : kind.depths) {
      for (const bool interlaced : {false, true}) {
        for (const bool transparency : {false, true}) {
          for (const uint32_t side : {1u, 2u, 5u, 13u}) {
            if (transparency && kind.colour_type & PNG_COLOR_MASK_ALPHA) continue;
            PngRecipe recipe;
            recipe.colour_type = kind.colour_type;
            recipe.depth = depth;
            recipe.interlaced = interlaced;
            recipe.transparency = transparency;
            recipe.width = side;
            recipe.height = side / 2 + 1;
            const Result<PictureFile> read = ReadPicture(MakePng(recipe), {});
            if (CHECK(read.ok())) CheckPixels(recipe, read.value().picture);
          }
        }
      }
    }
  }
}

TEST(PngIsTurnedUpright) {
  for (int orientation = 1; orientation <= 8; orientation++) {
    for (const bool big_endian : {false, true}) {
      PngRecipe recipe;
      recipe.exif = MakeExif(orientation, big_endian);
      const Result<PictureFile> read = ReadPicture(MakePng(recipe), {.keep_exif = true});
      if (!CHECK(read.ok())) continue;
      const Picture& picture = read.value().picture;
      CHECK_EQ(picture.width, orientation < 5 ? recipe.width : recipe.height);
      CHECK_EQ(picture.height, orientation < 5 ? recipe.height : recipe.width);
      int wrong = 0;
      for (uint32_t y = 0; y < recipe.height; y++) {
        for (uint32_t x = 0; x < recipe.width; x++) {
          const test::Place place = test::Shown(orientation, x, y, picture.width, picture.height);
          for (uint32_t c = 0; c < 3; c++) {
            wrong += picture.pixels[(size_t{place.y} * picture.width + place.x) * 3 + c] !=
                     test::ExpectedPixel(recipe, x, y)[c];
          }
        }
      }
      CHECK_EQ(wrong, 0);
      const Buffer<uint8_t>& exif = read.value().exif;
      CHECK(File(exif.begin(), exif.end()) == MakeExif(1, big_endian));
    }
  }
}

TEST(EveryTruncationOfPng) {
  PngRecipe recipe;
  recipe.interlaced = true;
  recipe.exif = MakeExif(6, true);
  recipe.exif_last = true;
  recipe.xmp = "<x:xmpmeta/>";
  const File whole = MakePng(recipe);
  const Result<PictureFile> right = ReadPicture(whole, {true, true, true});
  if (!CHECK(right.ok())) return;
  // Behind the last byte that pixels need: the chunk of Exif, IEND, and at most the checksums of the pixels and the end
  // of their compressed stream.
  const size_t behind = test::PngChunk("eXIf", recipe.exif).size() + 12 + 8 + 1;
  for (size_t length = 0; length < whole.size(); length++) {
    const Result<PictureFile> read = ReadPicture(Bytes(whole).first(length), {true, true, true});
    if (length + behind < whole.size()) {
      CHECK(!read.ok());
      CHECK(read.error() == (length >= 8 || length == 0 ? Error::kBadImage : Error::kUnsupportedImage));
    } else {
      CHECK(read.ok() && std::ranges::equal(read.value().picture.pixels, right.value().picture.pixels));
      CHECK(read.ok() && !read.value().warnings.empty());
    }
  }
}

TEST(EveryBitFlipOfPng) {
  for (const int type : {PNG_COLOR_TYPE_PALETTE, PNG_COLOR_TYPE_RGBA}) {
    PngRecipe recipe;
    recipe.colour_type = type;
    recipe.exif = MakeExif(8, false);
    recipe.xmp = "<x:xmpmeta/>";
    recipe.gamma = 0.5;
    File file = MakePng(recipe);
    for (size_t bit = 0; bit < file.size() * 8; bit++) {
      file[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      const Result<PictureFile> read = ReadPicture(file, {true, true, true});
      // Only damage in chunks that do not concern the pixels may pass.
      if (read.ok()) CHECK_EQ(read.value().picture.width * read.value().picture.height, recipe.width * recipe.height);
      file[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    }
  }
}

// A PNG with these sides, one empty IDAT and right checksums.
File DeclaredPng(uint32_t width, uint32_t height) {
  PngRecipe recipe;
  recipe.width = recipe.height = 1;
  File file = MakePng(recipe);
  png_save_uint_32(file.data() + 16, width);
  png_save_uint_32(file.data() + 20, height);
  png_save_uint_32(file.data() + 29, test::Checksum(Bytes(file).subspan(12, 17)));
  return file;
}

TEST(DeclaredSizesOfPng) {
  const std::pair<uint32_t, uint32_t> too_large[] = {
      {65536, 1}, {1, 65536}, {65535, 65535}, {16385, 16384}, {0x7FFFFFFF, 0x7FFFFFFF}};
  for (const auto& [width, height] : too_large)
    CHECK(ReadPicture(DeclaredPng(width, height), {}).error() == Error::kUnsupportedImage);
  const std::pair<uint32_t, uint32_t> bad[] = {{0, 1}, {1, 0}, {0x80000000, 1}, {16384, 16384}, {65535, 4000}, {3, 3}};
  for (const auto& [width, height] : bad)
    CHECK(ReadPicture(DeclaredPng(width, height), {}).error() == Error::kBadImage);
}

std::string TemporaryPath(const char* name) {
  return (std::filesystem::temp_directory_path() / (std::to_string(getpid()) + name)).string();
}

TEST(WrittenPngReadsBack) {
  const Result<ColourProfile> profile = ColourProfile::FromPrimaries(kDisplayP3Primaries, {}, false);
  const Result<ColourProfile> grey_profile =
      ColourProfile::FromPrimaries(kDisplayP3Primaries, {Transfer::kPower, 1.8}, true);
  if (!CHECK(profile.ok() && grey_profile.ok())) return;
  const std::string path = TemporaryPath("written.png");
  for (const int type : {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGBA}) {
    for (const bool metadata : {false, true}) {
      PngRecipe recipe;
      recipe.colour_type = type;
      if (metadata) {
        const Result<Buffer<uint8_t>> icc = (type & PNG_COLOR_MASK_COLOR ? profile : grey_profile).value().ToIcc();
        recipe.icc.assign(icc.value().begin(), icc.value().end());
        recipe.exif = MakeExif(1, true);
        recipe.xmp = "<x:xmpmeta>\xC3\xA4</x:xmpmeta>";
      }
      const Result<PictureFile> read = ReadPicture(MakePng(recipe), {true, true, true});
      if (!CHECK(read.ok())) continue;
      CheckPixels(recipe, read.value().picture);
      std::vector<std::string> warnings;
      {
        Result<OutputFile> out = OutputFile::Create(path);
        if (!CHECK(out.ok())) return;
        CHECK(
            WritePicture(read.value().picture, read.value().metadata(), FileFormat::kPng, out.value(), warnings).ok());
        CHECK(out.value().Commit().ok());
      }
      CHECK(warnings.empty());
      const Result<Buffer<uint8_t>> bytes = LoadFile(path, 1 << 20);
      if (!CHECK(bytes.ok())) continue;
      const std::string text(bytes.value().begin(), bytes.value().end());
      CHECK_EQ(text.find("sRGB") != text.npos, !metadata);
      const Result<PictureFile> again = ReadPicture(bytes.value(), {true, true, true});
      if (!CHECK(again.ok())) continue;
      CheckPixels(recipe, again.value().picture);
      CHECK(File(again.value().icc.begin(), again.value().icc.end()) == recipe.icc);
      CHECK(File(again.value().exif.begin(), again.value().exif.end()) == recipe.exif);
      CHECK_EQ(std::string(again.value().xmp.begin(), again.value().xmp.end()), recipe.xmp);
      const Result<PictureFile> bare = ReadPicture(bytes.value(), {});
      if (CHECK(bare.ok())) CHECK(bare.value().icc.empty() && bare.value().exif.empty() && bare.value().xmp.empty());
    }
  }
  std::filesystem::remove(path);
}

TEST(UnusableMetadataIsAWarning) {
  PngRecipe recipe;
  const Result<PictureFile> read = ReadPicture(MakePng(recipe), {});
  if (!CHECK(read.ok())) return;
  const File junk(200, 7);
  std::vector<std::string> warnings;
  const std::string path = TemporaryPath("junk.png");
  Result<OutputFile> out = OutputFile::Create(path);
  if (!CHECK(out.ok())) return;
  Metadata metadata;
  metadata.icc = junk;
  CHECK(WritePicture(read.value().picture, metadata, FileFormat::kPng, out.value(), warnings).ok());
  CHECK(!warnings.empty());
}

}  // namespace
}  // namespace lic::native
