#include "integer/integer_network.h"

#include <algorithm>
#include <vector>

#include "support/check.h"
#include "support/random.h"

namespace lic {
namespace {

using test::Random;

template <class T>
Buffer<T> RandomBuffer(Random& random, size_t count, int64_t low, int64_t high) {
  auto buffer = Buffer<T>::Create(count).value();
  for (T& value : buffer) value = static_cast<T>(random.Within(low, high));
  return buffer;
}

IntegerPlane RandomPlane(Random& random, uint32_t height, uint32_t width, uint32_t channels) {
  IntegerPlane plane;
  CHECK(plane.Reshape(height, width, channels).ok());
  // now and then the extremes
  for (int16_t& value : plane.values)
    value = static_cast<int16_t>(random.Within(0, 9) == 0 ? (random.Within(0, 1) ? 32767 : -32768)
                                                          : random.Within(-2000, 2000));
  return plane;
}

// A layer whose sums stay within 32 bits for any input.
IntegerLayer RandomLayer(Random& random, Op op, uint32_t kernel, uint32_t in, uint32_t out, uint32_t bias_sets) {
  IntegerLayer layer;
  layer.op = op;
  layer.kernel = kernel;
  layer.in_channels = in;
  layer.out_channels = out;
  layer.bias_sets = bias_sets;
  layer.shift = static_cast<uint32_t>(random.Within(8, 40));
  const bool relu = random.Within(0, 1) == 1;
  layer.lo = static_cast<int16_t>(relu ? 0 : random.Within(-32768, -1));
  layer.hi = static_cast<int16_t>(random.Within(1, 32767));
  const size_t taps = size_t{kernel} * kernel * (op == Op::kDepthwise ? 1 : in);
  const int64_t largest = std::min<int64_t>(127, 65000 / static_cast<int64_t>(taps));
  layer.multiplier = RandomBuffer<int32_t>(random, out, 1, (int64_t{1} << layer.shift) / 4096 + 1);
  layer.bias = RandomBuffer<int32_t>(random, size_t{bias_sets} * out, -100000, 100000);
  layer.weight = RandomBuffer<int8_t>(random, out * taps, -largest, largest);
  return layer;
}

// Convolution and depthwise exactly as docs/format.md#integer-programs defines them.
IntegerPlane Defined(const IntegerLayer& layer, const IntegerPlane& in, uint32_t bias_set) {
  IntegerPlane out;
  CHECK(out.Reshape(in.height, in.width, layer.out_channels).ok());
  const bool depthwise = layer.op == Op::kDepthwise;
  const int64_t kernel = layer.kernel, reach = kernel / 2;
  for (int64_t y = 0; y < in.height; ++y) {
    for (int64_t x = 0; x < in.width; ++x) {
      for (uint32_t o = 0; o < layer.out_channels; ++o) {
        int64_t sum = layer.bias[(layer.bias_sets > 1 ? bias_set : 0) * layer.out_channels + o];
        for (int64_t t = 0; t < kernel * kernel; ++t) {
          const int64_t row = y + t / kernel - reach, column = x + t % kernel - reach;
          if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
          const int16_t* input = in.at(static_cast<size_t>(row * in.width + column));
          for (uint32_t i = 0; i < (depthwise ? 1 : layer.in_channels); ++i) {
            const size_t weight = ((depthwise ? o : size_t{o} * layer.in_channels + i)) * kernel * kernel + t;
            sum += int64_t{input[depthwise ? o : i]} * layer.weight[weight];
          }
        }
        const int64_t scaled = (sum * layer.multiplier[o] + (int64_t{1} << (layer.shift - 1))) >> layer.shift;
        out.at(static_cast<size_t>(y * in.width + x))[o] =
            static_cast<int16_t>(std::clamp<int64_t>(scaled, layer.lo, layer.hi));
      }
    }
  }
  return out;
}

bool SamePlane(const IntegerPlane& a, const IntegerPlane& b) {
  return a.height == b.height && a.width == b.width && a.channels == b.channels &&
         std::equal(a.values.data(), a.values.data() + a.positions() * a.channels, b.values.data());
}

// Every kernel of this machine gives what the document defines, for shapes that fill vectors and shapes that do not.
TEST(KernelsFollowTheDefinition) {
  Random random(1);
  for (const IntegerKernel* kernel : AvailableKernels()) {
    SetKernel(kernel);
    for (int round = 0; round < 60; ++round) {
      const bool depthwise = round % 3 == 2;
      const uint32_t in = static_cast<uint32_t>(random.Within(1, 70)),
                     out = depthwise ? in : static_cast<uint32_t>(random.Within(1, 70));
      const uint32_t sets = static_cast<uint32_t>(random.Within(1, 3));
      std::vector<IntegerLayer> layers;
      layers.push_back(
          RandomLayer(random, depthwise ? Op::kDepthwise : Op::kConvolution, round % 3 == 0 ? 1 : 3, in, out, sets));
      const IntegerPlane input = RandomPlane(random, static_cast<uint32_t>(random.Within(1, 12)),
                                             static_cast<uint32_t>(random.Within(1, 12)), in);
      auto network = IntegerNetwork::Create(layers);
      if (!CHECK(network.ok())) return;
      for (uint32_t set = 0; set < sets; ++set) {
        IntegerPlane output;
        CHECK(network.value().Run(input, nullptr, set, output).ok());
        CHECK(SamePlane(output, Defined(layers[0], input, set)));
      }
    }
  }
  SetKernel(nullptr);
}

IntegerLayer SimpleLayer(Op op, uint32_t number = 0) {
  IntegerLayer layer;
  layer.op = op;
  layer.factor = layer.slot = layer.shift = number;
  return layer;
}

IntegerPlane RunLayers(const std::vector<IntegerLayer>& layers, const IntegerPlane& input, const IntegerPlane* side) {
  IntegerPlane output;
  auto network = IntegerNetwork::Create(layers);
  CHECK(network.value().Run(input, side, 0, output).ok());
  return output;
}

TEST(ShuffleOrdersChannelsAsTheDocumentSays) {
  IntegerPlane input;
  CHECK(input.Reshape(1, 1, 8).ok());
  for (int c = 0; c < 8; ++c) input.at(0)[c] = static_cast<int16_t>(c);
  const IntegerPlane output = RunLayers(
      [] {
        std::vector<IntegerLayer> l;
        l.push_back(SimpleLayer(Op::kShuffle, 2));
        return l;
      }(),
      input, nullptr);
  CHECK_EQ(output.height, 2u);
  CHECK_EQ(output.channels, 2u);
  for (size_t position = 0; position < 4; ++position) {
    for (size_t c = 0; c < 2; ++c) CHECK_EQ(output.at(position)[c], static_cast<int>(c * 4 + position));
  }
}

TEST(AddAndGateSaturate) {
  IntegerPlane input, side;
  CHECK(input.Reshape(1, 1, 2).ok());
  CHECK(side.Reshape(1, 1, 2).ok());
  input.at(0)[0] = side.at(0)[0] = 30000;
  input.at(0)[1] = side.at(0)[1] = -30000;
  std::vector<IntegerLayer> add;
  add.push_back(SimpleLayer(Op::kAdd, 0));
  const IntegerPlane sum = RunLayers(add, input, &side);
  CHECK_EQ(sum.at(0)[0], 32767);
  CHECK_EQ(sum.at(0)[1], -32768);
  std::vector<IntegerLayer> gate;
  gate.push_back(SimpleLayer(Op::kGate, 1));
  CHECK_EQ(RunLayers(gate, input, nullptr).at(0)[0], -32768);
  gate[0].shift = 20;
  CHECK_EQ(RunLayers(gate, input, nullptr).at(0)[0], -858);  // -858.3 rounded
}

TEST(SaveKeepsACopy) {
  Random random(5);
  const IntegerPlane input = RandomPlane(random, 3, 4, 5);
  std::vector<IntegerLayer> layers;
  layers.push_back(SimpleLayer(Op::kSave, 2));
  IntegerLayer clamp = SimpleLayer(Op::kClamp);
  clamp.lo = 0;
  clamp.hi = 0;
  layers.push_back(std::move(clamp));
  layers.push_back(SimpleLayer(Op::kAdd, 2));
  CHECK(SamePlane(RunLayers(layers, input, nullptr), input));
}

}  // namespace
}  // namespace lic
