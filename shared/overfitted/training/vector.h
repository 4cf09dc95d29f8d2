// Vectors of floats, as wide as the instruction set has them, and functions of them. To be included in files that are
// compiled for an instruction set, and in no others.
#pragma once

#include <cstdint>
#include <cstring>

namespace lic::overfitted {
namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kRegisters = 32;
#elif defined(__AVX2__)
constexpr int kWidth = 8;
constexpr int kRegisters = 16;
#else
constexpr int kWidth = 4;
constexpr int kRegisters = 16;
#endif

typedef float Vector __attribute__((vector_size(4 * kWidth)));
typedef int32_t IntVector __attribute__((vector_size(4 * kWidth)));
typedef uint32_t WordVector __attribute__((vector_size(4 * kWidth)));
typedef uint8_t ByteVector __attribute__((vector_size(kWidth), aligned(1), may_alias));
typedef float LooseVector __attribute__((vector_size(4 * kWidth), aligned(4), may_alias));

inline Vector Load(const float* from) { return *reinterpret_cast<const LooseVector*>(from); }
inline Vector Load(const uint8_t* from) {
  return __builtin_convertvector(*reinterpret_cast<const ByteVector*>(from), Vector);
}
inline void Store(float* to, Vector v) { *reinterpret_cast<LooseVector*>(to) = v; }
inline Vector Splat(float v) { return v - Vector{}; }
inline Vector Max(Vector a, Vector b) { return a > b ? a : b; }
inline Vector Min(Vector a, Vector b) { return a < b ? a : b; }
inline Vector Abs(Vector v) { return Max(v, -v); }

inline float Sum(Vector v) {
  float sum = 0;
  for (int i = 0; i < kWidth; ++i) sum += v[i];
  return sum;
}

inline IntVector Bits(Vector v) {
  IntVector bits;
  std::memcpy(&bits, &v, sizeof(bits));
  return bits;
}

inline Vector FromBits(IntVector bits) {
  Vector v;
  std::memcpy(&v, &bits, sizeof(v));
  return v;
}

// To the nearest integer, for magnitudes below 2^22.
inline Vector Round(Vector v) {
  constexpr float kLeavesNoFraction = 12582912;  // 1.5 * 2^23
  return (v + kLeavesNoFraction) - kLeavesNoFraction;
}

inline Vector Floor(Vector v) {
  const Vector rounded = Round(v);
  return rounded > v ? rounded - 1 : rounded;
}

// e^v with a relative error of about 2e-7, for v of -87 to 88; outside, that of the nearest of these.
inline Vector Exp(Vector v) {
  constexpr float kLog2E = 1.44269504f;
  const Vector t = Min(Max(v * kLog2E, Splat(-126)), Splat(126)), n = Round(t), r = t - n;
  Vector p = r * 1.5403530e-4f + 1.3333558e-3f;
  p = p * r + 9.6181291e-3f;
  p = p * r + 5.5504109e-2f;
  p = p * r + 2.4022651e-1f;
  p = p * r + 6.9314718e-1f;
  p = p * r + 1;
  return p * FromBits((__builtin_convertvector(n, IntVector) + 127) << 23);
}

// The binary logarithm of a positive number.
inline Vector Log2(Vector v) {
  constexpr int32_t kRootOfHalf = 0x3f3504f3;
  const IntVector bits = Bits(v), exponent = (bits - kRootOfHalf) >> 23;
  const Vector m = FromBits(bits - (exponent << 23)), s = (m - 1) / (m + 1), q = s * s;
  const Vector series = 1 + q * (0.33333333f + q * (0.2f + q * 0.14285714f));
  return __builtin_convertvector(exponent, Vector) + 2.88539008f * s * series;
}

inline Vector Tanh(Vector v) { return 1 - 2 / (Exp(2 * v) + 1); }

inline Vector Root(Vector v) {
  Vector root;
  for (int i = 0; i < kWidth; ++i) root[i] = __builtin_sqrtf(v[i]);
  return root;
}

}  // namespace
}  // namespace lic::overfitted
