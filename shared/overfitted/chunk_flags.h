// Which chunks of a grid's bands are empty (docs/format.md#empty-chunks).
#pragma once

#include <algorithm>
#include <utility>

#include "base/try.h"

namespace lic::overfitted {

inline constexpr uint32_t kEmptyNeighbours = 2;  // at most

// The flags of a band and of the band above it.
class ChunkFlags {
 public:
  // For bands of at most so many chunks.
  static Result<ChunkFlags> Create(size_t most_chunks) {
    ChunkFlags flags;
    LIC_TRY(flags.band_, Buffer<uint8_t>::Create(most_chunks));
    LIC_TRY(flags.above_, Buffer<uint8_t>::Create(most_chunks));
    return flags;
  }

  // Begins with a grid or with its part in a stripe: there is no band above.
  void StartPart() { count_ = 0; }
  void StartBand(uint32_t chunks) {
    std::swap(band_, above_);
    count_above_ = std::exchange(count_, chunks);
  }

  // Chunks of the band.
  uint32_t count() const { return count_; }
  // How many of the two chunks that a flag depends on are empty. The flags before it must be there.
  uint32_t EmptyNeighbours(uint32_t chunk) const {
    uint32_t empty = chunk > 0 && band_[chunk - 1];
    if (count_above_ > 0) empty += above_[std::min(chunk + kChunksAhead, count_above_ - 1)];
    return empty;
  }
  void Put(uint32_t chunk, bool is_empty) { band_[chunk] = is_empty; }
  bool IsEmpty(uint32_t chunk) const { return band_[chunk]; }

 private:
  static constexpr uint32_t kChunksAhead = 2;

  Buffer<uint8_t> band_, above_;  // 1 is empty
  uint32_t count_ = 0, count_above_ = 0;
};

}  // namespace lic::overfitted
