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
template <int kCount, class PairsOfShort, class Int>
inline const int32_t* AddProducts(const int32_t* weights, const PairsOfShort* in, uint32_t pairs, Int (&sums)[kCount]) {
#pragma clang loop unroll(disable)
  for (uint32_t p = 0; p < pairs; ++p) {
    for (int k = 0; k < kCount; ++k) sums[k] = AddDot(sums[k], in[p], weights + k);
    weights += kCount;
  }
  return weights;
}

template <int kCount, class Int>
inline void StartSums(const int32_t* biases, Int (&sums)[kCount]) {
  for (int k = 0; k < kCount; ++k) sums[k] = SplatInt<Int>(biases + k);
}

// A layer with biases and ReLU: pairs in, pairs out.
template <class Int, class PairsOfShort>
inline void Hidden(const DenseLayer& layer, const int32_t* biases, const PairsOfShort* in, PairsOfShort* out) {
  const int32_t* weights = layer.packed;
  const uint32_t pairs = layer.pairs();
  for (uint32_t o = 0; o < layer.out; o += kHiddenTile) {
    Int sums[kHiddenTile];
    StartSums(biases + o, sums);
    weights = AddProducts(weights, in, pairs, sums);
    *out++ = RectifiedPairs(ShiftRight<kWeightBits>(sums[0]), ShiftRight<kWeightBits>(sums[1]));
    *out++ = RectifiedPairs(ShiftRight<kWeightBits>(sums[2]), ShiftRight<kWeightBits>(sums[3]));
  }
}

// ---- Context network -----------------------------------------------------------------------------------------

inline Short8 ContextOf(const ContextSource& source, size_t t) {
  if (source.direct) return Load<Short8>(source.direct + t * source.direct_stride);
  const size_t step = t / 2 * kParentStride;
  return InterleaveLow(Load<Short8>(source.even[t % 2] + step), Load<Short8>(source.odd[t % 2] + step));
}

// Pairs of contexts. Returns whether any context is not 0.
inline bool GatherContexts(const ContextTask& task, size_t t, Pairs8* pairs) {
  const uint32_t contexts = task.network->shape.contexts();
  Short8 any = Splat<Short8>(0);
  for (uint32_t i = 0; i < contexts; i += 2) {
    const Short8 a = ContextOf(task.sources[i], t);
    const Short8 b = i + 1 < contexts ? ContextOf(task.sources[i + 1], t) : Splat<Short8>(0);
    any = Or(any, Or(a, b));
    *pairs++ = Pairs(a, b);
  }
  return AnyBit(any);
}

inline void PutTables(const ContextTask& task, Short8 mean, Short8 scale, StepTables& tables) {
  const Short8 mean16 =
      ShiftRight<4>(AddSaturated(AddSaturated(mean, Splat<Short8>(task.grid_bias[0])), Splat<Short8>(8)));
  const Short8 centre = ShiftRight<4>(Add(mean16, Splat<Short8>(8)));
  const Short8 fraction = Add(Subtract(mean16, ShiftLeft<4>(centre)), Splat<Short8>(8));
  const Short8 shifted = ShiftRight<5>(AddSaturated(scale, Splat<Short8>(task.grid_bias[1])));
  const Short8 index = Min(Max(shifted, Splat<Short8>(0)), Splat<Short8>(kScaleCount - 1));
  Store(tables.table, Or(ShiftLeft<4>(index), fraction));
  Store(tables.centre, centre);
}

void RunContextNetwork(const ContextTask& task, const Pairs8* contexts, StepTables& tables) {
  const ContextNetwork& network = *task.network;
  // Before the hidden layers, for which it need not wait.
  Int8 sums[2];
  StartSums(network.bias3, sums);
  AddProducts(network.stabiliser.packed, contexts, network.stabiliser.pairs(), sums);
  Pairs8 first[kMaxContextWidth / 2], second[kMaxContextWidth / 2];
  Hidden<Int8>(network.hidden[0], task.bias1, contexts, first);
  const Pairs8* last = first;
  if (network.shape.depth == 2) {
    Hidden<Int8>(network.hidden[1], network.bias2, first, second);
    last = second;
  }
  AddProducts(network.last.packed, last, network.last.pairs(), sums);
  PutTables(task, Saturated(ShiftRight<kWeightBits>(sums[0])), Saturated(ShiftRight<kWeightBits>(sums[1])), tables);
}

