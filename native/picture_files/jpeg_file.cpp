// Reads JPEG files, baseline and progressive, of grey, YCbCr, RGB, CMYK and YCCK. Uses libjpeg-turbo.
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>

#include <jerror.h>

#include "native/picture_files/image_file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

// A hostile progressive file may ask for the work of thousands of scans with a few bytes each. Others have fewer than
// this.
constexpr int kMaxScans = 500;

// libjpeg's error handler, and where it jumps to.
struct ErrorState {
  jpeg_error_mgr manager;  // first: libjpeg hands out a pointer to it
  jmp_buf jump;
  Failure failure;
  size_t file_bytes = 0;
};

size_t Position(j_common_ptr info) {
  const auto* source = reinterpret_cast<j_decompress_ptr>(info)->src;
  const size_t left = source ? source->bytes_in_buffer : 0;
  const auto* state = reinterpret_cast<const ErrorState*>(info->err);
  return state->file_bytes - std::min(left, state->file_bytes);
}

[[noreturn]] void Jump(j_common_ptr info, Error error) {
  auto* state = reinterpret_cast<ErrorState*>(info->err);
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  state->failure = Fail(error, "%s (before byte %zu)", message, Position(info));
  longjmp(state->jump, 1);
}

[[noreturn]] void OnError(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
      Jump(info, Error::kOutOfMemory);
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
      Jump(info, Error::kUnsupportedImage);
    default:
      Jump(info, Error::kBadImage);
  }
}

// libjpeg goes on after damage and makes up pixels. Here damage is an error, apart from the kinds that no pixel suffers
// from.
void OnMessage(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
      return;
    default:
      Jump(info, Error::kBadImage);
  }
}

void OnProgress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  auto* state = reinterpret_cast<ErrorState*>(info->err);
  state->failure = Fail(Error::kUnsupportedImage, "the file has more than %d scans, the most that are read", kMaxScans);
  longjmp(state->jump, 1);
}

// A JPEG being read. Calls of libjpeg go through Guarded, which catches its jumps. What is called there must have no
// destructors to run, because a jump leaves them out.
class JpegReader {
 public:
  JpegReader() {
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
      jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
      jpeg_save_markers(&info_, JPEG_APP0 + 2, 0xFFFF);
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
    return info_.saw_Adobe_marker ? Samples::kCmykInverted : Samples::kCmyk;
  }

  Status ReadRow(uint8_t* row) {
    return Guarded([&] { jpeg_read_scanlines(&info_, &row, 1); });
  }
  Status Finish() {
    return Guarded([&] { jpeg_finish_decompress(&info_); });
  }

  // Finds the payload of the first APP1 that begins with `signature`, whose final zero counts.
  Bytes FindApp1(const char* signature, size_t length) const {
    for (const jpeg_marker_struct* marker = info_.marker_list; marker; marker = marker->next) {
      if (marker->marker != JPEG_APP0 + 1 || marker->data_length <= length) continue;
      if (std::memcmp(marker->data, signature, length) == 0)
        return {marker->data + length, marker->data_length - length};
    }
    return {};
  }

  // Joins the profile from its APP2 pieces. It is empty if there is none, or if it is damaged.
  Result<Buffer<uint8_t>> ReadIcc() {
    JOCTET* joined = nullptr;
    unsigned int length = 0;
    LIC_CHECK(Guarded([&] { jpeg_read_icc_profile(&info_, &joined, &length); }));
    const std::unique_ptr<JOCTET, void (*)(void*)> owner(joined, std::free);
    LIC_TRY(Buffer<uint8_t> icc, Buffer<uint8_t>::Create(length));
    if (length) std::memcpy(icc.data(), joined, length);
    return icc;
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
  ErrorState state_ = {};
};

}  // namespace

bool IsJpeg(Bytes file) { return file.size() >= 3 && file[0] == 0xFF && file[1] == 0xD8 && file[2] == 0xFF; }

Result<PictureFile> ReadJpeg(Bytes file, const ReadOptions& options) {
  static constexpr char kExif[] = "Exif\0", kXmp[] = "http://ns.adobe.com/xap/1.0/";
  JpegReader reader;
  LIC_CHECK(reader.ReadHeader(file));
  PictureHeader header;
  header.width = reader.info().image_width;
  header.height = reader.info().image_height;
  LIC_CHECK(CheckSize(header.width, header.height));
  LIC_TRY(const Buffer<uint8_t> icc, reader.ReadIcc());
  LIC_CHECK(reader.Start());
  header.samples = reader.samples();
  header.icc = icc;
  header.exif = reader.FindApp1(kExif, sizeof(kExif));
  LIC_TRY(PictureBuilder builder, PictureBuilder::Create(header, options));
  if (options.keep_xmp) LIC_CHECK(builder.SetXmp(reader.FindApp1(kXmp, sizeof(kXmp))));

  LIC_TRY(Buffer<uint8_t> row, Buffer<uint8_t>::Create(header.row_bytes()));
  for (uint32_t y = 0; y < header.height; y++) {
    LIC_CHECK(reader.ReadRow(row.data()));
    builder.PutRow(y, row.data());
  }
  LIC_CHECK(reader.Finish());
  return std::move(builder).Take();
}

}  // namespace lic::native
