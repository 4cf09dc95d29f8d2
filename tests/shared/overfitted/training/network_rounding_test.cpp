// Rounding of networks: the search for a step gets past coarse ones that are worse than no differences. What their
// differences cost pulls them to the base set.
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
  // None is 1; every step is worse, and the finer the worse, but for the finest.
  const auto loss = [&](of::GroupKind kind) {
    if (kind != kKind) return 0.0;
    double largest = 0, from_base = 0;
    for (size_t i = 0; i < group.count; ++i) {
      const double value = networks.Values(group)[i];
      largest = std::max(largest, std::abs(value - exact[i]) / of::UnitOf(kKind));
      from_base = std::max(from_base, std::abs(value - networks.Base(group)[i]));
    }
    return from_base == 0 ? 1.0 : largest < 0.5 ? 0.0 : 2 - largest / 100;
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

TEST(bits_of_differences_pull_parameters_to_the_base_set) {
  const of::Architecture a = of::Architecture::Read(of::NetworksFor(50 * 256)).value();
  const of::FloatNetworks networks = MakeNetworks(a);
  const of::Group& group = *networks.Find(kKind);
  std::vector<float> gradient(networks.values().size());
  of::AddPriceOfDifferences(networks, 2, gradient);
  for (size_t i = 0; i < gradient.size(); ++i) {
    if (i < group.first || i >= group.first + group.count) CHECK_EQ(gradient[i], 0);
  }
  double bits_by_scale = 0;  // what the bits grow by where all differences grow in proportion
  for (size_t i = group.first; i < group.first + group.count; ++i) {
    CHECK(gradient[i] > 0);
    bits_by_scale += double{gradient[i]} * (networks.values()[i] - networks.base()[i]);
  }
  // n log2 m grows by n log2 e; differences that are not far above the gentle part pull a little less.
  const double full = 2 * 1.4427 * static_cast<double>(group.count);
  CHECK(bits_by_scale > 0.8 * full);
  CHECK(bits_by_scale < full);
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
