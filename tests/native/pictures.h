// Picture files for the tests, made by libpng and libjpeg from a pattern that is known at every pixel.
#pragma once

#include <png.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <jpeglib.h>

#include "lic/lic.h"

namespace lic::test {

using File = std::vector<uint8_t>;

// A sample of the pattern, 16 bits: different in every pixel and channel, with all depths' extremes.
inline uint32_t Pattern(uint32_t x, uint32_t y, uint32_t channel) {
  return ((x * 7919 + y * 104729 + channel * 15485863 + 1) * 2654435761u) >> 16;
}

struct PngRecipe {
  uint32_t width = 13;
  uint32_t height = 7;
  int colour_type = PNG_COLOR_TYPE_RGB;
  int depth = 8;
  bool interlaced = false;
  bool transparency = false;  // tRNS: the sample value of the first pixel, or alpha 16 * i of palette entry i
  File icc;
  File exif;
  bool exif_last = false;
  std::string xmp;
  double gamma = 0;
  const double* primaries = nullptr;  // white, red, green, blue
  bool srgb = false;
};

inline uint32_t PngChannels(int colour_type) {
  return colour_type == PNG_COLOR_TYPE_RGB          ? 3
         : colour_type == PNG_COLOR_TYPE_RGBA       ? 4
         : colour_type == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
                                                    : 1;
}

// The sample that stands in the file: of `depth` bits.
inline uint32_t PngSample(const PngRecipe& recipe, uint32_t x, uint32_t y, uint32_t channel) {
  return Pattern(x, y, channel) >> (16 - recipe.depth);
}

inline png_color PaletteEntry(uint32_t i) {
  return {static_cast<png_byte>(i * 17), static_cast<png_byte>(255 - i * 3), static_cast<png_byte>(i * i)};
}
inline uint8_t PaletteAlpha(uint32_t i) { return static_cast<uint8_t>(i * 16); }

// CRC-32 as PNG has it.
inline uint32_t Checksum(Bytes bytes) {
  return static_cast<uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

// ---- PNG --------------------------------------------------------------------------------------------------

// The palette and the transparency of a recipe.
inline void SetColours(png_structp png, png_infop info, const PngRecipe& recipe) {
  const uint32_t entries = recipe.depth < 8 ? 1u << recipe.depth : 256;
  if (recipe.colour_type == PNG_COLOR_TYPE_PALETTE) {
    std::vector<png_color> palette;
    for (uint32_t i = 0; i < entries; i++) palette.push_back(PaletteEntry(i));
    png_set_PLTE(png, info, palette.data(), static_cast<int>(entries));
  }
  if (!recipe.transparency) return;
  png_byte alphas[16];
  for (uint32_t i = 0; i < 16; i++) alphas[i] = PaletteAlpha(i);
  const auto first = [&](uint32_t c) { return static_cast<png_uint_16>(PngSample(recipe, 0, 0, c)); };
  png_color_16 colour = {0, first(0), first(1), first(2), first(0)};
  png_set_tRNS(png, info, alphas, static_cast<int>(entries < 16 ? entries : 16), &colour);
}

// The profile, gamma, primaries, Exif and XMP of a recipe.
inline void SetMetadata(png_structp png, png_infop info, const PngRecipe& recipe) {
  if (!recipe.icc.empty())
    png_set_iCCP(png, info, "x", 0, recipe.icc.data(), static_cast<png_uint_32>(recipe.icc.size()));
  if (recipe.srgb) png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  if (recipe.gamma > 0) png_set_gAMA(png, info, recipe.gamma);
  if (const double* p = recipe.primaries) png_set_cHRM(png, info, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]);
  File exif = recipe.exif;
  if (!exif.empty() && !recipe.exif_last) png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()), exif.data());
  std::string xmp = recipe.xmp, keyword = "XML:com.adobe.xmp", empty;
  png_text text = {};
  text.compression = PNG_ITXT_COMPRESSION_zTXt;
  text.key = keyword.data();
  text.text = xmp.data();
  text.lang = text.lang_key = empty.data();
  if (!xmp.empty()) png_set_text(png, info, &text, 1);
}

