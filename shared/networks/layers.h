// What a network consists of, whoever runs it (docs/format.md#integer-programs, #float-programs).
#pragma once

#include <cmath>
#include <vector>

#include "lic/lic.h"

namespace lic {

inline constexpr uint32_t kMaxChannels = 1024;  // of a plane between two layers

// Which fields of a layer count depends on its `op`; numbers are those of the format.
enum class Op : uint8_t {
  kConvolution = 1,
  kDepthwise = 2,
  kShuffle = 3,
  kUnshuffle = 4,
  kSave = 5,
  kAdd = 6,
  kClamp = 7,
  kGate = 8,
  // These stand in no file; they are parts of a gradient (floating/gradient.h).
  kUngate = 254,
  kMask = 255,
};

// A layer of an integer program.
struct IntegerLayer {
  Op op = Op::kClamp;
  uint32_t kernel = 1;
  uint32_t in_channels = 0;
  uint32_t out_channels = 0;
  uint32_t factor = 1;  // shuffle
  uint32_t slot = 0;    // save, add
  uint32_t shift = 0;   // convolution, depthwise, gate
  int16_t lo = INT16_MIN;
  int16_t hi = INT16_MAX;
  uint32_t bias_sets = 1;
  Buffer<int32_t> multiplier;  // (out)
  Buffer<int32_t> bias;        // (bias_sets, out)
  Buffer<int8_t> weight;       // (out, in, kernel, kernel), depthwise (c, kernel, kernel)
};

struct IntegerProgram {
  std::vector<IntegerLayer> layers;
  uint32_t in_channels = 0;
  uint32_t out_channels = 0;
};

// A layer of a float program.
struct FloatLayer {
  Op op = Op::kClamp;
  uint32_t kernel = 1;
  uint32_t stride = 1;
  uint32_t in_channels = 0;
  uint32_t out_channels = 0;
  uint32_t factor = 1;  // shuffle, unshuffle
  uint32_t slot = 0;    // save, add; mask, ungate: the plane of the tape
  float lo = 0;
  float hi = 0;
  Buffer<float> bias;    // (out)
  Buffer<float> weight;  // (out, in, kernel, kernel), depthwise (c, kernel, kernel); scale already applied

  // Whether it has a range that its output may leave.
  bool clamps() const {
    return (op == Op::kConvolution || op == Op::kDepthwise || op == Op::kClamp) &&
           (std::isfinite(lo) || std::isfinite(hi));
  }
};

// Branches get the same input; their outputs are added.
struct FloatNetwork {
  std::vector<std::vector<FloatLayer>> branches;
  uint32_t in_channels = 0;
  uint32_t out_channels = 0;
};

}  // namespace lic
