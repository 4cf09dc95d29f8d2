#include "native/picture_files/exif.h"

#include <string_view>

namespace lic::native {
namespace {

// Numbers of a TIFF structure, in its byte order. Reads past the end give 0.
class Tiff {
 public:
  explicit Tiff(Bytes bytes) : bytes_(bytes) {}

  bool Valid() {
    if (bytes_.size() < 8) return false;
    if (bytes_[0] == 'M' && bytes_[1] == 'M')
      big_endian_ = true;
    else if (bytes_[0] != 'I' || bytes_[1] != 'I')
      return false;
    return U16(2) == 42;
  }
  uint32_t U16(size_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < 2) return 0;
    return big_endian_ ? bytes_[at] << 8 | bytes_[at + 1] : bytes_[at + 1] << 8 | bytes_[at];
  }
  uint32_t U32(size_t at) const { return big_endian_ ? U16(at) << 16 | U16(at + 2) : U16(at + 2) << 16 | U16(at); }
  bool big_endian() const { return big_endian_; }

 private:
  Bytes bytes_;
  bool big_endian_ = false;
};

// Finds where the 16-bit value of the orientation lies, or gives 0. An entry is a tag, a type, a count and a value.
size_t FindOrientation(const Tiff& tiff, size_t size) {
  constexpr uint32_t kOrientationTag = 0x0112, kShort = 3;
  constexpr size_t kEntryBytes = 12;
  const size_t directory = tiff.U32(4);
  if (directory < 8 || directory > size || size - directory < 2) return 0;
  const uint32_t entries = tiff.U16(directory);
  for (size_t i = 0, at = directory + 2; i < entries && at + kEntryBytes <= size; i++, at += kEntryBytes) {
    if (tiff.U16(at) != kOrientationTag) continue;
    return tiff.U16(at + 2) == kShort && tiff.U32(at + 4) == 1 ? at + 8 : 0;
  }
  return 0;
}

}  // namespace

int ReadOrientation(Bytes exif) {
  Tiff tiff(exif);
  if (!tiff.Valid()) return kUpright;
  const size_t at = FindOrientation(tiff, exif.size());
  const uint32_t value = at ? tiff.U16(at) : 0;
  return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
}

void ResetOrientation(std::span<uint8_t> exif) {
  Tiff tiff(exif);
  if (!tiff.Valid()) return;
  const size_t at = FindOrientation(tiff, exif.size());
  if (!at) return;
  exif[at] = tiff.big_endian() ? 0 : kUpright;
  exif[at + 1] = tiff.big_endian() ? kUpright : 0;
}

void ResetXmpOrientation(std::span<uint8_t> xmp) {
  // RDF has two spellings: tiff:Orientation="6" and <tiff:Orientation>6</tiff:Orientation>.
  const std::string_view text(reinterpret_cast<const char*>(xmp.data()), xmp.size());
  constexpr std::string_view kName = "tiff:Orientation";
  for (size_t at = text.find(kName); at != text.npos; at = text.find(kName, at + kName.size())) {
    if (at > 0 && text[at - 1] == '/') continue;
    const size_t value = text.find_first_not_of(" \t\r\n=>\"'", at + kName.size());
    if (value != text.npos && text[value] >= '2' && text[value] <= '8') xmp[value] = '1';
  }
}

}  // namespace lic::native
