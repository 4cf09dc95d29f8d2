// The inner loops of the integer programs: products of 16-bit inputs and weights summed in 32 bits, and the way back
// to 16.
//
// The plain kernel is the definition. The others use the one instruction that every SIMD set has for this arithmetic,
// the sum of two neighbouring 16-bit products (pmaddwd, i32x4.dot_i16x8_s), and give the same sums: no sum can leave 32
// bits, which the model's parser has made sure of.
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

// How sums become activations: out = clamp(((sum + bias) * multiplier + 2^(shift - 1)) >> shift, lo, hi).
struct Requantisation {
  const int32_t* bias = nullptr;        // (channels)
  const int32_t* multiplier = nullptr;  // (channels)
  uint32_t channels = 0;
  uint32_t shift = 1;
  int16_t lo = INT16_MIN;
  int16_t hi = INT16_MAX;
};

struct IntegerKernel {
  const char* name;
  uint32_t lanes;
  // sums[p * stride + o] = sum over taps t and channels i of inputs[t * positions + p][i] * weight[o][t][i].
  // Two values after the last channel of an input must be readable.
  void (*gemm)(const int16_t* const* inputs, size_t positions, const PackedWeights& weights, int32_t* sums);
  // sums[c] = sum over nine taps t of inputs[t][c] * weights[t * channels + c].
  void (*depthwise)(const int16_t* const* inputs, const int16_t* weights, size_t channels, int32_t* sums);
  // The one place where sums become activations.
  void (*requantise)(const Requantisation& how, const int32_t* sums, int16_t* out);
};

extern const IntegerKernel kPlainKernel;
#if defined(__x86_64__)
extern const IntegerKernel kSse41Kernel;
extern const IntegerKernel kAvx2Kernel;
extern const IntegerKernel kAvx512Kernel;
#elif defined(__wasm_simd128__)
extern const IntegerKernel kWasmKernel;
#endif

// The kernels that this machine can run, the plain one first, the fastest last.
std::span<const IntegerKernel* const> AvailableKernels();

// The kernel that networks are built for: the fastest, unless a test has chosen another.
const IntegerKernel& CurrentKernel();
// For tests; null restores the fastest. Not while another thread builds a network.
void SetKernel(const IntegerKernel* kernel);

}  // namespace lic
