// The operations of eight.h in WebAssembly. It may only be included by that file.
#pragma once

#include <wasm_simd128.h>

namespace lic::overfitted {
namespace {

using Short8 = v128_t;
struct Int8 {
  v128_t low, high;
};
using Pairs8 = Int8;

template <>
inline Short8 Load(const int16_t* p) {
  return wasm_v128_load(p);
}
template <>
inline Short8 Splat(int16_t v) {
  return wasm_i16x8_splat(v);
}
inline void Store(int16_t* p, Short8 v) { wasm_v128_store(p, v); }
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
inline void StoreInterleaved(int16_t* p, Short8 a, Short8 b) {
  Store(p, InterleaveLow(a, b));
  Store(p + 8, InterleaveHigh(a, b));
}

template <>
inline Int8 SplatInt(const int32_t* p) {
  const v128_t v = wasm_v128_load32_splat(p);
  return {v, v};
}
inline Pairs8 Pairs(Short8 a, Short8 b) { return {InterleaveLow(a, b), InterleaveHigh(a, b)}; }
// Adds a[0] * w[0] + a[1] * w[1] of every pair. `weights` is w[0] + 65536 * w[1].
inline Int8 AddDot(Int8 sum, Pairs8 a, const int32_t* weights) {
  const v128_t w = wasm_v128_load32_splat(weights);
  return {wasm_i32x4_add(sum.low, wasm_i32x4_dot_i16x8(a.low, w)),
          wasm_i32x4_add(sum.high, wasm_i32x4_dot_i16x8(a.high, w))};
}
template <int kBits>
Int8 ShiftRight(Int8 v) {
  return {wasm_i32x4_shr(v.low, kBits), wasm_i32x4_shr(v.high, kBits)};
}
inline Short8 Saturated(Int8 v) { return wasm_i16x8_narrow_i32x4(v.low, v.high); }
// Pairs of max(0, the saturated a) and the same of b.
inline Pairs8 RectifiedPairs(Int8 a, Int8 b) {
  return Pairs(Max(Saturated(a), Splat<Short8>(0)), Max(Saturated(b), Splat<Short8>(0)));
}
// Eight pixels of three samples 0..255, clamped.
inline void StorePixels(uint8_t* p, Short8 r, Short8 g, Short8 b) {
  const v128_t rg = wasm_u8x16_narrow_i16x8(r, g), bb = wasm_u8x16_narrow_i16x8(b, b);
  wasm_v128_store(p, wasm_i8x16_shuffle(rg, bb, 0, 8, 16, 1, 9, 17, 2, 10, 18, 3, 11, 19, 4, 12, 20, 5));
  const v128_t rest = wasm_i8x16_shuffle(rg, bb, 13, 21, 6, 14, 22, 7, 15, 23, 0, 0, 0, 0, 0, 0, 0, 0);
  wasm_v128_store64_lane(p + 16, rest, 0);
}

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

}  // namespace
}  // namespace lic::overfitted
