// The networks of a file as floats, while they are fitted.
#pragma once

#include "overfitted/parameters.h"
#include "overfitted/training/training_kernels.h"

namespace lic::overfitted {

// What an integer parameter of a kind is worth as a float. Latents count as they are, samples as 0..1 around their
// middle, and so does all that the synthesis adds up.
float UnitOf(GroupKind kind);

class FloatNetworks {
 public:
  // The base set's values. `architecture` must outlive the networks.
  static Result<FloatNetworks> Create(const Architecture& architecture);

  const Architecture& architecture() const { return *a_; }
  const GroupList& groups() const { return groups_; }
  // In the order of the groups.
  std::span<float> values() { return {values_.data(), values_.size()}; }
  std::span<const float> values() const { return {values_.data(), values_.size()}; }
  std::span<const float> base() const { return {base_.data(), base_.size()}; }
  std::span<float> Values(const Group& group) { return values().subspan(group.first, group.count); }
  std::span<const float> Base(const Group& group) const { return base().subspan(group.first, group.count); }
  // Null where there is no such group.
  const Group* Find(GroupKind kind, uint32_t number = 0) const;
  const float* Values(GroupKind kind, uint32_t number = 0) const;

  // Where no base set was trained: breaks the symmetry between the units of hidden layers, by random numbers that are
  // always the same.
  void StartFromNothing();
  // After every change of the values: makes what depends on them, the views below.
  void Update();

  const ContextWeights& context(uint32_t network) const { return context_[network]; }
  // Biases of the first layer for a grid, and of its mean and scale.
  const float* Bias1(uint32_t grid) const;
  const float* GridBias(uint32_t grid) const { return Values(GroupKind::kGridBias) + 2 * grid; }
  const MixWeights& mix() const { return mix_; }
  // Weights and biases of a 3x3 layer, one after the other.
  const float* convolution(uint32_t layer) const { return Values(GroupKind::kConvolution, layer); }
  const float* taps(uint32_t level) const { return Values(GroupKind::kTaps) + 4 * level; }

 private:
  explicit FloatNetworks(const Architecture& architecture) : a_(&architecture), groups_(architecture) {}
  void UpdateContext(uint32_t network);
  void UpdateMix();

  const Architecture* a_;
  GroupList groups_;
  Buffer<float> values_;
  Buffer<float> base_;
  Buffer<float> transposed_;  // (kTransposed) of each context network, and of the mixing
  ContextWeights context_[kMaxContextNetworks];
  MixWeights mix_;
};

}  // namespace lic::overfitted
