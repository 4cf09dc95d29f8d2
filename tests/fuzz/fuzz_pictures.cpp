// The readers of picture files on any bytes: strict and lenient agree where nothing is missing.
#include <algorithm>
#include <cstdlib>

#include "native/picture_files/image_file.h"

#ifdef LIC_READS_WEBP
#include <webp/decode.h>
#endif

using namespace lic;

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// Pictures whose stated size is large take long, and nothing that small ones do not show.
bool IsLarge(Bytes file) {
  constexpr size_t kMostPixels = 1 << 20;
  if (native::IsPng(file) && file.size() >= 24) {
    const auto u16 = [&](size_t at) { return size_t{file[at]} << 8 | file[at + 1]; };
    return u16(16) || u16(20) || u16(18) * u16(22) > kMostPixels;
  }
#ifdef LIC_READS_WEBP
  if (native::IsWebp(file)) {
    int width = 0, height = 0;
    return WebPGetInfo(file.data(), file.size(), &width, &height) && size_t(width) * size_t(height) > kMostPixels;
  }
#endif
  if (!native::IsJpeg(file)) return false;
  for (size_t at = 2; at + 9 < file.size(); ++at) {
    const bool is_frame = file[at] == 0xFF && file[at + 1] >= 0xC0 && file[at + 1] <= 0xCF;
    const size_t height = size_t{file[at + 5]} << 8 | file[at + 6], width = size_t{file[at + 7]} << 8 | file[at + 8];
    if (is_frame && width * height > kMostPixels) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes file(data, size);
  if (IsLarge(file)) return 0;
  const auto strict = native::ReadPicture(file, {.keep_exif = true, .keep_xmp = true});
  const auto lenient = native::ReadPicture(file, {.keep_icc = true, .lenient = true});
  if (!strict.ok()) return 0;
  Require(lenient.ok());
  const Picture &a = strict.value().picture, &b = lenient.value().picture;
  Require(a.width == b.width && a.height == b.height && a.channels == b.channels);
  Require(a.pixels.size() == size_t{a.width} * a.height * a.channels);
  const bool keeps_colours = lenient.value().icc.empty();
  if (keeps_colours) Require(std::equal(a.pixels.begin(), a.pixels.end(), b.pixels.begin()));
  return 0;
}
