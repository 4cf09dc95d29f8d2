#include "overfitted/training/network_rounding.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/try.h"
#include "overfitted/parameters_writer.h"

namespace lic::overfitted {
namespace {

constexpr int kFinestStep = 0;
constexpr int kCoarsestStep = 14;
// A difference is rounded to 0 below so many steps: at the nearest integer, or where fewer bits are worth the error.
constexpr float kNearest = 0.5f;
constexpr float kWiderZones[] = {0.65f, 0.8f, 1.f};

// The search for the step of one group.
class GroupRounding {
 public:
  GroupRounding(FloatNetworks& networks, const Group& group, double price, const ResidualTable* tables)
      : networks_(networks),
        group_(group),
        price_(price),
        tables_(tables),
        unit_(UnitOf(group.kind)),
        exact_(networks.Values(group).begin(), networks.Values(group).end()),
        differences_(group.count),
        best_differences_(group.count) {}

  void Search(const std::function<double(GroupKind)>& loss) {
    const double exact_loss = loss(group_.kind);
    Try(kNoDifferences, 0, loss);
    float largest = 0;
    for (size_t i = 0; i < group_.count; ++i) largest = std::max(largest, std::abs(Difference(i)));
    const int first = std::min(kCoarsestStep, static_cast<int>(std::floor(std::log2(std::max(largest, 1.f)))));
    // The loss need not fall from step to step: coarse ones may be worse than no differences at all. But no step loses
    // less than the exact values do, and finer ones take more bits.
    for (int step = first; step >= kFinestStep; --step) {
      if (Try(static_cast<uint8_t>(step), kNearest, loss)) continue;
      if (exact_loss + price_ * last_bits_ >= best_) break;
    }
    for (const float zone : kWiderZones) {
      if (step_ != kNoDifferences && !Try(step_, zone, loss)) break;
    }
    differences_ = best_differences_;
    Apply(step_);
  }

  uint8_t step() const { return step_; }
  double bits() const { return bits_; }
  void Write(int16_t* values) const {
    for (size_t i = 0; i < group_.count; ++i)
      values[i] = static_cast<int16_t>(std::lround(Base(i)) + best_differences_[i] * (1 << (step_ & 15)) * HasStep());
  }

 private:
  int HasStep() const { return step_ == kNoDifferences ? 0 : 1; }
  // In units of the integers.
  float Base(size_t i) const { return networks_.Base(group_)[i] / unit_; }
  float Difference(size_t i) const { return exact_[i] / unit_ - Base(i); }

  void Round(uint8_t step, float dead) {
    const float size = static_cast<float>(1 << step);
    for (size_t i = 0; i < group_.count; ++i) {
      const float q = Difference(i) / size, base = Base(i);
      float rounded = std::abs(q) < dead ? 0 : std::nearbyint(q);
      while (base + rounded * size > INT16_MAX) --rounded;
      while (base + rounded * size < INT16_MIN) ++rounded;
      differences_[i] = static_cast<int32_t>(rounded);
    }
  }

  void Apply(uint8_t step) {
    const std::span<float> values = networks_.Values(group_);
    for (size_t i = 0; i < group_.count; ++i) {
      const float difference = step == kNoDifferences ? 0 : static_cast<float>(differences_[i] * (1 << step));
      values[i] = networks_.Base(group_)[i] + difference * unit_;
    }
    networks_.Update();
  }

  // Whether that is the best so far.
  bool Try(uint8_t step, float dead, const std::function<double(GroupKind)>& loss) {
    if (step == kNoDifferences) {
      std::fill(differences_.begin(), differences_.end(), 0);
    } else {
      Round(step, dead);
      if (std::all_of(differences_.begin(), differences_.end(), [](int32_t q) { return q == 0; })) return false;
    }
    Apply(step);
    const double bits = GroupBits(differences_, tables_);
    last_bits_ = bits;
    const double tried = loss(group_.kind) + price_ * bits;
    if (tried >= best_) return false;
    best_ = tried;
    step_ = step;
    bits_ = bits;
    best_differences_ = differences_;
    return true;
  }

  FloatNetworks& networks_;
  const Group& group_;
  double price_;
  const ResidualTable* tables_;
  float unit_;
  std::vector<float> exact_;
  std::vector<int32_t> differences_, best_differences_;
  double best_ = INFINITY;  // of all trials: the loss and the price of the bits
  double bits_ = 0;
  double last_bits_ = 0;  // of the last trial
  uint8_t step_ = kNoDifferences;
};

}  // namespace

Result<RoundedNetworks> RoundNetworks(FloatNetworks& networks, double price, const ResidualTable* tables,
                                      const std::function<double(GroupKind)>& loss) {
  RoundedNetworks result;
  LIC_TRY(result.values, Buffer<int16_t>::Create(networks.groups().parameters()));
  uint8_t* step = result.steps;
  for (const Group& group : networks.groups()) {
    GroupRounding rounding(networks, group, price, tables);
    rounding.Search(loss);
    rounding.Write(result.values.data() + group.first);
    *step++ = rounding.step();
    result.bits += rounding.bits();
  }
  return result;
}

}  // namespace lic::overfitted
