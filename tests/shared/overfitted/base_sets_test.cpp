// Base sets: the trained ones are whole, and go with their own networks only.
#include "overfitted/base_sets.h"

#include <algorithm>

#include "overfitted/encoding/presets.h"
#include "overfitted/parameters_writer.h"
#include "overfitted/trained_sets.h"
#include "support/check.h"

namespace lic::test {
namespace {

namespace of = lic::overfitted;

using NetworksField = std::array<uint8_t, of::kArchitectureBytes>;

NetworksField FieldOf(uint32_t number) {
  NetworksField field = {static_cast<uint8_t>(number)};
  std::ranges::copy(of::TrainedSets()[number - 1].networks, field.begin() + 1);
  return field;
}

}  // namespace

TEST(a_set_has_every_parameter_of_its_networks) {
  CHECK(of::CountBaseSets() > 1);
  for (uint32_t number = 1; number < of::CountBaseSets(); ++number) {
    const auto a = of::Architecture::Read(FieldOf(number));
    if (!CHECK(a.ok())) return;
    CHECK(a.value().Write() == FieldOf(number));
    const of::GroupList groups(a.value());
    const std::span<const int8_t> stored = of::TrainedSets()[number - 1].values;
    CHECK_EQ(stored.size(), groups.parameters() + static_cast<size_t>(groups.end() - groups.begin()));
    size_t at = 0;
    const auto values = of::BaseParameters(a.value()).value();
    for (const of::Group& group : groups) {
      const int shift = stored[at++];
      CHECK(shift >= 0 && shift <= 8);
      for (size_t i = 0; i < group.count; ++i) CHECK_EQ(values[group.first + i], stored[at++] * (1 << shift));
    }
  }
}

TEST(a_set_goes_with_no_other_networks) {
  for (uint32_t number = 1; number < of::CountBaseSets(); ++number) {
    for (size_t i = 1; i < of::kArchitectureBytes; ++i) {
      NetworksField field = FieldOf(number);
      ++field[i];
      const auto read = of::Architecture::Read(field);
      CHECK_EQ(read.error(), Error::kBadHeader);
      CHECK(std::string(read.failure().what).find("byte " + std::to_string(i) + " is") != std::string::npos);
    }
  }
}

TEST(sets_that_are_not_known_are_of_a_later_version) {
  for (uint32_t number = of::CountBaseSets(); number < 256; ++number) {
    NetworksField field = of::kNetworks;
    field[0] = static_cast<uint8_t>(number);
    CHECK_EQ(of::Architecture::Read(field).error(), Error::kUnsupportedVersion);
  }
}

TEST(encoders_take_the_set_that_was_trained_for_the_nearest_quality) {
  const auto sets = of::TrainedSets();
  for (uint32_t quality256 = 256; quality256 <= 25600; quality256 += 64) {
    const NetworksField field = of::NetworksFor(quality256);
    if (!CHECK(field[0] > 0 && of::Architecture::Read(field).ok())) return;
    CHECK(std::equal(field.begin() + 1, field.end(), of::kNetworks.begin() + 1));
    const auto distance = [&](const of::TrainedSet& set) { return std::abs(int(set.quality256) - int(quality256)); };
    for (const of::TrainedSet& set : sets) CHECK(distance(sets[field[0] - 1]) <= distance(set));
  }
}

}  // namespace lic::test
