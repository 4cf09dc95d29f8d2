#include "native/picture_files/exif.h"

#include <algorithm>
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

constexpr size_t kEntryBytes = 12;  // of a directory: a tag, a type, a count and a value
constexpr uint32_t kShort = 3, kLong = 4;
constexpr uint32_t kOrientationTag = 0x0112, kThumbnailTag = 0x0201, kThumbnailBytesTag = 0x0202, kExifTag = 0x8769;

// Where the first directory lies, or 0.
size_t FirstDirectory(const Tiff& tiff, size_t size) {
  const size_t directory = tiff.U32(4);
  return directory < 8 || directory > size || size - directory < 2 ? 0 : directory;
}

// Finds where an entry of a directory lies, or gives 0.
size_t FindEntry(const Tiff& tiff, size_t directory, size_t size, uint32_t tag) {
  if (directory < 8 || directory > size || size - directory < 2) return 0;
  const uint32_t entries = tiff.U16(directory);
  for (size_t i = 0, at = directory + 2; i < entries && at + kEntryBytes <= size; i++, at += kEntryBytes) {
    if (tiff.U16(at) == tag) return at;
  }
  return 0;
}

// Finds where the 16-bit value of the orientation lies, or gives 0.
size_t FindOrientation(const Tiff& tiff, size_t size) {
  const size_t at = FindEntry(tiff, FirstDirectory(tiff, size), size, kOrientationTag);
  return at && tiff.U16(at + 2) == kShort && tiff.U32(at + 4) == 1 ? at + 8 : 0;
}

// The number in an entry, or 0.
uint32_t Value(const Tiff& tiff, size_t entry) {
  if (!entry) return 0;
  return tiff.U16(entry + 2) == kShort ? tiff.U16(entry + 8) : tiff.U32(entry + 8);
}

// Writes numbers in the byte order of the structure.
class TiffWriter {
 public:
  TiffWriter(std::span<uint8_t> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  // Puts a number into an entry of one SHORT or LONG that can hold it.
  void SetValue(const Tiff& tiff, size_t entry, uint32_t value) {
    const uint32_t type = tiff.U16(entry + 2);
    if (tiff.U32(entry + 4) != 1 || (type != kShort && type != kLong)) return;
    if (type == kShort && value > 0xFFFF) return;
    Put(entry + 8, value, type == kShort ? 2 : 4);
  }
  void Put(size_t at, uint32_t value, size_t count) {
    for (size_t i = 0; i < count; i++)
      bytes_[at + i] = static_cast<uint8_t>(value >> 8 * (big_endian_ ? count - 1 - i : i));
  }

 private:
  std::span<uint8_t> bytes_;
  bool big_endian_;
};

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
  if (at) TiffWriter(exif, tiff.big_endian()).Put(at, kUpright, 2);
}

void StateSize(std::span<uint8_t> exif, uint32_t width, uint32_t height) {
  constexpr uint32_t kSizeTags[][2] = {{0x0100, 0x0101}, {0xA002, 0xA003}};
  Tiff tiff(exif);
  if (!tiff.Valid()) return;
  TiffWriter writer(exif, tiff.big_endian());
  const size_t first = FirstDirectory(tiff, exif.size());
  const size_t sub = Value(tiff, FindEntry(tiff, first, exif.size(), kExifTag));
  for (const size_t directory : {first, sub}) {
    for (const auto& [width_tag, height_tag] : kSizeTags) {
      if (const size_t entry = FindEntry(tiff, directory, exif.size(), width_tag)) writer.SetValue(tiff, entry, width);
      if (const size_t entry = FindEntry(tiff, directory, exif.size(), height_tag))
        writer.SetValue(tiff, entry, height);
    }
  }
}

size_t DropThumbnail(std::span<uint8_t> exif) {
  Tiff tiff(exif);
  const size_t size = exif.size();
  const size_t first = tiff.Valid() ? FirstDirectory(tiff, size) : 0;
  if (!first) return 0;
  const size_t link = first + 2 + kEntryBytes * tiff.U16(first);  // where the place of the second directory stands
  const size_t second = link + 4 <= size ? tiff.U32(link) : 0;
  if (second < 8 || second > size || size - second < 2) return 0;
  const size_t start = Value(tiff, FindEntry(tiff, second, size, kThumbnailTag));
  const size_t bytes = Value(tiff, FindEntry(tiff, second, size, kThumbnailBytesTag));
  TiffWriter(exif, tiff.big_endian()).Put(link, 0, 4);
  if (start < 8 || start >= size || bytes > size - start) return size;
  std::fill_n(exif.begin() + static_cast<ptrdiff_t>(start), bytes, uint8_t{0});
  return start + bytes == size ? start : size;
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
