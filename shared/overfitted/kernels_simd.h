// The kernels in SIMD, from one source for every instruction set: eight latents or pixels at once. To be included once,
// in a file that is compiled for an instruction set.
//
// Inner loops are short and have run-time widths: where a JavaScript engine compiles WebAssembly, long unrolled ones
// run out of registers.
#pragma once

#include <bit>

#include "overfitted/eight.h"
#include "overfitted/kernels.h"
#include "symbols/rans.h"

namespace lic::overfitted {
namespace {

constexpr int kWeightBits = 12;
constexpr int kMixBits = 8;
constexpr int kTapBits = 14;
constexpr int kSampleBits = 6;
constexpr int16_t kMiddle = (128 << kSampleBits) + (1 << (kSampleBits - 1));

// Adds to kCount sums the products of `pairs` pairs of inputs. Returns the weights after those used.
template <int kCount>
inline const int32_t* AddProducts(const int32_t* weights, const Int8* in, uint32_t pairs, Int8 (&sums)[kCount]) {
#pragma clang loop unroll(disable)
  for (uint32_t p = 0; p < pairs; ++p) {
    for (int k = 0; k < kCount; ++k) sums[k] = Add(sums[k], Dot(in[p], SplatInt(weights + k)));
    weights += kCount;
  }
  return weights;
}

template <int kCount>
inline void StartSums(const int32_t* biases, Int8 (&sums)[kCount]) {
  for (int k = 0; k < kCount; ++k) sums[k] = SplatInt(biases + k);
}

inline Short8 Rectified(Int8 sum) { return Max(Saturated(ShiftRight<kWeightBits>(sum)), Splat(0)); }

// A layer with biases and ReLU: pairs in, pairs out.
inline void Hidden(const DenseLayer& layer, const int32_t* biases, const Int8* in, Int8* out) {
  const int32_t* weights = layer.packed;
  const uint32_t pairs = layer.pairs();
  for (uint32_t o = 0; o < layer.out; o += kHiddenTile) {
    Int8 sums[kHiddenTile];
    StartSums(biases + o, sums);
    weights = AddProducts(weights, in, pairs, sums);
    *out++ = Pairs(Rectified(sums[0]), Rectified(sums[1]));
    *out++ = Pairs(Rectified(sums[2]), Rectified(sums[3]));
  }
}

// ---- Context network -----------------------------------------------------------------------------------------

inline Short8 ContextOf(const ContextSource& source, size_t t) {
  if (source.direct) return Load(source.direct + t * source.direct_stride);
  const size_t step = t / 2 * kParentStride;
  return InterleaveLow(Load(source.even[t % 2] + step), Load(source.odd[t % 2] + step));
}

// Pairs of contexts. Returns whether any context is not 0.
inline bool GatherContexts(const ContextTask& task, size_t t, Int8* pairs) {
  const uint32_t contexts = task.network->shape.contexts();
  Short8 any = Splat(0);
  for (uint32_t i = 0; i < contexts; i += 2) {
    const Short8 a = ContextOf(task.sources[i], t);
    const Short8 b = i + 1 < contexts ? ContextOf(task.sources[i + 1], t) : Splat(0);
    any = Or(any, Or(a, b));
    *pairs++ = Pairs(a, b);
  }
  return AnyBit(any);
}

inline void PutTables(const ContextTask& task, Short8 mean, Short8 scale, StepTables& tables) {
  const Short8 mean16 = ShiftRight<4>(AddSaturated(AddSaturated(mean, Splat(task.grid_bias[0])), Splat(8)));
  const Short8 centre = ShiftRight<4>(Add(mean16, Splat(8)));
  const Short8 fraction = Add(Subtract(mean16, ShiftLeft<4>(centre)), Splat(8));
  const Short8 shifted = ShiftRight<5>(AddSaturated(scale, Splat(task.grid_bias[1])));
  const Short8 index = Min(Max(shifted, Splat(0)), Splat(kScaleCount - 1));
  Store(tables.table, Or(ShiftLeft<4>(index), fraction));
  Store(tables.centre, centre);
}

void RunContextNetwork(const ContextTask& task, const Int8* contexts, StepTables& tables) {
  const ContextNetwork& network = *task.network;
  Int8 first[kMaxContextWidth / 2], second[kMaxContextWidth / 2];
  Hidden(network.hidden[0], task.bias1, contexts, first);
  const Int8* last = first;
  if (network.shape.depth == 2) {
    Hidden(network.hidden[1], network.bias2, first, second);
    last = second;
  }
  Int8 sums[2];
  StartSums(network.bias3, sums);
  AddProducts(network.last.packed, last, network.last.pairs(), sums);
  AddProducts(network.stabiliser.packed, contexts, network.stabiliser.pairs(), sums);
  PutTables(task, Saturated(ShiftRight<kWeightBits>(sums[0])), Saturated(ShiftRight<kWeightBits>(sums[1])), tables);
}

void ContextStep(ContextTask& task, size_t t, StepTables& tables) {
  Int8 contexts[(kMaxContexts + 1) / 2];
  const bool any = GatherContexts(task, t, contexts);
  if (any) return RunContextNetwork(task, contexts, tables);
  if (!task.knows_empty) {
    RunContextNetwork(task, contexts, task.empty);
    task.knows_empty = true;
  }
  tables = task.empty;
}

// ---- Symbols -------------------------------------------------------------------------------------------------

// Four lanes whose symbol is -1, 0 or 1. Lanes with another one are left as they are, and get a bit in `missed`.
struct FourSymbols {
  Int4 symbols;
  uint32_t missed;
  uint32_t need_word;
};

inline FourSymbols TakeFour(const LaplaceTables& laplace, const int16_t* tables, uint32_t* states) {
  const Int4 state = Load4(states);
  Int4 first, second;
  Gather4(laplace.four.data(), tables, first, second);
  const Int4 low16 = Splat4(0xffff), one = Splat4(1);
  const Int4 start0 = And4(first, low16), start1 = ShiftRightUnsigned4<16>(first);
  const Int4 start2 = And4(second, low16), start3 = ShiftRightUnsigned4<16>(second);
  const Int4 slot = And4(state, Splat4(kRansTotal - 1));
  const Int4 below1 = Below4(slot, start1), below2 = Below4(slot, start2);
  const Int4 begin = Choose4(below1, start0, Choose4(below2, start1, start2));
  const Int4 end = Choose4(below1, start1, Choose4(below2, start2, start3));
  const Int4 advanced =
      Add4(Multiply4(Subtract4(end, begin), ShiftRightUnsigned4<kRansPrecision>(state)), Subtract4(slot, begin));
  // Before start 0, or not before start 3.
  const Int4 outside = Or4(Subtract4(slot, start0), Subtract4(Subtract4(start3, slot), one));
  const Int4 is_outside = Below4(outside, Splat4(0));
  const Int4 next = Choose4(is_outside, state, advanced);
  Store4(states, next);
  return {Add4(Add4(below1, below2), one), SignBits4(is_outside), ZeroBits4(ShiftRightUnsigned4<16>(next))};
}

uint32_t TakeSymbols(const LaplaceTables& laplace, const StepTables& tables, LaneStates& lanes, int16_t* latents) {
  const FourSymbols low = TakeFour(laplace, tables.table, lanes.state);
  const FourSymbols high = TakeFour(laplace, tables.table + 4, lanes.state + 4);
  const Short8 sum = AddSaturated(Load(tables.centre), Saturated(low.symbols, high.symbols));
  Store(latents, Min(Max(sum, Splat(-128)), Splat(127)));
  uint32_t need_word = low.need_word | high.need_word << 4, escapes = 0;
  for (uint32_t missed = low.missed | high.missed << 4; missed; missed &= missed - 1) {
    const auto lane = static_cast<uint32_t>(std::countr_zero(missed));
    const int symbol = TakeSymbol(laplace, tables.table[lane], lanes.state[lane]);
    const int latent = tables.centre[lane] + symbol;
    latents[lane] = static_cast<int16_t>(latent < -128 ? -128 : latent > 127 ? 127 : latent);
    if (lanes.state[lane] < kRansLow) need_word |= 1u << lane;
    if (symbol > LaplaceTables::Support(tables.table[lane])) escapes |= 1u << lane;
  }
  for (; need_word; need_word &= need_word - 1) lanes.Renormalise(static_cast<uint32_t>(std::countr_zero(need_word)));
  return escapes;
}

// ---- Upsampling ----------------------------------------------------------------------------------------------

struct Taps {
  Int8 first, second, half;

