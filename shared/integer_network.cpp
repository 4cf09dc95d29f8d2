#include "integer_network.h"

#include <algorithm>

#include "try.h"

namespace lic {
namespace {

constexpr size_t kMaxTaps = 9;
constexpr size_t kChunk = 64;  // positions whose sums are held at a time: they stay in the first-level cache

int16_t Saturate(int32_t value) { return static_cast<int16_t>(std::clamp<int32_t>(value, INT16_MIN, INT16_MAX)); }

Requantisation HowToRequantise(const IntegerLayer& layer, uint32_t bias_set) {
  const uint32_t channels = layer.out_channels;
  return {layer.bias.data() + size_t{bias_set} * channels, layer.multiplier.data(), channels, layer.shift, layer.lo, layer.hi};
}

// layer.weight (out, in, kernel, kernel) to the order of the kernel.
Result<PackedWeights> Pack(const IntegerLayer& layer, uint32_t lanes) {
  PackedWeights packed;
  packed.taps = layer.kernel * layer.kernel;
  packed.in_channels = layer.in_channels;
  packed.out_channels = layer.out_channels;
  packed.lanes = lanes;
  LIC_TRY(packed.weights, Buffer<int16_t>::Allocate(size_t{packed.taps} * packed.stride() * packed.pairs() * 2));
  for (uint32_t o = 0; o < layer.out_channels; ++o) {
    for (uint32_t i = 0; i < layer.in_channels; ++i) {
      for (uint32_t t = 0; t < packed.taps; ++t) {
        const size_t block = size_t{t} * packed.blocks() + o / lanes;
        packed.weights[((block * packed.pairs() + i / 2) * lanes + o % lanes) * 2 + i % 2] = layer.weight[(size_t{o} * layer.in_channels + i) * packed.taps + t];
      }
    }
  }
  return packed;
}

Status Shuffle(const IntegerPlane& in, uint32_t factor, IntegerPlane& out) {
  const uint32_t channels = in.channels / (factor * factor);
  LIC_CHECK(out.Reshape(in.height * factor, in.width * factor, channels));
  for (uint32_t y = 0; y < out.height; ++y) {
    for (uint32_t x = 0; x < out.width; ++x) {
      const int16_t* from = in.at(size_t{y / factor} * in.width + x / factor) + y % factor * factor + x % factor;
      int16_t* to = out.at(size_t{y} * out.width + x);
      for (uint32_t c = 0; c < channels; ++c) to[c] = from[c * factor * factor];
    }
  }
  return {};
}

Status Add(const IntegerPlane& a, const IntegerPlane& b, IntegerPlane& out) {
  LIC_CHECK(out.Reshape(a.height, a.width, a.channels));
  const size_t count = a.positions() * a.channels;
  for (size_t i = 0; i < count; ++i) out.values[i] = Saturate(int32_t{a.values[i]} + b.values[i]);
  return {};
}

Status Clamp(const IntegerLayer& layer, const IntegerPlane& in, IntegerPlane& out) {
  LIC_CHECK(out.Reshape(in.height, in.width, in.channels));
  const size_t count = in.positions() * in.channels;
  for (size_t i = 0; i < count; ++i) out.values[i] = std::clamp(in.values[i], layer.lo, layer.hi);
  return {};
}

Status Gate(const IntegerLayer& layer, const IntegerPlane& in, IntegerPlane& out) {
  LIC_CHECK(out.Reshape(in.height, in.width, in.channels / 2));
  const int64_t half = int64_t{1} << (layer.shift - 1);
  for (size_t p = 0; p < in.positions(); ++p) {
    const int16_t* a = in.at(p);
    const int16_t* b = a + out.channels;
    int16_t* to = out.at(p);
    for (uint32_t c = 0; c < out.channels; ++c) to[c] = Saturate(static_cast<int32_t>((int64_t{a[c]} * b[c] + half) >> layer.shift));
  }
  return {};
}

Status Copy(const IntegerPlane& in, IntegerPlane& out) {
  LIC_CHECK(out.Reshape(in.height, in.width, in.channels));
  std::copy_n(in.values.data(), in.positions() * in.channels, out.values.data());
  return {};
}

}  // namespace

Status IntegerPlane::Reshape(uint32_t new_height, uint32_t new_width, uint32_t new_channels) {
  const uint64_t count = uint64_t{new_height} * new_width * new_channels;
  if (count > SIZE_MAX / 4) return Fail(Error::kOutOfMemory, "a plane of %u x %u x %u is too large", new_channels, new_height, new_width);
  if (count > values.size()) {
    values = {};
    LIC_TRY(values, Buffer<int16_t>::Allocate(static_cast<size_t>(count)));
  }
  height = new_height;
  width = new_width;
  channels = new_channels;
  return {};
}

Result<IntegerNetwork> IntegerNetwork::Build(std::span<const IntegerLayer> layers) {
  IntegerNetwork network;
  network.kernel_ = &CurrentKernel();
  uint32_t widest = 1, outputs = 1;
  for (const IntegerLayer& layer : layers) {
    PackedLayer& packed = network.layers_.emplace_back();
    packed.layer = &layer;
    widest = std::max(widest, layer.in_channels);
    if (layer.op == Op::kConvolution) {
      LIC_TRY(packed.gemm, Pack(layer, network.kernel_->lanes));
      outputs = std::max(outputs, packed.gemm.stride());
    } else if (layer.op == Op::kDepthwise) {
      LIC_TRY(packed.depthwise, Buffer<int16_t>::Allocate(kMaxTaps * size_t{layer.in_channels}));
      for (size_t i = 0; i < packed.depthwise.size(); ++i) packed.depthwise[i] = layer.weight[i % layer.in_channels * kMaxTaps + i / layer.in_channels];
      outputs = std::max(outputs, layer.in_channels);
    }
  }
  LIC_TRY(network.zeros_, Buffer<int16_t>::Allocate(widest));
  LIC_TRY(network.rows_, Buffer<const int16_t*>::Allocate(kMaxTaps * kChunk));
  LIC_TRY(network.sums_, Buffer<int32_t>::Allocate(outputs * kChunk));
  return network;
}

// rows_[tap * count + p] = the input under a tap of the kernel for the p-th position from `first`.
void IntegerNetwork::GatherRows(const IntegerPlane& in, uint32_t kernel, size_t first, size_t count) {
  const int64_t reach = (kernel - 1) / 2;
  for (size_t p = 0; p < count; ++p) {
    const int64_t y = (first + p) / in.width, x = (first + p) % in.width;
    size_t tap = 0;
    for (int64_t row = y - reach; row <= y + reach; ++row) {
      for (int64_t column = x - reach; column <= x + reach; ++column, ++tap) {
        const bool inside = row >= 0 && row < in.height && column >= 0 && column < in.width;
        rows_[tap * count + p] = inside ? in.at(row * in.width + column) : zeros_.data();
      }
    }
  }
}

Status IntegerNetwork::Convolve(const PackedLayer& packed, const IntegerPlane& in, uint32_t bias_set, IntegerPlane& out) {
  LIC_CHECK(out.Reshape(in.height, in.width, packed.layer->out_channels));
  const Requantisation how = HowToRequantise(*packed.layer, bias_set);
  for (size_t first = 0; first < in.positions(); first += kChunk) {
    const size_t count = std::min(kChunk, in.positions() - first);
    GatherRows(in, packed.layer->kernel, first, count);
    kernel_->gemm(rows_.data(), count, packed.gemm, sums_.data());
    for (size_t p = 0; p < count; ++p) kernel_->requantise(how, sums_.data() + p * packed.gemm.stride(), out.at(first + p));
  }
  return {};
}

Status IntegerNetwork::Depthwise(const PackedLayer& packed, const IntegerPlane& in, uint32_t bias_set, IntegerPlane& out) {
  LIC_CHECK(out.Reshape(in.height, in.width, in.channels));
  const Requantisation how = HowToRequantise(*packed.layer, bias_set);
  for (size_t position = 0; position < in.positions(); ++position) {
    GatherRows(in, packed.layer->kernel, position, 1);
    kernel_->depthwise(rows_.data(), packed.depthwise.data(), in.channels, sums_.data());
    kernel_->requantise(how, sums_.data(), out.at(position));
  }
  return {};
}

Status IntegerNetwork::RunLayer(size_t index, const IntegerPlane& in, const IntegerPlane* side, uint32_t bias_set, IntegerPlane& out) {
  const IntegerLayer& layer = *layers_[index].layer;
  const uint32_t set = layer.bias_sets > 1 ? bias_set : 0;
  switch (layer.op) {
    case Op::kConvolution: return Convolve(layers_[index], in, set, out);
    case Op::kDepthwise: return Depthwise(layers_[index], in, set, out);
    case Op::kShuffle: return Shuffle(in, layer.factor, out);
    case Op::kAdd: return Add(in, layer.slot == 0 ? *side : slots_[layer.slot], out);
    case Op::kClamp: return Clamp(layer, in, out);
    case Op::kGate: return Gate(layer, in, out);
    case Op::kSave:
    case Op::kUnshuffle: break;
  }
  return Fail(Error::kInternal, "layer %zu cannot stand here", index);
}

Status IntegerNetwork::Run(const IntegerPlane& input, const IntegerPlane* side, uint32_t bias_set, IntegerPlane& output) {
  const IntegerPlane* current = &input;
  for (size_t index = 0; index < layers_.size(); ++index) {
    const IntegerLayer& layer = *layers_[index].layer;
    if (layer.op == Op::kSave) {
      LIC_CHECK(Copy(*current, slots_[layer.slot]));
      continue;
    }
    IntegerPlane& next = current == &work_[0] ? work_[1] : work_[0];
    LIC_CHECK(RunLayer(index, *current, side, bias_set, next));
    current = &next;
  }
  if (current == &input) return Copy(input, output);
  std::swap(output, current == &work_[0] ? work_[0] : work_[1]);
  return {};
}

}  // namespace lic
