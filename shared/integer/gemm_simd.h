// The SIMD kernel, written once. Each gemm_<set>.cpp defines the vector type `Vector` (lanes, Zero, Add, Store,
// Load, Splat, and Dot: products of 16-bit pairs, summed) and includes this file, compiled for its instruction set.
#pragma once

#include <cstring>

#include "integer/gemm_loops.h"

namespace lic {
namespace {

// kPositions positions times kBlocks vectors of outputs stay in registers while the inputs pass by.
template <class Vector, size_t kPositions, size_t kBlocks>
void GemmTile(const int16_t* const* inputs, size_t positions, const PackedWeights& packed, size_t block,
              int32_t* sums) {
  const size_t pairs = packed.pairs();
  const size_t block_size = pairs * Vector::kLanes * 2;
  typename Vector::Type accumulators[kPositions][kBlocks];
  for (auto& row : accumulators) {
    for (auto& accumulator : row) accumulator = Vector::Zero();
  }
  for (size_t t = 0; t < packed.taps; ++t) {
    const int16_t* weights = packed.weights.data() + (t * packed.blocks() + block) * block_size;
    const int16_t* const* rows = inputs + t * positions;
    for (size_t pair = 0; pair < pairs; ++pair) {
      typename Vector::Type weight[kBlocks];
      for (size_t b = 0; b < kBlocks; ++b)
        weight[b] = Vector::Load(weights + b * block_size + pair * Vector::kLanes * 2);
      for (size_t p = 0; p < kPositions; ++p) {
        int32_t input;
        std::memcpy(&input, rows[p] + 2 * pair, sizeof(input));
        const typename Vector::Type splat = Vector::Splat(input);
        for (size_t b = 0; b < kBlocks; ++b)
          accumulators[p][b] = Vector::Add(accumulators[p][b], Vector::Dot(splat, weight[b]));
      }
    }
  }
  for (size_t p = 0; p < kPositions; ++p) {
    for (size_t b = 0; b < kBlocks; ++b)
      Vector::Store(sums + p * packed.stride() + (block + b) * Vector::kLanes, accumulators[p][b]);
  }
}

template <class Vector, size_t kPositions>
void GemmRows(const int16_t* const* inputs, size_t positions, const PackedWeights& packed, int32_t* sums) {
  const size_t blocks = packed.blocks();
  size_t block = 0;
  for (; block + 2 <= blocks; block += 2) GemmTile<Vector, kPositions, 2>(inputs, positions, packed, block, sums);
  for (; block < blocks; ++block) GemmTile<Vector, kPositions, 1>(inputs, positions, packed, block, sums);
}

template <class Vector>
void Gemm(const int16_t* const* inputs, size_t positions, const PackedWeights& packed, int32_t* sums) {
  constexpr size_t kPositions = 4;
  size_t p = 0;
  for (; p + kPositions <= positions; p += kPositions)
    GemmRows<Vector, kPositions>(inputs + p, positions, packed, sums + p * packed.stride());
  for (; p < positions; ++p) GemmRows<Vector, 1>(inputs + p, positions, packed, sums + p * packed.stride());
}

}  // namespace
}  // namespace lic
