// The inner loops of the decoder, for each instruction set. kernels_plain.cpp is the definition of what they compute.
//
// Sums are modulo 2^32. Rows that kernels read and write have kRowPad values before and after those that count: a
// kernel may read and write there what it likes, where it does not say otherwise.
#pragma once

#include "overfitted/lane_states.h"
#include "overfitted/layers.h"

namespace lic::overfitted {

inline constexpr uint32_t kRowPad = 32;

// Where a context of the eight lanes of a step lies in skewed memory.
struct ContextSource {
  // Lane r: direct[t * direct_stride + r]. Null if the context comes from a coarser level.
  const int16_t* direct = nullptr;
  uint32_t direct_stride = 0;
  // Lane 2 i of step 2 T + p: even[p][T * kParentStride + i]; lane 2 i + 1 from odd[p].
  const int16_t* even[2] = {};
  const int16_t* odd[2] = {};
};

// Values from one step of a parent's skewed memory to the next.
inline constexpr uint32_t kParentStride = 16;

// All that a step of a grid's context network needs. The answer where all contexts are 0 is kept.
struct ContextTask {
  const ContextNetwork* network = nullptr;
  const int32_t* bias1 = nullptr;  // of the grid
  int16_t grid_bias[2] = {};       // of mean and scale
  ContextSource sources[kMaxContexts];
  bool knows_empty = false;
  StepTables empty;
};

struct Kernels {
  const char* name;
  // Tables and centres of the eight latents of step t.
  void (*context_step)(ContextTask& task, size_t t, StepTables& tables);
  // Takes the symbols of all eight lanes, escapes left to the caller: see LaneReader.
  uint32_t (*take_symbols)(const LaplaceTables& laplace, const StepTables& tables, LaneStates& lanes, int16_t* latents);
  // to[x] = sum of taps[i] * rows[i][x], rounded.
  void (*filter_columns)(const int16_t* const* rows, const int16_t* taps, uint32_t width, int16_t* to);
  // Doubles a row, which has two values of its border repeated at each end.
  void (*double_row)(const int16_t* from, const int16_t* taps, uint32_t width, int16_t* to);
  // Channels to three rows of mixed colours and three of the bypass.
  void (*mix_row)(const Mixing& mixing, const int16_t* const* channels, uint32_t width, int16_t* const* mixed,
                  int16_t* const* bypass);
  // rows[colour][row]: three rows of each colour, with one value of the border repeated at each end.
  void (*convolve_row)(const Convolution& convolution, const int16_t* const (*rows)[3], bool rectify, uint32_t width,
                       int16_t* const* to);
  // Interleaved samples of mixed colours and bypass.
  void (*to_samples)(const int16_t* const* mixed, const int16_t* const* bypass, uint32_t width, uint8_t* rgb);
};

extern const Kernels kPlainKernels;

// The fastest that this machine has, or those that a test has set.
const Kernels& ChooseKernels();
// Null: the fastest again.
void SetKernels(const Kernels* kernels);
// All that this machine has, the plain ones first. For tests.
std::span<const Kernels* const> AllKernels();

}  // namespace lic::overfitted
