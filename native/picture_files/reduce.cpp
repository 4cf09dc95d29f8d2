#include "native/picture_files/reduce.h"

#include <algorithm>

#include "shared/base/try.h"

namespace lic::native {
namespace {

struct Square {
  uint32_t x;
  uint32_t y;
  uint32_t width;
  uint32_t height;
};

void Average(const Picture& from, const Square& square, uint8_t* to) {
  const bool has_alpha = from.channels % 2 == 0;
  const uint32_t colours = from.channels - has_alpha;
  uint64_t sums[3] = {}, weight = 0;
  for (uint32_t y = square.y; y < square.y + square.height; ++y) {
    const uint8_t* pixel = from.pixels.data() + (size_t{y} * from.width + square.x) * from.channels;
    for (uint32_t x = 0; x < square.width; ++x, pixel += from.channels) {
      const uint64_t alpha = has_alpha ? pixel[colours] : 1;
      weight += alpha;
      for (uint32_t c = 0; c < colours; ++c) sums[c] += alpha * pixel[c];
    }
  }
  for (uint32_t c = 0; c < colours; ++c) to[c] = static_cast<uint8_t>(weight > 0 ? (sums[c] + weight / 2) / weight : 0);
  const uint64_t count = uint64_t{square.width} * square.height;
  if (has_alpha) to[colours] = static_cast<uint8_t>((weight + count / 2) / count);
}

}  // namespace

Result<Picture> Reduce(const Picture& picture, uint32_t scale) {
  Picture small;
  small.width = picture.width / scale + (picture.width % scale != 0);
  small.height = picture.height / scale + (picture.height % scale != 0);
  small.channels = picture.channels;
  LIC_TRY(small.pixels, Buffer<uint8_t>::Create(size_t{small.width} * small.height * small.channels));
  uint8_t* to = small.pixels.data();
  for (uint32_t y = 0; y < picture.height; y += scale) {
    for (uint32_t x = 0; x < picture.width; x += scale, to += small.channels) {
      Average(picture, {x, y, std::min(scale, picture.width - x), std::min(scale, picture.height - y)}, to);
    }
  }
  return small;
}

}  // namespace lic::native
