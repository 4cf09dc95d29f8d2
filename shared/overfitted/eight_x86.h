// The operations of eight.h in SSE4.1, AVX2 and AVX-512 with VNNI. It may only be included by that file.
#pragma once

#include <immintrin.h>

namespace lic::overfitted {
namespace {

using Short8 = __m128i;

template <>
inline Short8 Load(const int16_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
template <>
inline Short8 Splat(int16_t v) {
  return _mm_set1_epi16(v);
}
inline void Store(int16_t* p, Short8 v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
inline Short8 Add(Short8 a, Short8 b) { return _mm_add_epi16(a, b); }
inline Short8 AddSaturated(Short8 a, Short8 b) { return _mm_adds_epi16(a, b); }
inline Short8 Subtract(Short8 a, Short8 b) { return _mm_sub_epi16(a, b); }
inline Short8 Max(Short8 a, Short8 b) { return _mm_max_epi16(a, b); }
inline Short8 Min(Short8 a, Short8 b) { return _mm_min_epi16(a, b); }
inline Short8 Or(Short8 a, Short8 b) { return _mm_or_si128(a, b); }
inline bool AnyBit(Short8 v) { return !_mm_testz_si128(v, v); }
template <int kBits>
Short8 ShiftRight(Short8 v) {
  return _mm_srai_epi16(v, kBits);
}
template <int kBits>
Short8 ShiftLeft(Short8 v) {
  return _mm_slli_epi16(v, kBits);
}
// a0 b0 a1 b1 a2 b2 a3 b3, and the rest.
inline Short8 InterleaveLow(Short8 a, Short8 b) { return _mm_unpacklo_epi16(a, b); }
inline Short8 InterleaveHigh(Short8 a, Short8 b) { return _mm_unpackhi_epi16(a, b); }
inline void StoreInterleaved(int16_t* p, Short8 a, Short8 b) {
  Store(p, InterleaveLow(a, b));
  Store(p + 8, InterleaveHigh(a, b));
}
// Eight pixels of three samples 0..255, clamped.
inline void StorePixels(uint8_t* p, Short8 r, Short8 g, Short8 b) {
  const __m128i rg = _mm_packus_epi16(r, g), bb = _mm_packus_epi16(b, b);
  const __m128i rg_to_first = _mm_setr_epi8(0, 8, -1, 1, 9, -1, 2, 10, -1, 3, 11, -1, 4, 12, -1, 5);
  const __m128i bb_to_first = _mm_setr_epi8(-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1);
  const __m128i rg_to_rest = _mm_setr_epi8(13, -1, 6, 14, -1, 7, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const __m128i bb_to_rest = _mm_setr_epi8(-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, -1, -1, -1, -1, -1, -1);
  const __m128i first = _mm_or_si128(_mm_shuffle_epi8(rg, rg_to_first), _mm_shuffle_epi8(bb, bb_to_first));
  const __m128i rest = _mm_or_si128(_mm_shuffle_epi8(rg, rg_to_rest), _mm_shuffle_epi8(bb, bb_to_rest));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), first);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p + 16), rest);
}

#if !defined(__AVX2__)

struct Int8 {
  __m128i low, high;
};
using Pairs8 = Int8;

template <>
inline Int8 SplatInt(const int32_t* p) {
  const __m128i v = _mm_set1_epi32(*p);
  return {v, v};
}
inline Pairs8 Pairs(Short8 a, Short8 b) { return {InterleaveLow(a, b), InterleaveHigh(a, b)}; }
// Adds a[0] * w[0] + a[1] * w[1] of every pair. `weights` is w[0] + 65536 * w[1].
inline Int8 AddDot(Int8 sum, Pairs8 a, const int32_t* weights) {
  const __m128i w = _mm_set1_epi32(*weights);
  return {_mm_add_epi32(sum.low, _mm_madd_epi16(a.low, w)), _mm_add_epi32(sum.high, _mm_madd_epi16(a.high, w))};
}
template <int kBits>
Int8 ShiftRight(Int8 v) {
  return {_mm_srai_epi32(v.low, kBits), _mm_srai_epi32(v.high, kBits)};
}
inline Short8 Saturated(Int8 v) { return _mm_packs_epi32(v.low, v.high); }
// Pairs of max(0, the saturated a) and the same of b.
inline Pairs8 RectifiedPairs(Int8 a, Int8 b) {
  return Pairs(Max(Saturated(a), Splat<Short8>(0)), Max(Saturated(b), Splat<Short8>(0)));
}

#endif

using Int4 = __m128i;
inline Int4 Load4(const uint32_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline void Store4(uint32_t* p, Int4 v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
inline Int4 Splat4(int32_t v) { return _mm_set1_epi32(v); }
inline Int4 Add4(Int4 a, Int4 b) { return _mm_add_epi32(a, b); }
inline Int4 Subtract4(Int4 a, Int4 b) { return _mm_sub_epi32(a, b); }
inline Int4 Multiply4(Int4 a, Int4 b) { return _mm_mullo_epi32(a, b); }
inline Int4 And4(Int4 a, Int4 b) { return _mm_and_si128(a, b); }
inline Int4 Or4(Int4 a, Int4 b) { return _mm_or_si128(a, b); }
inline Int4 Below4(Int4 a, Int4 b) { return _mm_cmplt_epi32(a, b); }
inline Int4 Choose4(Int4 mask, Int4 a, Int4 b) { return _mm_blendv_epi8(b, a, mask); }
template <int kBits>
Int4 ShiftRightUnsigned4(Int4 v) {
  return _mm_srli_epi32(v, kBits);
}
inline uint32_t SignBits4(Int4 v) { return static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(v))); }
inline uint32_t ZeroBits4(Int4 v) { return SignBits4(_mm_cmpeq_epi32(v, _mm_setzero_si128())); }
inline Short8 Saturated(Int4 low, Int4 high) { return _mm_packs_epi32(low, high); }
// Of four entries of eight bytes, the first halves and the second ones.
inline void Gather4(const void* base, const int16_t* index, Int4& first, Int4& second) {
  const auto load = [&](int16_t i) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(static_cast<const char*>(base) + 8 * size_t(uint16_t(i))));
  };
  const __m128i x = _mm_unpacklo_epi32(load(index[0]), load(index[1]));  // first of 0 and 1, second of 0 and 1
  const __m128i y = _mm_unpacklo_epi32(load(index[2]), load(index[3]));
  first = _mm_unpacklo_epi64(x, y);
  second = _mm_unpackhi_epi64(x, y);
}

}  // namespace
}  // namespace lic::overfitted

#if defined(__AVX2__)
#include "overfitted/eight_avx.h"
#endif
