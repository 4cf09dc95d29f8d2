#include "symbols/residual_costs.h"

namespace lic {

Result<ResidualCosts> ResidualCosts::Create(const ResidualTable* tables) {
  ResidualCosts costs;
  for (int scale = 0; scale < kScaleCount; ++scale) {
    const ResidualTable& table = tables[scale];
    LIC_TRY(auto bits, Buffer<float>::Create(table.support + 2));
    for (size_t i = 0; i < bits.size(); ++i) bits[i] = SymbolBits<float>(table, table.support + i);
    costs.bits_[scale] = std::move(bits);
  }
  return costs;
}

}  // namespace lic
