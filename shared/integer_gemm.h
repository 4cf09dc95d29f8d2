// The inner loop of the integer programs: products of 16-bit inputs and weights summed in 32 bits.
//
// GemmPlain is the definition. The others use the one instruction that every SIMD set has for this arithmetic, the sum of two
// neighbouring 16-bit products (pmaddwd, i32x4.dot_i16x8_s), and give the same sums: no sum can leave 32 bits, which the
// model's parser has made sure of.
#pragma once

#include <span>

#include "lic/lic.h"

namespace lic {

// Weights of a layer, packed for a kernel with `lanes` outputs a vector:
// (taps, blocks of lanes outputs, pairs of inputs, lanes, 2), zero where a block or pair is not full.
struct PackedWeights {
  uint32_t taps = 0;
  uint32_t in_channels = 0;
  uint32_t out_channels = 0;
  uint32_t lanes = 0;
  Buffer<int16_t> weights;

  uint32_t pairs() const { return (in_channels + 1) / 2; }
  uint32_t blocks() const { return (out_channels + lanes - 1) / lanes; }
  // Outputs with their padding.
  uint32_t stride() const { return blocks() * lanes; }
};

// sums[p * stride + o] = sum over taps t and channels i of inputs[t * positions + p][i] * weight[o][t][i].
// Two values behind the last channel of an input must be readable.
using GemmFunction = void (*)(const int16_t* const* inputs, size_t positions, const PackedWeights& weights, int32_t* sums);

struct GemmKernel {
  const char* name;
  uint32_t lanes;
  GemmFunction run;
};

// The kernels that this machine can run, the plain one first, the fastest last.
std::span<const GemmKernel> AvailableGemmKernels();

// The kernel that networks are built for: the fastest, unless a test has chosen another.
const GemmKernel& CurrentGemmKernel();
// For tests; null restores the fastest. Not while another thread builds a network.
void SetGemmKernel(const GemmKernel* kernel);

void GemmPlain(const int16_t* const* inputs, size_t positions, const PackedWeights& weights, int32_t* sums);
#if defined(__x86_64__)
void GemmSse41(const int16_t* const* inputs, size_t positions, const PackedWeights& weights, int32_t* sums);
void GemmAvx2(const int16_t* const* inputs, size_t positions, const PackedWeights& weights, int32_t* sums);
void GemmAvx512(const int16_t* const* inputs, size_t positions, const PackedWeights& weights, int32_t* sums);
#elif defined(__wasm_simd128__)
void GemmWasm(const int16_t* const* inputs, size_t positions, const PackedWeights& weights, int32_t* sums);
#endif

}  // namespace lic
