#include "coding/picture_rows.h"

#include <algorithm>
#include <cassert>

#include "base/try.h"

namespace lic {

Result<Rect> ChooseRegion(const Region& asked, const Header& header) {
  if (asked.x == 0 && asked.y == 0 && asked.width == 0 && asked.height == 0)
    return Rect{0, 0, header.width, header.height};
  if (asked.width > 0 && asked.height > 0 && uint64_t{asked.x} + asked.width <= header.width &&
      uint64_t{asked.y} + asked.height <= header.height) {
    return Rect{asked.x, asked.y, asked.width, asked.height};
  }
  return Fail(Error::kInvalidArgument, "the region has %u x %u pixels at %u, %u, the picture %u x %u", asked.width,
              asked.height, asked.x, asked.y, header.width, header.height);
}

PictureRows::PictureRows(const Header& header, const Rect& region, const DecoderOptions& options)
    : region_(region),
      is_grey_(header.is_grey),
      has_alpha_(header.has_alpha),
      keeps_all_(options.keep_picture),
      channels_(options.channels ? options.channels : header.channels()) {}

Status PictureRows::Claim(uint64_t rows) {
  picture_.width = region_.width;
  picture_.height = keeps_all_ ? region_.height : static_cast<uint32_t>(std::min<uint64_t>(rows, region_.height));
  picture_.channels = channels_;
  LIC_TRY(picture_.pixels, Buffer<uint8_t>::Create(row_bytes() * picture_.height));
  if (channels_ % 2 == 0 && !has_alpha_) {
    for (size_t i = channels_ - 1; i < picture_.pixels.size(); i += channels_) picture_.pixels[i] = 255;
  }
  return {};
}

void PictureRows::MakeRoom() {
  if (keeps_all_ || !has_alpha_) return;
  const uint32_t first = std::min(done_, region_.height - picture_.height);
  std::copy(picture_.pixels.begin() + offset(first), picture_.pixels.end(), picture_.pixels.begin());
  first_ = first;
}

void PictureRows::PutRow(const uint8_t* rgb) {
  // Without alpha nothing of the next strip is there yet: it begins at the top of the memory.
  if (!keeps_all_ && !has_alpha_ && new_ == 0) first_ = done_;
  assert(done_ >= first_ && done_ - first_ < picture_.height);
  uint8_t* to = picture_.pixels.data() + offset(done_);
  const uint32_t width = region_.width;
  if (is_grey_) {
    for (uint32_t x = 0; x < width; ++x, rgb += 3, to += channels_) {
      std::fill_n(to, channels_ <= 2 ? 1 : 3, static_cast<uint8_t>((rgb[0] + rgb[1] + rgb[2] + 1) / 3));
    }
  } else if (channels_ == 3) {
    std::copy_n(rgb, size_t{width} * 3, to);
  } else {
    for (uint32_t x = 0; x < width; ++x, rgb += 3, to += 4) std::copy_n(rgb, 3, to);
  }
  ++done_;
  ++new_;
}

void PictureRows::PutAlpha(const Rect& pixels, const uint8_t* alpha) {
  const uint32_t left = std::max(pixels.x, region_.x), right = std::min(pixels.right(), region_.right());
  const uint32_t top = std::max(pixels.y, region_.y + first_), bottom = std::min(pixels.bottom(), region_.bottom());
  assert(bottom <= region_.y + first_ + picture_.height);
  for (uint32_t y = top; y < bottom; ++y) {
    const uint8_t* from = alpha + size_t{y - pixels.y} * pixels.width;
    uint8_t* to = picture_.pixels.data() + offset(y - region_.y) + channels_ - 1;
    for (uint32_t x = left; x < right; ++x) to[size_t{x - region_.x} * channels_] = from[x - pixels.x];
  }
}

PictureView PictureRows::strip() const {
  const uint8_t* first = new_ ? picture_.pixels.data() + offset(done_ - new_) : nullptr;
  return {first, region_.width, new_, channels_, row_bytes()};
}

}  // namespace lic
