// Which networks and grids a file has: the field `networks` of its header (docs/format.md#architecture).
#pragma once

#include <array>
#include <span>

#include "base/geometry.h"
#include "base/made.h"
#include "lic/lic.h"

namespace lic::overfitted {

inline constexpr uint32_t kLevels = 7;
inline constexpr uint32_t kMaxChains = 3;
inline constexpr uint32_t kStripeLevels = 2;
inline constexpr uint32_t kLanes = 8;
inline constexpr uint32_t kLag = 2;
inline constexpr uint32_t kChunkSteps = 8;
inline constexpr uint32_t kMaxSpatial = 16;
inline constexpr uint32_t kMaxCoarser = 6;
inline constexpr uint32_t kMaxContextWidth = 32;
inline constexpr uint32_t kMaxContextNetworks = 3;
inline constexpr uint32_t kMaxHidden = 64;
inline constexpr uint32_t kMaxConvolutions = 2;
inline constexpr uint32_t kMaxNoise = 3;
inline constexpr uint32_t kMaxWork = 4096;
inline constexpr uint32_t kWorkUnit = 1u << (2 * (kLevels - 1));

inline constexpr uint32_t kMaxContexts = kMaxSpatial + kMaxCoarser;
inline constexpr uint32_t kMaxGrids = kMaxChains * kLevels;
inline constexpr uint32_t kMaxInputs = kMaxGrids + kMaxNoise;
inline constexpr uint32_t kColours = 3;
inline constexpr uint32_t kNoGrid = kMaxGrids;
inline constexpr size_t kArchitectureBytes = 16;

// Grids of every level from `finest` to the coarsest. Those from `joined` on are summed up into one channel.
struct Chain {
  uint32_t finest = 0;
  uint32_t joined = 0;

  uint32_t channels() const { return joined - finest + 1; }
  // A single grid is no sum, and has no gain.
  uint32_t gains() const { return joined + 1 < kLevels ? kLevels - joined : 0; }
};

struct ContextShape {
  uint32_t spatial = 0;
  uint32_t coarser = 0;
  uint32_t width = 0;  // 0: there is no such network
  uint32_t depth = 0;
  bool own_biases = false;

  uint32_t contexts() const { return spatial + coarser; }
  uint32_t products() const { return contexts() * width + (depth - 1) * width * width + 2 * (width + contexts()); }
};

// A grid's place among the others, and its context network.
struct Grid {
  uint32_t chain = 0;
  uint32_t level = 0;
  uint32_t network = 0;
  uint32_t bias_set = 0;  // of the first layer of the network

  uint32_t Size(uint32_t pixels) const { return CeilDiv(pixels, 1u << level); }
};

struct Architecture {
  uint32_t base_set = 0;
  uint32_t chains = 0;
  Chain chain[kMaxChains];
  uint32_t hidden = 0;
  uint32_t convolutions = 0;
  uint32_t noise = 0;
  uint32_t networks = 0;
  ContextShape network[kMaxContextNetworks];

  // Derived: the grids in the order in which they are coded.
  uint32_t grids = 0;
  Grid grid[kMaxGrids];
  uint32_t bias_sets[kMaxContextNetworks] = {};

  // Errors: kBadHeader, kUnsupportedVersion.
  static Result<Architecture> Read(std::span<const uint8_t, kArchitectureBytes> bytes);

  // The mirror of Read.
  std::array<uint8_t, kArchitectureBytes> Write() const;

  // The number of a grid, or kNoGrid.
  uint32_t Find(uint32_t chain, uint32_t level) const;
  uint32_t channels() const;  // inputs of the synthesis, noise included
  uint32_t gains() const;
  // Multiplications a pixel, in 1 / kWorkUnit.
  uint64_t work() const;
};

}  // namespace lic::overfitted