  Taps(int16_t a, int16_t b, int16_t c, int16_t d)
      : first(Pairs(Splat(a), Splat(b))), second(Pairs(Splat(c), Splat(d))) {
    const int32_t rounding = 1 << (kTapBits - 1);
    half = SplatInt(&rounding);
  }
  Short8 Filter(Int8 ab, Int8 cd) const {
    return Saturated(ShiftRight<kTapBits>(Add(Add(Dot(ab, first), half), Dot(cd, second))));
  }
};

void FilterColumns(const int16_t* const* rows, const int16_t* taps, uint32_t width, int16_t* to) {
  const Taps filter(taps[0], taps[1], taps[2], taps[3]);
  for (uint32_t x = 0; x < width; x += 8) {
    const Int8 ab = Pairs(Load(rows[0] + x), Load(rows[1] + x)), cd = Pairs(Load(rows[2] + x), Load(rows[3] + x));
    Store(to + x, filter.Filter(ab, cd));
  }
}

void DoubleRow(const int16_t* from, const int16_t* taps, uint32_t width, int16_t* to) {
  const Taps even(taps[0], taps[1], taps[2], taps[3]), odd(taps[3], taps[2], taps[1], taps[0]);
  for (uint32_t x = 0; x < width; x += 8, from += 8, to += 16) {
    const Short8 a = Load(from - 2), b = Load(from - 1), c = Load(from), d = Load(from + 1), e = Load(from + 2);
    const Short8 left = even.Filter(Pairs(a, b), Pairs(c, d)), right = odd.Filter(Pairs(b, c), Pairs(d, e));
    Store(to, InterleaveLow(left, right));
    Store(to + 8, InterleaveHigh(left, right));
  }
}

// ---- Synthesis -----------------------------------------------------------------------------------------------

inline void StoreColours(const Int8 (&sums)[kColours], uint32_t x, int16_t* const* to) {
  for (uint32_t o = 0; o < kColours; ++o) Store(to[o] + x, Saturated(ShiftRight<kMixBits>(sums[o])));
}

void MixRow(const Mixing& mixing, const int16_t* const* channels, uint32_t width, int16_t* const* mixed,
            int16_t* const* bypass) {
  const uint32_t inputs = mixing.first.in;
  Int8 in[(kMaxInputs + 1) / 2], hidden[kMaxHidden / 2];
  for (uint32_t x = 0; x < width; x += 8) {
    for (uint32_t i = 0; i < inputs; i += 2)
      in[i / 2] = Pairs(Load(channels[i] + x), i + 1 < inputs ? Load(channels[i + 1] + x) : Splat(0));
    Hidden(mixing.first, mixing.bias1, in, hidden);
    Int8 sums[kColours];
    StartSums(mixing.bias2, sums);
    AddProducts(mixing.second.packed, hidden, mixing.second.pairs(), sums);
    StoreColours(sums, x, mixed);
    StartSums(mixing.bypass_bias, sums);
    AddProducts(mixing.bypass.packed, in, mixing.bypass.pairs(), sums);
    StoreColours(sums, x, bypass);
  }
}

void ConvolveRow(const Convolution& convolution, const int16_t* const (*rows)[3], bool rectify, uint32_t width,
                 int16_t* const* to) {
  // Two taps a pair; the last has no second one, and its weight is 0.
  constexpr uint32_t kTaps = 9 * kColours;
  const int16_t* taps[kTaps + 1];
  for (uint32_t i = 0; i < kTaps; ++i) taps[i] = rows[i / 9][i / 3 % 3] + static_cast<int64_t>(i % 3) - 1;
  taps[kTaps] = taps[kTaps - 1];
  const Short8 least = Splat(rectify ? 0 : INT16_MIN);
  for (uint32_t x = 0; x < width; x += 8) {
    Int8 sums[kColours];
    StartSums(convolution.bias, sums);
    const int32_t* weights = convolution.taps.packed;
#pragma clang loop unroll(disable)
    for (uint32_t i = 0; i < kTaps; i += 2, weights += kColours) {
      const Int8 pairs = Pairs(Load(taps[i] + x), Load(taps[i + 1] + x));
      for (uint32_t o = 0; o < kColours; ++o) sums[o] = Add(sums[o], Dot(pairs, SplatInt(weights + o)));
    }
    for (uint32_t o = 0; o < kColours; ++o) Store(to[o] + x, Max(Saturated(ShiftRight<kWeightBits>(sums[o])), least));
  }
}

void ToSamples(const int16_t* const* mixed, const int16_t* const* bypass, uint32_t width, uint8_t* rgb) {
  for (uint32_t x = 0; x < width; x += 8) {
    uint8_t colours[kColours][8];
    for (uint32_t o = 0; o < kColours; ++o) {
      const Short8 sum = AddSaturated(AddSaturated(Load(mixed[o] + x), Load(bypass[o] + x)), Splat(kMiddle));
      StoreBytes(colours[o], ShiftRight<kSampleBits>(sum));
    }
    const uint32_t count = width - x < 8 ? width - x : 8;
    for (uint32_t i = 0; i < count; ++i) {
      for (uint32_t o = 0; o < kColours; ++o) *rgb++ = colours[o][i];
    }
  }
}

constexpr Kernels MakeKernels(const char* name) {
  return {name, ContextStep, TakeSymbols, FilterColumns, DoubleRow, MixRow, ConvolveRow, ToSamples};
}

}  // namespace
}  // namespace lic::overfitted
