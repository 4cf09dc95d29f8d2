// The rows of a picture as they are decoded, whatever its coding: the part that was asked for, in the channels that
// were asked for.
//
//   red, green and blue, row by row ──PutRow───┐
//   alpha, tile by tile ─────────────PutAlpha──┴──> strip: the rows of a step; picture: all of them
#pragma once

#include "base/geometry.h"
#include "container/header.h"
#include "lic/lic.h"

namespace lic {

// The part of the picture that a caller asks for. Errors: kInvalidArgument.
Result<Rect> ChooseRegion(const Region& asked, const Header& header);

class PictureRows {
 public:
  PictureRows() = default;
  // `region`, in pixels, of the picture with that header.
  PictureRows(const Header& header, const Rect& region, const DecoderOptions& options);

  // Claims the memory: that of the whole region if the rows are kept for picture(), otherwise that of `rows` rows.
  // These must hold the rows of a strip and, with alpha, those that alpha reaches below the rows done.
  Status Claim(uint64_t rows);

  // To be called first in every step: strip() begins anew.
  void BeginStep() { new_ = 0; }
  // The next row: red, green and blue, (width of the region, 3).
  void PutRow(const uint8_t* rgb);
  // Alpha of a part of the picture: `pixels`, whose rows follow each other without gaps.
  void PutAlpha(const Rect& pixels, const uint8_t* alpha);
  // Lets rows go that have been handed out, before alpha comes in for rows below.
  void MakeRoom();

  const Rect& region() const { return region_; }
  bool has_alpha() const { return has_alpha_; }
  // Whether the rows are kept for picture().
  bool keeps_all() const { return keeps_all_; }
  // Channels of what is handed out.
  uint32_t channels() const { return channels_; }

  // Rows whose colours are there.
  uint32_t done() const { return done_; }
  bool all_done() const { return done_ == region_.height; }
  // The rows of the present step.
  PictureView strip() const;
  const Picture& picture() const { return picture_; }
  Picture TakePicture() { return std::move(picture_); }

 private:
  size_t row_bytes() const { return size_t{region_.width} * channels_; }
  size_t offset(uint32_t y) const { return (y - first_) * row_bytes(); }

  Rect region_;
  bool is_grey_ = false;
  bool has_alpha_ = false;
  bool keeps_all_ = false;
  uint32_t channels_ = 0;

  Picture picture_;     // the region, or as many rows of it as are needed
  uint32_t first_ = 0;  // of the region's rows, the first in `picture_`
  uint32_t done_ = 0;   // of the region
  uint32_t new_ = 0;    // of these, made by the present step
};

}  // namespace lic
