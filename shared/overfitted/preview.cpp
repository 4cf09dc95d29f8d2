#include "overfitted/preview.h"

#include "base/try.h"

namespace lic::overfitted {

Status Preview::Fill(ChannelTask task, const Layers& layers, const Header& header, const PictureRows& rows) {
  const Rect& region = rows.region();
  Rect blocks = {.x = region.x >> kPreviewLevel, .y = region.y >> kPreviewLevel};
  blocks.width = CeilDiv(region.right(), kOverfittedPreviewStride) - blocks.x;
  blocks.height = CeilDiv(region.bottom(), kOverfittedPreviewStride) - blocks.y;
  task.level = kPreviewLevel;
  task.width = CeilDiv(task.width, kOverfittedPreviewStride);
  task.height = CeilDiv(task.height, kOverfittedPreviewStride);
  task.columns = {blocks.x, blocks.right()};
  LIC_CHECK(synthesis_.Fill(task, layers));
  synthesis_.Start(blocks.y);
  LIC_TRY(row_, Buffer<uint8_t>::Create(size_t{blocks.width} * kColours));
  // Alpha is not there yet: the preview is opaque.
  Header opaque = header;
  opaque.has_alpha = false;
  DecoderOptions options;
  options.channels = rows.channels();
  rows_ = PictureRows(opaque, blocks, options);
  return rows_.Claim(blocks.height);
}

bool Preview::Step(const GridPlanes& planes, int64_t& work) {
  for (; !rows_.all_done(); work -= synthesis_.row_work()) {
    if (work <= 0) return false;
    synthesis_.NextRow(planes, row_.data());
    rows_.PutRow(row_.data());
  }
  return true;
}

}  // namespace lic::overfitted
