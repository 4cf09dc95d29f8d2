// Gradients: equal to the plain definition below, and to what PyTorch says of the test model.
#include "floating/gradient.h"

#include <cstring>

#include "floating/reference_network.h"
#include "model/model.h"
#include "support/check.h"
#include "support/files.h"

namespace lic {
namespace {

using namespace test;

// ---- The definition ---------------------------------------------------------------------------------------

// Each output's gradient goes to the inputs that it was summed of; one that lies outside the range has none.
Tensor ConvolutionGradient(const FloatLayer& layer, const Tensor& in, const Tensor& out, const Tensor& gradient) {
  const bool depthwise = layer.op == Op::kDepthwise;
  const int64_t kernel = layer.kernel, side = (kernel - 1) / 2;
  const uint32_t inputs = depthwise ? 1 : layer.in_channels;
  Tensor result(in.channels, in.height, in.width);
  for (uint32_t o = 0; o < out.channels; ++o) {
    for (uint32_t y = 0; y < out.height; ++y) {
      for (uint32_t x = 0; x < out.width; ++x) {
        const float value = out.at(o, int64_t{y}, x);
        if (value <= layer.lo || value >= layer.hi) continue;
        for (uint32_t i = 0; i < inputs; ++i) {
          for (int64_t t = 0; t < kernel * kernel; ++t) {
            const int64_t from_y = y + t / kernel - side, from_x = x + t % kernel - side;
            if (from_y < 0 || from_x < 0 || from_y >= in.height || from_x >= in.width) continue;
            const float weight = layer.weight[(size_t{o} * inputs + i) * kernel * kernel + t];
            result.at(depthwise ? o : i, static_cast<uint32_t>(from_y), static_cast<uint32_t>(from_x)) +=
                weight * gradient.at(o, int64_t{y}, x);
          }
        }
      }
    }
  }
  return result;
}

Tensor LayerGradient(const FloatLayer& layer, const Tensor& in, const Tensor& out, const Tensor& gradient) {
  FloatLayer inverse;
  inverse.factor = layer.factor;
  Tensor result = gradient;
  switch (layer.op) {
    case Op::kShuffle:
      inverse.op = Op::kUnshuffle;
      return ReferenceLayer(inverse, gradient, gradient);
    case Op::kUnshuffle:
      inverse.op = Op::kShuffle;
      return ReferenceLayer(inverse, gradient, gradient);
    case Op::kClamp:
      for (size_t i = 0; i < result.values.size(); ++i) {
        if (in.values[i] <= layer.lo || in.values[i] >= layer.hi) result.values[i] = 0;
      }
      return result;
    case Op::kGate:
      result = in;
      for (size_t i = 0, half = gradient.values.size(); i < half; ++i) {
        result.values[i] = gradient.values[i] * in.values[half + i];
        result.values[half + i] = gradient.values[i] * in.values[i];
      }
      return result;
    case Op::kConvolution:
    case Op::kDepthwise:
      return ConvolutionGradient(layer, in, out, gradient);
    default:  // save and add hand it on
      return result;
  }
}

void AddTo(Tensor& sum, const Tensor& other) {
  if (!sum.channels) sum = Tensor(other.channels, other.height, other.width);
  for (size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += other.values[i];
}

Tensor BranchGradient(const std::vector<FloatLayer>& layers, const Tensor& in, Tensor gradient) {
  std::vector<Tensor> planes = {in};  // planes[i]: the input of layer i
  std::vector<Tensor> slots(4, Tensor(0, 0, 0));
  for (const FloatLayer& layer : layers) {
    if (layer.op == Op::kSave) slots[layer.slot] = planes.back();
    planes.push_back(ReferenceLayer(layer, planes.back(), slots[layer.slot]));
  }
  std::vector<Tensor> owed(4, Tensor(0, 0, 0));  // to what fills a slot
  for (size_t i = layers.size(); i-- > 0;) {
    if (layers[i].op == Op::kAdd) AddTo(owed[layers[i].slot], gradient);
    if (layers[i].op == Op::kSave && owed[layers[i].slot].channels) {
      AddTo(gradient, owed[layers[i].slot]);
      owed[layers[i].slot] = Tensor(0, 0, 0);
    }
    gradient = LayerGradient(layers[i], planes[i], planes[i + 1], gradient);
  }
  return gradient;
}

// ---- Networks ---------------------------------------------------------------------------------------------

// What Synthesis lacks: gates, clamps in the middle, planes saved and used twice, unshuffles, shuffles after clamps, a
// branch that ends otherwise.
FloatNetwork OddSynthesis() {
  auto branch = Branch(Conv(3, 4, 64, -0.7f, 0.9f), Plain(Op::kGate), ClampTo(-0.3f, 0.2f), Plain(Op::kSave, 2),
                       Depthwise(5, 1, 32), Plain(Op::kAdd, 2), Plain(Op::kAdd, 2), Plain(Op::kShuffle, 4),
                       Plain(Op::kSave, 2), Plain(Op::kSave, 3), Conv(1, 2, 2), Plain(Op::kAdd, 3), Plain(Op::kAdd, 2));
  return Net(4, 2, std::move(branch),
             Branch(Conv(1, 4, 32, 0), Plain(Op::kShuffle, 4), Plain(Op::kUnshuffle, 2), Conv(3, 8, 8),
                    Plain(Op::kShuffle, 2), Conv(1, 2, 2)));
}

// ---- Tests ------------------------------------------------------------------------------------------------

// The gradient for errors that do not depend on the output, (height, width, channels).
std::vector<float> RunGradient(Gradient& gradient, const Tensor& in, const Tensor& error) {
  TensorRows rows{in}, errors{error};
  std::vector<float> result;
  uint32_t next = 0;
  auto visit = [](uint32_t, float*) {};
  auto sink = [&](uint32_t row, float* from) {
    CHECK_EQ(row, next++);
    result.insert(result.end(), from, from + size_t{in.width} * in.channels);
  };
  CHECK(gradient.Run(rows, visit, errors, sink).ok());
  return result;
}

void CheckGradient(const FloatNetwork& net, uint32_t height, uint32_t width) {
  CHECK(HasGradient(net));
  const Tensor in = RandomTensor(net.in_channels, height, width);
  auto gradient = Gradient::Create(net, height, width);
  if (!CHECK(gradient.ok())) return;
  const Tensor error = RandomTensor(net.out_channels, gradient.value().out_height(), gradient.value().out_width());
  Tensor expected(0, 0, 0);
  for (const auto& branch : net.branches) AddTo(expected, BranchGradient(branch, in, error));
  const auto got = RunGradient(gradient.value(), in, error);
  CheckNear(got, expected);
  CHECK(got == RunGradient(gradient.value(), in, error));  // nothing is left of the first run
}

TEST(GradientOfASynthesis) {
  const FloatNetwork net = Synthesis();
  CheckGradient(net, 1, 1);
  CheckGradient(net, 3, 7);
  CheckGradient(net, 70, 2);
}

TEST(GradientOfOddLayers) {
  const FloatNetwork net = OddSynthesis();
  CheckGradient(net, 1, 1);
  CheckGradient(net, 9, 5);
  CheckGradient(net, 130, 3);
}

TEST(NoGradientOfStrides) { CHECK(!HasGradient(Analysis())); }

TEST(TheNetworkAloneGivesItsOutput) {
  const FloatNetwork net = Synthesis();
  const Tensor in = RandomTensor(net.in_channels, 5, 3);
  auto gradient = Gradient::Create(net, 5, 3);
  TensorRows rows{in};
  std::vector<float> got;
  auto visit = [&](uint32_t, float* row) { got.insert(got.end(), row, row + size_t{48} * 3); };
  CHECK(gradient.value().RunNetwork(rows, visit).ok());
  CheckNear(got, ReferenceRun(net, in));
}

// Whatever the rows that are kept, each output is seen once, in time, and is handed over as it was.
TEST(TheNetworkRunsAhead) {
  const FloatNetwork net = Synthesis();
  const Tensor in = RandomTensor(net.in_channels, 60, 2), error = RandomTensor(3, 960, 32);
  auto plain = Gradient::Create(net, 60, 2);
  const auto expected = RunGradient(plain.value(), in, error);
  for (const uint32_t ahead : {1u, 100u, 175u, 2000u}) {
    auto gradient = Gradient::Create(net, 60, 2, ahead);
    if (!CHECK(gradient.ok())) return;
    TensorRows rows{in}, errors{error};
    std::vector<std::vector<float>> seen;
    std::vector<float> got;
    auto visit = [&](uint32_t row, float* from) {
      CHECK_EQ(row, seen.size());
      seen.emplace_back(from, from + size_t{32} * 3);
    };
    auto replace = [&](uint32_t row, float* to) {
      CHECK(seen.size() > std::min(row + ahead, 959u));
      CHECK(std::equal(seen[row].begin(), seen[row].end(), to));
      errors(row, to);
    };
    auto sink = [&](uint32_t, float* from) { got.insert(got.end(), from, from + size_t{2} * in.channels); };
    CHECK(gradient.value().Run(rows, visit, replace, sink).ok());
    CHECK_EQ(seen.size(), size_t{960});
    CHECK(got == expected);
  }
}

// tests/models/tiny_gradient.f32 holds what PyTorch makes of the same numbers (tests/models/make_gradient.py).
TEST(GradientOfPyTorch) {
  const auto model = Model::Load(ReadFile(kRoot + "/tests/models/tiny.dec.licm"));
  const FloatNetwork& net = model.value().data().synthesis;
  const auto wave = [](Tensor& tensor, double pace) {
    for (size_t i = 0; i < tensor.values.size(); ++i)
      tensor.values[i] = static_cast<float>(std::sin(pace * static_cast<double>(i)));
  };
  Tensor in(net.in_channels, 5, 3), error(3, 80, 48), expected(net.in_channels, 5, 3);
  wave(in, 0.37);
  wave(error, 0.73);
  const auto bytes = ReadFile(kRoot + "/tests/models/tiny_gradient.f32");
  if (!CHECK_EQ(bytes.size(), expected.values.size() * sizeof(float))) return;
  std::memcpy(expected.values.data(), bytes.data(), bytes.size());
  auto gradient = Gradient::Create(net, 5, 3);
  CheckNear(RunGradient(gradient.value(), in, error), expected);
}

}  // namespace
}  // namespace lic
