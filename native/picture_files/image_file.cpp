#include "native/picture_files/image_file.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>

#include "native/picture_files/exif.h"
#include "native/picture_files/kinds.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

Result<Buffer<uint8_t>> Copy(Bytes bytes) {
  LIC_TRY(Buffer<uint8_t> copy, Buffer<uint8_t>::Create(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return copy;
}

// A copy of Exif that describes the pixels after they are turned.
Result<Buffer<uint8_t>> KeepExif(const PictureHeader& header, int orientation, Faults& faults) {
  LIC_TRY(Buffer<uint8_t> exif, Copy(header.exif));
  const std::span<uint8_t> bytes = {exif.data(), exif.size()};
  const bool swaps = SwapsSides(orientation);
  ResetOrientation(bytes);
  StateSize(bytes, swaps ? header.height : header.width, swaps ? header.width : header.height);
  const size_t left = orientation == kUpright ? 0 : DropThumbnail(bytes);
  if (left == 0) return exif;
  faults.Warn("the small picture in Exif is dropped, because it is not turned");
  return Copy(Bytes(exif).first(left));
}

// What reads a kind of file that it recognises.
struct Reader {
  bool (*recognises)(Bytes file);
  Result<PictureFile> (*read)(Bytes file, const ReadOptions& options, Faults& faults);
};

constexpr Reader kReaders[] = {
    {IsPng, ReadPng},
    {IsJpeg, ReadJpeg},
    {IsPnm, ReadPnm},
#ifdef LIC_READS_WEBP
    {IsWebp, ReadWebp},
#endif
};

#ifdef LIC_READS_WEBP
constexpr char kKindsRead[] = "PNG, JPEG, WebP, PPM, PGM and PAM files are read";
#else
constexpr char kKindsRead[] = "PNG, JPEG, PPM, PGM and PAM files are read";
#endif

}  // namespace

Status CheckSize(uint32_t width, uint32_t height) {
  if (width == 0 || height == 0) return Fail(Error::kBadImage, "the picture has no pixels: %u x %u", width, height);
  if (width > kMaxSide || height > kMaxSide || uint64_t{width} * height > kMaxPixels) {
    return Fail(Error::kUnsupportedImage, "%u x %u pixels are more than %u a side or %llu together", width, height,
                kMaxSide, static_cast<unsigned long long>(kMaxPixels));
  }
  return {};
}

Result<PictureBuilder> PictureBuilder::Create(const PictureHeader& header, const ReadOptions& options, Faults& faults) {
  LIC_CHECK(CheckSize(header.width, header.height));
  PictureBuilder builder;
  LIC_CHECK(builder.SetColours(header, options, faults));
  if (header.exif_turns) builder.orientation_ = ReadOrientation(header.exif);
  if (options.keep_exif && !header.exif.empty()) {
    LIC_TRY(builder.file_.exif, KeepExif(header, builder.orientation_, faults));
  }
  builder.source_width_ = header.width;
  builder.source_height_ = header.height;

  Picture& picture = builder.file_.picture;
  picture.width = header.width;
  picture.height = header.height;
  if (SwapsSides(builder.orientation_)) std::swap(picture.width, picture.height);
  picture.channels = PictureChannels(header.samples);
  LIC_TRY(picture.pixels, Buffer<uint8_t>::Create(size_t{picture.width} * picture.height * picture.channels));
  LIC_TRY(builder.converted_row_, Buffer<uint8_t>::Create(size_t{header.width} * picture.channels));
  return builder;
}

Status PictureBuilder::SetColours(const PictureHeader& header, const ReadOptions& options, Faults& faults) {
  LIC_TRY(converter_, RowConverter::Create(nullptr, header.samples, header.sixteen_bit));
  std::optional<ColourProfile> profile = header.profile;
  if (!header.icc.empty()) {
    Result<ColourProfile> parsed = ColourProfile::FromIcc(header.icc);
    if (!parsed.ok()) {
      faults.Warn(std::string(parsed.failure().what) + "; taken as sRGB");
      return {};
    }
    profile = std::move(parsed).value();
  }
  if (!profile) return {};
  // A .lic file holds grey or RGB, so that CMYK is converted even with keep_icc.
  if (options.keep_icc && !IsCmyk(header.samples) && profile->Fits(header.samples)) {
    LIC_TRY(file_.icc, header.icc.empty() ? profile->ToIcc() : Copy(header.icc));
    return {};
  }
  Result<RowConverter> converter = RowConverter::Create(&*profile, header.samples, header.sixteen_bit);
  if (converter.ok()) {
    converter_ = std::move(converter).value();
  } else {
    faults.Warn(std::string(converter.failure().what) + "; taken as sRGB");
  }
  return {};
}

void PictureBuilder::PutRow(uint32_t y, const uint8_t* row) {
  Picture& picture = file_.picture;
  const size_t channels = picture.channels;
  const size_t right = source_width_ - 1, bottom = source_height_ - 1;
  const ptrdiff_t across = 1, down = picture.width;
  size_t first = 0;    // the pixel of the picture where the row's first pixel goes
  ptrdiff_t step = 0;  // from there to the next
  switch (orientation_) {
    default:
      first = y * size_t{picture.width}, step = across;
      break;
    case 2:
      first = y * size_t{picture.width} + right, step = -across;
      break;
    case 3:
      first = (bottom - y) * picture.width + right, step = -across;
      break;
    case 4:
      first = (bottom - y) * picture.width, step = across;
      break;
    case 5:
      first = y, step = down;
      break;
    case 6:
      first = bottom - y, step = down;
      break;
    case 7:
      first = right * picture.width + bottom - y, step = -down;
      break;
    case 8:
      first = right * picture.width + y, step = -down;
      break;
  }
  uint8_t* to = picture.pixels.data() + first * channels;
  if (step == across) {
    converter_.Convert(row, to, source_width_);
    return;
  }
  converter_.Convert(row, converted_row_.data(), source_width_);
  const uint8_t* from = converted_row_.data();
  for (uint32_t x = 0; x < source_width_; x++, from += channels) {
    std::memcpy(to + static_cast<ptrdiff_t>(x * channels) * step, from, channels);
  }
}

Status PictureBuilder::SetXmp(Bytes xmp) {
  LIC_TRY(file_.xmp, Copy(xmp));
  if (orientation_ != kUpright) ResetXmpOrientation({file_.xmp.data(), file_.xmp.size()});
  return {};
}

Result<PictureFile> ReadPicture(Bytes file, const ReadOptions& options) {
  Faults faults(options.lenient);
  const auto* const reader =
      std::find_if(std::begin(kReaders), std::end(kReaders), [&](const Reader& each) { return each.recognises(file); });
  if (reader != std::end(kReaders)) {
    LIC_TRY(PictureFile picture, reader->read(file, options, faults));
    picture.warnings = std::move(faults).TakeWarnings();
    return picture;
  }
  if (file.empty()) return Fail(Error::kBadImage, "the file is empty");
  if (const char* const kind = NameOfKind(file))
    return Fail(Error::kUnsupportedImage, "it is %s; %s", kind, kKindsRead);
  return Fail(Error::kUnsupportedImage, "it begins like no picture that is read; %s", kKindsRead);
}

Result<FileFormat> FormatOfName(const std::string& path) {
  if (path == "-") return FileFormat::kPng;
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& letter : extension) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  if (extension == ".png") return FileFormat::kPng;
  if (extension == ".ppm" || extension == ".pgm" || extension == ".pnm") return FileFormat::kPnm;
  if (extension == ".pam") return FileFormat::kPam;
  return Fail(Error::kInvalidArgument, "the name ends with \"%.16s\", not with .png, .ppm, .pgm, .pnm or .pam",
              extension.c_str());
}

Status WritePicture(const Picture& picture, const Metadata& metadata, FileFormat format, OutputFile& out,
                    std::vector<std::string>& warnings) {
  if (format == FileFormat::kPng) return WritePng(picture.view(), metadata, out, warnings);
  const auto samples = static_cast<Samples>(picture.channels - 1);
  LIC_TRY(RowConverter converter, RowConverter::Create(nullptr, samples, false));
  if (!metadata.icc.empty()) {
    Result<ColourProfile> profile = ColourProfile::FromIcc(metadata.icc);
    Result<RowConverter> to_srgb =
        profile.ok() ? RowConverter::Create(&profile.value(), samples, false) : profile.failure();
    if (to_srgb.ok()) {
      converter = std::move(to_srgb).value();
    } else {
      warnings.push_back(std::string(to_srgb.failure().what) + "; taken as sRGB");
    }
  }
  return WritePnm(picture.view(), format, converter, out);
}

}  // namespace lic::native
