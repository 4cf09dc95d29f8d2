#include "integer/integer_network.h"

#include <algorithm>

#include "base/try.h"

namespace lic {
namespace {

constexpr size_t kMaxTaps = 9;
constexpr int64_t kDepthwiseCost = 4;  // how many times as long a multiplication takes as one of a dense layer
constexpr size_t kChunk = 64;          // positions whose sums are held at a time: they stay in the first-level cache

int16_t Saturate(int32_t value) { return static_cast<int16_t>(std::clamp<int32_t>(value, INT16_MIN, INT16_MAX)); }

Requantisation HowToRequantise(const IntegerLayer& layer, uint32_t bias_set) {
  const uint32_t channels = layer.out_channels;
  return {.bias = layer.bias.data() + size_t{bias_set} * channels,
          .multiplier = layer.multiplier.data(),
          .channels = channels,
          .shift = layer.shift,
          .lo = layer.lo,
          .hi = layer.hi};
}

// layer.weight (out, in, kernel, kernel) to the order of the kernel.
Result<PackedWeights> Pack(const IntegerLayer& layer, uint32_t lanes) {
  PackedWeights packed;
  packed.taps = layer.kernel * layer.kernel;
  packed.in_channels = layer.in_channels;
  packed.out_channels = layer.out_channels;
  packed.lanes = lanes;
  LIC_TRY(packed.weights, Buffer<int16_t>::Create(size_t{packed.taps} * packed.stride() * packed.pairs() * 2));
  for (uint32_t o = 0; o < layer.out_channels; ++o) {
    for (uint32_t i = 0; i < layer.in_channels; ++i) {
      for (uint32_t t = 0; t < packed.taps; ++t) {
        const size_t block = size_t{t} * packed.blocks() + o / lanes;
        packed.weights[((block * packed.pairs() + i / 2) * lanes + o % lanes) * 2 + i % 2] =
            layer.weight[(size_t{o} * layer.in_channels + i) * packed.taps + t];
      }
    }
  }
  return packed;
}

// The layers below work on rows [first, end) of their input.

void Shuffle(const IntegerPlane& in, uint32_t factor, uint32_t first, uint32_t end, IntegerPlane& out) {
  for (uint32_t y = first * factor; y < end * factor; ++y) {
    for (uint32_t x = 0; x < out.width; ++x) {
      const int16_t* from = in.at(size_t{y / factor} * in.width + x / factor) + y % factor * factor + x % factor;
      int16_t* to = out.at(size_t{y} * out.width + x);
      for (uint32_t c = 0; c < out.channels; ++c) to[c] = from[c * factor * factor];
    }
  }
}

// For layers that make of each value another one: out[i] = make(i).
template <class F>
void ForEach(uint32_t first, uint32_t end, IntegerPlane& out, F make) {
  const size_t row = size_t{out.width} * out.channels;
  for (size_t i = first * row; i < end * row; ++i) out.values[i] = make(i);
}

void Gate(const IntegerLayer& layer, const IntegerPlane& in, uint32_t first, uint32_t end, IntegerPlane& out) {
  const int64_t half = int64_t{1} << (layer.shift - 1);
  for (size_t p = size_t{first} * in.width; p < size_t{end} * in.width; ++p) {
    const int16_t* a = in.at(p);
    const int16_t* b = a + out.channels;
    int16_t* to = out.at(p);
    for (uint32_t c = 0; c < out.channels; ++c)
      to[c] = Saturate(static_cast<int32_t>((int64_t{a[c]} * b[c] + half) >> layer.shift));
  }
}

Status Copy(const IntegerPlane& in, IntegerPlane& out) {
  LIC_CHECK(out.Reshape(in.height, in.width, in.channels));
  std::copy_n(in.values.data(), in.positions() * in.channels, out.values.data());
  return {};
}

// Multiplications of a row of a layer's input; layers without any count as what they move.
int64_t RowWork(const IntegerLayer& layer, const IntegerPlane& in) {
  int64_t work = int64_t{in.width} * in.channels;
  if (layer.op == Op::kConvolution) work *= int64_t{layer.out_channels} * layer.kernel * layer.kernel;
  if (layer.op == Op::kDepthwise) work *= kMaxTaps * kDepthwiseCost;
  return work;
}

}  // namespace

Status IntegerPlane::Reshape(uint32_t new_height, uint32_t new_width, uint32_t new_channels) {
  const uint64_t count = uint64_t{new_height} * new_width * new_channels;
  if (count > SIZE_MAX / 4)
    return Fail(Error::kOutOfMemory, "a plane of %u x %u x %u values does not fit in memory", new_channels, new_height,
                new_width);
  if (count > values.size()) {
    values = {};
    LIC_TRY(values, Buffer<int16_t>::Create(static_cast<size_t>(count)));
  }
  height = new_height;
  width = new_width;
  channels = new_channels;
  return {};
}

Result<IntegerNetwork> IntegerNetwork::Create(std::span<const IntegerLayer> layers) {
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
      LIC_TRY(packed.depthwise, Buffer<int16_t>::Create(kMaxTaps * size_t{layer.in_channels}));
      for (size_t i = 0; i < packed.depthwise.size(); ++i)
        packed.depthwise[i] = layer.weight[i % layer.in_channels * kMaxTaps + i / layer.in_channels];
      outputs = std::max(outputs, layer.in_channels);
    }
  }
  LIC_TRY(network.zeros_, Buffer<int16_t>::Create(widest));
  LIC_TRY(network.rows_, Buffer<const int16_t*>::Create(kMaxTaps * kChunk));
  LIC_TRY(network.sums_, Buffer<int32_t>::Create(outputs * kChunk));
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

