#include "overfitted/layers.h"

#include "base/try.h"

namespace lic::overfitted {
namespace {

constexpr int kWeightBits = 12;
constexpr int kMixBits = 8;

}  // namespace

// Counts the words that the layers take, or fills them in: the same calls for both.
class Layers::Builder {
 public:
  Builder(const Architecture& architecture, const Parameters& parameters)
      : a_(architecture), parameters_(parameters), groups_(architecture) {}

  size_t words() const { return words_; }

  void Build(Layers& layers, int32_t* memory) {
    memory_ = memory;
    words_ = 0;
    for (uint32_t n = 0; n < a_.networks; ++n) BuildContext(n, layers.context[n]);
    BuildMixing(layers.mixing);
    for (uint32_t n = 0; n < a_.convolutions; ++n) {
      Convolution& convolution = layers.convolution[n];
      convolution.taps = Dense(9 * kColours, kColours, 9 * kColours, Find(GroupKind::kConvolution, n), kColours);
      convolution.bias = Biases(Find(GroupKind::kConvolutionBias, n), 1, kColours, kColours, kWeightBits);
    }
  }

 private:
  const int16_t* Find(GroupKind kind, uint32_t number = 0) const { return parameters_.Find(groups_, kind, number); }

  int32_t* Take(size_t words) {
    int32_t* taken = memory_ ? memory_ + words_ : nullptr;
    words_ += words;
    return taken;
  }

  DenseLayer Dense(uint32_t in, uint32_t out, uint32_t stride, const int16_t* weights, uint32_t tile) {
    const uint32_t pairs = CeilDiv(in, 2);
    int32_t* packed = Take(size_t{RoundUp(out, tile)} * pairs);
    const DenseLayer layer = {.in = in, .out = out, .stride = stride, .weights = weights, .packed = packed};
    if (!packed) return layer;
    const auto weight = [&](uint32_t o, uint32_t i) -> int16_t {
      return o < out && i < in ? weights[o * stride + i] : 0;
    };
    for (uint32_t first = 0; first < out; first += tile) {
      for (uint32_t i = 0; i < in; i += 2) {
        for (uint32_t o = first; o < first + tile; ++o) *packed++ = PairOf(weight(o, i), weight(o, i + 1));
      }
    }
    return layer;
  }

  // Sets of `count` biases, each in `room` words.
  const int32_t* Biases(const int16_t* biases, uint32_t sets, uint32_t count, uint32_t room, int bits) {
    int32_t* to = Take(size_t{sets} * room);
    if (!to) return nullptr;
    for (uint32_t set = 0; set < sets; ++set) {
      for (uint32_t i = 0; i < room; ++i) {
        const int32_t bias = i < count ? biases[set * count + i] : 0;
        to[set * room + i] = bias * (1 << bits) + (1 << (bits - 1));
      }
    }
    return to;
  }

  void BuildContext(uint32_t n, ContextNetwork& network) {
    const ContextShape& shape = a_.network[n];
    const uint32_t width = shape.width, contexts = shape.contexts();
    network.shape = shape;
    network.hidden[0] = Dense(contexts, width, contexts, Find(GroupKind::kWeight1, n), kHiddenTile);
    network.bias1 = Biases(Find(GroupKind::kBias1, n), a_.bias_sets[n], width, kMaxContextWidth, kWeightBits);
    if (shape.depth == 2) {
      network.hidden[1] = Dense(width, width, width, Find(GroupKind::kWeight2, n), kHiddenTile);
      network.bias2 = Biases(Find(GroupKind::kBias2, n), 1, width, kMaxContextWidth, kWeightBits);
    }
    const int16_t* weights = Find(GroupKind::kWeight3, n);
    network.last = Dense(width, 2, width + contexts, weights, 2);
    network.stabiliser = Dense(contexts, 2, width + contexts, weights + width, 2);
    network.bias3 = Biases(Find(GroupKind::kBias3, n), 1, 2, 2, kWeightBits);
  }

  void BuildMixing(Mixing& mixing) {
    const uint32_t inputs = a_.channels(), hidden = a_.hidden;
    mixing.first = Dense(inputs, hidden, inputs, Find(GroupKind::kMix1), kHiddenTile);
    mixing.bias1 = Biases(Find(GroupKind::kMixBias1), 1, hidden, kMaxHidden, kWeightBits);
    mixing.second = Dense(hidden, kColours, hidden, Find(GroupKind::kMix2), kColours);
    mixing.bias2 = Biases(Find(GroupKind::kMixBias2), 1, kColours, kColours, kMixBits);
    mixing.bypass = Dense(inputs, kColours, inputs, Find(GroupKind::kBypass), kColours);
    mixing.bypass_bias = Biases(Find(GroupKind::kBypassBias), 1, kColours, kColours, kMixBits);
  }

  const Architecture& a_;
  const Parameters& parameters_;
  GroupList groups_;
  int32_t* memory_ = nullptr;
  size_t words_ = 0;
};

Status Layers::Fill(const Architecture& architecture, const Parameters& parameters) {
  Builder builder(architecture, parameters);
  builder.Build(*this, nullptr);
  LIC_TRY(memory_, Buffer<int32_t>::Create(builder.words()));
  builder.Build(*this, memory_.data());
  return {};
}

}  // namespace lic::overfitted
