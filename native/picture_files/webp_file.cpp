// Reads WebP files, lossy and lossless. Uses libwebp.
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "native/picture_files/image_file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

struct Deleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
  void operator()(WebPIDecoder* decoder) const { WebPIDelete(decoder); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, Deleter>;
using RowDecoder = std::unique_ptr<WebPIDecoder, Deleter>;

// Of a RIFF file: its magic, the bytes that follow, and the type.
constexpr size_t kRiffHeadBytes = 12;

uint64_t StatedBytes(Bytes file) {
  const uint32_t rest = file[4] | file[5] << 8 | file[6] << 16 | static_cast<uint32_t>(file[7]) << 24;
  return uint64_t{rest} + 8 + (rest & 1);
}

// The payload of the first chunk of that name. It points into the file.
Bytes FindChunk(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator found = {};
  Bytes payload;
  if (WebPDemuxGetChunk(demuxer, name, 1, &found)) payload = {found.chunk.bytes, found.chunk.size};
  WebPDemuxReleaseChunkIterator(&found);
  return payload;
}

// Some writers put JPEG's signature before the TIFF structure.
Bytes FindExif(const WebPDemuxer* demuxer) {
  constexpr uint8_t kSignature[] = {'E', 'x', 'i', 'f', 0, 0};
  const Bytes exif = FindChunk(demuxer, "EXIF");
  const bool has_signature =
      exif.size() > sizeof(kSignature) && std::memcmp(exif.data(), kSignature, sizeof(kSignature)) == 0;
  return has_signature ? exif.subspan(sizeof(kSignature)) : exif;
}

// The coded picture, or the first of an animation, with the chunk of its alpha.
struct Frame {
  Bytes bytes;
  uint32_t width = 0, height = 0, left = 0, top = 0;
  bool has_alpha = false;
};

Result<Frame> FindFrame(const WebPDemuxer* demuxer, Bytes file) {
  WebPIterator first = {};
  Frame frame;
  if (WebPDemuxGetFrame(demuxer, 1, &first)) {
    frame.bytes = {first.fragment.bytes, first.fragment.size};
    frame.width = static_cast<uint32_t>(first.width);
    frame.height = static_cast<uint32_t>(first.height);
    frame.left = static_cast<uint32_t>(first.x_offset);
    frame.top = static_cast<uint32_t>(first.y_offset);
    frame.has_alpha = first.has_alpha != 0;
  }
  WebPDemuxReleaseIterator(&first);
  if (frame.bytes.empty()) return Fail(Error::kBadImage, "the %zu bytes of the file hold no picture", file.size());
  return frame;
}

// The pixels of a frame, and how many rows of it are there.
struct Pixels {
  Buffer<uint8_t> bytes;
  uint32_t rows = 0;
};

Result<Pixels> Decode(const Frame& frame, size_t channels, Faults& faults) {
  const size_t stride = frame.width * channels;
  Pixels pixels;
  LIC_TRY(pixels.bytes, Buffer<uint8_t>::Create(stride * frame.height));
  std::fill(pixels.bytes.begin(), pixels.bytes.end(), uint8_t{0});
  const RowDecoder decoder(WebPINewRGB(channels == 4 ? MODE_RGBA : MODE_RGB, pixels.bytes.data(), pixels.bytes.size(),
                                       static_cast<int>(stride)));
  if (!decoder) return Fail(Error::kOutOfMemory, "the decoder of WebP found no memory");
  const VP8StatusCode status = WebPIUpdate(decoder.get(), frame.bytes.data(), frame.bytes.size());
  if (status == VP8_STATUS_OUT_OF_MEMORY) return Fail(Error::kOutOfMemory, "the decoder of WebP found no memory");
  int rows = 0;
  if (WebPIDecGetRGB(decoder.get(), &rows, nullptr, nullptr, nullptr)) pixels.rows = static_cast<uint32_t>(rows);
  if (status == VP8_STATUS_OK) return pixels;
  const Failure failure = Fail(Error::kBadImage, "the picture %s after row %u of %u",
                               status == VP8_STATUS_SUSPENDED ? "ends" : "is damaged", pixels.rows, frame.height);
  if (pixels.rows == 0) return failure;
  LIC_CHECK(faults.LosePixels(failure));
  return pixels;
}

// Puts the rows down. What an animation's first frame does not cover is transparent, and so are missing rows.
Status PutRows(const Pixels& pixels, const Frame& frame, const PictureHeader& header, PictureBuilder& builder) {
  const size_t channels = SampleCount(header.samples), stride = frame.width * channels;
  LIC_TRY(Buffer<uint8_t> row, Buffer<uint8_t>::Create(header.row_bytes()));
  for (uint32_t y = 0; y < header.height; ++y) {
    std::fill(row.begin(), row.end(), uint8_t{0});
    if (y >= frame.top && y - frame.top < pixels.rows)
      std::copy_n(pixels.bytes.begin() + (y - frame.top) * stride, stride, row.begin() + frame.left * channels);
    builder.PutRow(y, row.data());
  }
  return {};
}

}  // namespace

bool IsWebp(Bytes file) {
  return file.size() >= kRiffHeadBytes && std::memcmp(file.data(), "RIFF", 4) == 0 &&
         std::memcmp(file.data() + 8, "WEBP", 4) == 0;
}

Result<PictureFile> ReadWebp(Bytes file, const ReadOptions& options, Faults& faults) {
  const Bytes riff = file.first(static_cast<size_t>(std::min<uint64_t>(file.size(), StatedBytes(file))));
  const WebPData data = {riff.data(), riff.size()};
  const Demuxer demuxer(WebPDemuxPartial(&data, nullptr));
  if (!demuxer) return Fail(Error::kBadImage, "the structure of the WebP file is damaged");
  LIC_TRY(const Frame frame, FindFrame(demuxer.get(), riff));
  PictureHeader header;
  header.width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  header.height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  LIC_CHECK(CheckSize(header.width, header.height));
  const bool fits = frame.width > 0 && frame.height > 0 && frame.left <= header.width &&
                    frame.width <= header.width - frame.left && frame.top <= header.height &&
                    frame.height <= header.height - frame.top;
  if (!fits)
    return Fail(Error::kBadImage, "the first frame reaches past the %u x %u pixels", header.width, header.height);
  const bool covers = frame.width == header.width && frame.height == header.height;
  header.samples = frame.has_alpha || !covers ? Samples::kRgbAlpha : Samples::kRgb;
  header.icc = FindChunk(demuxer.get(), "ICCP");
  header.exif = FindExif(demuxer.get());
  LIC_TRY(const Pixels pixels, Decode(frame, SampleCount(header.samples), faults));
  LIC_TRY(PictureBuilder builder, PictureBuilder::Create(header, options, faults));
  if (options.keep_xmp) LIC_CHECK(builder.SetXmp(FindChunk(demuxer.get(), "XMP ")));
  LIC_CHECK(PutRows(pixels, frame, header, builder));
  if (WebPDemuxGetI(demuxer.get(), WEBP_FF_FORMAT_FLAGS) & ANIMATION_FLAG)
    faults.Warn("the frames of the animation are dropped; the first is read");
  if (riff.size() < StatedBytes(file) && !faults.lost_pixels())
    faults.Warn("the file ends at byte " + std::to_string(file.size()) + " behind the pixels; metadata may be lost");
  if (riff.size() < file.size())
    faults.Warn(std::to_string(file.size() - riff.size()) + " bytes behind the picture are not read");
  return std::move(builder).Take();
}

}  // namespace lic::native
