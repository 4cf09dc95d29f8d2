// What a pass over the picture is asked for.
#pragma once

#include <cstdint>

namespace lic::overfitted {

// What a pass is to find beside the loss.
enum class Wanted : uint8_t { kLossOnly, kLatentGradients, kAllGradients };

// Which blocks of rows the gradients of weights are taken from: those of all are alike, and each takes a third of the
// pass. The sums are scaled to stand for all.
struct Sampling {
  uint32_t every = 1;  // one block of so many
  uint32_t turn = 0;   // which of them

  bool Takes(uint32_t block) const { return block % every == turn % every; }
  uint32_t Taken(uint32_t blocks) const { return (blocks + every - 1 - turn % every) / every; }
  // What the sums are multiplied by.
  float Scale(uint32_t blocks) const { return static_cast<float>(blocks) / static_cast<float>(Taken(blocks)); }
};

}  // namespace lic::overfitted
