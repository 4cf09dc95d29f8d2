// What residuals cost: the lengths, in bits, that the tables of a model give them.
#pragma once

#include <cstdlib>
#include <vector>

#include "model/model.h"

namespace lic {

class ResidualCosts {
 public:
  static Result<ResidualCosts> Create(const EntropyModel& model);

  // Bits of residual q, |q| <= kMaxResidual, with the table of a scale index.
  float Bits(uint32_t scale, int q) const {
    const auto magnitude = static_cast<size_t>(std::abs(q));
    const Buffer<float>& table = bits_[scale];
    return magnitude + 1 < table.size() ? table[magnitude] : EscapeBits(table, magnitude);
  }

 private:
  static float EscapeBits(const Buffer<float>& table, size_t magnitude);

  std::vector<Buffer<float>> bits_;  // of each table: those of 0, 1, ... support, and of the escape alone
};

}  // namespace lic
