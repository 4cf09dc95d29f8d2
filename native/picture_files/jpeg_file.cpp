// Reads JPEG files, baseline and progressive, of grey, YCbCr, RGB, CMYK and YCCK. Uses libjpeg-turbo.
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>

#include <jerror.h>

#include "native/picture_files/image_file.h"
#include "native/picture_files/jpeg_parts.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

// A hostile progressive file may ask for the work of thousands of scans with a few bytes each. Others have fewer than
// this.
constexpr int kMaxScans = 500;

// Arithmetic coders leave out zeros at the end of their data, so that a decoder that meets the end goes on with zeros.
// It reads two bytes ahead. Where it needs more than this of a file that has no EOI, data are missing.
constexpr int kMostZeros = 4;

// libjpeg's error handler, what its source has done, and where it jumps to.
struct ReaderState {
  jpeg_error_mgr manager;  // first: libjpeg hands out a pointer to it
  jmp_buf jump;
  Failure failure;
  Faults* faults = nullptr;
  size_t file_bytes = 0;
  bool at_end = false;  // the bytes of the file are used up
  int zeros = 0;        // how many were added for an arithmetic decoder
  bool lacks_data = false;
};

size_t Position(j_common_ptr info) {
  const auto* state = reinterpret_cast<const ReaderState*>(info->err);
  if (state->at_end) return state->file_bytes;
  const auto* source = reinterpret_cast<j_decompress_ptr>(info)->src;
  const size_t left = source ? source->bytes_in_buffer : 0;
  return state->file_bytes - std::min(left, state->file_bytes);
}

Failure FailureOf(j_common_ptr info, Error error) {
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  return Fail(error, "%s (before byte %zu)", message, Position(info));
}

[[noreturn]] void Jump(j_common_ptr info, const Failure& failure) {
  auto* state = reinterpret_cast<ReaderState*>(info->err);
  state->failure = failure;
  longjmp(state->jump, 1);
}

[[noreturn]] void OnError(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
      Jump(info, FailureOf(info, Error::kOutOfMemory));
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
      Jump(info, FailureOf(info, Error::kUnsupportedImage));
    default:
      Jump(info, FailureOf(info, Error::kBadImage));
  }
}

// libjpeg goes on after damage and makes up pixels. Some of its warnings are about what no pixel suffers from.
void OnMessage(j_common_ptr info, int level) {
  if (level >= 0) return;
  auto* state = reinterpret_cast<ReaderState*>(info->err);
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      state->faults->Warn(FailureOf(info, Error::kBadImage).what);
      return;
    default:
      if (!state->faults->LosePixels(FailureOf(info, Error::kBadImage)).ok())
        Jump(info, FailureOf(info, Error::kBadImage));
  }
}

// Goes on behind the end of the file: with EOI, after the zeros that an arithmetic decoder may need.
boolean OnEnd(j_decompress_ptr info) {
  static constexpr JOCTET kZero[] = {0}, kEoi[] = {0xFF, JPEG_EOI};
  auto* state = reinterpret_cast<ReaderState*>(info->err);
  state->at_end = true;
  const bool is_in_scan = info->input_scan_number > 0 && info->input_iMCU_row < info->total_iMCU_rows;
  const bool takes_zeros = info->arith_code && is_in_scan;
  if (takes_zeros && state->zeros < kMostZeros) {
    ++state->zeros;
    info->src->next_input_byte = kZero;
    info->src->bytes_in_buffer = sizeof(kZero);
    return TRUE;
  }
  state->lacks_data |= takes_zeros;
  info->src->next_input_byte = kEoi;
  info->src->bytes_in_buffer = sizeof(kEoi);
  return TRUE;
}

void OnProgress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  auto* state = reinterpret_cast<ReaderState*>(info->err);
  state->failure = Fail(Error::kUnsupportedImage, "the file has more than %d scans, the most that are read", kMaxScans);
  longjmp(state->jump, 1);
}

