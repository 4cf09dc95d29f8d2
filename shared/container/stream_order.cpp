#include "container/stream_order.h"

namespace lic {

StreamOrder::StreamOrder(const Header& header) : coding_(header.coding()) {
  const TileGrid grid = header.grid();
  switch (coding_) {
    case Coding::kAutoencoder:
      groups_ = grid.count();
      break;
    case Coding::kOverfitted:
      first_ = grid.rows > 1 ? 1 : 0;
      groups_ = grid.rows;
      tiles_ = grid.columns;
      break;
  }
  alphas_ = header.has_alpha ? tiles_ : 0;
}

StreamKind StreamOrder::Kind(uint64_t stream) const {
  if (stream >= first_ && (stream - first_) % (1 + alphas_) != 0) return StreamKind::kAlpha;
  return coding_ == Coding::kOverfitted ? StreamKind::kGrids : StreamKind::kLatents;
}

uint32_t StreamOrder::Tile(uint64_t stream) const {
  if (stream < first_) return 0;
  const uint64_t group = (stream - first_) / (1 + alphas_), place = (stream - first_) % (1 + alphas_);
  return static_cast<uint32_t>(group * tiles_ + (place > 0 ? place - 1 : 0));
}

}  // namespace lic
