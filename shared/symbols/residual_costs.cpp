#include "symbols/residual_costs.h"

namespace lic {

TableChoice CheapestTable(std::span<const CountedResidual> residuals, const ResidualTable* tables) {
  TableChoice best = {0, INFINITY};
  for (int table = 0; table < kScaleCount; ++table) {
    double bits = 0;
    for (const CountedResidual& residual : residuals)
      bits += residual.count * ResidualBits<double>(tables[table], residual.q);
    if (bits < best.bits) best = {static_cast<uint8_t>(table), bits};
  }
  return best;
}

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
