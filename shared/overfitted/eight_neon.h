// The operations of eight.h in NEON, which every 64-bit ARM processor has. It may only be included by that file.
#pragma once

#include <arm_neon.h>

namespace lic::overfitted {
namespace {

using Short8 = int16x8_t;
struct Int8 {
  int32x4_t low, high;
};
// NEON multiplies by one lane of a register and adds, so that pairs need not lie side by side.
struct Pairs8 {
  Short8 first, second;
};

template <>
inline Short8 Load(const int16_t* p) {
  return vld1q_s16(p);
}
template <>
inline Short8 Splat(int16_t v) {
  return vdupq_n_s16(v);
}
inline void Store(int16_t* p, Short8 v) { vst1q_s16(p, v); }
inline Short8 Add(Short8 a, Short8 b) { return vaddq_s16(a, b); }
inline Short8 AddSaturated(Short8 a, Short8 b) { return vqaddq_s16(a, b); }
inline Short8 Subtract(Short8 a, Short8 b) { return vsubq_s16(a, b); }
inline Short8 Max(Short8 a, Short8 b) { return vmaxq_s16(a, b); }
inline Short8 Min(Short8 a, Short8 b) { return vminq_s16(a, b); }
inline Short8 Or(Short8 a, Short8 b) { return vorrq_s16(a, b); }
inline bool AnyBit(Short8 v) { return vmaxvq_u16(vreinterpretq_u16_s16(v)) != 0; }
template <int kBits>
Short8 ShiftRight(Short8 v) {
  return vshrq_n_s16(v, kBits);
}
template <int kBits>
Short8 ShiftLeft(Short8 v) {
  return vshlq_n_s16(v, kBits);
}
// a0 b0 a1 b1 a2 b2 a3 b3.
inline Short8 InterleaveLow(Short8 a, Short8 b) { return vzip1q_s16(a, b); }
inline void StoreInterleaved(int16_t* p, Short8 a, Short8 b) {
  const int16x8x2_t both = {{a, b}};
  vst2q_s16(p, both);
}

template <>
inline Int8 SplatInt(const int32_t* p) {
  const int32x4_t v = vld1q_dup_s32(p);
  return {v, v};
}
inline Pairs8 Pairs(Short8 a, Short8 b) { return {a, b}; }
// Adds a[0] * w[0] + a[1] * w[1] of every pair. `weights` is w[0] + 65536 * w[1].
inline Int8 AddDot(Int8 sum, Pairs8 a, const int32_t* weights) {
  const int16x4_t w = vreinterpret_s16_s32(vld1_dup_s32(weights));
  const int32x4_t low = vmlal_lane_s16(sum.low, vget_low_s16(a.first), w, 0);
  const int32x4_t high = vmlal_high_lane_s16(sum.high, a.first, w, 0);
  return {vmlal_lane_s16(low, vget_low_s16(a.second), w, 1), vmlal_high_lane_s16(high, a.second, w, 1)};
}
template <int kBits>
Int8 ShiftRight(Int8 v) {
  return {vshrq_n_s32(v.low, kBits), vshrq_n_s32(v.high, kBits)};
}
inline Short8 Saturated(Int8 v) { return vqmovn_high_s32(vqmovn_s32(v.low), v.high); }
// Pairs of max(0, the saturated a) and the same of b.
inline Pairs8 RectifiedPairs(Int8 a, Int8 b) {
  return Pairs(Max(Saturated(a), Splat<Short8>(0)), Max(Saturated(b), Splat<Short8>(0)));
}
// Eight pixels of three samples 0..255, clamped.
inline void StorePixels(uint8_t* p, Short8 r, Short8 g, Short8 b) {
  const uint8x8x3_t pixels = {{vqmovun_s16(r), vqmovun_s16(g), vqmovun_s16(b)}};
  vst3_u8(p, pixels);
}

using Int4 = int32x4_t;
inline Int4 Load4(const uint32_t* p) { return vreinterpretq_s32_u32(vld1q_u32(p)); }
inline void Store4(uint32_t* p, Int4 v) { vst1q_u32(p, vreinterpretq_u32_s32(v)); }
inline Int4 Splat4(int32_t v) { return vdupq_n_s32(v); }
inline Int4 Add4(Int4 a, Int4 b) { return vaddq_s32(a, b); }
inline Int4 Subtract4(Int4 a, Int4 b) { return vsubq_s32(a, b); }
inline Int4 Multiply4(Int4 a, Int4 b) { return vmulq_s32(a, b); }
inline Int4 And4(Int4 a, Int4 b) { return vandq_s32(a, b); }
inline Int4 Or4(Int4 a, Int4 b) { return vorrq_s32(a, b); }
inline Int4 Below4(Int4 a, Int4 b) { return vreinterpretq_s32_u32(vcltq_s32(a, b)); }
inline Int4 Choose4(Int4 mask, Int4 a, Int4 b) { return vbslq_s32(vreinterpretq_u32_s32(mask), a, b); }
template <int kBits>
Int4 ShiftRightUnsigned4(Int4 v) {
  return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(v), kBits));
}
inline uint32_t SignBits4(Int4 v) {
  const int32x4_t places = {0, 1, 2, 3};
  return vaddvq_u32(vshlq_u32(vshrq_n_u32(vreinterpretq_u32_s32(v), 31), places));
}
inline uint32_t ZeroBits4(Int4 v) { return SignBits4(vreinterpretq_s32_u32(vceqzq_s32(v))); }
inline Short8 Saturated(Int4 low, Int4 high) { return Saturated(Int8{low, high}); }
// Of four entries of eight bytes, the first halves and the second ones.
inline void Gather4(const void* base, const int16_t* index, Int4& first, Int4& second) {
  const auto load = [&](int16_t i) {
    return vreinterpret_s32_u8(vld1_u8(static_cast<const uint8_t*>(base) + 8 * size_t(uint16_t(i))));
  };
  const int32x4_t x = vcombine_s32(load(index[0]), load(index[1])), y = vcombine_s32(load(index[2]), load(index[3]));
  first = vuzp1q_s32(x, y);
  second = vuzp2q_s32(x, y);
}

}  // namespace
}  // namespace lic::overfitted
