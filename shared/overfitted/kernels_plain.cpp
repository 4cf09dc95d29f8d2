// The kernels in plain C++: the definition of what all others compute.
#include <algorithm>

#include "overfitted/kernels.h"

namespace lic::overfitted {
namespace {

constexpr int kWeightBits = 12;
constexpr int kMixBits = 8;
constexpr int kTapBits = 14;
constexpr int kSampleBits = 6;
constexpr int kMiddle = (128 << kSampleBits) + (1 << (kSampleBits - 1));

int16_t Saturate(int32_t value) { return static_cast<int16_t>(std::clamp(value, INT16_MIN, INT16_MAX)); }

int16_t AddSaturated(int16_t a, int16_t b) { return Saturate(a + b); }

// Products are added as unsigned numbers: their sum may wrap.
uint32_t Product(int16_t a, int16_t b) { return static_cast<uint32_t>(int32_t{a} * b); }

int16_t Round(uint32_t sum, int bits) { return Saturate(static_cast<int32_t>(sum) >> bits); }

uint32_t Sum(const DenseLayer& layer, uint32_t o, const int16_t* in) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < layer.in; ++i) sum += Product(layer.weights[size_t{o} * layer.stride + i], in[i]);
  return sum;
}

// A layer with biases and ReLU.
void Hidden(const DenseLayer& layer, const int32_t* bias, const int16_t* in, int16_t* out) {
  for (uint32_t o = 0; o < layer.out; ++o)
    out[o] = std::max<int16_t>(0, Round(static_cast<uint32_t>(bias[o]) + Sum(layer, o, in), kWeightBits));
}

// ---- Context network -----------------------------------------------------------------------------------------

int16_t ContextOf(const ContextSource& source, size_t t, uint32_t lane) {
  if (source.direct) return source.direct[t * source.direct_stride + lane];
  const int16_t* from = lane % 2 ? source.odd[t % 2] : source.even[t % 2];
  return from[t / 2 * kParentStride + lane / 2];
}

void PutTable(const ContextTask& task, int16_t mean, int16_t scale, uint32_t lane, StepTables& tables) {
  const int mean16 = AddSaturated(AddSaturated(mean, task.grid_bias[0]), 8) >> 4;
  const int centre = (mean16 + 8) >> 4, fraction = mean16 - 16 * centre + 8;
  const int index = std::clamp(AddSaturated(scale, task.grid_bias[1]) >> 5, 0, kScaleCount - 1);
  tables.table[lane] = static_cast<int16_t>(index * kFractions + fraction);
  tables.centre[lane] = static_cast<int16_t>(centre);
}

void ContextStep(ContextTask& task, size_t t, StepTables& tables) {
  const ContextNetwork& network = *task.network;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    int16_t contexts[kMaxContexts], hidden[2][kMaxContextWidth];
    for (uint32_t i = 0; i < network.shape.contexts(); ++i) contexts[i] = ContextOf(task.sources[i], t, lane);
    Hidden(network.hidden[0], task.bias1, contexts, hidden[0]);
    if (network.shape.depth == 2) Hidden(network.hidden[1], network.bias2, hidden[0], hidden[1]);
    const int16_t* last = hidden[network.shape.depth - 1];
    int16_t out[2];
    for (uint32_t o = 0; o < 2; ++o) {
      const uint32_t sum = Sum(network.last, o, last) + Sum(network.stabiliser, o, contexts);
      out[o] = Round(static_cast<uint32_t>(network.bias3[o]) + sum, kWeightBits);
    }
    PutTable(task, out[0], out[1], lane, tables);
  }
}

uint32_t TakeSymbols(const LaplaceTables& laplace, const StepTables& tables, LaneStates& lanes, int16_t* latents) {
  uint32_t escapes = 0;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    const int symbol = TakeSymbol(laplace, tables.table[lane], lanes.state[lane]);
    latents[lane] = static_cast<int16_t>(std::clamp(tables.centre[lane] + symbol, -128, 127));
    if (symbol > LaplaceTables::Support(tables.table[lane])) escapes |= 1u << lane;
  }
  for (uint32_t lane = 0; lane < kLanes; ++lane) lanes.Renormalise(lane);
  return escapes;
}

// ---- Upsampling ----------------------------------------------------------------------------------------------

int16_t Filter(const int16_t* taps, int16_t a, int16_t b, int16_t c, int16_t d) {
  const uint32_t sum = Product(taps[0], a) + Product(taps[1], b) + Product(taps[2], c) + Product(taps[3], d);
  return Round(sum + (1u << (kTapBits - 1)), kTapBits);
}

void FilterColumns(const int16_t* const* rows, const int16_t* taps, uint32_t width, int16_t* to) {
  for (uint32_t x = 0; x < width; ++x) to[x] = Filter(taps, rows[0][x], rows[1][x], rows[2][x], rows[3][x]);
}

void DoubleRow(const int16_t* from, const int16_t* taps, uint32_t width, int16_t* to) {
  for (uint32_t x = 0; x < width; ++x, ++from) {
    to[2 * x] = Filter(taps, from[-2], from[-1], from[0], from[1]);
    to[2 * x + 1] = Filter(taps, from[2], from[1], from[0], from[-1]);
  }
}

// ---- Synthesis -----------------------------------------------------------------------------------------------

void MixRow(const Mixing& mixing, const int16_t* const* channels, uint32_t width, int16_t* const* mixed,
            int16_t* const* bypass) {
  for (uint32_t x = 0; x < width; ++x) {
    int16_t in[kMaxInputs], hidden[kMaxHidden];
    for (uint32_t i = 0; i < mixing.first.in; ++i) in[i] = channels[i][x];
    Hidden(mixing.first, mixing.bias1, in, hidden);
    for (uint32_t o = 0; o < kColours; ++o) {
      mixed[o][x] = Round(static_cast<uint32_t>(mixing.bias2[o]) + Sum(mixing.second, o, hidden), kMixBits);
      bypass[o][x] = Round(static_cast<uint32_t>(mixing.bypass_bias[o]) + Sum(mixing.bypass, o, in), kMixBits);
    }
  }
}

void ConvolveRow(const Convolution& convolution, const int16_t* const (*rows)[3], bool rectify, uint32_t width,
                 int16_t* const* to) {
  for (uint32_t x = 0; x < width; ++x) {
    int16_t in[9 * kColours];
    for (uint32_t i = 0; i < 9 * kColours; ++i) in[i] = rows[i / 9][i / 3 % 3][static_cast<int64_t>(x) + i % 3 - 1];
    for (uint32_t o = 0; o < kColours; ++o) {
      const int16_t out = Round(static_cast<uint32_t>(convolution.bias[o]) + Sum(convolution.taps, o, in), kWeightBits);
      to[o][x] = rectify ? std::max<int16_t>(0, out) : out;
    }
  }
}

void ToSamples(const int16_t* const* mixed, const int16_t* const* bypass, uint32_t width, uint8_t* rgb) {
  for (uint32_t x = 0; x < width; ++x) {
    for (uint32_t o = 0; o < kColours; ++o) {
      const int16_t sum = AddSaturated(AddSaturated(mixed[o][x], bypass[o][x]), kMiddle);
      *rgb++ = static_cast<uint8_t>(std::clamp(sum >> kSampleBits, 0, 255));
    }
  }
}

}  // namespace

const Kernels kPlainKernels = {"plain",   ContextStep, TakeSymbols, FilterColumns,
                               DoubleRow, MixRow,      ConvolveRow, ToSamples};

}  // namespace lic::overfitted
