// The layers of a file's networks as kernels want them: biases scaled, weights also packed in pairs for SIMD.
#pragma once

#include "overfitted/parameters.h"

namespace lic::overfitted {

// Two numbers in a word, as SIMD multiplies them.
constexpr int32_t PairOf(int16_t low, int16_t high) {
  return static_cast<int32_t>(static_cast<uint16_t>(low) | static_cast<uint32_t>(static_cast<uint16_t>(high)) << 16);
}

// out[o] = sum over i of weights[o][i] * in[i], on top of a bias or of another layer.
struct DenseLayer {
  uint32_t in = 0;
  uint32_t out = 0;
  uint32_t stride = 0;  // from one row of weights to the next
  const int16_t* weights = nullptr;
  // For every `tile` outputs, for every two inputs: PairOf(weights[o][i], weights[o][i + 1]) for each output of the
  // tile. Where there is no such input or output, 0.
  const int32_t* packed = nullptr;

  uint32_t pairs() const { return CeilDiv(in, 2); }
};

// Outputs that SIMD computes together.
inline constexpr uint32_t kHiddenTile = 4;

struct ContextNetwork {
  ContextShape shape;
  // One after the other, and each with biases.
  DenseLayer hidden[2];
  // Their sums are added: mean and scale, of the last hidden layer and of the contexts.
  DenseLayer last;
  DenseLayer stabiliser;
  const int32_t* bias1 = nullptr;  // (bias sets, kMaxContextWidth): bias << 12, and the half for rounding
  const int32_t* bias2 = nullptr;
  const int32_t* bias3 = nullptr;
};

struct Mixing {
  DenseLayer first;   // channels to hidden
  DenseLayer second;  // hidden to colours
  DenseLayer bypass;  // channels to colours
  const int32_t* bias1 = nullptr;
  const int32_t* bias2 = nullptr;
  const int32_t* bypass_bias = nullptr;
};

struct Convolution {
  DenseLayer taps;  // in: input colour, row, column
  const int32_t* bias = nullptr;
};

struct Layers {
  ContextNetwork context[kMaxContextNetworks];
  Mixing mixing;
  Convolution convolution[kMaxConvolutions];

  // `parameters` must outlive the layers.
  Status Fill(const Architecture& architecture, const Parameters& parameters);
  static Result<Layers> Create(const Architecture& architecture, const Parameters& parameters) {
    return Made<Layers>(architecture, parameters);
  }

 private:
  class Builder;
  Buffer<int32_t> memory_;
};

}  // namespace lic::overfitted
