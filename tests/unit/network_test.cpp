// Float networks: every way to cut a plane into strips gives the same floats, close to the plain definition below.
#include "network.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "check.h"

namespace lic {
namespace {

// ---- The definition ----------------------------------------------------------------------------------------------------------

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

Tensor ReferenceConvolve(const FloatLayer& layer, const Tensor& in) {
  const bool depthwise = layer.op == Op::kDepthwise;
  const int64_t side = (layer.kernel - 1) / 2;
  const uint32_t inputs = depthwise ? 1 : layer.in_channels;
  Tensor out(layer.out_channels, (in.height + layer.stride - 1) / layer.stride, (in.width + layer.stride - 1) / layer.stride);
  for (uint32_t o = 0; o < out.channels; ++o) {
    for (uint32_t y = 0; y < out.height; ++y) {
      for (uint32_t x = 0; x < out.width; ++x) {
        double sum = layer.bias[o];
        const float* weight = &layer.weight[size_t{o} * inputs * layer.kernel * layer.kernel];  // (inputs, kernel, kernel)
        for (uint32_t i = 0; i < inputs; ++i) {
          for (int64_t dy = -side; dy <= side; ++dy) {
            for (int64_t dx = -side; dx <= side; ++dx) {
              sum += double{*weight++} * in.at(depthwise ? o : i, int64_t{y} * layer.stride + dy, int64_t{x} * layer.stride + dx);
            }
          }
        }
        out.at(o, y, x) = static_cast<float>(std::clamp<double>(sum, layer.lo, layer.hi));
      }
    }
  }
  return out;
}

Tensor ReferenceLayer(const FloatLayer& layer, const Tensor& in, const Tensor& slot) {
  const uint32_t r = layer.factor;
  Tensor out = in;
  switch (layer.op) {
    case Op::kShuffle:
      out = Tensor(in.channels / (r * r), in.height * r, in.width * r);
      for (uint32_t c = 0; c < in.channels; ++c) {
        for (uint32_t y = 0; y < in.height; ++y) {
          for (uint32_t x = 0; x < in.width; ++x) out.at(c / (r * r), y * r + c / r % r, x * r + c % r) = in.at(c, int64_t{y}, x);
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

Tensor ReferenceRun(const FloatNetwork& net, const Tensor& in) {
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

// ---- Networks to try ---------------------------------------------------------------------------------------------------------

uint32_t random_state = 1;

float RandomFloat() {
  random_state = random_state * 1664525 + 1013904223;
  return static_cast<float>(static_cast<int32_t>(random_state) >> 8) / 8388608.0f;
}

Buffer<float> RandomFloats(size_t count, float scale) {
  auto buffer = Buffer<float>::Allocate(count);
  for (float& value : buffer.value()) value = RandomFloat() * scale;
  return std::move(buffer).value();
}

constexpr float kInfinity = INFINITY;

FloatLayer Conv(uint32_t kernel, uint32_t in, uint32_t out, float lo = -kInfinity, float hi = kInfinity) {
  FloatLayer layer;
  layer.op = Op::kConvolution;
  layer.kernel = kernel;
  layer.in_channels = in;
  layer.out_channels = out;
  layer.lo = lo;
  layer.hi = hi;
  layer.bias = RandomFloats(out, 0.5f);
  layer.weight = RandomFloats(size_t{out} * in * kernel * kernel, 1.7f / std::sqrt(static_cast<float>(in * kernel * kernel)));
  return layer;
}

FloatLayer Depthwise(uint32_t kernel, uint32_t stride, uint32_t channels, float lo = -kInfinity, float hi = kInfinity) {
  FloatLayer layer = Conv(kernel, 1, channels, lo, hi);
  layer.op = Op::kDepthwise;
  layer.stride = stride;
  layer.in_channels = channels;
  return layer;
}

FloatLayer Plain(Op op, uint32_t number = 0) {
  FloatLayer layer;
  layer.op = op;
  layer.factor = number;
  if (op == Op::kSave || op == Op::kAdd) layer.slot = number;
  return layer;
}

FloatLayer ClampTo(float lo, float hi) {
  FloatLayer layer = Plain(Op::kClamp);
  layer.lo = lo;
  layer.hi = hi;
  return layer;
}

template <class... Layers>
std::vector<FloatLayer> Branch(Layers... layers) {
  std::vector<FloatLayer> branch;
  (branch.push_back(std::move(layers)), ...);
  return branch;
}

template <class... Branches>
FloatNetwork Net(uint32_t in, uint32_t out, Branches... branches) {
  FloatNetwork net;
  net.in_channels = in;
  net.out_channels = out;
  (net.branches.push_back(std::move(branches)), ...);
  return net;
}

void AppendResidual(std::vector<FloatLayer>& branch, uint32_t channels, uint32_t slot) {
  branch.push_back(Plain(Op::kSave, slot));
  branch.push_back(Depthwise(3, 1, channels));
  branch.push_back(Conv(1, channels, 2 * channels, 0));
  branch.push_back(Conv(1, 2 * channels, channels));
  branch.push_back(Plain(Op::kAdd, slot));
}

// The shape of a synthesis: blocks at 1/16, 1/8 and 1/4, beside a linear branch.
FloatNetwork Synthesis() {
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
FloatNetwork Analysis() {
  return Net(3, 9,
             Branch(Plain(Op::kUnshuffle, 4), Conv(3, 48, 16), Plain(Op::kSave, 1), Depthwise(5, 1, 16), Plain(Op::kAdd, 1),
                    Depthwise(3, 2, 16), Conv(1, 16, 24, -1, 2), Plain(Op::kUnshuffle, 2), Conv(1, 96, 9)),
             Branch(Plain(Op::kUnshuffle, 16), Conv(1, 768, 9)));
}

// Everything that the others lack: strides on odd sizes, shuffles that no convolution can serve, planes saved and used twice,
// convolutions behind the last shuffle, sums of branches without one.
FloatNetwork Oddities() {
  return Net(4, 4,
             Branch(Plain(Op::kSave, 1), Depthwise(5, 2, 4), Conv(3, 4, 64), Plain(Op::kGate), ClampTo(-0.5f, 0.75f),
                    Plain(Op::kSave, 2), Depthwise(5, 1, 32), Plain(Op::kAdd, 2), Plain(Op::kShuffle, 4), Plain(Op::kSave, 3),
                    Depthwise(3, 2, 2, -1, 1), Conv(1, 2, 4), Plain(Op::kSave, 1), Plain(Op::kAdd, 1), Conv(3, 4, 4)),
             Branch(Conv(1, 4, 16), Plain(Op::kSave, 3), Plain(Op::kShuffle, 2), Conv(3, 4, 4), Plain(Op::kUnshuffle, 2),
                    Plain(Op::kAdd, 3), Plain(Op::kShuffle, 2), Depthwise(5, 2, 4), Plain(Op::kSave, 1), Plain(Op::kAdd, 1)),
             Branch(ClampTo(-1, 1)));
}

// ---- Running them ------------------------------------------------------------------------------------------------------------

Tensor RandomTensor(uint32_t channels, uint32_t height, uint32_t width) {
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

// The whole output, (height, width, channels), from strips that follow each other.
std::vector<float> RunStrips(Network& network, TensorRows& rows) {
  const size_t row_floats = size_t{network.out_width()} * network.out_channels();
  std::vector<float> out(network.out_height() * row_floats, NAN);
  for (uint32_t first = 0; first < network.out_height(); first += network.strip_rows()) {
    CHECK(network.Run(first, rows, out.data() + first * row_floats).ok());
  }
  return out;
}

void CheckNear(const std::vector<float>& got, const Tensor& expected) {
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

bool Same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && !std::memcmp(a.data(), b.data(), a.size() * sizeof(float));
}

// Against the definition in one strip, and every height of strips against that, bit for bit.
void CheckNetwork(const FloatNetwork& net, uint32_t height, uint32_t width) {
  const Tensor in = RandomTensor(net.in_channels, height, width);
  auto whole = Network::Build(net, height, width, UINT32_MAX);
  if (!CHECK(whole.ok())) return;
  TensorRows rows{in};
  const std::vector<float> expected = RunStrips(whole.value(), rows);
  CheckNear(expected, ReferenceRun(net, in));
  CHECK_EQ(rows.asked.size(), height);

  uint32_t last_strip = UINT32_MAX;
  for (uint32_t strip = 0; strip <= whole.value().out_height(); ++strip) {
    auto network = Network::Build(net, height, width, strip);
    if (!CHECK(network.ok())) return;
    if (network.value().strip_rows() == last_strip) continue;
    last_strip = network.value().strip_rows();

    TensorRows strip_rows{in};
    CHECK(Same(RunStrips(network.value(), strip_rows), expected));
    CHECK(std::is_sorted(strip_rows.asked.begin(), strip_rows.asked.end()));
    CHECK_EQ(strip_rows.asked.size(), height);

    // From the bottom, each strip twice: nothing may be left of another one.
    const size_t row_floats = size_t{network.value().out_width()} * network.value().out_channels();
    std::vector<float> out(network.value().out_height() * row_floats, NAN);
    for (uint32_t first = (network.value().out_height() - 1) / last_strip * last_strip;; first -= last_strip) {
      for (int repeat = 0; repeat < 2; ++repeat) {
        CHECK(network.value().Run(first, strip_rows, out.data() + first * row_floats).ok());
      }
      if (first == 0) break;
    }
    CHECK(Same(out, expected));
    CHECK(Same(RunStrips(network.value(), strip_rows), expected));
  }
}

TEST(SynthesisInStrips) {
  const FloatNetwork net = Synthesis();
  CheckNetwork(net, 1, 1);
  CheckNetwork(net, 2, 5);
  CheckNetwork(net, 9, 3);
}

TEST(AnalysisInStrips) {
  const FloatNetwork net = Analysis();
  CheckNetwork(net, 16, 16);
  CheckNetwork(net, 112, 48);
}

TEST(OdditiesInStrips) {
  const FloatNetwork net = Oddities();
  for (const uint32_t height : {4u, 8u, 12u, 28u}) CheckNetwork(net, height, 4);
  CheckNetwork(net, 12, 20);
}

// ---- Refusals ----------------------------------------------------------------------------------------------------------------

Error BuildError(const FloatNetwork& net, uint32_t height, uint32_t width) {
  return Network::Build(net, height, width, 16).error();
}

TEST(RefusesSizes) {
  const FloatNetwork net = Analysis();
  CHECK_EQ(BuildError(net, 16, 16), Error::kNone);
  CHECK_EQ(BuildError(net, 0, 16), Error::kInvalidArgument);
  CHECK_EQ(BuildError(net, 16, 0), Error::kInvalidArgument);
  CHECK_EQ(BuildError(net, 17, 16), Error::kInvalidArgument);
  CHECK_EQ(BuildError(net, 16, 65537), Error::kInvalidArgument);
  // 65536 * 16 pixels a side are a plane that can still be counted, but not 16 times as many.
  CHECK_EQ(BuildError(Net(256, 1, Branch(Plain(Op::kShuffle, 16), Conv(1, 1, 256), Plain(Op::kShuffle, 16))), 1, 65536),
           Error::kInvalidArgument);
}

TEST(RefusesLayersThatDoNotFit) {
  CHECK_EQ(BuildError(Net(3, 4, Branch(Conv(1, 3, 5))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 4, Branch(Conv(1, 2, 4))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 4, Branch(Conv(5, 3, 4))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3, Branch(Depthwise(3, 3, 3))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3, Branch(Plain(Op::kShuffle, 2))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(9, 1, Branch(Plain(Op::kShuffle, 3))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3, Branch(Plain(Op::kAdd, 1))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3, Branch(Plain(Op::kGate))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3, Branch(Plain(Op::kSave, 1), Conv(1, 3, 4), Plain(Op::kAdd, 1))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3, Branch(Conv(1, 3, 3)), Branch(Conv(1, 3, 4))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3), 4, 4), Error::kBadModel);
  FloatNetwork short_of_weights = Net(3, 4, Branch(Conv(3, 3, 4)));
  short_of_weights.branches[0][0].weight.Shrink(107);
  CHECK_EQ(BuildError(short_of_weights, 4, 4), Error::kBadModel);
}

// ---- Memory ------------------------------------------------------------------------------------------------------------------

struct CountingAllocator {
  size_t calls = 0;
  size_t live = 0;
  size_t fail_at = SIZE_MAX;

  static void* Allocate(void* context, size_t bytes, size_t alignment) {
    auto& self = *static_cast<CountingAllocator*>(context);
    if (self.calls++ == self.fail_at) return nullptr;
    void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory) self.live++;
    return memory;
  }
  static void Release(void* context, void* memory) {
    static_cast<CountingAllocator*>(context)->live--;
    std::free(memory);
  }
};

TEST(EveryFailingAllocationIsAnError) {
  for (const auto make : {Synthesis, Analysis, Oddities}) {
    const FloatNetwork net = make();
    const Tensor in = RandomTensor(net.in_channels, 16, 16);
    CountingAllocator counting;
    const Allocator allocator = {CountingAllocator::Allocate, CountingAllocator::Release, &counting};
    SetAllocator(&allocator);
    size_t needed = 0;
    for (size_t n = 0; n <= needed; ++n) {
      counting.calls = 0;
      counting.fail_at = n ? n - 1 : SIZE_MAX;  // at first none
      {
        auto network = Network::Build(net, 16, 16, 1);
        CHECK_EQ(network.error(), n ? Error::kOutOfMemory : Error::kNone);
        if (n == 0) {
          needed = counting.calls;
          TensorRows rows{in};
          RunStrips(network.value(), rows);
          CHECK_EQ(counting.calls, needed);  // running allocates nothing
        }
      }
      CHECK_EQ(counting.live, 0u);
    }
    CHECK(needed > 10);
    SetAllocator(nullptr);
  }
}

TEST(MemoryIsBoundedByTheStrip) {
  const FloatNetwork net = Net(8, 8, Branch(Conv(3, 8, 8), Depthwise(3, 1, 8), Conv(3, 8, 8)));
  static size_t bytes;
  const Allocator allocator = {[](void*, size_t size, size_t alignment) {
                                 bytes += size;
                                 return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
                               },
                               [](void*, void* memory) { std::free(memory); }, nullptr};
  SetAllocator(&allocator);
  size_t bytes_of[2] = {};
  for (int tall = 0; tall < 2; ++tall) {
    bytes = 0;
    CHECK(Network::Build(net, tall ? 60000 : 100, 100, 16).ok());
    bytes_of[tall] = bytes;
  }
  SetAllocator(nullptr);
  CHECK_EQ(bytes_of[0], bytes_of[1]);
}

TEST(HugePlanesAreRefusedOrFit) {
  const Allocator none = {[](void*, size_t, size_t) -> void* { return nullptr; }, [](void*, void*) {}, nullptr};
  const FloatNetwork net = Net(1, 1, Branch(Conv(1, 1, 1024), Conv(3, 1024, 1)));
  SetAllocator(&none);
  CHECK_EQ(Network::Build(net, 65536, 65536, 65536).error(), Error::kOutOfMemory);
  SetAllocator(nullptr);
}

}  // namespace
}  // namespace lic
