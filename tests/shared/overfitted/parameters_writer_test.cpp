// NETWORK is read as it was written, and costs what GroupBits says.
#include <cmath>
#include <cstring>
#include <set>

#include "support/check.h"
#include "support/overfitted_drawings.h"

namespace lic::test {
namespace {

const of::LaplaceTables& Laplace() {
  static const of::LaplaceTables tables = of::LaplaceTables::Create().value();
  return tables;
}

// Every group kind: two networks, gains, two 3x3 layers.
of::Architecture EveryKind() {
  Knobs knobs;
  knobs.chains = {0x40, 0x22};
  knobs.convolutions = 2;
  knobs.networks = {{.spatial = 6, .coarser = 2, .width = 8, .own_biases = true}, {.width = 5, .depth = 1}};
  knobs.network_of = 1 * 4;
  return of::Architecture::Read(knobs.Bytes()).value();
}

// Differences of group after group: none, small ones, and those that need escapes or are the largest.
of::Parameters Draw(const of::Architecture& a, Random& random, std::vector<uint8_t>& steps) {
  of::Parameters parameters;
  parameters.values = of::BaseParameters(a).value();
  for (const of::Group& group : of::GroupList(a)) {
    steps.push_back(uint8_t(random.Within(0, of::kNoDifferences)));
    if (steps.back() == of::kNoDifferences) continue;
    const int64_t most = random.Within(0, 3) == 0 ? 32767 : random.Within(1, 40);
    for (size_t i = 0; i < group.count; ++i) {
      int16_t& value = parameters.values[group.first + i];
      const int64_t changed = value + (random.Within(-most, most) * (int64_t{1} << steps.back()));
      if (std::abs(changed) <= INT16_MAX) value = int16_t(changed);
    }
  }
  for (uint32_t g = 0; g < a.grids; ++g) {
    parameters.map[g].mapped = random.Within(0, 1);
    for (uint8_t& p : parameters.map[g].probability) p = uint8_t(parameters.map[g].mapped ? random.Within(1, 255) : 0);
  }
  return parameters;
}

double BitsOf(const of::Architecture& a, const of::Parameters& parameters, const std::vector<uint8_t>& steps) {
  double bits = 0;
  for (uint32_t g = 0; g < a.grids; ++g) bits += parameters.map[g].mapped ? 25 : 1;
  const auto base = of::BaseParameters(a).value();
  const uint8_t* step = steps.data();
  for (const of::Group& group : of::GroupList(a)) {
    std::vector<int32_t> differences(group.count);
    for (size_t i = 0; i < group.count; ++i)
      differences[i] = (parameters.values[group.first + i] - base[group.first + i]) / (1 << *step);
    bits += of::GroupBits(differences, Laplace().residual);
    ++step;
  }
  return bits;
}

}  // namespace

TEST(every_group_comes_back_and_costs_what_it_should) {
  const of::Architecture a = EveryKind();
  std::set<of::GroupKind> kinds;
  for (const of::Group& group : of::GroupList(a)) kinds.insert(group.kind);
  CHECK_EQ(kinds.size(), 17u);
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    std::vector<uint8_t> steps;
    const of::Parameters parameters = Draw(a, random, steps);
    const auto payload = of::WriteParameters(a, parameters, steps, Laplace().residual);
    if (!CHECK(payload.ok())) return;
    const auto read = of::Parameters::Read(payload.value(), a, Laplace().residual);
    if (!CHECK(read.ok())) return;
    CHECK(std::ranges::equal(read.value().values, parameters.values));
    CHECK(std::memcmp(read.value().map, parameters.map, sizeof(parameters.map)) == 0);
    // A stream has a state of 32 bits, of which the symbols fill the half at least.
    CHECK_NEAR(8.0 * double(payload.value().size()), BitsOf(a, parameters, steps) + 24, 20);
  }
}

TEST(groups_without_differences_cost_their_step) {
  const of::Architecture a = EveryKind();
  of::Parameters parameters;
  parameters.values = of::BaseParameters(a).value();
  const std::vector<uint8_t> steps(of::kMaxGroups, 3);
  const auto payload = of::WriteParameters(a, parameters, steps, Laplace().residual).value();
  const of::GroupList groups(a);
  CHECK(payload.size() <= 4 + (4 * size_t(groups.end() - groups.begin()) + a.grids + 15) / 8);
  const int32_t zeros[9] = {};
  CHECK_EQ(of::GroupBits(zeros, Laplace().residual), 4.0);
  CHECK(of::Parameters::Read(payload, a, Laplace().residual).ok());
}

TEST(what_no_stream_can_hold_is_an_error) {
  const of::Architecture a = EveryKind();
  of::Parameters parameters;
  parameters.values = of::BaseParameters(a).value();
  std::vector<uint8_t> steps(of::kMaxGroups, of::kNoDifferences);
  parameters.values[0] += 2;
  CHECK_EQ(of::WriteParameters(a, parameters, steps, Laplace().residual).error(), Error::kInternal);
  steps[0] = 2;
  CHECK_EQ(of::WriteParameters(a, parameters, steps, Laplace().residual).error(), Error::kInternal);
  steps[0] = 1;
  CHECK(of::WriteParameters(a, parameters, steps, Laplace().residual).ok());
  parameters.values[0] = -32768;  // 4096 + 32768 from the base set
  CHECK(of::WriteParameters(a, parameters, steps, Laplace().residual).ok());
  steps[0] = 0;
  CHECK_EQ(of::WriteParameters(a, parameters, steps, Laplace().residual).error(), Error::kInternal);
}

TEST(an_architecture_is_written_as_it_was_read) {
  for (const NamedDrawing& named : Drawings()) {
    const NetworksField bytes = named.drawing.knobs.Bytes();
    if (!CHECK(of::Architecture::Read(bytes).value().Write() == bytes)) std::printf("  %s\n", named.name);
  }
}

}  // namespace lic::test
