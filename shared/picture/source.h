// The picture as the encoder reads it.
#pragma once

#include "lic/lic.h"

namespace lic {

struct Source {
  PictureView view;
  bool is_grey = false;
  bool has_alpha = false;  // any of it is not 255
  Buffer<uint8_t> filled;  // a copy with colour under alpha 0, if there is any such

  const uint8_t* Row(uint32_t y) const { return view.pixels + y * view.stride; }
  // Red, green and blue of a row as a network takes them, v / 255 - 0.5, (width, 3). Beyond the picture its last column
  // and row are repeated.
  void FillRow(uint32_t y, uint32_t width, float* to) const;
};

// `picture` must outlive the source. Invisible pixels get the colour of neighbours. Errors: kOutOfMemory.
Result<Source> ReadSource(const PictureView& picture);

}  // namespace lic
