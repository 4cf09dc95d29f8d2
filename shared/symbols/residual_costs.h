// What residuals cost: the lengths, in bits, that tables give them.
#pragma once

#include <bit>
#include <cmath>
#include <cstdlib>

#include "symbols/rans.h"

namespace lic {

// Bits of a symbol of a table.
template <class Real>
Real SymbolBits(const ResidualTable& table, size_t symbol) {
  const int frequency = table.cumulative[symbol + 1] - table.cumulative[symbol];
  return kRansPrecision - std::log2(static_cast<Real>(frequency));
}

// Those of an escaped residual, whose magnitude is `excess` above the support: an Exp-Golomb code and a sign follow the
// escape.
template <class Real>
Real EscapedBits(Real escape_bits, size_t excess) {
  return escape_bits + 2 * static_cast<Real>(std::bit_width(excess) - 1) + 2;
}

// Bits of a residual, |q| <= kMaxResidual.
template <class Real>
Real ResidualBits(const ResidualTable& table, int q) {
  const int support = static_cast<int>(table.support);
  if (std::abs(q) <= support) return SymbolBits<Real>(table, static_cast<size_t>(q + support));
  return EscapedBits(SymbolBits<Real>(table, size_t{2} * table.support + 1),
                     static_cast<size_t>(std::abs(q) - support));
}

// A residual, and how often it is there.
struct CountedResidual {
  int q;
  uint32_t count;
};

// A table for all of some residuals, and the bits that it gives them.
struct TableChoice {
  uint8_t table;
  double bits;
};

// Of kScaleCount tables the one that takes the fewest bits.
TableChoice CheapestTable(std::span<const CountedResidual> residuals, const ResidualTable* tables);

// The costs of all residuals with the tables of a model, at hand for an encoder that weighs many.
class ResidualCosts {
 public:
  // `tables` are kScaleCount.
  static Result<ResidualCosts> Create(const ResidualTable* tables);

  // Bits of residual q, |q| <= kMaxResidual, with the table of a scale index.
  float Bits(uint32_t scale, int q) const {
    const auto magnitude = static_cast<size_t>(std::abs(q));
    const Buffer<float>& table = bits_[scale];
    const size_t support = table.size() - 2;
    return magnitude <= support ? table[magnitude] : EscapedBits(table[support + 1], magnitude - support);
  }

 private:
  Buffer<float> bits_[kScaleCount];  // of each table: those of 0, 1, ... support, and of the escape alone
};

}  // namespace lic
