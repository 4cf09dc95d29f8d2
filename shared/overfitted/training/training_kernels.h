// The inner loops of the descent, for each instruction set: forward and backward passes in floating point.
//
// A lane is a latent or a pixel. Rows that kernels read and write have room for lanes up to the next multiple of
// kLaneStep. Lanes beyond those that count are computed too; their gradients must be 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "overfitted/architecture.h"

namespace lic::overfitted {

inline constexpr uint32_t kLaneStep = 16;
inline constexpr uint32_t kTileLanes = 256;  // most lanes of a tile

// The floats of the widest vector: sums of gradients have so many parts for every parameter.
inline constexpr uint32_t kParts = 16;

// A context network as floats.
struct ContextWeights {
  uint32_t contexts = 0;
  uint32_t width = 0;
  uint32_t depth = 0;
  const float* weight1 = nullptr;  // (width, contexts)
  const float* weight2 = nullptr;  // (width, width)
  const float* bias2 = nullptr;    // (width)
  const float* weight3 = nullptr;  // (2, width + contexts)
  const float* bias3 = nullptr;    // (2)
  // Transposed, for the way back: from the outputs to the last hidden layer (width, 2), from layer 2 to layer 1
  // (width, width), from layer 1 and the outputs to the contexts (contexts, width + 2).
  const float* back3 = nullptr;
  const float* back2 = nullptr;
  const float* back1 = nullptr;

  uint32_t parameters() const { return width * (contexts + 1) + (depth - 1) * width * (width + 1) + Outputs(); }
  uint32_t Outputs() const { return 2 * (width + contexts) + 2; }
};

enum class ContextKind : uint8_t {
  kNone,        // 0: there is no such grid
  kDirect,      // lane i: from[i]
  kParent,      // lane i: from[i / 2]
  kNear,        // even lanes: from[i / 2 - 1]; odd ones: from[i / 2 + 1]
  kFar,         // even lanes: from[i / 2 + 1]; odd ones: from[i / 2 - 1]
  kGrandparent  // lane i: from[i / 4]
};

// Where a context of a tile's lanes lies, and where its gradient goes.
struct ContextPlace {
  ContextKind kind = ContextKind::kNone;
  const float* from = nullptr;
  float* gradient = nullptr;
};

// Latents of a row of a grid.
struct RateTile {
  const ContextWeights* weights = nullptr;
  const float* bias1 = nullptr;      // of the grid
  const float* grid_bias = nullptr;  // of mean and scale
  ContextPlace places[kMaxContexts];
  const float* latents = nullptr;
  float* gradient = nullptr;  // of the latents
  uint32_t count = 0;         // latents
  float bit_price = 0;        // what the loss grows by for a bit
  bool backward = false;      // gradients are wanted
  bool weights_too = false;   // those of the weights as well
  float* sums = nullptr;      // (parameters, kParts): gradients of the weights are added to these
  float* scratch = nullptr;   // kRateScratch floats

  uint32_t lanes() const { return (count + kLaneStep - 1) / kLaneStep * kLaneStep; }
};

inline constexpr size_t kRateScratch = size_t{kTileLanes} * (2 * kMaxContexts + 4 * kMaxContextWidth + 8);

// The pointwise part of the synthesis as floats.
struct MixWeights {
  uint32_t channels = 0;
  uint32_t hidden = 0;
  const float* mix1 = nullptr;         // (hidden, channels)
  const float* mix_bias1 = nullptr;    // (hidden)
  const float* mix2 = nullptr;         // (3, hidden)
  const float* mix_bias2 = nullptr;    // (3)
  const float* bypass = nullptr;       // (3, channels)
  const float* bypass_bias = nullptr;  // (3)
  // Transposed: (hidden, 3); (channels, hidden + 3) from the hidden layer and the bypass.
  const float* back2 = nullptr;
  const float* back1 = nullptr;

