#include <immintrin.h>

#include "integer/gemm_simd.h"

namespace lic {
namespace {

struct Avx512Vector {
  using Type = __m512i;
  static constexpr size_t kLanes = 16;
  static Type Zero() { return _mm512_setzero_si512(); }
  static Type Load(const int16_t* from) { return _mm512_loadu_si512(from); }
  static Type Splat(int32_t pair) { return _mm512_set1_epi32(pair); }
  static Type Dot(Type a, Type b) { return _mm512_madd_epi16(a, b); }
  static Type Add(Type a, Type b) { return _mm512_add_epi32(a, b); }
  static void Store(int32_t* to, Type value) { _mm512_storeu_si512(to, value); }
};

}  // namespace

const IntegerKernel kAvx512Kernel = {"avx512", Avx512Vector::kLanes, Gemm<Avx512Vector>, DepthwiseLoop, RequantiseLoop};

}  // namespace lic
