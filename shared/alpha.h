// Straight alpha, lossless, a stream for each tile (docs/format.md#alpha).
#pragma once

#include "lic/lic.h"
#include "weights.h"

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
Status DecodeAlpha(Bytes stream, const ResidualTable* tables, const AlphaView<uint8_t>& alpha);

}  // namespace lic
