// Reads PNG files of every colour type, depth and interlace, and writes them with 8 bits and metadata. Uses libpng.
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>

#include "native/picture_files/exif.h"
#include "native/picture_files/image_file.h"
#include "native/picture_files/png_chunks.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

constexpr char kXmpKeyword[] = "XML:com.adobe.xmp", kSoftwareKeyword[] = "Software";
constexpr size_t kMaxChunkBytes = size_t{64} << 20;

// ---- What reading and writing share -----------------------------------------------------------------------

// What libpng hands back to the callbacks: what to read, where to write, and where errors go.
struct PngState {
  Bytes file;
  size_t position = 0;
  OutputFile* out = nullptr;
  bool out_of_memory = false;
  jmp_buf jump;
  Failure failure;
  Faults* faults = nullptr;
};

PngState& StateOf(png_structp png) { return *static_cast<PngState*>(png_get_error_ptr(png)); }

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  PngState& state = StateOf(png);
  if (state.failure.error == Error::kNone) {
    const Error error = state.out_of_memory ? Error::kOutOfMemory : state.out ? Error::kInternal : Error::kBadImage;
    state.failure =
        state.out ? Fail(error, "%s", message) : Fail(error, "%s (before byte %zu)", message, state.position);
  }
  longjmp(state.jump, 1);
}

void OnWarning(png_structp png, png_const_charp message) { StateOf(png).faults->Warn(message); }

png_voidp OnAllocate(png_structp png, png_alloc_size_t size) {
  void* memory = std::malloc(size);
  if (!memory) static_cast<PngState*>(png_get_mem_ptr(png))->out_of_memory = true;
  return memory;
}

void OnRelease(png_structp, png_voidp memory) { std::free(memory); }

// Calls libpng and catches its jumps. What is called must have no destructors to run, since a jump leaves them out.
template <class Call>
Status Guarded(PngState& state, Call call) {
  if (setjmp(state.jump)) return state.failure;
  call();
  return {};
}

// ---- Reading ----------------------------------------------------------------------------------------------

void OnRead(png_structp png, png_bytep to, size_t count) {
  PngState& state = StateOf(png);
  if (state.file.size() - state.position < count) {
    state.position = state.file.size();
    png_error(png, "the file is cut off");
  }
  std::memcpy(to, state.file.data() + state.position, count);
  state.position += count;
  // libpng asks for many bytes of pixels at a time, and would not get the last ones of a file that is cut off.
  const size_t left = state.file.size() - state.position;
  const bool is_head_of_pixels = count == 8 && std::memcmp(to + 4, "IDAT", 4) == 0;
  if (is_head_of_pixels && png_get_uint_32(to) > left) png_save_uint_32(to, static_cast<png_uint_32>(left));
}

