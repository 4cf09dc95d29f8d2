#include "integer_gemm.h"

#include <algorithm>
#include <array>

namespace lic {

void GemmPlain(const int16_t* const* inputs, size_t positions, const PackedWeights& packed, int32_t* sums) {
  const size_t lanes = packed.lanes, blocks = packed.blocks(), pairs = packed.pairs();
  for (size_t p = 0; p < positions; ++p) {
    for (size_t o = 0; o < packed.stride(); ++o) {
      int32_t sum = 0;
      for (size_t t = 0; t < packed.taps; ++t) {
        const int16_t* weights = packed.weights.data() + ((t * blocks + o / lanes) * pairs * lanes + o % lanes) * 2;
        for (size_t i = 0; i < packed.in_channels; ++i) sum += inputs[t * positions + p][i] * weights[i / 2 * lanes * 2 + i % 2];
      }
      sums[p * packed.stride() + o] = sum;
    }
  }
}

namespace {

struct KernelList {
  std::array<GemmKernel, 4> kernels;
  size_t count = 0;
  void Add(GemmKernel kernel) { kernels[count++] = kernel; }
};

const KernelList& Kernels() {
  static const KernelList list = [] {
    KernelList found;
    found.Add({"plain", 4, GemmPlain});
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.1")) found.Add({"sse4.1", 4, GemmSse41});
    if (__builtin_cpu_supports("avx2")) found.Add({"avx2", 8, GemmAvx2});
    if (__builtin_cpu_supports("avx512bw")) found.Add({"avx512", 16, GemmAvx512});
#elif defined(__wasm_simd128__)
    found.Add({"wasm", 4, GemmWasm});
#endif
    return found;
  }();
  return list;
}

const GemmKernel* chosen = nullptr;

}  // namespace

std::span<const GemmKernel> AvailableGemmKernels() { return {Kernels().kernels.data(), Kernels().count}; }

const GemmKernel& CurrentGemmKernel() { return chosen ? *chosen : AvailableGemmKernels().back(); }

void SetGemmKernel(const GemmKernel* kernel) { chosen = kernel; }

}  // namespace lic
