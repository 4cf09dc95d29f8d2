// Reads and writes the PNM family: P5 (PGM), P6 (PPM) and P7 (PAM), with 8 and 16 bits.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "native/picture_files/image_file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

// Reads headers by netpbm's rules: `#` begins a comment up to the end of its line, which may stand even inside a word.
class HeaderReader {
 public:
  explicit HeaderReader(Bytes file) : text_(reinterpret_cast<const char*>(file.data()), file.size()) {}

  // Takes a number and the character of white space after it.
  Result<uint32_t> Number(const char* what) {
    char letter = Next();
    while (position_ < text_.size() && IsSpace(letter)) letter = Next();
    std::string digits;
    for (; !is_over_ && !IsSpace(letter); letter = Next()) digits += letter;
    if (digits.empty()) return Fail(Error::kBadImage, "the file ends before its %s", what);
    return ToNumber(digits, what);
  }

  // Takes a line, without the white space around it.
  std::string_view Line() {
    const size_t end = std::min(text_.find('\n', position_), text_.size());
    std::string_view line = text_.substr(position_, end - position_);
    position_ = std::min(end + 1, text_.size());
    is_over_ = end == text_.size();
    while (!line.empty() && IsSpace(line.front())) line.remove_prefix(1);
    while (!line.empty() && IsSpace(line.back())) line.remove_suffix(1);
    return line;
  }

  Result<uint32_t> ToNumber(std::string_view digits, const char* what) const {
    uint32_t value = 0;
    for (const char digit : digits) {
      if (digit < '0' || digit > '9' || value > 99'999'999) {
        return Fail(Error::kBadImage, "the %s before byte %zu is no number of at most nine digits", what, position_);
      }
      value = value * 10 + static_cast<uint32_t>(digit - '0');
    }
    if (digits.empty()) return Fail(Error::kBadImage, "the %s before byte %zu is missing", what, position_);
    return value;
  }

  static bool IsSpace(char letter) { return std::isspace(static_cast<unsigned char>(letter)); }
  size_t position() const { return position_; }
  bool is_over() const { return is_over_; }  // the end of the file was met

 private:
  // Takes a character. A comment counts as the end of its line.
  char Next() {
    if (position_ < text_.size() && text_[position_] == '#')
      position_ = std::min(text_.find_first_of("\r\n", position_), text_.size());
    is_over_ = position_ == text_.size();
    return is_over_ ? ' ' : text_[position_++];
  }

  std::string_view text_;
  size_t position_ = 2;  // after the magic
  bool is_over_ = false;
};

struct PnmHeader {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t depth = 0;
  uint32_t max_value = 0;
  std::string tuple_type;  // empty: the depth says what the samples are
};

Result<PnmHeader> ReadPlainHeader(HeaderReader& reader, uint32_t depth) {
  PnmHeader header;
  header.depth = depth;
  LIC_TRY(header.width, reader.Number("width"));
  LIC_TRY(header.height, reader.Number("height"));
  LIC_TRY(header.max_value, reader.Number("largest value"));
  return header;
}

// The part of a line before white space, which is taken from the line with it.
std::string_view TakeWord(std::string_view& line) {
  const size_t end = std::min(line.find_first_of(" \t\r\v\f"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r\v\f", end), line.size()));
  return word;
}

Result<PnmHeader> ReadPamHeader(HeaderReader& reader) {
  PnmHeader header;
  constexpr const char* kNames[] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};
  uint32_t* const fields[] = {&header.width, &header.height, &header.depth, &header.max_value};
  while (!reader.is_over()) {
    std::string_view rest = reader.Line();
    if (rest.empty() || rest[0] == '#') continue;
    const std::string_view name = TakeWord(rest);
    if (name == "ENDHDR") return header;
    if (name == "TUPLTYPE") {  // several of them are one text
      header.tuple_type += (header.tuple_type.empty() || rest.empty() ? "" : " ") + std::string(rest);
      continue;
    }
    const auto* const known = std::find(std::begin(kNames), std::end(kNames), name);
    if (known == std::end(kNames))
      return Fail(Error::kBadImage, "the line before byte %zu is none that a PAM header has", reader.position());
    const std::string_view value = rest.substr(0, rest.find_first_of(" \t#"));
    LIC_TRY(*fields[known - std::begin(kNames)], reader.ToNumber(value, *known));
  }
  return Fail(Error::kBadImage, "the file ends before ENDHDR");
}

// What the samples are. The first word of a tuple type counts.
Result<Samples> SamplesOf(const PnmHeader& header) {
  struct TupleType {
    std::string_view name;
    Samples samples;
  };
  static constexpr TupleType kTypes[] = {
      {"BLACKANDWHITE", Samples::kGrey},
      {"BLACKANDWHITE_ALPHA", Samples::kGreyAlpha},
      {"GRAYSCALE", Samples::kGrey},
      {"GRAYSCALE_ALPHA", Samples::kGreyAlpha},
      {"RGB", Samples::kRgb},
      {"RGB_ALPHA", Samples::kRgbAlpha},
      {"CMYK", Samples::kCmyk},
  };
  std::string_view text = header.tuple_type;
  const std::string_view name = TakeWord(text);
  if (name.empty()) {
    if (header.depth >= 1 && header.depth <= 4) return static_cast<Samples>(header.depth - 1);
    return Fail(Error::kUnsupportedImage, "the depth is %u samples a pixel, not 1..4", header.depth);
  }
  const auto* const known =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TupleType& type) { return type.name == name; });
  if (known == std::end(kTypes)) {
    return Fail(
        Error::kUnsupportedImage,
        "the tuple type is \"%.40s\"; BLACKANDWHITE, GRAYSCALE and RGB, each also with _ALPHA, and CMYK are read",
        std::string(name).c_str());
  }
  if (SampleCount(known->samples) != header.depth) {
    return Fail(Error::kBadImage, "the tuple type %s has %u samples a pixel, and the depth is %u",
                std::string(name).c_str(), SampleCount(known->samples), header.depth);
  }
  return known->samples;
}

