// JPEG files of every kind that is read, and damaged ones.
#include <cstdlib>

#include "native/picture_files/image_file.h"
#include "support/check.h"
#include "tests/native/pictures.h"

namespace lic::native {
namespace {

using test::File;
using test::JpegRecipe;
using test::MakeExif;
using test::MakeJpeg;

// Smooth, so that JPEG changes little; different in all four corners and all channels.
int Smooth(uint32_t x, uint32_t y, uint32_t c, uint32_t width, uint32_t height) {
  const double u = (x + 0.5) / width, v = (y + 0.5) / height;
  const double values[] = {40 + 170 * u, 40 + 170 * v, 210 - 85 * (u + v), 100 + 60 * u * v};
  return static_cast<int>(values[c]);
}

File SmoothRows(uint32_t width, uint32_t height, uint32_t channels, int orientation = 1) {
  const uint32_t shown_width = orientation < 5 ? width : height, shown_height = orientation < 5 ? height : width;
  File rows;
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      const test::Place place = test::Shown(orientation, x, y, shown_width, shown_height);
      for (uint32_t c = 0; c < channels; c++)
        rows.push_back(static_cast<uint8_t>(Smooth(place.x, place.y, c, shown_width, shown_height)));
    }
  }
  return rows;
}

int LargestDifference(const Picture& picture) {
  int largest = 0;
  for (uint32_t y = 0; y < picture.height; y++) {
    for (uint32_t x = 0; x < picture.width; x++) {
      for (uint32_t c = 0; c < picture.channels; c++) {
        const int value = picture.pixels[(size_t{y} * picture.width + x) * picture.channels + c];
        largest = std::max(largest, std::abs(value - Smooth(x, y, c, picture.width, picture.height)));
      }
    }
  }
  return largest;
}

TEST(KindsOfJpeg) {
  for (const bool progressive : {false, true}) {
    for (const bool arithmetic : {false, true}) {
      for (const J_COLOR_SPACE stored : {JCS_GRAYSCALE, JCS_YCbCr, JCS_RGB}) {
        JpegRecipe recipe;
        recipe.in = stored == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
        recipe.stored = stored;
        recipe.progressive = progressive;
        recipe.arithmetic = arithmetic;
        const uint32_t channels = stored == JCS_GRAYSCALE ? 1 : 3;
        const Result<PictureFile> read =
            ReadPicture(MakeJpeg(recipe, SmoothRows(recipe.width, recipe.height, channels)), {});
        if (!CHECK(read.ok())) continue;
        CHECK_EQ(read.value().picture.channels, channels);
        CHECK(LargestDifference(read.value().picture) <= 6);
      }
    }
  }
}

TEST(JpegIsTurnedUpright) {
  for (int orientation = 1; orientation <= 8; orientation++) {
    JpegRecipe recipe;
    recipe.exif = MakeExif(orientation, orientation % 2);
    recipe.xmp = "<rdf:Description tiff:Orientation=\"" + std::to_string(orientation) + "\"/>";
    const File file = MakeJpeg(recipe, SmoothRows(recipe.width, recipe.height, 3, orientation));
    const Result<PictureFile> read = ReadPicture(file, {.keep_exif = true, .keep_xmp = true});
    if (!CHECK(read.ok())) continue;
    CHECK_EQ(read.value().picture.width, orientation < 5 ? recipe.width : recipe.height);
    CHECK(LargestDifference(read.value().picture) <= 6);
    const Buffer<uint8_t>&exif = read.value().exif, &xmp = read.value().xmp;
    CHECK(File(exif.begin(), exif.end()) == MakeExif(1, orientation % 2));
    CHECK_EQ(std::string(xmp.begin(), xmp.end()), "<rdf:Description tiff:Orientation=\"1\"/>");
    const Result<PictureFile> bare = ReadPicture(file, {});
    if (CHECK(bare.ok())) CHECK(bare.value().exif.empty() && bare.value().xmp.empty());
  }
}

TEST(InkBecomesLight) {
  // Plain ink: red is 255 (1 - cyan) (1 - black). Files hold the complement, as Adobe's do, without its marker too.
  for (const bool adobe : {false, true}) {
    for (const J_COLOR_SPACE stored : {JCS_CMYK, JCS_YCCK}) {
      if (!adobe && stored == JCS_YCCK) continue;  // only Adobe's marker tells YCCK from CMYK
      JpegRecipe recipe;
      recipe.in = JCS_CMYK;
      recipe.stored = stored;
      recipe.adobe = adobe;
      const int ink[4] = {200, 100, 30, 60};
      File rows;
      for (uint32_t i = 0; i < recipe.width * recipe.height * 4; i++)
        rows.push_back(static_cast<uint8_t>(255 - ink[i % 4]));
      const Result<PictureFile> read = ReadPicture(MakeJpeg(recipe, rows), {true, true, true});
      if (!CHECK(read.ok())) continue;
      CHECK_EQ(read.value().picture.channels, 3);
      for (size_t c = 0; c < 3; c++)
        CHECK_NEAR(read.value().picture.pixels[300 + c], (255 - ink[c]) * (255 - ink[3]) / 255.0, 3);
    }
  }
}

TEST(EveryTruncationOfJpeg) {
  for (const bool progressive : {false, true}) {
    JpegRecipe recipe;
    recipe.progressive = progressive;
    recipe.exif = MakeExif(3, true);
    const File whole = MakeJpeg(recipe, SmoothRows(recipe.width, recipe.height, 3));
    // Without EOI all pixels are there.
    for (size_t length = 0; length + 2 < whole.size(); length++) {
      const Result<PictureFile> read = ReadPicture(Bytes(whole).first(length), {true, true, true});
      CHECK(!read.ok());
      CHECK(read.error() == (length >= 3 || length == 0 ? Error::kBadImage : Error::kUnsupportedImage));
    }
  }
}

TEST(EveryBitFlipOfJpeg) {
  for (const bool progressive : {false, true}) {
    JpegRecipe recipe;
    recipe.progressive = progressive;
    recipe.exif = MakeExif(3, true);
    File file = MakeJpeg(recipe, SmoothRows(recipe.width, recipe.height, 3));
    for (size_t bit = 0; bit < file.size() * 8; bit++) {
      file[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      const Result<PictureFile> read = ReadPicture(file, {true, true, true});
      if (!read.ok()) CHECK(read.error() == Error::kBadImage || read.error() == Error::kUnsupportedImage);
      file[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    }
  }
}

TEST(OtherPrecisionsAreUnsupported) {
  JpegRecipe recipe;
  File file = MakeJpeg(recipe, SmoothRows(recipe.width, recipe.height, 3));
  for (size_t i = 0; i + 5 < file.size(); i++) {
    if (file[i] != 0xFF || file[i + 1] != 0xC0) continue;
    File twelve_bits = file, lossless = file, nothing = file;
    twelve_bits[i + 4] = 12;
    lossless[i + 1] = 0xC3;
    nothing[i + 5] = nothing[i + 6] = 0;
    CHECK(ReadPicture(twelve_bits, {}).error() == Error::kUnsupportedImage);
    CHECK(ReadPicture(lossless, {}).error() == Error::kUnsupportedImage);
    CHECK(!ReadPicture(nothing, {}).ok());
    return;
  }
  CHECK(!"the file has no frame header");
}

}  // namespace
}  // namespace lic::native
