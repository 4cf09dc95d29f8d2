// Rounding of networks: the search for a step gets past coarse ones that are worse than no differences.
#include "overfitted/training/network_rounding.h"

#include <algorithm>
#include <cmath>

#include "overfitted/encoding/presets.h"
#include "overfitted/laplace_tables.h"
#include "overfitted/training/network_steps.h"
#include "support/check.h"
#include "support/random.h"

namespace lic::test {
namespace {

namespace of = lic::overfitted;

constexpr of::GroupKind kKind = of::GroupKind::kMix1;

// Mix1 differs from its base by 40 to 63 units.
of::FloatNetworks MakeNetworks(const of::Architecture& a) {
  auto networks = of::FloatNetworks::Create(a).value();
  Random random(5);
  for (float& value : networks.Values(*networks.Find(kKind)))
    value += of::UnitOf(kKind) * static_cast<float>(random.Within(40, 63));
  return networks;
}

}  // namespace

TEST(coarse_steps_that_are_worse_than_none_do_not_end_the_search) {
  const of::Architecture a = of::Architecture::Read(of::NetworksFor(50 * 256)).value();
  const auto laplace = of::LaplaceTables::Create().value();
  of::FloatNetworks networks = MakeNetworks(a);
  const of::Group& group = *networks.Find(kKind);
  const std::vector<float> exact(networks.Values(group).begin(), networks.Values(group).end());
  // None is 1; every step is worse but the finest, and better than the coarser ones.
  const auto loss = [&](of::GroupKind kind) {
    if (kind != kKind) return 0.0;
    double largest = 0, from_base = 0;
    for (size_t i = 0; i < group.count; ++i) {
      const double value = networks.Values(group)[i];
      largest = std::max(largest, std::abs(value - exact[i]) / of::UnitOf(kKind));
      from_base = std::max(from_base, std::abs(value - networks.Base(group)[i]));
    }
    return from_base == 0 ? 1.0 : largest < 0.5 ? 0.0 : 1 + largest / 100;
  };
  const auto rounded = of::RoundNetworks(networks, 1e-9, laplace.residual, loss).value();
  size_t number = 0;
  for (const of::Group& g : networks.groups()) {
    CHECK_EQ(rounded.steps[number], g.kind == kKind ? 0 : of::kNoDifferences);
    ++number;
  }
  for (size_t i = 0; i < group.count; ++i)
    CHECK_NEAR(rounded.values[group.first + i] * of::UnitOf(kKind), exact[i], of::UnitOf(kKind) / 2);
}

TEST(steps_keep_parameters_where_a_file_can_hold_them) {
  const of::Architecture a = of::Architecture::Read(of::kNetworks).value();
  auto networks = of::FloatNetworks::Create(a).value();
  of::NetworkSteps steps(networks);
  std::vector<float> gradient(networks.values().size());
  for (size_t i = 0; i < gradient.size(); ++i) gradient[i] = i % 2 ? 1e-3f : -1e-3f;
  for (int i = 0; i < 30; ++i) steps.Step({.rate = 1}, 1, gradient, networks);
  bool reached = false;
  for (const of::Group& group : networks.groups()) {
    for (const float value : networks.Values(group)) {
      const float integer = std::abs(value / of::UnitOf(group.kind));
      CHECK(integer < 32767.01f);
      reached |= integer > 32766;
    }
  }
  CHECK(reached);
}

}  // namespace lic::test
