#include "overfitted/training/network_steps.h"

#include <algorithm>
#include <cmath>

namespace lic::overfitted {
namespace {

// Outputs of a matrix of weights; 0 for what is no matrix.
uint32_t RowsOf(const Architecture& a, const Group& group) {
  switch (group.kind) {
    case GroupKind::kWeight1:
    case GroupKind::kWeight2:
      return a.network[group.number].width;
    case GroupKind::kWeight3:
      return 2;
    case GroupKind::kMix1:
      return a.hidden;
    case GroupKind::kMix2:
    case GroupKind::kBypass:
    case GroupKind::kConvolution:
      return kColours;
    default:
      return 0;
  }
}

bool IsBias(GroupKind kind) {
  return kind == GroupKind::kBias1 || kind == GroupKind::kBias2 || kind == GroupKind::kBias3 ||
         kind == GroupKind::kMixBias1 || kind == GroupKind::kMixBias2 || kind == GroupKind::kBypassBias ||
         kind == GroupKind::kConvolutionBias;
}

// Keeps every parameter where a file can hold it. A descent that goes beyond would lose there what it has gained when
// its networks are rounded.
void Limit(FloatNetworks& networks) {
  for (const Group& group : networks.groups()) {
    const float largest = INT16_MAX * UnitOf(group.kind);
    for (float& value : networks.Values(group)) value = std::clamp(value, -largest, largest);
  }
}

// Differences that are smaller than this part of their mean magnitude are pulled less, in proportion: a pull of full
// strength would throw them from one side of 0 to the other.
constexpr float kGentle = 0.2f;
constexpr float kLog2E = 1.44269504f;

}  // namespace

void AddPriceOfDifferences(const FloatNetworks& networks, float price, std::span<float> gradient) {
  for (const Group& group : networks.groups()) {
    const std::span<const float> values = networks.values().subspan(group.first, group.count);
    const std::span<const float> base = networks.Base(group);
    float sum = 0;
    for (size_t i = 0; i < group.count; ++i) sum += std::abs(values[i] - base[i]);
    const float mean = std::max(sum / static_cast<float>(group.count), UnitOf(group.kind));
    for (size_t i = 0; i < group.count; ++i) {
      const float d = (values[i] - base[i]) / (kGentle * mean);
      gradient[group.first + i] += price * kLog2E / mean * d / (1 + std::abs(d));
    }
  }
}

NetworkSteps::NetworkSteps(const FloatNetworks& networks) {
  const Architecture& a = networks.architecture();
  const Group* end = networks.groups().end();
  for (const Group* group = networks.groups().begin(); group < end; ++group) {
    const uint32_t rows = RowsOf(a, *group);
    const uint32_t count = static_cast<uint32_t>(group->count);
    if (rows == 0) {
      blocks_.push_back({group->first, 0, 1, count, false, Soap(1, count, false)});
      continue;
    }
    // The biases of a matrix are the group after it.
    const Group* next = group + 1;
    const bool has_biases = next < end && IsBias(next->kind) && next->count == rows;
    const uint32_t columns = count / rows;
    blocks_.push_back({group->first, has_biases ? next->first : 0, rows, columns, has_biases,
                       Soap(rows, columns + has_biases, true)});
    if (has_biases) ++group;
  }
}

void NetworkSteps::Pack(const Block& block, std::span<const float> from, std::vector<float>& to) const {
  to.clear();
  for (uint32_t row = 0; row < block.rows; ++row) {
    const float* weights = from.data() + block.weights + size_t{row} * block.columns;
    to.insert(to.end(), weights, weights + block.columns);
    if (block.has_biases) to.push_back(from[block.biases + row]);
  }
}

void NetworkSteps::Unpack(const Block& block, const std::vector<float>& from, std::span<float> to) const {
  const float* next = from.data();
  for (uint32_t row = 0; row < block.rows; ++row) {
    std::copy_n(next, block.columns, to.data() + block.weights + size_t{row} * block.columns);
    next += block.columns;
    if (block.has_biases) to[block.biases + row] = *next++;
  }
}

void NetworkSteps::Step(const SoapSettings& settings, double longest, std::span<float> gradient,
                        FloatNetworks& networks) {
  double square = 0;
  for (const float g : gradient) square += double{g} * g;
  if (const double length = std::sqrt(square); length > longest) {
    for (float& g : gradient) g *= static_cast<float>(longest / length);
  }
  std::vector<float> g, base, values;
  for (Block& block : blocks_) {
    Pack(block, gradient, g);
    Pack(block, networks.base(), base);
    Pack(block, networks.values(), values);
    block.soap.Step(settings, g, base, values);
    Unpack(block, values, networks.values());
  }
  Limit(networks);
  networks.Update();
}

}  // namespace lic::overfitted
