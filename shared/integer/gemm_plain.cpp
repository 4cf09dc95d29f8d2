// The plain kernel: what every other one must equal.
#include "integer/gemm_loops.h"

namespace lic {
namespace {

void GemmPlain(const int16_t* const* inputs, size_t positions, const PackedWeights& packed, int32_t* sums) {
  const size_t lanes = packed.lanes, blocks = packed.blocks(), pairs = packed.pairs();
  for (size_t p = 0; p < positions; ++p) {
    for (size_t o = 0; o < packed.stride(); ++o) {
      int32_t sum = 0;
      for (size_t t = 0; t < packed.taps; ++t) {
        const int16_t* weights = packed.weights.data() + ((t * blocks + o / lanes) * pairs * lanes + o % lanes) * 2;
        for (size_t i = 0; i < packed.in_channels; ++i)
          sum += inputs[t * positions + p][i] * weights[i / 2 * lanes * 2 + i % 2];
      }
      sums[p * packed.stride() + o] = sum;
    }
  }
}

}  // namespace

const IntegerKernel kPlainKernel = {"plain", 4, GemmPlain, DepthwiseLoop, RequantiseLoop};

}  // namespace lic
