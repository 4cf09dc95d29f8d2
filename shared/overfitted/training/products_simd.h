// Products of small matrices with rows of lanes: the bulk of the descent's work. To be included in files that are
// compiled for an instruction set, and in no others.
#pragma once

#include <type_traits>
#include <utility>

#include "overfitted/training/training_kernels.h"
#include "overfitted/training/vector.h"

namespace lic::overfitted {
namespace {

// Calls function(0), function(1), ... with constants, written out: so an array that is indexed by them stays in
// registers, which compilers do not see for a loop.
template <int kCount, class Function>
[[gnu::always_inline]] inline void Repeat(const Function& function) {
  [&]<int... kIndices>(std::integer_sequence<int, kIndices...>) {
    (function(std::integral_constant<int, kIndices>()), ...);
  }(std::make_integer_sequence<int, kCount>());
}

// What becomes of a sum.
enum class Ending : uint8_t { kNone, kRectify, kMask };

// y[m][lane] = ending(bias[m] + sum over k of weights[m][k] * x[k][lane]).
struct Product {
  const float* weights = nullptr;  // (outputs, inputs)
  const float* bias = nullptr;     // (outputs), or null
  uint32_t outputs = 0;
  uint32_t inputs = 0;
  const float* const* x = nullptr;
  float* const* y = nullptr;
  const float* const* mask = nullptr;  // of kMask: where it is not above 0, the sum becomes 0
};

// Outputs and vectors that are computed together.
constexpr int kTileRows = 4;
constexpr int kTileColumns = kRegisters == 32 ? 4 : 2;

template <int kRows, int kColumns, Ending kEnding>
inline void MultiplyTile(const Product& p, uint32_t m, uint32_t lane) {
  Vector sums[kRows][kColumns];
  Repeat<kRows>([&](auto r) {
    const Vector start = Splat(p.bias ? p.bias[m + r] : 0);
    Repeat<kColumns>([&](auto c) { sums[r][c] = start; });
  });
  const float* weights = p.weights + size_t{m} * p.inputs;
  const size_t inputs = p.inputs;
  for (size_t k = 0; k < inputs; ++k) {
    const float* x = p.x[k] + lane;
    Vector v[kColumns];
    Repeat<kColumns>([&](auto c) { v[c] = Load(x + c * kWidth); });
    Repeat<kRows>([&](auto r) {
      const float w = weights[r * inputs + k];
      Repeat<kColumns>([&](auto c) { sums[r][c] += w * v[c]; });
    });
  }
  Repeat<kRows>([&](auto r) {
    Repeat<kColumns>([&](auto c) {
      Vector sum = sums[r][c];
      if (kEnding == Ending::kRectify) sum = Max(sum, Vector{});
      if (kEnding == Ending::kMask) sum = Load(p.mask[m + r] + lane + c * kWidth) > 0.f ? sum : Vector{};
      Store(p.y[m + r] + lane + c * kWidth, sum);
    });
  });
}

template <int kRows, Ending kEnding>
inline void MultiplyRows(const Product& p, uint32_t m, uint32_t lanes) {
  uint32_t lane = 0;
  for (; lane + kTileColumns * kWidth <= lanes; lane += kTileColumns * kWidth)
    MultiplyTile<kRows, kTileColumns, kEnding>(p, m, lane);
  for (; lane < lanes; lane += kWidth) MultiplyTile<kRows, 1, kEnding>(p, m, lane);
}

template <Ending kEnding>
inline void Multiply(const Product& p, uint32_t lanes) {
  uint32_t m = 0;
  for (; m + kTileRows <= p.outputs; m += kTileRows) MultiplyRows<kTileRows, kEnding>(p, m, lanes);
  switch (p.outputs - m) {
    case 3:
      return MultiplyRows<3, kEnding>(p, m, lanes);
    case 2:
      return MultiplyRows<2, kEnding>(p, m, lanes);
    case 1:
      return MultiplyRows<1, kEnding>(p, m, lanes);
  }
}

// sums[o][i] += sum over the lanes of d[o][lane] * x[i][lane]. A sum has kParts parts, of which the first kWidth serve.
struct OuterProduct {
  const float* const* d = nullptr;
  const float* const* x = nullptr;
  uint32_t outputs = 0;
  uint32_t inputs = 0;
  float* sums = nullptr;  // (outputs, inputs, kParts)
};

constexpr int kSumRows = 4;
constexpr int kSumColumns = kRegisters == 32 ? 5 : 2;

template <int kRows, int kColumns>
inline void AddOuterTile(const OuterProduct& p, uint32_t o, uint32_t i, uint32_t lanes) {
  Vector sums[kRows][kColumns];
  float* to[kRows];
  const float* d[kRows];
  const float* x[kColumns];
  Repeat<kRows>([&](auto r) {
    to[r] = p.sums + (size_t(o + r) * p.inputs + i) * kParts;
    d[r] = p.d[o + r];
    Repeat<kColumns>([&](auto c) { sums[r][c] = Load(to[r] + c * kParts); });
  });
  Repeat<kColumns>([&](auto c) { x[c] = p.x[i + c]; });
  for (size_t lane = 0; lane < lanes; lane += kWidth) {
    Vector dv[kRows];
    Repeat<kRows>([&](auto r) { dv[r] = Load(d[r] + lane); });
    Repeat<kColumns>([&](auto c) {
      const Vector xv = Load(x[c] + lane);
      Repeat<kRows>([&](auto r) { sums[r][c] += dv[r] * xv; });
    });
  }
  Repeat<kRows>([&](auto r) { Repeat<kColumns>([&](auto c) { Store(to[r] + c * kParts, sums[r][c]); }); });
}

template <int kRows>
inline void AddOuterRows(const OuterProduct& p, uint32_t o, uint32_t lanes) {
  uint32_t i = 0;
  for (; i + kSumColumns <= p.inputs; i += kSumColumns) AddOuterTile<kRows, kSumColumns>(p, o, i, lanes);
  for (; i + 2 <= p.inputs; i += 2) AddOuterTile<kRows, 2>(p, o, i, lanes);
  if (i < p.inputs) AddOuterTile<kRows, 1>(p, o, i, lanes);
}

inline void AddOuter(const OuterProduct& p, uint32_t lanes) {
  uint32_t o = 0;
  for (; o + kSumRows <= p.outputs; o += kSumRows) AddOuterRows<kSumRows>(p, o, lanes);
  switch (p.outputs - o) {
    case 3:
      return AddOuterRows<3>(p, o, lanes);
    case 2:
      return AddOuterRows<2>(p, o, lanes);
    case 1:
      return AddOuterRows<1>(p, o, lanes);
  }
}

// sums[o] += sum over the lanes of d[o][lane].
inline void AddLanes(const float* const* d, uint32_t outputs, uint32_t lanes, float* sums) {
  for (uint32_t o = 0; o < outputs; ++o) {
    Vector sum = Load(sums + o * kParts);
    for (uint32_t lane = 0; lane < lanes; lane += kWidth) sum += Load(d[o] + lane);
    Store(sums + o * kParts, sum);
  }
}

}  // namespace
}  // namespace lic::overfitted
