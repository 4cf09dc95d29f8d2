// What a picture looks like from afar, from the grids that come first.
#pragma once

#include "coding/picture_rows.h"
#include "overfitted/synthesis.h"

namespace lic::overfitted {

// The level whose grids are the finest of a preview.
inline constexpr uint32_t kPreviewLevel = 2;
static_assert(kOverfittedPreviewStride == 1u << kPreviewLevel);

// The synthesis at a quarter of the size: grids that are finer are left out, and noise is its mean.
class Preview {
 public:
  // `task` is that of the whole picture, `rows` what the picture is handed out as. What the task points to, and the
  // layers, must outlive the object.
  Status Fill(ChannelTask task, const Layers& layers, const Header& header, const PictureRows& rows);
  // About as much as `work` multiplications. True after the last row.
  bool Step(const GridPlanes& planes, int64_t& work);

  const Picture& picture() const { return rows_.picture(); }

 private:
  Synthesis synthesis_;
  PictureRows rows_;
  Buffer<uint8_t> row_;  // (width, 3)
};

}  // namespace lic::overfitted
