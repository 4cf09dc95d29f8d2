#include "overfitted/training/float_networks.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"
#include "overfitted/base_sets.h"

namespace lic::overfitted {
namespace {

constexpr float kSampleUnit = 1.f / 255;

// Room for the transposed matrices of a context network, or of the mixing.
constexpr size_t kTransposed =
    std::max(size_t{kMaxContextWidth} * (2 + kMaxContextWidth + kMaxContexts) + 2 * kMaxContexts,
             size_t{kMaxHidden} * kColours + size_t{kMaxInputs} * (kMaxHidden + kColours));

// to[i * stride + o] = from[o * ld + i]
void Transpose(const float* from, uint32_t outputs, uint32_t inputs, uint32_t ld, uint32_t stride, float* to) {
  for (uint32_t o = 0; o < outputs; ++o) {
    for (uint32_t i = 0; i < inputs; ++i) to[i * stride + o] = from[o * ld + i];
  }
}

// Numbers that look random: always the same.
class Drawing {
 public:
  float Uniform() {  // -1..1
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<int64_t>(state_) >> 32) / 2147483648.f;
  }

 private:
  uint64_t state_ = 29;  // of six that were tried, the start of the base set from which descents end lowest
};

}  // namespace

float UnitOf(GroupKind kind) {
  switch (kind) {
    case GroupKind::kBias1:
    case GroupKind::kBias2:
    case GroupKind::kBias3:
    case GroupKind::kGridBias:
      return 1.f / 256;
    case GroupKind::kTaps:
      return 1.f / 16384;
    case GroupKind::kMixBias1:
      return 1.f / 64;
    case GroupKind::kMix2:
    case GroupKind::kBypass:
      return kSampleUnit / 256;
    case GroupKind::kMixBias2:
    case GroupKind::kBypassBias:
    case GroupKind::kConvolutionBias:
      return kSampleUnit / 64;
    default:
      return 1.f / 4096;
  }
}

Result<FloatNetworks> FloatNetworks::Create(const Architecture& architecture) {
  FloatNetworks networks(architecture);
  const size_t count = networks.groups_.parameters();
  LIC_TRY(networks.values_, Buffer<float>::Create(count));
  LIC_TRY(networks.base_, Buffer<float>::Create(count));
  LIC_TRY(networks.transposed_, Buffer<float>::Create(kTransposed * (kMaxContextNetworks + 1)));
  LIC_TRY(auto integers, Buffer<int16_t>::Create(count));
  PutBase(architecture, networks.groups_, integers.data());
  for (const Group& group : networks.groups_) {
    for (size_t i = 0; i < group.count; ++i)
      networks.base_[group.first + i] = static_cast<float>(integers[group.first + i]) * UnitOf(group.kind);
  }
  std::copy_n(networks.base_.data(), count, networks.values_.data());
  networks.Update();
  return networks;
}

const Group* FloatNetworks::Find(GroupKind kind, uint32_t number) const {
  for (const Group& group : groups_) {
    if (group.kind == kind && group.number == number) return &group;
  }
  return nullptr;
}

const float* FloatNetworks::Values(GroupKind kind, uint32_t number) const {
  const Group* group = Find(kind, number);
  return group ? values_.data() + group->first : nullptr;
}

void FloatNetworks::StartFromNothing() {
  constexpr float kPair = 0.03f;
  Drawing drawing;
  const auto draw = [&](GroupKind kind, uint32_t number, float size) {
    const Group* group = Find(kind, number);
    if (!group) return;
    for (float& v : Values(*group)) v += size * drawing.Uniform();
  };
  for (uint32_t n = 0; n < a_->networks; ++n) draw(GroupKind::kWeight3, n, 0.4f);
  const float hidden = static_cast<float>(a_->hidden);
  draw(GroupKind::kMix1, 0, 1.5f / (hidden * hidden));
  draw(GroupKind::kMix2, 0, 1 / (9 * std::sqrt(hidden)));
  // Hidden units in pairs that see one channel each, with both signs.
  const std::span<float> mix1 = Values(*Find(GroupKind::kMix1));
  for (uint32_t o = 0; o < std::min(a_->hidden, 2 * a_->channels()); ++o)
    mix1[o * a_->channels() + o / 2] += o % 2 == 0 ? kPair : -kPair;
}

void FloatNetworks::Update() {
  for (uint32_t n = 0; n < a_->networks; ++n) UpdateContext(n);
  UpdateMix();
}

void FloatNetworks::UpdateContext(uint32_t network) {
  const ContextShape& shape = a_->network[network];
  const uint32_t width = shape.width, contexts = shape.contexts();
  float* back3 = transposed_.data() + kTransposed * network;
  float *back2 = back3 + 2 * width, *back1 = back2 + width * width;
  ContextWeights& w = context_[network];
  w = {.contexts = contexts,
       .width = width,
       .depth = shape.depth,
       .weight1 = Values(GroupKind::kWeight1, network),
       .weight2 = Values(GroupKind::kWeight2, network),
       .bias2 = Values(GroupKind::kBias2, network),
       .weight3 = Values(GroupKind::kWeight3, network),
       .bias3 = Values(GroupKind::kBias3, network),
       .back3 = back3,
       .back2 = back2,
       .back1 = back1};
  Transpose(w.weight3, 2, width, width + contexts, 2, back3);
  if (shape.depth == 2) Transpose(w.weight2, width, width, width, width, back2);
  Transpose(w.weight1, width, contexts, contexts, width + 2, back1);
  Transpose(w.weight3 + width, 2, contexts, width + contexts, width + 2, back1 + width);
}

void FloatNetworks::UpdateMix() {
  const uint32_t hidden = a_->hidden, channels = a_->channels();
  float* back2 = transposed_.data() + kTransposed * kMaxContextNetworks;
  float* back1 = back2 + hidden * kColours;
  mix_ = {.channels = channels,
          .hidden = hidden,
          .mix1 = Values(GroupKind::kMix1),
          .mix_bias1 = Values(GroupKind::kMixBias1),
          .mix2 = Values(GroupKind::kMix2),
          .mix_bias2 = Values(GroupKind::kMixBias2),
          .bypass = Values(GroupKind::kBypass),
          .bypass_bias = Values(GroupKind::kBypassBias),
          .back2 = back2,
          .back1 = back1};
  Transpose(mix_.mix2, kColours, hidden, hidden, kColours, back2);
  Transpose(mix_.mix1, hidden, channels, channels, hidden + kColours, back1);
  Transpose(mix_.bypass, kColours, channels, channels, hidden + kColours, back1 + hidden);
}

const float* FloatNetworks::Bias1(uint32_t grid) const {
  const Grid& g = a_->grid[grid];
  return Values(GroupKind::kBias1, g.network) + size_t{g.bias_set} * a_->network[g.network].width;
}

}  // namespace lic::overfitted
