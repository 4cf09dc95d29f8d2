#include "overfitted/parameters_writer.h"

#include <algorithm>
#include <cstdlib>

#include "base/try.h"
#include "container/sections.h"
#include "overfitted/base_sets.h"
#include "symbols/rans.h"
#include "symbols/residual_costs.h"

namespace lic::overfitted {
namespace {

// Of the largest groups: the sets of biases of all grids, and the first layer of the synthesis.
constexpr size_t kMostOfGroup = std::max({size_t{kMaxContextWidth} * kMaxContextWidth,
                                          size_t{kMaxGrids} * kMaxContextWidth, size_t{kMaxHidden} * kMaxInputs});

// Differences of a group, each value once. Those near 0, which most are, are found by their place.
class DifferenceCounts {
 public:
  explicit DifferenceCounts(std::span<const int32_t> differences) {
    for (const int32_t q : differences) {
      if (std::abs(q) > kNear) {
        counted_[count_++] = {q, 1};
        continue;
      }
      uint16_t& place = places_[q + kNear];
      if (place == 0) {
        counted_[count_++] = {q, 0};
        place = static_cast<uint16_t>(count_);
      }
      ++counted_[place - 1].count;
    }
  }
  std::span<const CountedResidual> counted() const { return {counted_, count_}; }

 private:
  static constexpr int kNear = 64;

  CountedResidual counted_[kMostOfGroup];
  size_t count_ = 0;
  uint16_t places_[2 * kNear + 1] = {};  // in `counted_`, from 1 on
};

bool AllAreZero(std::span<const int32_t> differences) {
  return std::all_of(differences.begin(), differences.end(), [](int32_t q) { return q == 0; });
}

Status WriteMap(RansWriter& writer, const ChunkMap& map) {
  LIC_CHECK(writer.PutBits(map.mapped, 1));
  if (!map.mapped) return {};
  for (const uint8_t probability : map.probability) LIC_CHECK(writer.PutBits(probability, kProbabilityBits));
  return {};
}

Status FindDifferences(const Group& group, const int16_t* base, const int16_t* values, uint32_t step,
                       int32_t* differences) {
  for (size_t i = 0; i < group.count; ++i) {
    const int32_t difference = values[group.first + i] - base[group.first + i];
    const int32_t unit = step == kNoDifferences ? 1 << 16 : 1 << step;
    differences[i] = difference / unit;
    if (differences[i] * unit == difference && std::abs(differences[i]) <= kMaxResidual) continue;
    return Fail(Error::kInternal, "parameter %zu differs from its base set by %d, which is not written in steps of %d",
                group.first + i, difference, unit);
  }
  return {};
}

Status WriteGroup(RansWriter& writer, std::span<const int32_t> differences, uint32_t step,
                  const ResidualTable* tables) {
  if (AllAreZero(differences)) return writer.PutBits(kNoDifferences, kStepBits);
  const uint8_t table = CheapestTable(DifferenceCounts(differences).counted(), tables).table;
  LIC_CHECK(writer.PutBits(step, kStepBits));
  LIC_CHECK(writer.PutBits(table, kTableBits));
  for (const int32_t q : differences) LIC_CHECK(writer.PutResidual(tables[table], q));
  return {};
}

}  // namespace

Result<Buffer<int16_t>> BaseParameters(const Architecture& architecture) {
  const GroupList groups(architecture);
  LIC_TRY(auto values, Buffer<int16_t>::Create(groups.parameters()));
  PutBase(architecture, groups, values.data());
  return values;
}

double GroupBits(std::span<const int32_t> differences, const ResidualTable* tables) {
  if (AllAreZero(differences)) return kStepBits;
  return kStepBits + kTableBits + CheapestTable(DifferenceCounts(differences).counted(), tables).bits;
}

Result<Buffer<uint8_t>> WriteParameters(const Architecture& architecture, const Parameters& parameters,
                                        std::span<const uint8_t> steps, const ResidualTable* tables) {
  LIC_TRY(const auto base, BaseParameters(architecture));
  RansWriter writer;
  for (uint32_t g = 0; g < architecture.grids; ++g) LIC_CHECK(WriteMap(writer, parameters.map[g]));
  int32_t differences[kMostOfGroup];
  const uint8_t* step = steps.data();
  for (const Group& group : GroupList(architecture)) {
    LIC_CHECK(FindDifferences(group, base.data(), parameters.values.data(), *step, differences));
    LIC_CHECK(WriteGroup(writer, {differences, group.count}, *step++, tables));
  }
  LIC_TRY(auto payload, writer.Finish());
  if (payload.size() > kMaxNetworkBytes)
    return Fail(Error::kInternal, "NETWORK has %zu bytes, allowed are %u", payload.size(), kMaxNetworkBytes);
  return payload;
}

}  // namespace lic::overfitted
