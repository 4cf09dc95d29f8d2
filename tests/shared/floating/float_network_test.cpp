// Float networks: every way to cut a plane into strips gives the same floats, close to the plain definition below.
#include "floating/float_network.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "floating/reference_network.h"
#include "support/check.h"

namespace lic {
namespace {

using namespace test;

// ---- Running them -----------------------------------------------------------------------------------------

// The whole output, (height, width, channels), from strips that follow each other.
std::vector<float> RunStrips(Network& network, TensorRows& rows) {
  const size_t row_floats = size_t{network.out_width()} * network.out_channels();
  std::vector<float> out(network.out_height() * row_floats, NAN);
  for (uint32_t first = 0; first < network.out_height(); first += network.strip_rows()) {
    CHECK(network.Run(first, rows, out.data() + first * row_floats).ok());
  }
  return out;
}

bool Same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && !std::memcmp(a.data(), b.data(), a.size() * sizeof(float));
}

// Against the definition in one strip, and every height of strips against that, bit for bit.
void CheckNetwork(const FloatNetwork& net, uint32_t height, uint32_t width) {
  const Tensor in = RandomTensor(net.in_channels, height, width);
  auto whole = Network::Create(net, height, width, UINT32_MAX);
  if (!CHECK(whole.ok())) return;
  TensorRows rows{in};
  const std::vector<float> expected = RunStrips(whole.value(), rows);
  CheckNear(expected, ReferenceRun(net, in));
  CHECK_EQ(rows.asked.size(), height);

  uint32_t last_strip = UINT32_MAX;
  for (uint32_t strip = 0; strip <= whole.value().out_height(); ++strip) {
    auto network = Network::Create(net, height, width, strip);
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

// ---- Refusals ---------------------------------------------------------------------------------------------

Error BuildError(const FloatNetwork& net, uint32_t height, uint32_t width) {
  return Network::Create(net, height, width, 16).error();
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
  CHECK_EQ(BuildError(Net(3, 3, Branch(Plain(Op::kSave, 1), Conv(1, 3, 4), Plain(Op::kAdd, 1))), 4, 4),
           Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3, Branch(Conv(1, 3, 3)), Branch(Conv(1, 3, 4))), 4, 4), Error::kBadModel);
  CHECK_EQ(BuildError(Net(3, 3), 4, 4), Error::kBadModel);
  FloatNetwork short_of_weights = Net(3, 4, Branch(Conv(3, 3, 4)));
  short_of_weights.branches[0][0].weight.Shrink(107);
  CHECK_EQ(BuildError(short_of_weights, 4, 4), Error::kBadModel);
}

// ---- Memory -----------------------------------------------------------------------------------------------

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
        auto network = Network::Create(net, 16, 16, 1);
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
    CHECK(Network::Create(net, tall ? 60000 : 100, 100, 16).ok());
    bytes_of[tall] = bytes;
  }
  SetAllocator(nullptr);
  CHECK_EQ(bytes_of[0], bytes_of[1]);
}

TEST(HugePlanesAreRefusedOrFit) {
  const Allocator none = {[](void*, size_t, size_t) -> void* { return nullptr; }, [](void*, void*) {}, nullptr};
  const FloatNetwork net = Net(1, 1, Branch(Conv(1, 1, 1024), Conv(3, 1024, 1)));
  SetAllocator(&none);
  CHECK_EQ(Network::Create(net, 65536, 65536, 65536).error(), Error::kOutOfMemory);
  SetAllocator(nullptr);
}

}  // namespace
}  // namespace lic
