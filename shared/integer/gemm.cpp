// The plain kernel, and the choice of a kernel at run time.
#include <algorithm>
#include <array>

#include "integer/gemm_loops.h"

namespace lic {
namespace {

void GemmPlain(const int16_t* const* inputs, size_t positions, const PackedWeights& packed, int32_t* sums) {
  const size_t lanes = packed.lanes, blocks = packed.blocks(), pairs = packed.pairs();
  for (size_t p = 0; p < positions; ++p) {
    for (size_t o = 0; o < packed.stride(); ++o) {
      int32_t sum = 0;
      for (size_t t = 0; t < packed.taps; ++t) {
        const int16_t* weights = packed.weights.data() + ((t * blocks + o / lanes) * pairs * lanes + o % lanes) * 2;
        for (size_t i = 0; i < packed.in_channels; ++i)
          sum += inputs[t * positions + p][i] * weights[i / 2 * lanes * 2 + i % 2];
      }
      sums[p * packed.stride() + o] = sum;
    }
  }
}

struct KernelList {
  std::array<const IntegerKernel*, 4> kernels = {};
  size_t count = 0;
  void Add(const IntegerKernel& kernel) { kernels[count++] = &kernel; }
};

const KernelList& Kernels() {
  static const KernelList list = [] {
    KernelList found;
    found.Add(kPlainKernel);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.1")) found.Add(kSse41Kernel);
    if (__builtin_cpu_supports("avx2")) found.Add(kAvx2Kernel);
    if (__builtin_cpu_supports("avx512bw")) found.Add(kAvx512Kernel);
#elif defined(__wasm_simd128__)
    found.Add(kWasmKernel);
#endif
    return found;
  }();
  return list;
}

const IntegerKernel* chosen = nullptr;

}  // namespace

const IntegerKernel kPlainKernel = {"plain", 4, GemmPlain, DepthwiseLoop, RequantiseLoop};

std::span<const IntegerKernel* const> AvailableKernels() { return {Kernels().kernels.data(), Kernels().count}; }

const IntegerKernel& CurrentKernel() { return chosen ? *chosen : *AvailableKernels().back(); }

void SetKernel(const IntegerKernel* kernel) { chosen = kernel; }

}  // namespace lic
