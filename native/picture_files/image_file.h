// Reads picture files (PNG, JPEG, the PNM family and, where libwebp is there, WebP) and writes them (PNG and the PNM
// family).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lic/lic.h"
#include "native/files/file.h"
#include "native/picture_files/colour.h"
#include "native/picture_files/faults.h"

namespace lic::native {

// ---- Reading ----------------------------------------------------------------------------------------------

// What to keep of a file besides its pixels. Without keep_icc the pixels are converted to sRGB. A lenient reader takes
// what is there of a file whose pixels are damaged or missing in part.
struct ReadOptions {
  bool keep_icc = false;
  bool keep_exif = false;
  bool keep_xmp = false;
  bool lenient = false;
};

// A picture file in memory: upright, 8 bits a sample.
struct PictureFile {
  Picture picture;
  Buffer<uint8_t> icc;  // empty: the pixels are sRGB
  Buffer<uint8_t> exif;
  Buffer<uint8_t> xmp;
  std::vector<std::string> warnings;  // what was wrong, and what was dropped

  Metadata metadata() const { return {icc, exif, xmp}; }
};

// Reads a PNG (every kind), JPEG (8 bits a sample, also CMYK), PNM (P5, P6, P7) or WebP file, whatever it is called.
// Damage is judged as Faults says. Errors: kUnsupportedImage, kBadImage, kOutOfMemory.
Result<PictureFile> ReadPicture(Bytes file, const ReadOptions& options);

// ---- Writing ----------------------------------------------------------------------------------------------

enum class FileFormat : uint8_t { kPng, kPnm, kPam };

// Tells the format from the extension of a name. "-" is kPng. Errors: kInvalidArgument.
Result<FileFormat> FormatOfName(const std::string& path);

// Writes a picture. PNM holds no metadata, so that pixels in a profile's space are converted to sRGB. PPM and PGM hold
// no alpha either (kInvalidArgument); PAM does. Warnings say what could not be written.
Status WritePicture(const Picture& picture, const Metadata& metadata, FileFormat format, OutputFile& out,
                    std::vector<std::string>& warnings);

// ---- For the readers of each format -----------------------------------------------------------------------

// What a reader knows of a picture before it reads the rows.
struct PictureHeader {
  uint32_t width = 0;
  uint32_t height = 0;
  Samples samples = Samples::kRgb;
  bool sixteen_bit = false;
  Bytes icc;                             // the profile that the file holds, or
  std::optional<ColourProfile> profile;  // the space that it describes in other words; neither: sRGB
  Bytes exif;
  bool exif_turns = true;  // its orientation counts

  size_t row_bytes() const { return size_t{width} * SampleCount(samples) * (sixteen_bit ? 2 : 1); }
};

// Checks whether LIC can hold a picture of this size. Ask before anything is allocated for it.
// Errors: kBadImage (a side of 0), kUnsupportedImage.
Status CheckSize(uint32_t width, uint32_t height);

// Builds a picture from rows. Each is converted to 8-bit sRGB and put where the orientation wants it, so that there is
// never a second copy of the picture.
class PictureBuilder {
 public:
  // Calls CheckSize. Takes over the profile and Exif as `options` say.
  // Errors: kUnsupportedImage, kOutOfMemory.
  static Result<PictureBuilder> Create(const PictureHeader& header, const ReadOptions& options, Faults& faults);

  // Takes row y of the file, which has the header's row_bytes().
  void PutRow(uint32_t y, const uint8_t* row);
  Status SetXmp(Bytes xmp);
  PictureFile Take() && { return std::move(file_); }

 private:
  Status SetColours(const PictureHeader& header, const ReadOptions& options, Faults& faults);

  PictureFile file_;
  RowConverter converter_;
  Buffer<uint8_t> converted_row_;  // of a row that is not put down from left to right
  int orientation_ = 1;
  uint32_t source_width_ = 0;
  uint32_t source_height_ = 0;
};

bool IsPng(Bytes file);
bool IsJpeg(Bytes file);
bool IsPnm(Bytes file);
Result<PictureFile> ReadPng(Bytes file, const ReadOptions& options, Faults& faults);
Result<PictureFile> ReadJpeg(Bytes file, const ReadOptions& options, Faults& faults);
Result<PictureFile> ReadPnm(Bytes file, const ReadOptions& options, Faults& faults);
#ifdef LIC_READS_WEBP
bool IsWebp(Bytes file);
Result<PictureFile> ReadWebp(Bytes file, const ReadOptions& options, Faults& faults);
#endif
// A `software` that is not empty is written as the text "Software", by which IsPngBy recognises the file.
Status WritePng(const PictureView& picture, const Metadata& metadata, OutputFile& out,
                std::vector<std::string>& warnings, const std::string& software = "");
bool IsPngBy(const std::string& software, Bytes file);
Status WritePnm(const PictureView& picture, FileFormat format, const RowConverter& converter, OutputFile& out);

}  // namespace lic::native