void ContextStep(ContextTask& task, size_t t, StepTables& tables) {
  Pairs8 contexts[(kMaxContexts + 1) / 2];
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
  const Short8 sum = AddSaturated(Load<Short8>(tables.centre), Saturated(low.symbols, high.symbols));
  Store(latents, Min(Max(sum, Splat<Short8>(-128)), Splat<Short8>(127)));
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

class Filter {
 public:
  Filter(int16_t a, int16_t b, int16_t c, int16_t d) : first_(PairOf(a, b)), second_(PairOf(c, d)) {}

  WideShort Apply(WidePairs ab, WidePairs cd) const {
    const WideInt sum = AddDot(AddDot(SplatInt<WideInt>(&kHalf), ab, &first_), cd, &second_);
    return Saturated(ShiftRight<kTapBits>(sum));
  }

 private:
  static constexpr int32_t kHalf = 1 << (kTapBits - 1);
  int32_t first_, second_;
};

void FilterColumns(const int16_t* const* rows, const int16_t* taps, uint32_t width, int16_t* to) {
  const Filter filter(taps[0], taps[1], taps[2], taps[3]);
  for (uint32_t x = 0; x < width; x += kWide) {
    const auto row = [&](int i) { return Load<WideShort>(rows[i] + x); };
    Store(to + x, filter.Apply(Pairs(row(0), row(1)), Pairs(row(2), row(3))));
  }
}

void DoubleRow(const int16_t* from, const int16_t* taps, uint32_t width, int16_t* to) {
  const Filter even(taps[0], taps[1], taps[2], taps[3]), odd(taps[3], taps[2], taps[1], taps[0]);
  for (uint32_t x = 0; x < width; x += kWide, from += kWide, to += 2 * kWide) {
    const auto at = [&](int i) { return Load<WideShort>(from + i); };
    const WideShort left = even.Apply(Pairs(at(-2), at(-1)), Pairs(at(0), at(1)));
    const WideShort right = odd.Apply(Pairs(at(-1), at(0)), Pairs(at(1), at(2)));
    StoreInterleaved(to, left, right);
  }
}

// ---- Synthesis -----------------------------------------------------------------------------------------------

inline void StoreColours(const WideInt (&sums)[kColours], uint32_t x, int16_t* const* to) {
  for (uint32_t o = 0; o < kColours; ++o) Store(to[o] + x, Saturated(ShiftRight<kMixBits>(sums[o])));
}

void MixRow(const Mixing& mixing, const int16_t* const* channels, uint32_t width, int16_t* const* mixed,
            int16_t* const* bypass) {
  const uint32_t inputs = mixing.first.in;
  WidePairs in[(kMaxInputs + 1) / 2], hidden[kMaxHidden / 2];
  for (uint32_t x = 0; x < width; x += kWide) {
    const auto channel = [&](uint32_t i) { return Load<WideShort>(channels[i] + x); };
    for (uint32_t i = 0; i < inputs; i += 2)
      in[i / 2] = Pairs(channel(i), i + 1 < inputs ? channel(i + 1) : Splat<WideShort>(0));
    Hidden<WideInt>(mixing.first, mixing.bias1, in, hidden);
    WideInt sums[kColours];
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
  const WideShort least = Splat<WideShort>(rectify ? 0 : INT16_MIN);
  for (uint32_t x = 0; x < width; x += kWide) {
    WideInt sums[kColours];
    StartSums(convolution.bias, sums);
    const int32_t* weights = convolution.taps.packed;
#pragma clang loop unroll(disable)
    for (uint32_t i = 0; i < kTaps; i += 2, weights += kColours) {
      const WidePairs pairs = Pairs(Load<WideShort>(taps[i] + x), Load<WideShort>(taps[i + 1] + x));
      for (uint32_t o = 0; o < kColours; ++o) sums[o] = AddDot(sums[o], pairs, weights + o);
    }
    for (uint32_t o = 0; o < kColours; ++o) Store(to[o] + x, Max(Saturated(ShiftRight<kWeightBits>(sums[o])), least));
  }
}

void ToSamples(const int16_t* const* mixed, const int16_t* const* bypass, uint32_t width, uint8_t* rgb) {
  for (uint32_t x = 0; x < width; x += kWide, rgb += kColours * kWide) {
    const auto samples = [&](uint32_t o) {
      const WideShort sum = AddSaturated(Load<WideShort>(mixed[o] + x), Load<WideShort>(bypass[o] + x));
      return ShiftRight<kSampleBits>(AddSaturated(sum, Splat<WideShort>(kMiddle)));
    };
    if (width - x >= kWide) {
      StorePixels(rgb, samples(0), samples(1), samples(2));
    } else {
      uint8_t last[kColours * kWide];
      StorePixels(last, samples(0), samples(1), samples(2));
      std::memcpy(rgb, last, size_t{kColours} * (width - x));
    }
  }
}

constexpr Kernels MakeKernels(const char* name) {
  return {name, ContextStep, TakeSymbols, FilterColumns, DoubleRow, MixRow, ConvolveRow, ToSamples};
}

}  // namespace
}  // namespace lic::overfitted