// Scales a row of samples 0..max_value to 0..255 or 0..65535. Samples of 16 bits are big-endian in the file and have
// the machine's order in `out`. Returns the first value above max_value, which counts as max_value, or 0.
uint32_t ScaleRow(const uint8_t* row, size_t count, uint32_t max_value, uint8_t* out) {
  uint32_t above = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t value = max_value < 256 ? row[i] : static_cast<uint32_t>(row[2 * i] << 8 | row[2 * i + 1]);
    if (value > max_value) {
      above = above ? above : value;
      value = max_value;
    }
    if (max_value < 256) {
      out[i] = static_cast<uint8_t>((value * 255 + max_value / 2) / max_value);
    } else {
      const auto wide = static_cast<uint16_t>((value * 65535 + max_value / 2) / max_value);
      std::memcpy(out + 2 * i, &wide, 2);
    }
  }
  return above;
}

// Hands the rows over. Those that are missing are black and transparent.
Status ReadRows(Bytes pixels, const PnmHeader& pnm, const PictureHeader& header, PictureBuilder& builder,
                Faults& faults) {
  const size_t row_bytes = header.row_bytes(), rows = pixels.size() / row_bytes;
  LIC_TRY(Buffer<uint8_t> scaled, Buffer<uint8_t>::Create(row_bytes));
  for (uint32_t y = 0; y < pnm.height; y++) {
    if (y < rows) {
      const size_t count = size_t{pnm.width} * pnm.depth;
      const uint32_t above = ScaleRow(pixels.data() + y * row_bytes, count, pnm.max_value, scaled.data());
      if (above) {
        LIC_CHECK(faults.LosePixels(
            Fail(Error::kBadImage, "a sample of row %u is %u, above the largest value, %u", y, above, pnm.max_value)));
      }
    } else {
      std::fill(scaled.begin(), scaled.end(), uint8_t{0});
    }
    builder.PutRow(y, scaled.data());
  }
  if (rows >= pnm.height && pixels.size() > row_bytes * pnm.height)
    faults.Warn("bytes after the first picture are not read");
  return {};
}

}  // namespace

bool IsPnm(Bytes file) {
  return file.size() >= 3 && file[0] == 'P' && file[1] >= '1' && file[1] <= '7' &&
         (std::isspace(file[2]) || file[2] == '#');
}

Result<PictureFile> ReadPnm(Bytes file, const ReadOptions& options, Faults& faults) {
  const char kind = static_cast<char>(file[1]);
  if (kind < '5') return Fail(Error::kUnsupportedImage, "P%c is not read, of the PNM family P5, P6 and P7 are", kind);
  HeaderReader reader(file);
  LIC_TRY(const PnmHeader pnm, kind == '7' ? ReadPamHeader(reader) : ReadPlainHeader(reader, kind == '5' ? 1 : 3));
  PictureHeader header;
  LIC_TRY(header.samples, SamplesOf(pnm));
  if (pnm.max_value < 1 || pnm.max_value > 65535) {
    return Fail(Error::kBadImage, "the largest value is %u, not 1..65535", pnm.max_value);
  }
  header.width = pnm.width;
  header.height = pnm.height;
  header.sixteen_bit = pnm.max_value > 255;
  LIC_CHECK(CheckSize(header.width, header.height));
  const Bytes pixels = file.subspan(reader.position());
  const size_t rows = pixels.size() / header.row_bytes();
  if (rows < pnm.height) {
    const Failure cut = Fail(Error::kBadImage, "the file ends in row %zu of %u", rows, pnm.height);
    if (rows == 0) return cut;
    LIC_CHECK(faults.LosePixels(cut));
  }
  LIC_TRY(PictureBuilder builder, PictureBuilder::Create(header, options, faults));
  LIC_CHECK(ReadRows(pixels, pnm, header, builder, faults));
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
