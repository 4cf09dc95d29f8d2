// What the eight lanes of a grid's stream keep while latents are taken (docs/format.md#lanes).
#pragma once

#include "overfitted/architecture.h"
#include "overfitted/laplace_tables.h"
#include "symbols/rans.h"

namespace lic::overfitted {

inline constexpr int kLeastLatent = -128;
inline constexpr int kMostLatent = 127;
// The raw bits of a latent after an escape.
inline constexpr int kEscapeBits = 8;
inline constexpr int kEscapeShift = kRansPrecision - kEscapeBits;

// With which table each lane of a step codes its latent, and which latent symbol 0 stands for.
struct StepTables {
  alignas(16) int16_t table[kLanes];
  alignas(16) int16_t centre[kLanes];
};

struct LaneStates {
  alignas(32) uint32_t state[kLanes];
  const uint8_t* next;
  const uint8_t* end;
  bool bad;  // a word was due and none was left

  // The word that a lane needs, if it needs one.
  void Renormalise(uint32_t lane);
};

// Takes a lane's symbol, without the word that its state then may need: -K..K, or K + 1 for the escape.
int TakeSymbol(const LaplaceTables& laplace, int table, uint32_t& state);

}  // namespace lic::overfitted