  uint32_t parameters() const { return hidden * (channels + 1) + 3 * (hidden + 1) + 3 * (channels + 1); }
};

inline constexpr size_t kMixScratch = size_t{kTileLanes} * (2 * kMaxHidden + kMaxInputs);
inline constexpr uint32_t kConvolutionTaps = 27;  // input, row, column
inline constexpr uint32_t kConvolutionParameters = 3 * kConvolutionTaps + 3;

// What a soft quantiser does at an iteration.
struct Softness {
  float temperature = 0;
  float noise = 0;  // standard deviation
  uint32_t seed = 0;
};

// A step of Adam.
struct AdamStep {
  float rate = 0;
  float beta1 = 0, beta2 = 0;
  float scale1 = 0, scale2 = 0;  // against the bias of the first steps
  float epsilon = 0;
};

struct TrainingKernels {
  const char* name;
  // Bits of a tile's latents. Gradients of latents and contexts are added to where the tile says.
  double (*rate)(const RateTile& tile);
  void (*mix_forward)(const MixWeights& weights, const float* const* channels, uint32_t lanes, float* const* mixed,
                      float* const* bypass, float* scratch);
  // Gradients of the channels, and those of the weights, which are added to `sums` (parameters, kParts) unless that is
  // null. The order is that of MixWeights, each with its biases.
  void (*mix_backward)(const MixWeights& weights, const float* const* channels, const float* const* d_mixed,
                       const float* const* d_bypass, uint32_t lanes, float* const* d_channels, float* sums,
                       float* scratch);
  // rows[colour][row], with one value of the border at each end. weights (3, 27) and 3 biases.
  void (*convolve)(const float* weights, const float* const (*rows)[3], bool rectify, uint32_t lanes, float* const* to);
  // Gradients of a row of the input, from those of the rows of the output that it touches: y - 1, y, y + 1. They are 0
  // where `mask`, unless it is null, is not above 0.
  void (*convolve_back)(const float* weights, const float* const (*rows)[3], const float* const* mask, uint32_t lanes,
                        float* const* to);
  // Adds gradients of the weights to `sums` (kConvolutionParameters, kParts).
  void (*convolve_sums)(const float* const (*rows)[3], const float* const* gradient, uint32_t lanes, float* sums);
  // The squared error of `made` + `bypass` against samples of 0..255, and its gradient for every value: `slope` times
  // the error. With `as_samples` the values are first rounded to what a sample can be.
  float (*compare)(const float* made, const float* bypass, const uint8_t* target, uint32_t count, bool as_samples,
                   float slope, float* gradient);
  // to[i] += factor * from[i]
  void (*add_scaled)(const float* from, float factor, uint32_t count, float* to);
  // The sum of a[i] * b[i]. Beyond `count` one of them must be 0.
  float (*dot)(const float* a, const float* b, uint32_t count);
  // The rows 2 y or 2 y + 1 of a plane twice as wide and high. rows: those that taps[0..3] belong to. `line` has 32
  // values before and after the `width` that it gets.
  void (*double_row)(const float* const* rows, const float* taps, uint32_t width, float* line, float* to);
  // The way back: `gradient` of such a row, of `to_width` values, is added to those of the four rows and of the taps.
  void (*double_back)(const float* const* rows, const float* taps, uint32_t width, const float* gradient,
                      uint32_t to_width, float* const* d_rows, float* d_taps, float* scratch);
  // Latents and their slopes after soft rounding, with noise between two roundings.
  void (*soften)(const float* latents, uint32_t count, const Softness& softness, uint32_t place, float* soft,
                 float* slope);
  // Adds to `gradient` that of `strength` times the magnitude of each value. Below half a quantiser step the slope
  // falls to 0 in proportion.
  void (*pull)(const float* rounded, float strength, uint32_t count, float* gradient);
  // A step for latents whose gradient is `gradient` * `slope`.
  void (*adam)(const AdamStep& step, uint32_t count, const float* gradient, const float* slope, float* mean,
               float* square, float* latents);
};

// The fastest that this machine has, or those that a test has set.
const TrainingKernels& ChooseTrainingKernels();
// Null: the fastest again.
void SetTrainingKernels(const TrainingKernels* kernels);
// All that this machine has, the plainest first. For tests.
std::span<const TrainingKernels* const> AllTrainingKernels();

}  // namespace lic::overfitted