// Positions [first, end).
void IntegerNetwork::Convolve(const PackedLayer& packed, const IntegerPlane& in, size_t first, size_t end,
                              IntegerPlane& out) {
  const Requantisation how = HowToRequantise(*packed.layer, packed.layer->bias_sets > 1 ? bias_set_ : 0);
  for (; first < end; first += kChunk) {
    const size_t count = std::min(kChunk, end - first);
    GatherRows(in, packed.layer->kernel, first, count);
    kernel_->gemm(rows_.data(), count, packed.gemm, sums_.data());
    for (size_t p = 0; p < count; ++p)
      kernel_->requantise(how, sums_.data() + p * packed.gemm.stride(), out.at(first + p));
  }
}

void IntegerNetwork::Depthwise(const PackedLayer& packed, const IntegerPlane& in, size_t first, size_t end,
                               IntegerPlane& out) {
  const Requantisation how = HowToRequantise(*packed.layer, packed.layer->bias_sets > 1 ? bias_set_ : 0);
  for (size_t position = first; position < end; ++position) {
    GatherRows(in, packed.layer->kernel, position, 1);
    kernel_->depthwise(rows_.data(), packed.depthwise.data(), in.channels, sums_.data());
    kernel_->requantise(how, sums_.data(), out.at(position));
  }
}

// Gives the output of a layer its shape.
Status IntegerNetwork::Shape(const IntegerLayer& layer, const IntegerPlane& in, IntegerPlane& out) const {
  switch (layer.op) {
    case Op::kConvolution:
      return out.Reshape(in.height, in.width, layer.out_channels);
    case Op::kShuffle:
      return out.Reshape(in.height * layer.factor, in.width * layer.factor,
                         in.channels / (layer.factor * layer.factor));
    case Op::kGate:
      return out.Reshape(in.height, in.width, in.channels / 2);
    case Op::kDepthwise:
    case Op::kAdd:
    case Op::kClamp:
      return out.Reshape(in.height, in.width, in.channels);
    case Op::kSave:
    case Op::kUnshuffle:
    case Op::kUngate:
    case Op::kMask:
      break;
  }
  return Fail(Error::kInternal, "layer %zu is not one of an integer program", layer_);
}

// Rows [first, end) of the present layer's input.
Status IntegerNetwork::RunRows(const IntegerPlane& in, uint32_t first, uint32_t end, IntegerPlane& out) {
  const PackedLayer& packed = layers_[layer_];
  const IntegerLayer& layer = *packed.layer;
  const IntegerPlane& added = layer.slot == 0 && side_ ? *side_ : slots_[layer.slot];
  switch (layer.op) {
    case Op::kConvolution:
      Convolve(packed, in, size_t{first} * in.width, size_t{end} * in.width, out);
      break;
    case Op::kDepthwise:
      Depthwise(packed, in, size_t{first} * in.width, size_t{end} * in.width, out);
      break;
    case Op::kShuffle:
      Shuffle(in, layer.factor, first, end, out);
      break;
    case Op::kAdd:
      ForEach(first, end, out, [&](size_t i) { return Saturate(int32_t{in.values[i]} + added.values[i]); });
      break;
    case Op::kClamp:
      ForEach(first, end, out, [&](size_t i) { return std::clamp(in.values[i], layer.lo, layer.hi); });
      break;
    case Op::kGate:
      Gate(layer, in, first, end, out);
      break;
    case Op::kSave:
    case Op::kUnshuffle:
    case Op::kUngate:
    case Op::kMask:
      return Fail(Error::kInternal, "layer %zu is not one of an integer program", layer_);
  }
  return {};
}

void IntegerNetwork::Start(const IntegerPlane& input, const IntegerPlane* side, uint32_t bias_set) {
  input_ = &input;
  side_ = side;
  bias_set_ = bias_set;
  current_ = -1;
  layer_ = 0;
  row_ = 0;
}

Status IntegerNetwork::Step(int64_t& work) {
  do {
    if (done()) return {};
    const IntegerLayer& layer = *layers_[layer_].layer;
    const IntegerPlane& in = Current();
    if (layer.op == Op::kSave) {
      LIC_CHECK(Copy(in, slots_[layer.slot]));
      ++layer_;
      continue;
    }
    IntegerPlane& out = work_[current_ == 0 ? 1 : 0];
    if (row_ == 0) LIC_CHECK(Shape(layer, in, out));
    const int64_t row_work = RowWork(layer, in);
    const auto rows = static_cast<uint32_t>(std::clamp<int64_t>(work / row_work, 1, in.height - row_));
    LIC_CHECK(RunRows(in, row_, row_ + rows, out));
    work -= rows * row_work;
    row_ += rows;
    if (row_ < in.height) continue;
    row_ = 0;
    ++layer_;
    current_ = current_ == 0 ? 1 : 0;
  } while (work > 0);
  return {};
}

Status IntegerNetwork::TakeOutput(IntegerPlane& output) {
  assert(done());
  if (current_ < 0) return Copy(*input_, output);
  std::swap(output, work_[current_]);
  return {};
}

Status IntegerNetwork::Run(const IntegerPlane& input, const IntegerPlane* side, uint32_t bias_set,
                           IntegerPlane& output) {
  int64_t work = INT64_MAX;
  for (Start(input, side, bias_set); !done();) LIC_CHECK(Step(work));
  return TakeOutput(output);
}

}  // namespace lic
