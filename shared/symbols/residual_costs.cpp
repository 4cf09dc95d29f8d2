#include "symbols/residual_costs.h"

#include <bit>
#include <cmath>

#include "base/try.h"
#include "symbols/rans.h"

namespace lic {

Result<ResidualCosts> ResidualCosts::Create(const EntropyModel& model) {
  ResidualCosts costs;
  for (const ResidualTable& table : model.tables) {
    LIC_TRY(auto bits, Buffer<float>::Create(table.support + 2));
    for (size_t i = 0; i < bits.size(); ++i) {
      const uint16_t* at = table.cumulative.data() + table.support + i;
      bits[i] = kRansPrecision - std::log2(static_cast<float>(at[1] - at[0]));
    }
    costs.bits_.push_back(std::move(bits));
  }
  return costs;
}

// An Exp-Golomb code follows the escape, and a sign.
float ResidualCosts::EscapeBits(const Buffer<float>& table, size_t magnitude) {
  const size_t excess = magnitude - (table.size() - 2);
  return table[table.size() - 1] + 2 * static_cast<float>(std::bit_width(excess) - 1) + 2;
}

}  // namespace lic
