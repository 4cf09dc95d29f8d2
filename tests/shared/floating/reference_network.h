// Float networks by their plain definition, and networks to try.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "floating/float_network.h"
#include "support/check.h"

namespace lic::test {

// ---- The definition ---------------------------------------------------------------------------------------

struct Tensor {
  uint32_t channels = 0, height = 0, width = 0;
  std::vector<float> values;  // (channels, height, width)

  Tensor(uint32_t c, uint32_t h, uint32_t w) : channels(c), height(h), width(w), values(size_t{c} * h * w) {}
  float& at(uint32_t c, uint32_t y, uint32_t x) { return values[(size_t{c} * height + y) * width + x]; }
  float at(uint32_t c, int64_t y, int64_t x) const {
    if (y < 0 || x < 0 || y >= height || x >= width) return 0;
    return values[(size_t{c} * height + static_cast<size_t>(y)) * width + static_cast<size_t>(x)];
  }
};

inline Tensor ReferenceConvolve(const FloatLayer& layer, const Tensor& in) {
  const bool depthwise = layer.op == Op::kDepthwise;
  const int64_t side = (layer.kernel - 1) / 2;
  const uint32_t inputs = depthwise ? 1 : layer.in_channels;
  Tensor out(layer.out_channels, (in.height + layer.stride - 1) / layer.stride,
             (in.width + layer.stride - 1) / layer.stride);
  for (uint32_t o = 0; o < out.channels; ++o) {
    for (uint32_t y = 0; y < out.height; ++y) {
      for (uint32_t x = 0; x < out.width; ++x) {
        double sum = layer.bias[o];
        const float* weight =
            &layer.weight[size_t{o} * inputs * layer.kernel * layer.kernel];  // (inputs, kernel, kernel)
        for (uint32_t i = 0; i < inputs; ++i) {
          for (int64_t dy = -side; dy <= side; ++dy) {
            for (int64_t dx = -side; dx <= side; ++dx) {
              sum += double{*weight++} *
                     in.at(depthwise ? o : i, int64_t{y} * layer.stride + dy, int64_t{x} * layer.stride + dx);
            }
          }
        }
        out.at(o, y, x) = static_cast<float>(std::clamp<double>(sum, layer.lo, layer.hi));
      }
    }
  }
  return out;
}

inline Tensor ReferenceLayer(const FloatLayer& layer, const Tensor& in, const Tensor& slot) {
  const uint32_t r = layer.factor;
  Tensor out = in;
  switch (layer.op) {
    case Op::kShuffle:
      out = Tensor(in.channels / (r * r), in.height * r, in.width * r);
      for (uint32_t c = 0; c < in.channels; ++c) {
        for (uint32_t y = 0; y < in.height; ++y) {
          for (uint32_t x = 0; x < in.width; ++x)
            out.at(c / (r * r), y * r + c / r % r, x * r + c % r) = in.at(c, int64_t{y}, x);
        }
      }
      return out;
    case Op::kUnshuffle:
      out = Tensor(in.channels * r * r, in.height / r, in.width / r);
      for (uint32_t c = 0; c < out.channels; ++c) {
        for (uint32_t y = 0; y < out.height; ++y) {
          for (uint32_t x = 0; x < out.width; ++x)
            out.at(c, y, x) = in.at(c / (r * r), int64_t{y} * r + c / r % r, x * r + c % r);
        }
      }
      return out;
    case Op::kAdd:
      for (size_t i = 0; i < out.values.size(); ++i) out.values[i] += slot.values[i];
      return out;
    case Op::kClamp:
      for (float& value : out.values) value = std::clamp(value, layer.lo, layer.hi);
      return out;
    case Op::kGate:
      out = Tensor(in.channels / 2, in.height, in.width);
      for (size_t i = 0; i < out.values.size(); ++i) out.values[i] = in.values[i] * in.values[out.values.size() + i];
      return out;
    case Op::kSave:
      return out;
    default:
      return ReferenceConvolve(layer, in);
  }
}

inline Tensor ReferenceRun(const FloatNetwork& net, const Tensor& in) {
  Tensor sum(0, 0, 0);
  for (const auto& layers : net.branches) {
    Tensor plane = in;
    std::vector<Tensor> slots(4, Tensor(0, 0, 0));
    for (const FloatLayer& layer : layers) {
      if (layer.op == Op::kSave) slots[layer.slot] = plane;
      plane = ReferenceLayer(layer, plane, slots[layer.slot]);
    }
    if (!sum.channels) sum = Tensor(plane.channels, plane.height, plane.width);
    for (size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += plane.values[i];
  }
  return sum;
}

// ---- Networks to try --------------------------------------------------------------------------------------

inline uint32_t random_state = 1;

inline float RandomFloat() {
  random_state = random_state * 1664525 + 1013904223;
  return static_cast<float>(static_cast<int32_t>(random_state) >> 8) / 8388608.0f;
}

inline Buffer<float> RandomFloats(size_t count, float scale) {
  auto buffer = Buffer<float>::Create(count);
  for (float& value : buffer.value()) value = RandomFloat() * scale;
  return std::move(buffer).value();
}

inline constexpr float kInfinity = INFINITY;

inline FloatLayer Conv(uint32_t kernel, uint32_t in, uint32_t out, float lo = -kInfinity, float hi = kInfinity) {
  FloatLayer layer;
  layer.op = Op::kConvolution;
  layer.kernel = kernel;
  layer.in_channels = in;
  layer.out_channels = out;
  layer.lo = lo;
  layer.hi = hi;
  layer.bias = RandomFloats(out, 0.5f);
  layer.weight =
      RandomFloats(size_t{out} * in * kernel * kernel, 1.7f / std::sqrt(static_cast<float>(in * kernel * kernel)));
  return layer;
}

inline FloatLayer Depthwise(uint32_t kernel, uint32_t stride, uint32_t channels, float lo = -kInfinity,
                            float hi = kInfinity) {
  FloatLayer layer = Conv(kernel, 1, channels, lo, hi);
  layer.op = Op::kDepthwise;
  layer.stride = stride;
  layer.in_channels = channels;
  return layer;
}

inline FloatLayer Plain(Op op, uint32_t number = 0) {
  FloatLayer layer;
  layer.op = op;
  layer.factor = number;
  if (op == Op::kSave || op == Op::kAdd) layer.slot = number;
  return layer;
}

inline FloatLayer ClampTo(float lo, float hi) {
  FloatLayer layer = Plain(Op::kClamp);
  layer.lo = lo;
  layer.hi = hi;
  return layer;
}

template <class... Layers>
inline std::vector<FloatLayer> Branch(Layers... layers) {
  std::vector<FloatLayer> branch;
  (branch.push_back(std::move(layers)), ...);
  return branch;
}

template <class... Branches>
inline FloatNetwork Net(uint32_t in, uint32_t out, Branches... branches) {
  FloatNetwork net;
  net.in_channels = in;
  net.out_channels = out;
  (net.branches.push_back(std::move(branches)), ...);
  return net;
}

inline void AppendResidual(std::vector<FloatLayer>& branch, uint32_t channels, uint32_t slot) {
  branch.push_back(Plain(Op::kSave, slot));
  branch.push_back(Depthwise(3, 1, channels));
  branch.push_back(Conv(1, channels, 2 * channels, 0));
  branch.push_back(Conv(1, 2 * channels, channels));
  branch.push_back(Plain(Op::kAdd, slot));
}

// The shape of a synthesis: blocks at 1/16, 1/8 and 1/4, beside a linear branch.
inline FloatNetwork Synthesis() {
  auto branch = Branch(Conv(1, 10, 12));
  AppendResidual(branch, 12, 1);
  AppendResidual(branch, 12, 2);
  branch.push_back(Conv(1, 12, 32, 0));
  branch.push_back(Plain(Op::kShuffle, 2));
  AppendResidual(branch, 8, 1);
  branch.push_back(Conv(1, 8, 24));
  branch.push_back(Plain(Op::kShuffle, 2));
  AppendResidual(branch, 6, 3);
  branch.push_back(Conv(3, 6, 48));
  branch.push_back(Plain(Op::kShuffle, 4));
  return Net(10, 3, std::move(branch), Branch(Conv(1, 10, 768), Plain(Op::kShuffle, 16)));
}

// The shape of an analysis: a picture to latents at 1/16.
inline FloatNetwork Analysis() {
  return Net(
      3, 9,
      Branch(Plain(Op::kUnshuffle, 4), Conv(3, 48, 16), Plain(Op::kSave, 1), Depthwise(5, 1, 16), Plain(Op::kAdd, 1),
             Depthwise(3, 2, 16), Conv(1, 16, 24, -1, 2), Plain(Op::kUnshuffle, 2), Conv(1, 96, 9)),
      Branch(Plain(Op::kUnshuffle, 16), Conv(1, 768, 9)));
}

// Everything that the others lack: strides on odd sizes, shuffles that no convolution can serve, planes saved and used
// twice, convolutions after the last shuffle, sums of branches without one.
inline FloatNetwork Oddities() {
  return Net(
      4, 4,
      Branch(Plain(Op::kSave, 1), Depthwise(5, 2, 4), Conv(3, 4, 64), Plain(Op::kGate), ClampTo(-0.5f, 0.75f),
             Plain(Op::kSave, 2), Depthwise(5, 1, 32), Plain(Op::kAdd, 2), Plain(Op::kShuffle, 4), Plain(Op::kSave, 3),
             Depthwise(3, 2, 2, -1, 1), Conv(1, 2, 4), Plain(Op::kSave, 1), Plain(Op::kAdd, 1), Conv(3, 4, 4)),
      Branch(Conv(1, 4, 16), Plain(Op::kSave, 3), Plain(Op::kShuffle, 2), Conv(3, 4, 4), Plain(Op::kUnshuffle, 2),
             Plain(Op::kAdd, 3), Plain(Op::kShuffle, 2), Depthwise(5, 2, 4), Plain(Op::kSave, 1), Plain(Op::kAdd, 1)),
      Branch(ClampTo(-1, 1)));
}

inline Tensor RandomTensor(uint32_t channels, uint32_t height, uint32_t width) {
  Tensor tensor(channels, height, width);
  for (float& value : tensor.values) value = RandomFloat();
  return tensor;
}

// Hands out rows of a tensor and notes which.
struct TensorRows {
  const Tensor& in;
  std::vector<uint32_t> asked = {};
  void operator()(uint32_t row, float* to) {
    asked.push_back(row);
    for (uint32_t x = 0; x < in.width; ++x) {
      for (uint32_t c = 0; c < in.channels; ++c) *to++ = in.at(c, int64_t{row}, x);
    }
  }
};

// got is (height, width, channels).
inline void CheckNear(const std::vector<float>& got, const Tensor& expected) {
  CHECK_EQ(got.size(), expected.values.size());
  double largest = 0, worst = 0;
  for (uint32_t c = 0; c < expected.channels; ++c) {
    for (uint32_t y = 0; y < expected.height; ++y) {
      for (uint32_t x = 0; x < expected.width; ++x) {
        const double value = expected.at(c, int64_t{y}, x);
        const double difference = std::fabs(got[(size_t{y} * expected.width + x) * expected.channels + c] - value);
        largest = std::max(largest, std::fabs(value));
        if (!(difference <= worst)) worst = difference;
      }
    }
  }
  CHECK_NEAR(worst / largest, 0, 1e-5);
}

}  // namespace lic::test
