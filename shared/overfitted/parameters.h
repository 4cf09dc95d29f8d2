// The parameters of a file's networks: NETWORK, read as differences from a base set (docs/format.md#network-payload).
#pragma once

#include "overfitted/architecture.h"
#include "symbols/residual_table.h"

namespace lic::overfitted {

// What a group of parameters is.
enum class GroupKind : uint8_t {
  kWeight1,
  kBias1,
  kWeight2,
  kBias2,
  kWeight3,
  kBias3,
  kGridBias,
  kTaps,
  kGain,
  kMix1,
  kMixBias1,
  kMix2,
  kMixBias2,
  kBypass,
  kBypassBias,
  kConvolution,
  kConvolutionBias,
};

// A group: where it lies among all parameters. `number` counts context networks or 3x3 layers.
struct Group {
  GroupKind kind;
  uint32_t number;
  size_t first;
  size_t count;
};

inline constexpr size_t kMaxGroups = 6 * kMaxContextNetworks + 9 + 2 * kMaxConvolutions;

// The groups of an architecture, in the order of the file.
class GroupList {
 public:
  explicit GroupList(const Architecture& architecture);

  const Group* begin() const { return groups_; }
  const Group* end() const { return groups_ + count_; }
  size_t parameters() const { return parameters_; }

 private:
  void Add(GroupKind kind, uint32_t number, size_t count);

  Group groups_[kMaxGroups];
  size_t count_ = 0;
  size_t parameters_ = 0;
};

// The `step` of a group whose differences are all 0.
inline constexpr uint32_t kNoDifferences = 15;
inline constexpr int kProbabilityBits = 8;
inline constexpr int kStepBits = 4;
inline constexpr int kTableBits = 6;

// Whether the chunks of a grid have flags, and how probable the empty ones are: in 1/256, by the number of empty
// neighbours.
struct ChunkMap {
  bool mapped = false;
  uint8_t probability[3] = {};
};

struct Parameters {
  ChunkMap map[kMaxGrids];
  Buffer<int16_t> values;  // group by group

  // `tables` has kScaleCount tables. Errors: kBadStream, kOutOfMemory.
  Status Fill(Bytes payload, const Architecture& architecture, const ResidualTable* tables);
  static Result<Parameters> Read(Bytes payload, const Architecture& architecture, const ResidualTable* tables) {
    return Made<Parameters>(payload, architecture, tables);
  }

  const int16_t* Find(const GroupList& groups, GroupKind kind, uint32_t number = 0) const;
};

}  // namespace lic::overfitted
