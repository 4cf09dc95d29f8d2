// The policy for damaged picture files: what costs no pixel is a warning, missing pixels are an error unless the
// reading is lenient, and what is dropped is said. docs/pictures.md has the table.
#include <string>

#include "native/picture_files/image_file.h"
#include "support/check.h"
#include "tests/native/pictures.h"

namespace lic::native {
namespace {

using test::File;
using test::JpegRecipe;
using test::MakeExif;
using test::MakeJpeg;
using test::MakePng;
using test::PngChunk;
using test::PngRecipe;

File JpegOf(const JpegRecipe& recipe) {
  File rows;
  const uint32_t channels = recipe.in == JCS_CMYK ? 4 : recipe.in == JCS_GRAYSCALE ? 1 : 3;
  for (uint32_t y = 0; y < recipe.height; y++) {
    for (uint32_t i = 0; i < recipe.width * channels; i++)
      rows.push_back(static_cast<uint8_t>(3 * y + 70 * (i % channels) + i / channels));
  }
  return MakeJpeg(recipe, rows);
}

File operator+(File a, const File& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

File FromText(const std::string& text) { return {text.begin(), text.end()}; }

File Segment(uint8_t marker, const File& payload) {
  const size_t length = payload.size() + 2;
  return File{0xFF, marker, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)} + payload;
}

// Segments right behind SOI.
File WithSegments(const File& file, const File& segments) {
  File result(file.begin(), file.begin() + 2);
  return result + segments + File(file.begin() + 2, file.end());
}

bool SamePixels(const PictureFile& a, const PictureFile& b) {
  return a.picture.width == b.picture.width &&
         std::equal(a.picture.pixels.begin(), a.picture.pixels.end(), b.picture.pixels.begin(), b.picture.pixels.end());
}

// Reads as the right file is read, with exactly one warning that has such a text.
void CheckWarns(const File& file, const File& right, const std::string& text, const ReadOptions& options = {}) {
  const Result<PictureFile> read = ReadPicture(file, options), expected = ReadPicture(right, options);
  if (!CHECK(expected.ok()) || !CHECK(read.ok())) return;
  CHECK(SamePixels(read.value(), expected.value()));
  size_t found = 0;
  for (const std::string& warning : read.value().warnings) found += warning.find(text) != std::string::npos;
  CHECK_EQ(found, 1);
  CHECK(expected.value().warnings.empty());
}

std::vector<JpegRecipe> JpegKinds() {
  std::vector<JpegRecipe> kinds;
  for (const bool progressive : {false, true}) {
    for (const bool arithmetic : {false, true}) {
      for (const bool grey : {false, true}) {
        JpegRecipe recipe;
        recipe.progressive = progressive;
        recipe.arithmetic = arithmetic;
        if (grey) recipe.in = recipe.stored = JCS_GRAYSCALE;
        kinds.push_back(recipe);
      }
    }
  }
  return kinds;
}

TEST(JpegWithoutEndMarker) {
  for (const JpegRecipe& recipe : JpegKinds()) {
    const File whole = JpegOf(recipe), bare(whole.begin(), whole.end() - 2);
    CheckWarns(bare, whole, "EOI");
    CheckWarns(bare + File{0xFF}, whole, "EOI");
    // A phone's trailer: a marker that no picture goes on with.
    CheckWarns(bare + whole, whole, "EOI");
    if (recipe.arithmetic) continue;  // other bytes are read as data there
    CheckWarns(bare + File(3000, 0), whole, "EOI");
    CheckWarns(bare + FromText("camera notes"), whole, "EOI");
  }
}

TEST(JpegThatLacksPixels) {
  for (const JpegRecipe& recipe : JpegKinds()) {
    const File whole = JpegOf(recipe);
    // Arithmetic data end with bytes that a decoder can do without.
    const size_t spare = recipe.arithmetic ? 8 : 2;
    for (size_t length = 3; length + spare < whole.size(); length++)
      CHECK(ReadPicture(Bytes(whole).first(length), {}).error() == Error::kBadImage);
    const File most(whole.begin(), whole.end() - 40);
    const Result<PictureFile> lenient = ReadPicture(most, {.lenient = true});
    if (!CHECK(lenient.ok())) continue;
    CHECK_EQ(lenient.value().picture.height, recipe.height);
    CHECK(!lenient.value().warnings.empty());
    CHECK_EQ(lenient.value().warnings[0].find("pixels are missing"), 0);
  }
}

TEST(JpegWithOddScanParameters) {
  const File whole = JpegOf({});
  File odd = whole;
  for (size_t i = 0; i + 1 < odd.size(); i++) {
    if (odd[i] != 0xFF || odd[i + 1] != 0xDA) continue;
    const size_t end = i + 2 + static_cast<size_t>(odd[i + 2] << 8 | odd[i + 3]);
    odd[end - 3] = 1, odd[end - 2] = 7, odd[end - 1] = 0x10;
  }
  CHECK(odd != whole);
  CheckWarns(odd, whole, "SOS");
}

TEST(PiecesOfProfiles) {
  const Result<ColourProfile> p3 = ColourProfile::FromPrimaries(kDisplayP3Primaries, {}, false);
  if (!CHECK(p3.ok())) return;
  const Result<Buffer<uint8_t>> icc = p3.value().ToIcc();
  if (!CHECK(icc.ok())) return;
  const auto piece = [&](size_t number, uint8_t stated, uint8_t count) {
    const size_t third = (icc.value().size() + 2) / 3, start = number * third;
    const Bytes part = Bytes(icc.value()).subspan(start, std::min(third, icc.value().size() - start));
    return Segment(0xE2,
                   FromText(std::string("ICC_PROFILE\0", 12)) + File{stated, count} + File(part.begin(), part.end()));
  };
  const File plain = JpegOf({});
  const File right = WithSegments(plain, piece(0, 1, 3) + piece(1, 2, 3) + piece(2, 3, 3));
  const Result<PictureFile> converted = ReadPicture(right, {}), srgb = ReadPicture(plain, {});
  if (!CHECK(converted.ok() && srgb.ok())) return;
  CHECK(!SamePixels(converted.value(), srgb.value()));
  const File shuffled = WithSegments(plain, piece(2, 3, 3) + piece(0, 1, 3) + piece(1, 2, 3));
  CHECK(ReadPicture(shuffled, {}).value().warnings.empty());
  CHECK(SamePixels(ReadPicture(shuffled, {}).value(), converted.value()));
  CheckWarns(WithSegments(plain, piece(0, 1, 3) + piece(1, 2, 3) + piece(2, 3, 3) + piece(2, 3, 3)), right, "twice");
  CheckWarns(WithSegments(plain, piece(0, 1, 9) + piece(1, 2, 9) + piece(2, 3, 9)), right, "miscounted");
  CheckWarns(WithSegments(plain, piece(0, 0, 3) + piece(1, 1, 3) + piece(2, 2, 3)), right, "miscounted");
  CheckWarns(WithSegments(plain, piece(0, 1, 3) + piece(2, 3, 3)), plain, "2 of 3 pieces");
  CheckWarns(WithSegments(plain, piece(0, 1, 3) + piece(1, 2, 3)), plain, "2 of 3 pieces");
}

TEST(PngWithoutEnd) {
  for (const bool interlaced : {false, true}) {
    for (const uint32_t side : {1u, 2u, 5u, 13u}) {
      PngRecipe recipe;
      recipe.interlaced = interlaced;
      recipe.width = side, recipe.height = side / 2 + 1;
      const File whole = MakePng(recipe);
      for (size_t cut = 1; cut <= 12; cut++)
        CheckWarns(File(whole.begin(), whole.end() - static_cast<ptrdiff_t>(cut)), whole, "behind the pixels");
      CheckWarns(whole + FromText("\n"), whole, "1 bytes behind");
      // IDAT ends with its checksum and that of zlib: 8 bytes without pixels.
      for (size_t length = 8; length + 24 < whole.size(); length++)
        CHECK(ReadPicture(Bytes(whole).first(length), {}).error() == Error::kBadImage);
    }
  }
}

TEST(PngThatLacksPixels) {
  for (const bool interlaced : {false, true}) {
    PngRecipe recipe;
    recipe.interlaced = interlaced;
    recipe.width = recipe.height = 64;
    const File whole = MakePng(recipe), half(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(whole.size() / 2));
    CHECK(ReadPicture(half, {}).error() == Error::kBadImage);
    const Result<PictureFile> lenient = ReadPicture(half, {.lenient = true}), right = ReadPicture(whole, {});
    if (!CHECK(lenient.ok()) || !CHECK(right.ok())) continue;
    CHECK_EQ(lenient.value().warnings.size(), 1);
    const Buffer<uint8_t>&pixels = lenient.value().picture.pixels, &all = right.value().picture.pixels;
    CHECK(std::equal(pixels.begin(), pixels.begin() + 3, all.begin()));
    CHECK_EQ(pixels.end()[-1], 0);
    CHECK(ReadPicture(Bytes(whole).first(50), {.lenient = true}).error() == Error::kBadImage);
  }
}

// Chunks before the first IDAT, or before IEND.
File WithChunks(const File& png, const File& chunks, bool behind) {
  constexpr size_t kFirst = 33, kEnd = 12;
  const auto at = png.begin() + static_cast<ptrdiff_t>(behind ? png.size() - kEnd : kFirst);
  return File(png.begin(), at) + chunks + File(at, png.end());
}

TEST(ChunksBehindThePixelsDoNotCount) {
  const File plain = MakePng({});
  const File exif = PngChunk("eXIf", MakeExif(6, true));
  CheckWarns(WithChunks(plain, exif, true), plain, "eXIf", {.keep_exif = true});
  CHECK(ReadPicture(WithChunks(plain, exif, true), {.keep_exif = true}).value().exif.size() > 0);
  CHECK_EQ(ReadPicture(WithChunks(plain, exif, false), {}).value().picture.width, PngRecipe().height);
  CheckWarns(WithChunks(plain, PngChunk("cICP", {12, 13, 0, 1}), true), plain, "cICP");
}

TEST(UnknownColoursGiveWay) {
  const File plain = MakePng({});
  const File gamma = WithChunks(plain, PngChunk("gAMA", {0, 0, 0xFF, 0xFF}), false);
  const std::vector<File> unknown = {{2, 2, 0, 1},  {1, 2, 0, 1},  {6, 6, 0, 1},
                                     {1, 13, 1, 1}, {1, 13, 0, 0}, {99, 99, 9, 9}};
  for (const File& numbers : unknown) {
    CheckWarns(WithChunks(plain, PngChunk("cICP", numbers), false), plain, "cICP");
    CheckWarns(WithChunks(gamma, PngChunk("cICP", numbers), false), gamma, "cICP");
  }
  CheckWarns(WithChunks(plain, PngChunk("cICP", {1, 13, 0}), false), plain, "cICP");
  // A curve of high dynamic range gives way too, but not to the mere guess that colours are sRGB.
  for (const uint8_t curve : {uint8_t{16}, uint8_t{18}}) {
    const File chunk = PngChunk("cICP", {9, curve, 0, 1});
    CheckWarns(WithChunks(gamma, chunk, false), gamma, "cICP");
    CHECK(ReadPicture(WithChunks(plain, chunk, false), {}).error() == Error::kUnsupportedImage);
    CheckWarns(WithChunks(plain, chunk, false), plain, "cICP", {.lenient = true});
  }
}

TEST(WhatIsDroppedIsSaid) {
  const File jpeg = JpegOf({}), png = MakePng({});
  const File index = Segment(0xE2, FromText(std::string("MPF\0II*\0", 8)));
  const File map = Segment(0xE1, FromText("http://ns.adobe.com/xap/1.0/" + std::string(1, '\0') +
                                          "xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\""));
  CheckWarns(jpeg + jpeg, jpeg, "several pictures");
  CheckWarns(jpeg + File(100, 0) + jpeg, jpeg, "several pictures");
  CheckWarns(WithSegments(jpeg, index) + File{1}, jpeg, "several pictures");
  CheckWarns(WithSegments(jpeg, map) + jpeg, jpeg, "gain map");
  CheckWarns(jpeg + FromText(std::string("\0\0\0\x18", 4) + "ftypmp42"), jpeg, "video");
  CheckWarns(jpeg + FromText("notes"), jpeg, "5 bytes behind");
  CHECK(ReadPicture(WithSegments(jpeg, index), {}).value().warnings.empty());  // the others are gone already
  CheckWarns(WithChunks(png, PngChunk("acTL", {0, 0, 0, 3, 0, 0, 0, 0}), false), png, "3 frames");
  CHECK(ReadPicture(WithChunks(png, PngChunk("acTL", {0, 0, 0, 1, 0, 0, 0, 0}), false), {}).value().warnings.empty());
}

TEST(MetadataThatCannotBeKeptIsSaid) {
  const File jpeg = JpegOf({});
  const File extension = Segment(0xE1, FromText(std::string("http://ns.adobe.com/xmp/extension/\0", 35) + "abc"));
  const File iptc = Segment(0xED, FromText(std::string("Photoshop 3.0\0"
                                                       "8BIM\x04\x04\0\0\0\0\0\x02xx",
                                                       28)));
  CheckWarns(WithSegments(jpeg, extension), jpeg, "XMP", {.keep_xmp = true});
  CheckWarns(WithSegments(jpeg, iptc), jpeg, "IPTC", {.keep_exif = true});
  CHECK(ReadPicture(WithSegments(jpeg, extension + iptc), {}).value().warnings.empty());
}

}  // namespace
}  // namespace lic::native
