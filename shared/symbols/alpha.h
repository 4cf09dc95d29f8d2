// Straight alpha, lossless, a stream for each tile (docs/format.md#alpha).
#pragma once

#include <optional>

#include "symbols/rans.h"

namespace lic {

// A plane of alpha samples within interleaved pixels: sample (x, y) lies at samples[y * stride + x * step].
template <class Sample>
struct AlphaView {
  Sample* samples = nullptr;
  uint32_t width = 0;
  uint32_t height = 0;
  size_t step = 1;
  size_t stride = 0;

  Sample& at(uint32_t x, uint32_t y) const { return samples[y * stride + x * step]; }
};

Result<Buffer<uint8_t>> EncodeAlpha(const AlphaView<const uint8_t>& alpha, const ResidualTable* tables);

// The mirror, in steps.
class AlphaDecoder {
 public:
  // `stream` and `tables` must outlive the decoder.
  Status Start(Bytes stream, const ResidualTable* tables);
  // Fills some rows from the top, about as many as take `work` multiplications, and takes from `work` what it did. True
  // after the last row. `alpha` must be the same in every step.
  Result<bool> Step(const AlphaView<uint8_t>& alpha, int64_t& work);

 private:
  Status FillRow(const AlphaView<uint8_t>& alpha);

  Bytes stream_;
  const ResidualTable* tables_ = nullptr;
  std::optional<RansReader> reader_;  // none: one value for all
  uint32_t row_ = 0;
};

}  // namespace lic
