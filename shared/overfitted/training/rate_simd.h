// The bits of latents and their gradients: contexts, context network, Laplace distribution, and back. To be included in
// files that are compiled for an instruction set, and in no others.
#pragma once

#include "overfitted/training/products_simd.h"

namespace lic::overfitted {
namespace {

// Hands out rows of kTileLanes floats.
class Rows {
 public:
  explicit Rows(float* memory) : next_(memory) {}
  float* Take() {
    float* row = next_;
    next_ += kTileLanes;
    return row;
  }
  void Take(uint32_t count, float** rows) {
    for (uint32_t i = 0; i < count; ++i) rows[i] = Take();
  }

 private:
  float* next_;
};

// ---- Contexts ------------------------------------------------------------------------------------------------

inline void SpreadPairs(const float* even, const float* odd, uint32_t lanes, float* to) {
  for (uint32_t i = 0; i < lanes / 2; ++i) {
    to[2 * i] = even[i];
    to[2 * i + 1] = odd[i];
  }
}

// The row of a context's lanes: where it lies, or gathered in `row`.
inline const float* Gather(const ContextPlace& place, uint32_t lanes, float* row) {
  const float* from = place.from;
  switch (place.kind) {
    case ContextKind::kNone:
      std::memset(row, 0, lanes * sizeof(float));
      break;
    case ContextKind::kDirect:
      return from;
    case ContextKind::kParent:
      SpreadPairs(from, from, lanes, row);
      break;
    case ContextKind::kNear:
      SpreadPairs(from - 1, from + 1, lanes, row);
      break;
    case ContextKind::kFar:
      SpreadPairs(from + 1, from - 1, lanes, row);
      break;
    case ContextKind::kGrandparent:
      for (uint32_t i = 0; i < lanes; ++i) row[i] = from[i / 4];
      break;
  }
  return row;
}

inline void AddRow(const float* from, uint32_t lanes, float* to) {
  for (uint32_t i = 0; i < lanes; i += kWidth) Store(to + i, Load(to + i) + Load(from + i));
}

inline void AddPairs(const float* from, uint32_t lanes, float* even, float* odd) {
  for (uint32_t i = 0; i < lanes / 2; ++i) even[i] += from[2 * i];
  for (uint32_t i = 0; i < lanes / 2; ++i) odd[i] += from[2 * i + 1];
}

// Adds the gradients of a context's lanes to where the context lies.
inline void Scatter(const ContextPlace& place, const float* from, uint32_t lanes) {
  float* to = place.gradient;
  switch (place.kind) {
    case ContextKind::kNone:
      return;
    case ContextKind::kDirect:
      return AddRow(from, lanes, to);
    case ContextKind::kParent:
      for (uint32_t i = 0; i < lanes / 2; ++i) to[i] += from[2 * i] + from[2 * i + 1];
      return;
    case ContextKind::kNear:
      return AddPairs(from, lanes, to - 1, to + 1);
    case ContextKind::kFar:
      return AddPairs(from, lanes, to + 1, to - 1);
    case ContextKind::kGrandparent:
      for (uint32_t i = 0; i < lanes / 4; ++i)
        to[i] += from[4 * i] + from[4 * i + 1] + from[4 * i + 2] + from[4 * i + 3];
      return;
  }
}

// ---- Laplace distribution ------------------------------------------------------------------------------------

// The scale of table s is exp(s / 8 - 4.5), and tables are chosen by rounding down: by half a step on average.
constexpr float kLogOfLeastScale = -4.5f - 1.f / 16;
constexpr float kLargestScale = 7.99f;  // in the logarithm's unit, from the least one on
constexpr float kFloor = 1.f / 32768;   // every symbol has so much
constexpr float kLn2 = 0.69314718f;

// Bits of the latents, whose number is `count`. `outputs`: mean and logarithm of the scale; becomes their gradient.
inline double LaplaceBits(const RateTile& tile, float* const* outputs, float* d_latents) {
  Vector bits = {};
  double total = 0;
  const float price = tile.bit_price / kLn2;
  for (uint32_t i = 0; i < tile.lanes(); i += kWidth) {
    Vector counts = {};
    for (int k = 0; k < kWidth; ++k) counts[k] = i + k < tile.count ? 1.f : 0.f;
    const Vector raw = Load(outputs[1] + i), kept = Min(Max(raw, Vector{}), Splat(kLargestScale));
    const Vector inverse = Exp(-(kept + kLogOfLeastScale));
    const Vector d = Load(tile.latents + i) - Load(outputs[0] + i), away = Abs(d);
    const Vector far = Exp(-(away + 0.5f) * inverse), near = Exp(-Abs(away - 0.5f) * inverse);
    const Vector p = (away < 0.5f ? 1 - 0.5f * (far + near) : 0.5f * (near - far)) + kFloor;
    bits -= Log2(p) * counts;
    const Vector d_p = -price * counts / p;
    const Vector d_away = d_p * 0.5f * inverse * (far - near);
    const Vector d_value = d < 0 ? -d_away : d_away;
    const Vector d_scale = -0.5f * d_p * inverse * (far * (away + 0.5f) + near * (0.5f - away));
    Store(d_latents + i, d_value);
    Store(outputs[0] + i, -d_value);
    Store(outputs[1] + i, kept == raw ? d_scale : Vector{});
  }
  for (int k = 0; k < kWidth; ++k) total += bits[k];
  return total;
}

// ---- Tile ----------------------------------------------------------------------------------------------------

// The rows of a tile's lanes on the way through the network.
struct RateRows {
  const float* contexts[kMaxContexts];
  float* hidden1[kMaxContextWidth];
  float* hidden2[kMaxContextWidth];
  float* outputs[2];
};

inline void RunForward(const RateTile& tile, const RateRows& rows) {
  const ContextWeights& w = *tile.weights;
  const uint32_t lanes = tile.lanes();
  Multiply<Ending::kRectify>({.weights = w.weight1,
                              .bias = tile.bias1,
                              .outputs = w.width,
                              .inputs = w.contexts,
                              .x = rows.contexts,
                              .y = rows.hidden1},
                             lanes);
  float* const* last = rows.hidden1;
  if (w.depth == 2) {
    Multiply<Ending::kRectify>({.weights = w.weight2,
                                .bias = w.bias2,
                                .outputs = w.width,
                                .inputs = w.width,
                                .x = rows.hidden1,
                                .y = rows.hidden2},
                               lanes);
    last = rows.hidden2;
  }
  const float* inputs[kMaxContextWidth + kMaxContexts];
  for (uint32_t i = 0; i < w.width; ++i) inputs[i] = last[i];
  for (uint32_t i = 0; i < w.contexts; ++i) inputs[w.width + i] = rows.contexts[i];
  const float bias[2] = {w.bias3[0] + tile.grid_bias[0], w.bias3[1] + tile.grid_bias[1]};
  Multiply<Ending::kNone>({.weights = w.weight3,
                           .bias = bias,
                           .outputs = 2,
                           .inputs = w.width + w.contexts,
                           .x = inputs,
                           .y = rows.outputs},
                          lanes);
}

// `d_outputs` to the gradients of weights; `d_hidden1` and `d_hidden2` are those of the hidden layers.
inline void AddWeightSums(const RateTile& tile, const RateRows& rows, float* const* d_hidden1,
                          float* const* d_hidden2) {
  const ContextWeights& w = *tile.weights;
  const uint32_t lanes = tile.lanes();
  float* sums = tile.sums;
  AddOuter({d_hidden1, rows.contexts, w.width, w.contexts, sums}, lanes);
  sums += size_t{w.width} * w.contexts * kParts;
  AddLanes(d_hidden1, w.width, lanes, sums);
  sums += w.width * kParts;
  float* const* last = rows.hidden1;
  if (w.depth == 2) {
    AddOuter({d_hidden2, rows.hidden1, w.width, w.width, sums}, lanes);
    sums += size_t{w.width} * w.width * kParts;
    AddLanes(d_hidden2, w.width, lanes, sums);
    sums += w.width * kParts;
    last = rows.hidden2;
  }
  const float* inputs[kMaxContextWidth + kMaxContexts];
  for (uint32_t i = 0; i < w.width; ++i) inputs[i] = last[i];
  for (uint32_t i = 0; i < w.contexts; ++i) inputs[w.width + i] = rows.contexts[i];
  AddOuter({rows.outputs, inputs, 2, w.width + w.contexts, sums}, lanes);
  AddLanes(rows.outputs, 2, lanes, sums + size_t{2} * (w.width + w.contexts) * kParts);
}

inline void RunBackward(const RateTile& tile, const RateRows& rows, Rows& memory) {
  const ContextWeights& w = *tile.weights;
  const uint32_t lanes = tile.lanes();
  // Gradients of layer 1 and of the outputs lie side by side, as back1 takes them.
  float* d_hidden1[kMaxContextWidth + 2];
  float* d_hidden2[kMaxContextWidth];
  memory.Take(w.width, d_hidden1);
  d_hidden1[w.width] = rows.outputs[0];
  d_hidden1[w.width + 1] = rows.outputs[1];
  Product back3 = {.weights = w.back3, .outputs = w.width, .inputs = 2, .x = rows.outputs};
  if (w.depth == 2) {
    memory.Take(w.width, d_hidden2);
    back3.y = d_hidden2;
    back3.mask = rows.hidden2;
    Multiply<Ending::kMask>(back3, lanes);
    Multiply<Ending::kMask>({.weights = w.back2,
                             .outputs = w.width,
                             .inputs = w.width,
                             .x = d_hidden2,
                             .y = d_hidden1,
                             .mask = rows.hidden1},
                            lanes);
  } else {
    back3.y = d_hidden1;
    back3.mask = rows.hidden1;
    Multiply<Ending::kMask>(back3, lanes);
  }
  if (tile.weights_too) AddWeightSums(tile, rows, d_hidden1, d_hidden2);
  float* d_contexts[kMaxContexts];
  memory.Take(w.contexts, d_contexts);
  Multiply<Ending::kNone>(
      {.weights = w.back1, .outputs = w.contexts, .inputs = w.width + 2, .x = d_hidden1, .y = d_contexts}, lanes);
  for (uint32_t i = 0; i < w.contexts; ++i) Scatter(tile.places[i], d_contexts[i], lanes);
}

double Rate(const RateTile& tile) {
  const ContextWeights& w = *tile.weights;
  Rows memory(tile.scratch);
  RateRows rows;
  for (uint32_t i = 0; i < w.contexts; ++i) rows.contexts[i] = Gather(tile.places[i], tile.lanes(), memory.Take());
  memory.Take(w.width, rows.hidden1);
  if (w.depth == 2) memory.Take(w.width, rows.hidden2);
  memory.Take(2, rows.outputs);
  float* d_latents = memory.Take();
  RunForward(tile, rows);
  const double bits = LaplaceBits(tile, rows.outputs, d_latents);
  if (tile.backward) {
    AddRow(d_latents, tile.lanes(), tile.gradient);
    RunBackward(tile, rows, memory);
  }
  return bits;
}

}  // namespace
}  // namespace lic::overfitted
