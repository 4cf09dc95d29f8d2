#include <immintrin.h>

#include "integer/gemm_simd.h"

namespace lic {
namespace {

struct Avx2Vector {
  using Type = __m256i;
  static constexpr size_t kLanes = 8;
  static Type Zero() { return _mm256_setzero_si256(); }
  static Type Load(const int16_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
  static Type Splat(int32_t pair) { return _mm256_set1_epi32(pair); }
  static Type Dot(Type a, Type b) { return _mm256_madd_epi16(a, b); }
  static Type Add(Type a, Type b) { return _mm256_add_epi32(a, b); }
  static void Store(int32_t* to, Type value) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), value); }
};

}  // namespace

const IntegerKernel kAvx2Kernel = {"avx2", Avx2Vector::kLanes, Gemm<Avx2Vector>, DepthwiseLoop, RequantiseLoop};

}  // namespace lic
