#include <smmintrin.h>

#include "integer/gemm_simd.h"

namespace lic {
namespace {

struct Sse41Vector {
  using Type = __m128i;
  static constexpr size_t kLanes = 4;
  static Type Zero() { return _mm_setzero_si128(); }
  static Type Load(const int16_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
  static Type Splat(int32_t pair) { return _mm_set1_epi32(pair); }
  static Type Dot(Type a, Type b) { return _mm_madd_epi16(a, b); }
  static Type Add(Type a, Type b) { return _mm_add_epi32(a, b); }
  static void Store(int32_t* to, Type value) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value); }
};

}  // namespace

const IntegerKernel kSse41Kernel = {"sse4.1", Sse41Vector::kLanes, Gemm<Sse41Vector>, DepthwiseLoop, RequantiseLoop};

}  // namespace lic
