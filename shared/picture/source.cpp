#include "picture/source.h"

#include <algorithm>
#include <cstring>

#include "base/try.h"

namespace lic {
namespace {

bool HasAlpha(uint32_t channels) { return channels == 2 || channels == 4; }

// Gives invisible pixels the mean colour of visible neighbours that come before them in the scan, so that no edge to an
// arbitrary colour is coded. `step` is 1 for a scan from the top left, -1 for one from the bottom right. `known` marks
// pixels that have a colour.
void FillScan(uint8_t* pixels, const PictureView& view, int64_t step, Buffer<uint8_t>& known) {
  const int64_t width = view.width, count = width * view.height, channels = view.channels;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = step > 0 ? i : count - 1 - i;
    if (known[at]) continue;
    const int64_t beside = at - step, above = at - step * width;
    const bool use_beside = i % width != 0 && known[beside];
    const bool use_above = i >= width && known[above];
    if (!use_beside && !use_above) continue;
    for (int64_t c = 0; c + 1 < channels; ++c) {
      const int a = pixels[(use_beside ? beside : above) * channels + c];
      const int b = pixels[(use_above ? above : beside) * channels + c];
      pixels[at * channels + c] = static_cast<uint8_t>((a + b + 1) / 2);
    }
    known[at] = 1;
  }
}

Status FillInvisible(Source& source) {
  PictureView& view = source.view;
  const uint32_t alpha = view.channels - 1;
  const size_t row_bytes = size_t{view.width} * view.channels;
  LIC_TRY(source.filled, Buffer<uint8_t>::Create(row_bytes * view.height));
  LIC_TRY(auto known, Buffer<uint8_t>::Create(size_t{view.width} * view.height));
  for (uint32_t y = 0; y < view.height; ++y)
    std::memcpy(source.filled.data() + y * row_bytes, source.Row(y), row_bytes);
  for (size_t i = 0; i < known.size(); ++i) known[i] = source.filled[i * view.channels + alpha] != 0;
  FillScan(source.filled.data(), view, 1, known);
  FillScan(source.filled.data(), view, -1, known);
  view.pixels = source.filled.data();
  view.stride = row_bytes;
  return {};
}

}  // namespace

void Source::FillRow(uint32_t y, uint32_t width, float* to) const {
  const uint8_t* from = Row(std::min(y, view.height - 1));
  for (uint32_t x = 0; x < width; ++x, to += 3) {
    const uint8_t* pixel = from + size_t{std::min(x, view.width - 1)} * view.channels;
    for (int c = 0; c < 3; ++c) to[c] = static_cast<float>(pixel[is_grey ? 0 : c]) / 255 - 0.5f;
  }
}

Result<Source> ReadSource(const PictureView& picture) {
  Source source;
  source.view = picture;
  source.is_grey = picture.channels <= 2;
  if (!HasAlpha(picture.channels)) return source;
  uint8_t lowest = 255;
  for (uint32_t y = 0; y < picture.height; ++y) {
    for (uint32_t x = 0; x < picture.width; ++x)
      lowest = std::min(lowest, source.Row(y)[(x + 1) * picture.channels - 1]);
  }
  source.has_alpha = lowest < 255;
  if (lowest == 0) LIC_CHECK(FillInvisible(source));
  return source;
}

}  // namespace lic
