// Eight numbers at once: the few SIMD operations that the kernels need, for each instruction set.
//
// Short8 holds eight int16. Int8 holds eight int32, or eight pairs of int16. Int4 holds four int32.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#else
#include <immintrin.h>
#endif

// Nothing here may be shared between files of different instruction sets.
namespace lic::overfitted {
namespace {

#if defined(__wasm_simd128__)
using Short8 = v128_t;
#else
using Short8 = __m128i;
#endif

#if defined(__AVX2__)
using Int8 = __m256i;
#else
struct Int8 {
  Short8 low, high;
};
#endif

#if defined(__wasm_simd128__)

inline Short8 Load(const int16_t* p) { return wasm_v128_load(p); }
inline void Store(int16_t* p, Short8 v) { wasm_v128_store(p, v); }
inline Short8 Splat(int16_t v) { return wasm_i16x8_splat(v); }
inline Short8 Add(Short8 a, Short8 b) { return wasm_i16x8_add(a, b); }
inline Short8 AddSaturated(Short8 a, Short8 b) { return wasm_i16x8_add_sat(a, b); }
inline Short8 Subtract(Short8 a, Short8 b) { return wasm_i16x8_sub(a, b); }
inline Short8 Max(Short8 a, Short8 b) { return wasm_i16x8_max(a, b); }
inline Short8 Min(Short8 a, Short8 b) { return wasm_i16x8_min(a, b); }
inline Short8 Or(Short8 a, Short8 b) { return wasm_v128_or(a, b); }
inline bool AnyBit(Short8 v) { return wasm_v128_any_true(v); }
template <int kBits>
Short8 ShiftRight(Short8 v) {
  return wasm_i16x8_shr(v, kBits);
}
template <int kBits>
Short8 ShiftLeft(Short8 v) {
  return wasm_i16x8_shl(v, kBits);
}
// a0 b0 a1 b1 a2 b2 a3 b3, and the rest.
inline Short8 InterleaveLow(Short8 a, Short8 b) { return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
inline Short8 InterleaveHigh(Short8 a, Short8 b) { return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }

inline Int8 SplatInt(const int32_t* p) {
  const v128_t v = wasm_v128_load32_splat(p);
  return {v, v};
}
inline Int8 Pairs(Short8 a, Short8 b) { return {InterleaveLow(a, b), InterleaveHigh(a, b)}; }
// a[0] * b[0] + a[1] * b[1] of every pair.
inline Int8 Dot(Int8 a, Int8 b) { return {wasm_i32x4_dot_i16x8(a.low, b.low), wasm_i32x4_dot_i16x8(a.high, b.high)}; }
inline Int8 Add(Int8 a, Int8 b) { return {wasm_i32x4_add(a.low, b.low), wasm_i32x4_add(a.high, b.high)}; }
template <int kBits>
Int8 ShiftRight(Int8 v) {
  return {wasm_i32x4_shr(v.low, kBits), wasm_i32x4_shr(v.high, kBits)};
}
inline Short8 Saturated(Int8 v) { return wasm_i16x8_narrow_i32x4(v.low, v.high); }
// Eight numbers 0..255 as bytes.
inline void StoreBytes(uint8_t* p, Short8 v) { wasm_v128_store64_lane(p, wasm_u8x16_narrow_i16x8(v, v), 0); }

// Four int32.
using Int4 = v128_t;
inline Int4 Load4(const uint32_t* p) { return wasm_v128_load(p); }
inline void Store4(uint32_t* p, Int4 v) { wasm_v128_store(p, v); }
inline Int4 Splat4(int32_t v) { return wasm_i32x4_splat(v); }
inline Int4 Add4(Int4 a, Int4 b) { return wasm_i32x4_add(a, b); }
inline Int4 Subtract4(Int4 a, Int4 b) { return wasm_i32x4_sub(a, b); }
inline Int4 Multiply4(Int4 a, Int4 b) { return wasm_i32x4_mul(a, b); }
inline Int4 And4(Int4 a, Int4 b) { return wasm_v128_and(a, b); }
inline Int4 Or4(Int4 a, Int4 b) { return wasm_v128_or(a, b); }
inline Int4 Below4(Int4 a, Int4 b) { return wasm_i32x4_lt(a, b); }
inline Int4 Choose4(Int4 mask, Int4 a, Int4 b) { return wasm_v128_bitselect(a, b, mask); }
template <int kBits>
Int4 ShiftRightUnsigned4(Int4 v) {
  return wasm_u32x4_shr(v, kBits);
}
inline uint32_t SignBits4(Int4 v) { return wasm_i32x4_bitmask(v); }
inline uint32_t ZeroBits4(Int4 v) { return wasm_i32x4_bitmask(wasm_i32x4_eq(v, wasm_i32x4_const_splat(0))); }
inline Short8 Saturated(Int4 low, Int4 high) { return wasm_i16x8_narrow_i32x4(low, high); }
// Of four entries of eight bytes, the first halves and the second ones.
inline void Gather4(const void* base, const int16_t* index, Int4& first, Int4& second) {
  const auto* p = static_cast<const uint64_t*>(base);
  const v128_t x = wasm_v128_load64_lane(p + index[1], wasm_v128_load64_zero(p + index[0]), 1);
  const v128_t y = wasm_v128_load64_lane(p + index[3], wasm_v128_load64_zero(p + index[2]), 1);
  first = wasm_i32x4_shuffle(x, y, 0, 2, 4, 6);
  second = wasm_i32x4_shuffle(x, y, 1, 3, 5, 7);
}

#else

inline Short8 Load(const int16_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline void Store(int16_t* p, Short8 v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
inline Short8 Splat(int16_t v) { return _mm_set1_epi16(v); }
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
inline Short8 InterleaveLow(Short8 a, Short8 b) { return _mm_unpacklo_epi16(a, b); }
inline Short8 InterleaveHigh(Short8 a, Short8 b) { return _mm_unpackhi_epi16(a, b); }
inline void StoreBytes(uint8_t* p, Short8 v) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(v, v));
}

#if defined(__AVX2__)

inline Int8 SplatInt(const int32_t* p) { return _mm256_set1_epi32(*p); }
inline Int8 Pairs(Short8 a, Short8 b) { return _mm256_set_m128i(InterleaveHigh(a, b), InterleaveLow(a, b)); }
inline Int8 Dot(Int8 a, Int8 b) { return _mm256_madd_epi16(a, b); }
inline Int8 Add(Int8 a, Int8 b) { return _mm256_add_epi32(a, b); }
template <int kBits>
Int8 ShiftRight(Int8 v) {
  return _mm256_srai_epi32(v, kBits);
}
inline Short8 Saturated(Int8 v) { return _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)); }

#else

inline Int8 SplatInt(const int32_t* p) {
  const __m128i v = _mm_set1_epi32(*p);
  return {v, v};
}
inline Int8 Pairs(Short8 a, Short8 b) { return {InterleaveLow(a, b), InterleaveHigh(a, b)}; }
inline Int8 Dot(Int8 a, Int8 b) { return {_mm_madd_epi16(a.low, b.low), _mm_madd_epi16(a.high, b.high)}; }
inline Int8 Add(Int8 a, Int8 b) { return {_mm_add_epi32(a.low, b.low), _mm_add_epi32(a.high, b.high)}; }
template <int kBits>
Int8 ShiftRight(Int8 v) {
  return {_mm_srai_epi32(v.low, kBits), _mm_srai_epi32(v.high, kBits)};
}
inline Short8 Saturated(Int8 v) { return _mm_packs_epi32(v.low, v.high); }

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
inline uint32_t SignBits4(Int4 v) {
  const __m128i shorts = _mm_packs_epi32(v, v);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(shorts, shorts))) & 15;
}
inline uint32_t ZeroBits4(Int4 v) { return SignBits4(_mm_cmpeq_epi32(v, _mm_setzero_si128())); }
inline Short8 Saturated(Int4 low, Int4 high) { return _mm_packs_epi32(low, high); }
inline void Gather4(const void* base, const int16_t* index, Int4& first, Int4& second) {
  const auto load = [&](int16_t i) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(static_cast<const char*>(base) + 8 * size_t(uint16_t(i))));
  };
  const __m128i x = _mm_unpacklo_epi32(load(index[0]), load(index[1]));  // first of 0 and 1, second of 0 and 1
  const __m128i y = _mm_unpacklo_epi32(load(index[2]), load(index[3]));
  first = _mm_unpacklo_epi64(x, y);
  second = _mm_unpackhi_epi64(x, y);
}

#endif

}  // namespace
}  // namespace lic::overfitted