// The rows of the pattern as the file packs them.
inline std::vector<File> PngRows(const PngRecipe& recipe) {
  const uint32_t channels = PngChannels(recipe.colour_type);
  std::vector<File> rows(recipe.height, File((size_t{recipe.width} * channels * recipe.depth + 7) / 8));
  for (uint32_t y = 0; y < recipe.height; y++) {
    for (uint32_t i = 0; i < recipe.width * channels; i++) {
      const uint32_t value = PngSample(recipe, i / channels, y, i % channels);
      const size_t bit = size_t{i} * recipe.depth;
      if (recipe.depth == 16) {
        rows[y][bit / 8] = static_cast<uint8_t>(value >> 8);
        rows[y][bit / 8 + 1] = static_cast<uint8_t>(value);
      } else {
        rows[y][bit / 8] |= static_cast<uint8_t>(value << (8 - recipe.depth - bit % 8));
      }
    }
  }
  return rows;
}

// A chunk with its length and checksum.
inline File PngChunk(const char* type, const File& payload) {
  File chunk(8);
  png_save_uint_32(chunk.data(), static_cast<png_uint_32>(payload.size()));
  std::memcpy(chunk.data() + 4, type, 4);
  chunk.insert(chunk.end(), payload.begin(), payload.end());
  const uint32_t checksum = Checksum(Bytes(chunk).subspan(4));
  chunk.resize(chunk.size() + 4);
  png_save_uint_32(chunk.data() + chunk.size() - 4, checksum);
  return chunk;
}

