#include "overfitted/parameters.h"

#include "base/try.h"
#include "overfitted/base_sets.h"
#include "symbols/rans.h"

namespace lic::overfitted {
namespace {

Status ReadMap(RansReader& reader, uint32_t grid, ChunkMap& map) {
  map.mapped = reader.TakeBits(1) != 0;
  if (!map.mapped) return {};
  for (uint8_t& probability : map.probability) {
    probability = static_cast<uint8_t>(reader.TakeBits(kProbabilityBits));
    if (probability == 0) return Fail(Error::kBadStream, "NETWORK: a probability of grid %u is 0", grid);
  }
  return {};
}

// Adds the differences of a group to what the base set says.
Status ReadGroup(RansReader& reader, const ResidualTable* tables, const Group& group, int16_t* values) {
  const uint32_t step = reader.TakeBits(kStepBits);
  if (step == kNoDifferences) return {};
  const ResidualTable& table = tables[reader.TakeBits(kTableBits)];
  for (size_t i = 0; i < group.count; ++i) {
    const int64_t value = values[i] + int64_t{reader.TakeResidual(table)} * (int64_t{1} << step);
    if (value < INT16_MIN || value > INT16_MAX) {
      return Fail(Error::kBadStream, "NETWORK: parameter %zu is %lld, allowed are %d to %d", group.first + i,
                  static_cast<long long>(value), INT16_MIN, INT16_MAX);
    }
    values[i] = static_cast<int16_t>(value);
  }
  return {};
}

}  // namespace

GroupList::GroupList(const Architecture& a) {
  for (uint32_t n = 0; n < a.networks; ++n) {
    const ContextShape& shape = a.network[n];
    Add(GroupKind::kWeight1, n, size_t{shape.width} * shape.contexts());
    Add(GroupKind::kBias1, n, size_t{a.bias_sets[n]} * shape.width);
    if (shape.depth == 2) {
      Add(GroupKind::kWeight2, n, size_t{shape.width} * shape.width);
      Add(GroupKind::kBias2, n, shape.width);
    }
    Add(GroupKind::kWeight3, n, size_t{2} * (shape.width + shape.contexts()));
    Add(GroupKind::kBias3, n, 2);
  }
  Add(GroupKind::kGridBias, 0, size_t{a.grids} * 2);
  Add(GroupKind::kTaps, 0, size_t{kLevels - 1} * 4);
  if (a.gains() > 0) Add(GroupKind::kGain, 0, a.gains());
  Add(GroupKind::kMix1, 0, size_t{a.hidden} * a.channels());
  Add(GroupKind::kMixBias1, 0, a.hidden);
  Add(GroupKind::kMix2, 0, size_t{kColours} * a.hidden);
  Add(GroupKind::kMixBias2, 0, kColours);
  Add(GroupKind::kBypass, 0, size_t{kColours} * a.channels());
  Add(GroupKind::kBypassBias, 0, kColours);
  for (uint32_t n = 0; n < a.convolutions; ++n) {
    Add(GroupKind::kConvolution, n, size_t{kColours} * kColours * 9);
    Add(GroupKind::kConvolutionBias, n, kColours);
  }
}

void GroupList::Add(GroupKind kind, uint32_t number, size_t count) {
  groups_[count_++] = {kind, number, parameters_, count};
  parameters_ += count;
}

Status Parameters::Fill(Bytes payload, const Architecture& architecture, const ResidualTable* tables) {
  const GroupList groups(architecture);
  LIC_TRY(values, Buffer<int16_t>::Create(groups.parameters()));
  RansReader reader(payload);
  for (uint32_t g = 0; g < architecture.grids; ++g) LIC_CHECK(ReadMap(reader, g, map[g]));
  PutBase(architecture, groups, values.data());
  for (const Group& group : groups) LIC_CHECK(ReadGroup(reader, tables, group, values.data() + group.first));
  if (const Status end = reader.Finish(); !end.ok()) return Fail(end.error(), "NETWORK: %s", end.failure().what);
  return {};
}

const int16_t* Parameters::Find(const GroupList& groups, GroupKind kind, uint32_t number) const {
  for (const Group& group : groups) {
    if (group.kind == kind && group.number == number) return values.data() + group.first;
  }
  return nullptr;
}

}  // namespace lic::overfitted
