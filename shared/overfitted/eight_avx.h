// The operations of eight.h that take registers of 256 and, with AVX-512 VNNI, 512 bits. It may only be included by
// eight_x86.h.
#pragma once

namespace lic::overfitted {
namespace {

using Int8 = __m256i;
using Pairs8 = __m256i;

template <>
inline Int8 SplatInt(const int32_t* p) {
  return _mm256_set1_epi32(*p);
}
// Made in one register: two halves are stored one by one, and a load of the whole then waits for both stores.
inline Pairs8 Pairs(Short8 a, Short8 b) {
  const __m256i aa = _mm256_broadcastsi128_si256(a), bb = _mm256_broadcastsi128_si256(b);
  return _mm256_blend_epi32(_mm256_unpacklo_epi16(aa, bb), _mm256_unpackhi_epi16(aa, bb), 0xf0);
}
// Adds a[0] * w[0] + a[1] * w[1] of every pair. `weights` is w[0] + 65536 * w[1].
inline Int8 AddDot(Int8 sum, Pairs8 a, const int32_t* weights) {
#if defined(__AVX512VNNI__)
  return _mm256_dpwssd_epi32(sum, a, _mm256_set1_epi32(*weights));
#else
  return _mm256_add_epi32(sum, _mm256_madd_epi16(a, _mm256_set1_epi32(*weights)));
#endif
}
template <int kBits>
Int8 ShiftRight(Int8 v) {
  return _mm256_srai_epi32(v, kBits);
}
inline Short8 Saturated(Int8 v) { return _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)); }
// Where packing has put four numbers a and four b: a0 b0 a1 b1 a2 b2 a3 b3.
inline __m128i PackedToPairs() { return _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15); }
// Pairs of max(0, the saturated a) and the same of b.
inline Pairs8 RectifiedPairs(Int8 a, Int8 b) {
  const __m256i packed = _mm256_max_epi16(_mm256_packs_epi32(a, b), _mm256_setzero_si256());
  return _mm256_shuffle_epi8(packed, _mm256_broadcastsi128_si256(PackedToPairs()));
}

// A type of its own: Int8 has the same register.
struct Short16 {
  __m256i v;
};

template <>
inline Short16 Load(const int16_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
}
template <>
inline Short16 Splat(int16_t v) {
  return {_mm256_set1_epi16(v)};
}
inline void Store(int16_t* p, Short16 v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v.v); }
inline Short16 AddSaturated(Short16 a, Short16 b) { return {_mm256_adds_epi16(a.v, b.v)}; }
inline Short16 Max(Short16 a, Short16 b) { return {_mm256_max_epi16(a.v, b.v)}; }
template <int kBits>
Short16 ShiftRight(Short16 v) {
  return {_mm256_srai_epi16(v.v, kBits)};
}
inline void StoreInterleaved(int16_t* p, Short16 a, Short16 b) {
  const __m256i even = _mm256_unpacklo_epi16(a.v, b.v), odd = _mm256_unpackhi_epi16(a.v, b.v);
  Store(p, Short16{_mm256_permute2x128_si256(even, odd, 0x20)});
  Store(p + 16, Short16{_mm256_permute2x128_si256(even, odd, 0x31)});
}
inline void StorePixels(uint8_t* p, Short16 r, Short16 g, Short16 b) {
  StorePixels(p, _mm256_castsi256_si128(r.v), _mm256_castsi256_si128(g.v), _mm256_castsi256_si128(b.v));
  StorePixels(p + 24, _mm256_extracti128_si256(r.v, 1), _mm256_extracti128_si256(g.v, 1),
              _mm256_extracti128_si256(b.v, 1));
}

// Pairs and sums lie in the order in which unpacking puts them. Packing puts them back.
#if defined(__AVX512VNNI__)

using Int16 = __m512i;
using Pairs16 = __m512i;

template <>
inline Int16 SplatInt(const int32_t* p) {
  return _mm512_set1_epi32(*p);
}
inline Pairs16 Pairs(Short16 a, Short16 b) {
  const __m512i low = _mm512_castsi256_si512(_mm256_unpacklo_epi16(a.v, b.v));
  return _mm512_inserti64x4(low, _mm256_unpackhi_epi16(a.v, b.v), 1);
}
inline Int16 AddDot(Int16 sum, Pairs16 a, const int32_t* weights) {
  return _mm512_dpwssd_epi32(sum, a, _mm512_set1_epi32(*weights));
}
template <int kBits>
Int16 ShiftRight(Int16 v) {
  return _mm512_srai_epi32(v, kBits);
}
inline Short16 Saturated(Int16 v) {
  return {_mm256_packs_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1))};
}
inline Pairs16 RectifiedPairs(Int16 a, Int16 b) {
  const __m512i packed = _mm512_max_epi16(_mm512_packs_epi32(a, b), _mm512_setzero_si512());
  return _mm512_shuffle_epi8(packed, _mm512_broadcast_i32x4(PackedToPairs()));
}

#else

struct Int16 {
  __m256i low, high;
};
using Pairs16 = Int16;

template <>
inline Int16 SplatInt(const int32_t* p) {
  const __m256i v = _mm256_set1_epi32(*p);
  return {v, v};
}
inline Pairs16 Pairs(Short16 a, Short16 b) {
  return {_mm256_unpacklo_epi16(a.v, b.v), _mm256_unpackhi_epi16(a.v, b.v)};
}
inline Int16 AddDot(Int16 sum, Pairs16 a, const int32_t* weights) {
  return {AddDot(sum.low, a.low, weights), AddDot(sum.high, a.high, weights)};
}
template <int kBits>
Int16 ShiftRight(Int16 v) {
  return {_mm256_srai_epi32(v.low, kBits), _mm256_srai_epi32(v.high, kBits)};
}
inline Short16 Saturated(Int16 v) { return {_mm256_packs_epi32(v.low, v.high)}; }
inline Pairs16 RectifiedPairs(Int16 a, Int16 b) {
  return {RectifiedPairs(a.low, b.low), RectifiedPairs(a.high, b.high)};
}

#endif

}  // namespace
}  // namespace lic::overfitted