// A JPEG being read. Calls of libjpeg go through Guarded, which catches its jumps. What is called there must have no
// destructors to run, because a jump leaves them out.
class JpegReader {
 public:
  explicit JpegReader(Faults* faults) {
    state_.faults = faults;
    info_.err = jpeg_std_error(&state_.manager);
    state_.manager.error_exit = OnError;
    state_.manager.emit_message = OnMessage;
    progress_.progress_monitor = OnProgress;
  }
  JpegReader(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  Status ReadHeader(Bytes file) {
    state_.file_bytes = file.size();
    return Guarded([&] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, file.data(), static_cast<unsigned long>(file.size()));
      info_.src->fill_input_buffer = OnEnd;
      jpeg_read_header(&info_, TRUE);
    });
  }

  Status Start() {
    switch (info_.jpeg_color_space) {
      case JCS_GRAYSCALE:
        info_.out_color_space = JCS_GRAYSCALE;
        break;
      case JCS_CMYK:
      case JCS_YCCK:
        info_.out_color_space = JCS_CMYK;
        break;
      case JCS_RGB:
      case JCS_YCbCr:
        info_.out_color_space = JCS_RGB;
        break;
      default:
        return Fail(Error::kUnsupportedImage, "the %d components are neither grey, RGB, YCbCr, CMYK nor YCCK",
                    info_.num_components);
    }
    return Guarded([&] { jpeg_start_decompress(&info_); });
  }

  Samples samples() const {
    if (info_.out_color_space == JCS_GRAYSCALE) return Samples::kGrey;
    if (info_.out_color_space == JCS_RGB) return Samples::kRgb;
    return Samples::kCmykInverted;  // as Adobe writes them, and as other readers take them without its marker too
  }

  Status ReadRow(uint8_t* row) {
    return Guarded([&] { jpeg_read_scanlines(&info_, &row, 1); });
  }
  Status Finish() {
    return Guarded([&] { jpeg_finish_decompress(&info_); });
  }

  // Whether every coefficient has come in full, as far as the scans say. Asked of files without EOI.
  bool has_all_data() const {
    if (state_.lacks_data) return false;
    for (int c = 0; info_.progressive_mode && info_.coef_bits && c < info_.num_components; ++c) {
      const int* bits = info_.coef_bits[c];  // how many low bits are missing, -1: all
      if (std::any_of(bits, bits + DCTSIZE2, [](int missing) { return missing != 0; })) return false;
    }
    return true;
  }

  const jpeg_decompress_struct& info() const { return info_; }

 private:
  template <class Call>
  Status Guarded(Call call) {
    if (setjmp(state_.jump)) return state_.failure;
    call();
    return {};
  }

  jpeg_decompress_struct info_ = {};
  jpeg_progress_mgr progress_ = {};
  ReaderState state_ = {};
};

}  // namespace

bool IsJpeg(Bytes file) { return file.size() >= 3 && file[0] == 0xFF && file[1] == 0xD8 && file[2] == 0xFF; }

namespace {

// Says what a file without EOI, or without a scan, lacks.
Status CheckEnd(const JpegReader& reader, const JpegParts& parts, Faults& faults) {
  if (!parts.has_all_components)
    return faults.LosePixels(Fail(Error::kBadImage, "no scan holds all of the picture's components"));
  if (parts.has_eoi || faults.lost_pixels()) return {};
  if (!reader.has_all_data())
    return faults.LosePixels(Fail(Error::kBadImage, "the file ends at byte %zu, before all of the picture", parts.end));
  faults.Warn("the marker EOI is missing behind the picture");
  return {};
}

// Reads the rows and what follows them. Rows that damage takes away are black.
Status ReadRows(JpegReader& reader, const JpegParts& parts, const PictureHeader& header, PictureBuilder& builder,
                Faults& faults) {
  LIC_TRY(Buffer<uint8_t> row, Buffer<uint8_t>::Create(header.row_bytes()));
  for (uint32_t y = 0; y < header.height; y++) {
    const Status status = reader.ReadRow(row.data());
    if (!status.ok()) {
      if (y == 0) return status;
      LIC_CHECK(faults.LosePixels(status.failure()));
      std::fill(row.begin(), row.end(), uint8_t{0});
      for (; y < header.height; y++) builder.PutRow(y, row.data());
      return {};
    }
    builder.PutRow(y, row.data());
  }
  LIC_CHECK(CheckEnd(reader, parts, faults));
  const Status status = reader.Finish();
  if (status.error() != Error::kBadImage) return status;
  faults.Warn(std::string("behind the pixels: ") + status.failure().what);
  return {};
}

}  // namespace

Result<PictureFile> ReadJpeg(Bytes file, const ReadOptions& options, Faults& faults) {
  static constexpr uint8_t kExif[] = {'E', 'x', 'i', 'f', 0, 0};
  static constexpr char kXmp[] = "http://ns.adobe.com/xap/1.0/";  // with its zero
  const JpegParts parts = FindJpegParts(file);
  JpegReader reader(&faults);
  LIC_CHECK(reader.ReadHeader(file.first(parts.end)));
  PictureHeader header;
  header.width = reader.info().image_width;
  header.height = reader.info().image_height;
  LIC_CHECK(CheckSize(header.width, header.height));
  LIC_TRY(const Buffer<uint8_t> icc, JoinIcc(parts, faults));
  LIC_CHECK(reader.Start());
  header.samples = reader.samples();
  header.icc = icc;
  header.exif = FindSegment(parts, 1, kExif);
  LIC_TRY(PictureBuilder builder, PictureBuilder::Create(header, options, faults));
  if (options.keep_xmp)
    LIC_CHECK(builder.SetXmp(FindSegment(parts, 1, {reinterpret_cast<const uint8_t*>(kXmp), sizeof(kXmp)})));
  WarnOfMetadata(parts, options.keep_exif, options.keep_xmp, faults);
  LIC_CHECK(ReadRows(reader, parts, header, builder, faults));
  WarnOfDropped(file, parts, faults);
  return std::move(builder).Take();
}

}  // namespace lic::native
