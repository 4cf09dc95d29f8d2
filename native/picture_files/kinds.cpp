#include "native/picture_files/kinds.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace lic::native {
namespace {

struct Kind {
  size_t at;
  std::string_view begins;
  const char* name;
};

using std::string_view_literals::operator""sv;

constexpr Kind kKinds[] = {
    {0, "\x89LIC"sv, "a .lic file already"},
    {0, "\x89LIM"sv, "a model file of LIC"},
    {0, "II*\0"sv, "a TIFF file"},
    {0, "MM\0*"sv, "a TIFF file"},
    {0, "II+\0"sv, "a BigTIFF file"},
    {0, "MM\0+"sv, "a BigTIFF file"},
    {8, "WEBP"sv, "a WebP file"},
    {0, "GIF87a"sv, "a GIF file"},
    {0, "GIF89a"sv, "a GIF file"},
    {0, "BM"sv, "a BMP file"},
    {4, "ftypavif"sv, "an AVIF file"},
    {4, "ftypavis"sv, "an AVIF file"},
    {4, "ftyphei"sv, "a HEIC file"},
    {4, "ftyphev"sv, "a HEIC file"},
    {4, "ftypmif1"sv, "a HEIF file"},
    {4, "ftypcrx"sv, "a raw photograph"},
    {4, "ftyp"sv, "a video or another file of MPEG-4's kind"},
    {0, "\xFF\x0A"sv, "a JPEG XL file"},
    {4, "JXL \x0D\x0A\x87\x0A"sv, "a JPEG XL file"},
    {4, "jP  \x0D\x0A\x87\x0A"sv, "a JPEG 2000 file"},
    {0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 file"},
    {0, "8BPS"sv, "a Photoshop file"},
    {0, "%PDF"sv, "a PDF file"},
    {0, "\x76\x2F\x31\x01"sv, "an OpenEXR file"},
    {0, "#?RADIANCE"sv, "a Radiance file"},
    {0, "qoif"sv, "a QOI file"},
    {0, "version https://git-lfs"sv, "a pointer of Git LFS, not the file that it stands for"},
};

// Names of what text files begin with, in small letters.
constexpr Kind kTexts[] = {
    {0, "<!doctype html"sv, "an HTML page"}, {0, "<html"sv, "an HTML page"},           {0, "<svg"sv, "an SVG file"},
    {0, "<!doctype svg"sv, "an SVG file"},   {0, "<?xml"sv, "an XML file, maybe SVG"},
};

}  // namespace

const char* NameOfKind(Bytes file) {
  constexpr size_t kMostBytes = 256;
  std::string start(file.begin(), file.begin() + static_cast<ptrdiff_t>(std::min(file.size(), kMostBytes)));
  const auto is = [&](const Kind& kind) {
    return start.compare(std::min(kind.at, start.size()), kind.begins.size(), kind.begins) == 0;
  };
  for (const Kind& kind : kKinds) {
    if (is(kind)) return kind.name;
  }
  if (start.starts_with("\xEF\xBB\xBF")) start.erase(0, 3);
  start.erase(0, start.find_first_not_of(" \t\r\n"));
  for (char& letter : start) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  for (const Kind& kind : kTexts) {
    if (is(kind)) return kind.name;
  }
  return nullptr;
}

}  // namespace lic::native