// A PNG being read.
class PngReader {
 public:
  PngReader(Bytes file, Faults* faults) {
    state_.file = file;
    state_.faults = faults;
    png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &state_, OnError, OnWarning, &state_, OnAllocate, OnRelease);
    if (png_) info_ = png_create_info_struct(png_);
  }
  PngReader(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  Status ReadHeader() {
    if (!info_) return Fail(Error::kOutOfMemory, "no memory for libpng");
    return Guarded(state_, [&] {
      png_set_read_fn(png_, &state_, OnRead);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // CheckSize has the better message
      png_set_chunk_malloc_max(png_, kMaxChunkBytes);
      // Profiles are judged by what they do, not by libpng's list.
      png_set_option(png_, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
      // libpng 1.6.39 would take as much memory for eXIf as the chunk says to have. FindExif finds it.
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, reinterpret_cast<png_const_bytep>("eXIf"), 1);
      // A wrong checksum of pixels is damage. A lenient reader takes what it gets of them.
      if (state_.faults->lenient()) png_set_crc_action(png_, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
      png_read_info(png_, info_);
    });
  }

  // Makes libpng deliver 8 or 16-bit samples of one of the four kinds.
  Status Start() {
    return Guarded(state_, [&] {
      png_set_expand(png_);  // palette, low depths, tRNS
      if (sixteen_bit()) png_set_swap(png_);
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
  }

  // Hands the rows to `put` in order. An interlaced picture is known only as a whole, so that all its rows are kept.
  // Rows that damage takes away are black and transparent.
  template <class Put>
  Status ReadRows(uint32_t height, size_t row_bytes, Put put) {
    const bool whole = passes_ > 1;
    LIC_TRY(Buffer<uint8_t> rows, Buffer<uint8_t>::Create(row_bytes * (whole ? height : 1)));
    std::fill(rows.begin(), rows.end(), uint8_t{0});
    const auto row = [&](uint32_t y) { return rows.data() + (whole ? y : 0) * row_bytes; };
    uint32_t next = 0;  // the first row that has not been put
    const Status status = Guarded(state_, [&] {
      for (int pass = 0; pass < passes_; pass++) {
        for (uint32_t y = 0; y < height; y++) {
          png_read_row(png_, row(y), nullptr);
          if (whole) continue;
          put(y, row(y));
          next = y + 1;
        }
      }
    });
    if (!status.ok()) {
      const bool is_first_row = png_get_current_pass_number(png_) == 0 && png_get_current_row_number(png_) == 0;
      if (has_all_pixels(height)) {
        LIC_CHECK(BehindPixels(status));
      } else if (is_first_row) {
        return status;
      } else {
        LIC_CHECK(state_.faults->LosePixels(status.failure()));
        if (!whole) std::fill(rows.begin(), rows.end(), uint8_t{0});
      }
    }
    for (; next < height; next++) put(next, row(next));
    return status.ok() ? BehindPixels(Guarded(state_, [&] { png_read_end(png_, info_); })) : Status();
  }

  // The most specific description of the colours decides, in the order of the PNG specification. One that is not
  // understood gives way to the next.
  Status ReadColours(PictureHeader& header) const {
    LIC_TRY(const bool is_known, ReadCicp(header));
    if (is_known) return {};
    png_charp name;
    png_bytep icc;
    png_uint_32 length;
    int compression;
    if (png_get_iCCP(png_, info_, &name, &compression, &icc, &length)) {
      header.icc = {icc, length};
      return {};
    }
    if (png_get_valid(png_, info_, PNG_INFO_sRGB)) return {};
    return ReadGamma(header);
  }

  // Finds the text of the XMP chunk, which may come before or after the pixels.
  Bytes FindXmp() const {
    png_textp texts = nullptr;
    const int count = png_get_text(png_, info_, &texts, nullptr);
    for (int i = 0; i < count; i++) {
      const png_text& text = texts[i];
      if (std::strcmp(text.key, kXmpKeyword) != 0) continue;
      const size_t length = text.compression >= PNG_ITXT_COMPRESSION_NONE ? text.itxt_length : text.text_length;
      return {reinterpret_cast<const uint8_t*>(text.text), length};
    }
    return {};
  }

  uint32_t width() const { return png_get_image_width(png_, info_); }
  uint32_t height() const { return png_get_image_height(png_, info_); }
  bool sixteen_bit() const { return png_get_bit_depth(png_, info_) == 16; }
  size_t row_bytes() const { return png_get_rowbytes(png_, info_); }
  Samples samples() const {
    const int type = png_get_color_type(png_, info_);
    const bool alpha = type & PNG_COLOR_MASK_ALPHA || png_get_valid(png_, info_, PNG_INFO_tRNS);
    if (type & PNG_COLOR_MASK_COLOR) return alpha ? Samples::kRgbAlpha : Samples::kRgb;
    return alpha ? Samples::kGreyAlpha : Samples::kGrey;
  }

 private:
  // Whether all rows have been taken, whatever went wrong afterwards.
  bool has_all_pixels(uint32_t height) const {
    constexpr int kPasses = 7;
    if (passes_ > 1) return png_get_current_pass_number(png_) >= kPasses;
    return png_get_current_row_number(png_) >= height;
  }

  // Damage behind the pixels costs none of them.
  Status BehindPixels(const Status& status) const {
    if (status.error() != Error::kBadImage) return status;
    state_.faults->Warn(std::string("behind the pixels: ") + status.failure().what);
    return {};
  }

  bool has_other_colours() const {
    return png_get_valid(png_, info_, PNG_INFO_iCCP | PNG_INFO_sRGB | PNG_INFO_gAMA | PNG_INFO_cHRM) != 0;
  }

  // Whether there is a cICP that is understood. A curve of high dynamic range shown as sRGB would be another picture,
  // so that it gives way to another description only.
  Result<bool> ReadCicp(PictureHeader& header) const {
    const std::optional<PngChunk> cicp = FindChunk(state_.file, "cICP");
    if (!cicp) return false;
    Faults& faults = *state_.faults;
    if (!cicp->is_before_pixels || !cicp->is_whole || cicp->payload.size() != 4) {
      faults.Warn(!cicp->is_before_pixels ? "cICP stands behind the pixels and is not used"
                                          : "cICP is damaged and is not used");
      return false;
    }
    Result<ColourProfile> profile = ProfileOfCicp(cicp->payload, IsGrey(header.samples));
    if (profile.ok()) {
      header.profile = std::move(profile).value();
      return true;
    }
    if (IsHighRange(cicp->payload) && !has_other_colours() && !faults.lenient()) return profile.failure();
    faults.Warn(std::string(profile.failure().what) + "; the next description of the colours counts");
    return false;
  }

  Status ReadGamma(PictureHeader& header) const {
    Primaries primaries = kSrgbPrimaries;
    const bool has_primaries =
        png_get_cHRM(png_, info_, &primaries.white[0], &primaries.white[1], &primaries.red[0], &primaries.red[1],
                     &primaries.green[0], &primaries.green[1], &primaries.blue[0], &primaries.blue[1]);
    double file_gamma = 0;
    const bool has_gamma = png_get_gAMA(png_, info_, &file_gamma);
    if (!has_primaries && !has_gamma) return {};
    // 1/2.2 is how the chunk writes sRGB's curve.
    constexpr double kSrgbGamma = 0.45455, kTolerance = 0.005;
    Transfer transfer;
    if (has_gamma && std::abs(file_gamma - kSrgbGamma) > kTolerance) transfer = {Transfer::kPower, 1 / file_gamma};
    Result<ColourProfile> profile = ColourProfile::FromPrimaries(primaries, transfer, IsGrey(header.samples));
    if (profile.ok()) {
      header.profile = std::move(profile).value();
    } else {
      state_.faults->Warn(std::string(profile.failure().what) + "; taken as sRGB");
    }
    return {};
  }

  PngState state_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
};

// ---- Writing ----------------------------------------------------------------------------------------------

void OnWrite(png_structp png, png_bytep from, size_t count) {
  PngState& state = StateOf(png);
  const Status status = state.out->Write({from, count});
  if (status.ok()) return;
  state.failure = status.failure();
  png_error(png, "");
}

void OnFlush(png_structp) {}

}  // namespace

namespace {

// Finds Exif, which may stand behind the pixels. There its orientation does not count, as browsers have it.
void FindExif(Bytes file, PictureHeader& header, Faults& faults) {
  const std::optional<PngChunk> exif = FindChunk(file, "eXIf");
  if (!exif || !exif->is_whole) return;  // libpng warns of a wrong checksum
  header.exif = exif->payload;
  header.exif_turns = exif->is_before_pixels;
  if (!header.exif_turns && ReadOrientation(header.exif) != kUpright)
    faults.Warn("eXIf stands behind the pixels, so that they are not turned as it says");
}

// Warns of what the file holds besides the picture.
void WarnOfDropped(Bytes file, Faults& faults) {
  const std::optional<PngChunk> animation = FindChunk(file, "acTL");
  if (animation && animation->payload.size() == 8) {
    const uint32_t frames = png_get_uint_32(animation->payload.data());
    if (frames > 1)
      faults.Warn("the animation of " + std::to_string(frames) + " frames is dropped; its still picture is read");
  }
  const size_t end = EndOfChunks(file);
  if (end < file.size()) faults.Warn(std::to_string(file.size() - end) + " bytes behind the picture are not read");
}

}  // namespace

bool IsPng(Bytes file) { return file.size() >= 8 && png_sig_cmp(file.data(), 0, 8) == 0; }

Result<PictureFile> ReadPng(Bytes file, const ReadOptions& options, Faults& faults) {
  PngReader reader(file, &faults);
  LIC_CHECK(reader.ReadHeader());
  PictureHeader header;
  header.width = reader.width();
  header.height = reader.height();
  header.samples = reader.samples();
  header.sixteen_bit = reader.sixteen_bit();
  LIC_CHECK(CheckSize(header.width, header.height));
  // zlib makes at most 1032 bytes of one, and a pixel takes a bit at least.
  if (uint64_t{header.width} * header.height / 8 / 1032 > file.size()) {
    return Fail(Error::kBadImage, "%u x %u pixels cannot come out of %zu bytes", header.width, header.height,
                file.size());
  }
  FindExif(file, header, faults);
  LIC_CHECK(reader.ReadColours(header));
  LIC_CHECK(reader.Start());
  if (reader.row_bytes() != header.row_bytes()) return Fail(Error::kInternal, "libpng delivers rows of another kind");
  LIC_TRY(PictureBuilder builder, PictureBuilder::Create(header, options, faults));
  LIC_CHECK(reader.ReadRows(header.height, header.row_bytes(),
                            [&](uint32_t y, const uint8_t* row) { builder.PutRow(y, row); }));
  if (options.keep_xmp) LIC_CHECK(builder.SetXmp(reader.FindXmp()));
  WarnOfDropped(file, faults);
  return std::move(builder).Take();
}

bool IsPngBy(const std::string& software, Bytes file) {
  if (!IsPng(file)) return false;
  const std::optional<PngChunk> chunk = FindChunk(file, "tEXt");  // WritePng writes no other
  const Bytes found = chunk && chunk->is_whole ? chunk->payload : Bytes();
  const std::string text = kSoftwareKeyword + std::string(1, '\0') + software;
  return std::equal(found.begin(), found.end(), text.begin(), text.end(),
                    [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
}

Status WritePng(const PictureView& picture, const Metadata& metadata, OutputFile& out,
                std::vector<std::string>& warnings, const std::string& software) {
  static constexpr int kColourTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                         PNG_COLOR_TYPE_RGB_ALPHA};
  Faults faults(false);
  PngState state;
  state.out = &out;
  state.faults = &faults;
  png_structp png =
      png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &state, OnError, OnWarning, &state, OnAllocate, OnRelease);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info) {
    png_destroy_write_struct(&png, nullptr);
    return Fail(Error::kOutOfMemory, "no memory for libpng");
  }
  // libpng takes text up to its first zero, and a span has none at its end: so it gets strings.
  std::string xmp(metadata.xmp.begin(), metadata.xmp.end()), maker = software;
  std::string xmp_keyword = kXmpKeyword, software_keyword = kSoftwareKeyword;
  char profile_name[] = "ICC profile", empty[] = "";
  png_text text = {}, maker_text = {};
  text.compression = PNG_ITXT_COMPRESSION_NONE;
  text.key = xmp_keyword.data();
  text.text = xmp.data();
  text.lang = empty;
  text.lang_key = empty;
  maker_text.compression = PNG_TEXT_COMPRESSION_NONE;
  maker_text.key = software_keyword.data();
  maker_text.text = maker.data();
  const Status status = Guarded(state, [&] {
    png_set_write_fn(png, &state, OnWrite, OnFlush);
    png_set_benign_errors(png, 1);
    png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
    png_set_IHDR(png, info, picture.width, picture.height, 8, kColourTypes[picture.channels - 1], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    // Against zlib's default, decoded photos take a third of the time and between 9 % fewer and 9 % more bytes.
    png_set_compression_level(png, 3);
    if (metadata.icc.empty()) {
      png_set_sRGB(png, info, PNG_sRGB_INTENT_RELATIVE);
    } else {
      png_set_iCCP(png, info, profile_name, PNG_COMPRESSION_TYPE_BASE, metadata.icc.data(),
                   static_cast<png_uint_32>(metadata.icc.size()));
    }
    // libpng does not write to it; only the const is missing.
    if (!metadata.exif.empty()) {
      png_set_eXIf_1(png, info, static_cast<png_uint_32>(metadata.exif.size()),
                     const_cast<png_bytep>(metadata.exif.data()));
    }
    if (!software.empty()) png_set_text(png, info, &maker_text, 1);
    if (!metadata.xmp.empty()) png_set_text(png, info, &text, 1);
    png_write_info(png, info);
    for (uint32_t y = 0; y < picture.height; y++) png_write_row(png, picture.pixels + y * picture.stride);
    png_write_end(png, nullptr);  // with the info libpng would write eXIf again
  });
  png_destroy_write_struct(&png, &info);
  for (std::string& warning : std::move(faults).TakeWarnings()) warnings.push_back(std::move(warning));
  return status;
}

}  // namespace lic::native
