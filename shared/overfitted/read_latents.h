// The latents of a file that carries its own networks, for those who want to see what such a file is made of.
#pragma once

#include <cstdint>

#include "lic/memory.h"
#include "lic/result.h"

namespace lic::overfitted {

// One grid of latents. docs/format.md#order-of-the-grids has what they are.
struct LatentGrid {
  uint32_t chain = 0;      // 0 is that of the whole picture; others have colours of their own
  uint32_t level = 0;      // a latent stands for 2^level x 2^level pixels
  uint32_t width = 0;      // ceil(width of the picture / 2^level)
  uint32_t height = 0;     // likewise
  uint64_t bytes = 0;      // of the file that its latents take, within the eight words with which a stream begins
  Buffer<int8_t> latents;  // (height, width)
};

struct LatentGrids {
  static constexpr uint32_t kMost = 21;

  uint32_t grids = 0;
  LatentGrid grid[kMost];  // the first `grids`, in the order in which they are coded
};

// Reads the latents of a whole file; alpha is not looked at. Takes the part of Decode's time that does not make pixels,
// about a half, and 1.4 bytes of memory for each pixel and chain at most. Errors: those of ReadLayout; kBadStream,
// kOutOfMemory; kInvalidArgument if the file is of another coding.
Result<LatentGrids> ReadLatents(Bytes file);

}  // namespace lic::overfitted
