// Reads and writes the PNM family: P5 (PGM), P6 (PPM) and P7 (PAM), with 8 and 16 bits.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "native/picture_files/image_file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

// Reads the words of a header. White space separates them, and `#` begins a comment up to the end of its line.
class HeaderReader {
 public:
  explicit HeaderReader(Bytes file) : text_(reinterpret_cast<const char*>(file.data()), file.size()) {}

  // Takes the next word and the character of white space after it. Empty at the end of the file.
  std::string_view Word() {
    while (position_ < text_.size() && (IsSpace() || text_[position_] == '#')) {
      if (text_[position_] == '#') position_ = std::min(text_.find('\n', position_), text_.size() - 1);
      position_++;
    }
    const size_t start = position_;
    while (position_ < text_.size() && !IsSpace()) position_++;
    const std::string_view word = text_.substr(start, position_ - start);
    if (position_ < text_.size()) position_++;
    return word;
  }

  Result<uint32_t> Number(const char* what) {
    const std::string_view word = Word();
    uint32_t value = 0;
    for (const char digit : word) {
      if (digit < '0' || digit > '9' || value > 99'999'999) {
        return Fail(Error::kBadImage, "the %s before byte %zu is no number of at most nine digits", what, position_);
      }
      value = value * 10 + static_cast<uint32_t>(digit - '0');
    }
    if (word.empty()) return Fail(Error::kBadImage, "the file ends before its %s", what);
    return value;
  }

  size_t position() const { return position_; }

 private:
  bool IsSpace() const { return std::isspace(static_cast<unsigned char>(text_[position_])); }

  std::string_view text_;
  size_t position_ = 2;  // after the magic
};

struct PnmHeader {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t depth = 0;
  uint32_t max_value = 0;
};

Result<PnmHeader> ReadPlainHeader(HeaderReader& reader, uint32_t depth) {
  PnmHeader header;
  header.depth = depth;
  LIC_TRY(header.width, reader.Number("width"));
  LIC_TRY(header.height, reader.Number("height"));
  LIC_TRY(header.max_value, reader.Number("largest value"));
  return header;
}

Result<PnmHeader> ReadPamHeader(HeaderReader& reader) {
  PnmHeader header;
  for (;;) {
    const std::string_view word = reader.Word();
    if (word == "ENDHDR") return header;
    if (word.empty()) return Fail(Error::kBadImage, "the file ends before ENDHDR");
    if (word == "WIDTH") {
      LIC_TRY(header.width, reader.Number("width"));
    } else if (word == "HEIGHT") {
      LIC_TRY(header.height, reader.Number("height"));
    } else if (word == "DEPTH") {
      LIC_TRY(header.depth, reader.Number("depth"));
    } else if (word == "MAXVAL") {
      LIC_TRY(header.max_value, reader.Number("largest value"));
    } else if (word == "TUPLTYPE") {
      reader.Word();  // the depth says as much
    } else {
      return Fail(Error::kBadImage, "the word before byte %zu is none that a PAM header has", reader.position());
    }
  }
}

// Scales a row of samples 0..max_value to 0..255 or 0..65535. Samples of 16 bits are big-endian in the file and have
// the machine's order in `out`.
Status ScaleRow(const uint8_t* row, size_t count, uint32_t max_value, uint8_t* out) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t value = max_value < 256 ? row[i] : static_cast<uint32_t>(row[2 * i] << 8 | row[2 * i + 1]);
    if (value > max_value)
      return Fail(Error::kBadImage, "a sample is %u, above the largest value, %u", value, max_value);
    if (max_value < 256) {
      out[i] = static_cast<uint8_t>((value * 255 + max_value / 2) / max_value);
    } else {
      const auto wide = static_cast<uint16_t>((value * 65535 + max_value / 2) / max_value);
      std::memcpy(out + 2 * i, &wide, 2);
    }
  }
  return {};
}

}  // namespace

bool IsPnm(Bytes file) {
  return file.size() >= 3 && file[0] == 'P' && file[1] >= '1' && file[1] <= '7' && std::isspace(file[2]);
}

Result<PictureFile> ReadPnm(Bytes file, const ReadOptions& options) {
  const char kind = static_cast<char>(file[1]);
  if (kind < '5') return Fail(Error::kUnsupportedImage, "P%c is not read, of the PNM family P5, P6 and P7 are", kind);
  HeaderReader reader(file);
  LIC_TRY(const PnmHeader pnm, kind == '7' ? ReadPamHeader(reader) : ReadPlainHeader(reader, kind == '5' ? 1 : 3));
  if (pnm.depth < 1 || pnm.depth > 4)
    return Fail(Error::kUnsupportedImage, "the depth is %u samples a pixel, not 1..4", pnm.depth);
  if (pnm.max_value < 1 || pnm.max_value > 65535) {
    return Fail(Error::kBadImage, "the largest value is %u, not 1..65535", pnm.max_value);
  }
  PictureHeader header;
  header.width = pnm.width;
  header.height = pnm.height;
  header.samples = static_cast<Samples>(pnm.depth - 1);
  header.sixteen_bit = pnm.max_value > 255;
  LIC_CHECK(CheckSize(header.width, header.height));
  const Bytes pixels = file.subspan(reader.position());
  const size_t row_bytes = header.row_bytes();
  if (pixels.size() / row_bytes < pnm.height) {
    return Fail(Error::kBadImage, "the file ends in row %zu of %u", pixels.size() / row_bytes, pnm.height);
  }
  LIC_TRY(PictureBuilder builder, PictureBuilder::Create(header, options));
  LIC_TRY(Buffer<uint8_t> scaled, Buffer<uint8_t>::Create(row_bytes));
  for (uint32_t y = 0; y < pnm.height; y++) {
    LIC_CHECK(ScaleRow(pixels.data() + y * row_bytes, size_t{pnm.width} * pnm.depth, pnm.max_value, scaled.data()));
    builder.PutRow(y, scaled.data());
  }
  if (pixels.size() > row_bytes * pnm.height) builder.Warn("bytes after the first picture are not read");
  return std::move(builder).Take();
}

Status WritePnm(const PictureView& picture, FileFormat format, const RowConverter& converter, OutputFile& out) {
  const bool alpha = picture.channels % 2 == 0;
  if (alpha && format != FileFormat::kPam) {
    return Fail(Error::kInvalidArgument, "the picture has alpha, which PPM and PGM cannot hold; PAM and PNG can");
  }
  char header[128];
  if (format == FileFormat::kPam) {
    static constexpr const char* kTupleTypes[] = {"GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"};
    std::snprintf(header, sizeof(header), "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n",
                  picture.width, picture.height, picture.channels, kTupleTypes[picture.channels - 1]);
  } else {
    std::snprintf(header, sizeof(header), "P%c\n%u %u\n255\n", picture.channels == 1 ? '5' : '6', picture.width,
                  picture.height);
  }
  LIC_CHECK(out.Write({reinterpret_cast<const uint8_t*>(header), std::strlen(header)}));
  LIC_TRY(Buffer<uint8_t> row, Buffer<uint8_t>::Create(size_t{picture.width} * picture.channels));
  for (uint32_t y = 0; y < picture.height; y++) {
    converter.Convert(picture.pixels + y * picture.stride, row.data(), picture.width);
    LIC_CHECK(out.Write(row));
  }
  return {};
}

}  // namespace lic::native