inline File MakePng(const PngRecipe& recipe) {
  File file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &file,
      [](png_structp p, png_bytep from, size_t count) {
        auto* to = static_cast<File*>(png_get_io_ptr(p));
        to->insert(to->end(), from, from + count);
      },
      [](png_structp) {});
  png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
  png_set_IHDR(png, info, recipe.width, recipe.height, recipe.depth, recipe.colour_type,
               recipe.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  SetColours(png, info, recipe);
  SetMetadata(png, info, recipe);
  png_write_info(png, info);
  std::vector<File> rows = PngRows(recipe);
  std::vector<png_bytep> pointers;
  for (File& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  if (!recipe.exif.empty() && recipe.exif_last) {
    // Between IDAT and IEND, where libpng does not write it.
    const File chunk = PngChunk("eXIf", recipe.exif);
    file.insert(file.end() - 12, chunk.begin(), chunk.end());
  }
  png_destroy_write_struct(&png, &info);
  return file;
}

// The pixel that a reader should make of the recipe's file: red, green, blue (or grey) and alpha if there is any, 8
// bits each.
inline std::vector<int> ExpectedPixel(const PngRecipe& recipe, uint32_t x, uint32_t y) {
  if (recipe.colour_type == PNG_COLOR_TYPE_PALETTE) {
    const uint32_t index = PngSample(recipe, x, y, 0);
    const png_color entry = PaletteEntry(index);
    std::vector<int> pixel = {entry.red, entry.green, entry.blue};
    if (recipe.transparency) pixel.push_back(index < 16 ? PaletteAlpha(index) : 255);
    return pixel;
  }
  std::vector<int> pixel;
  bool transparent = recipe.transparency;
  const uint32_t most = (1u << recipe.depth) - 1;
  for (uint32_t c = 0; c < PngChannels(recipe.colour_type); c++) {
    const uint32_t value = PngSample(recipe, x, y, c);
    if (value != PngSample(recipe, 0, 0, c)) transparent = false;
    pixel.push_back(static_cast<int>((value * 255 + most / 2) / most));
  }
  if (recipe.transparency) pixel.push_back(transparent ? 0 : 255);
  return pixel;
}

// A TIFF structure with an orientation and, for tests of what is kept, a GPS pointer.
inline File MakeExif(int orientation, bool big_endian) {
  const auto u16 = [&](File& f, uint32_t v) {
    const uint8_t low = static_cast<uint8_t>(v), high = static_cast<uint8_t>(v >> 8);
    f.insert(f.end(), {big_endian ? high : low, big_endian ? low : high});
  };
  const auto u32 = [&](File& f, uint32_t v) {
    u16(f, big_endian ? v >> 16 : v & 0xFFFF);
    u16(f, big_endian ? v & 0xFFFF : v >> 16);
  };
  File exif = {static_cast<uint8_t>(big_endian ? 'M' : 'I'), static_cast<uint8_t>(big_endian ? 'M' : 'I')};
  u16(exif, 42);
  u32(exif, 8);
  u16(exif, 2);
  u16(exif, 0x0112), u16(exif, 3), u32(exif, 1), u16(exif, static_cast<uint32_t>(orientation)), u16(exif, 0);
  u16(exif, 0x8825), u16(exif, 4), u32(exif, 1), u32(exif, 38);
  u32(exif, 0);
  u16(exif, 0), u32(exif, 0);
  return exif;
}

struct JpegRecipe {
  uint32_t width = 33;
  uint32_t height = 17;
  J_COLOR_SPACE in = JCS_RGB;
  J_COLOR_SPACE stored = JCS_YCbCr;
  int quality = 95;
  bool progressive = false;
  bool arithmetic = false;
  File icc;
  File exif;
  std::string xmp;
  bool adobe = true;
};

// `rows`: samples of `in`, without gaps.
inline File MakeJpeg(const JpegRecipe& recipe, const File& rows) {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = recipe.width;
  info.image_height = recipe.height;
  info.input_components = recipe.in == JCS_GRAYSCALE ? 1 : recipe.in == JCS_CMYK ? 4 : 3;
  info.in_color_space = recipe.in;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, recipe.stored);
  jpeg_set_quality(&info, recipe.quality, TRUE);
  for (int c = 0; c < info.num_components; c++) info.comp_info[c].h_samp_factor = info.comp_info[c].v_samp_factor = 1;
  if (recipe.progressive) jpeg_simple_progression(&info);
  info.arith_code = recipe.arithmetic;
  if (!recipe.adobe) info.write_Adobe_marker = FALSE;
  jpeg_start_compress(&info, TRUE);
  const auto write_app1 = [&](std::string payload) {
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(payload.data()),
                      static_cast<unsigned>(payload.size()));
  };
  if (!recipe.exif.empty())
    write_app1(std::string("Exif\0\0", 6) + std::string(recipe.exif.begin(), recipe.exif.end()));
  if (!recipe.xmp.empty()) write_app1(std::string("http://ns.adobe.com/xap/1.0/\0", 29) + recipe.xmp);
  if (!recipe.icc.empty()) jpeg_write_icc_profile(&info, recipe.icc.data(), static_cast<unsigned>(recipe.icc.size()));
  for (uint32_t y = 0; y < recipe.height; y++) {
    auto* row =
        const_cast<JSAMPROW>(rows.data() + size_t{y} * recipe.width * static_cast<uint32_t>(info.input_components));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  File file(bytes, bytes + size);
  std::free(bytes);
  jpeg_destroy_compress(&info);
  return file;
}

// Where the pixel at (x, y) of the stored rows is seen, from the definitions in Exif: which side of the shown picture
// the first row and the first column are.
struct Place {
  uint32_t x, y;
};
inline Place Shown(int orientation, uint32_t x, uint32_t y, uint32_t shown_width, uint32_t shown_height) {
  static constexpr const char* kFirstRowAndColumn[] = {"tl", "tr", "br", "bl", "lt", "rt", "rb", "lb"};
  Place place = {0, 0};
  const auto put = [&](char side, uint32_t distance) {
    if (side == 't') place.y = distance;
    if (side == 'b') place.y = shown_height - 1 - distance;
    if (side == 'l') place.x = distance;
    if (side == 'r') place.x = shown_width - 1 - distance;
  };
  put(kFirstRowAndColumn[orientation - 1][0], y);
  put(kFirstRowAndColumn[orientation - 1][1], x);
  return place;
}

}  // namespace lic::test
