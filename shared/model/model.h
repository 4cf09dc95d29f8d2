// A model as plain structures: parsed and validated from .licm files (docs/format.md#model-files).
#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "lic/lic.h"

namespace lic {

inline constexpr int kScaleCount = 64;
inline constexpr int kAnchorCount = 8;
inline constexpr int kHyperMax = 1023;
inline constexpr int kNoGroup = 255;

// One layer of a program. Which fields count depends on `op`; numbers are those of the format.
enum class Op : uint8_t {
  kConvolution = 1,
  kDepthwise = 2,
  kShuffle = 3,
  kUnshuffle = 4,
  kSave = 5,
  kAdd = 6,
  kClamp = 7,
  kGate = 8,
  // In no file, parts of a gradient (gradient.h):
  kUngate = 254,
  kMask = 255,
};

// A layer of an integer program (docs/format.md#integer-programs).
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

// A layer of a float program (docs/format.md#float-programs).
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

// Distribution of a residual: symbols -support..support, then the escape.
struct ResidualTable {
  uint32_t support = 0;
  Buffer<uint16_t> cumulative;  // (2 * support + 3): start of each symbol's interval, last 32768
};

// The entropy half: everything here is exact.
struct EntropyModel {
  uint32_t latent_channels = 0;
  uint32_t hyper_channels = 0;
  uint32_t feature_channels = 0;
  uint32_t passes = 0;
  uint32_t groups = 0;
  uint8_t group[8][4] = {};  // [pass][class], kNoGroup: none
  uint32_t skip_below = 0;
  Buffer<int16_t> log2_gain;     // (anchors, latent_channels)
  Buffer<int16_t> hyper_offset;  // (anchors, hyper_channels)
  Buffer<uint8_t> hyper_table;   // (anchors, hyper_channels)
  ResidualTable tables[kScaleCount];
  IntegerProgram hyper_synthesis;
  IntegerProgram context;
};

struct Model::Data {
  std::string name;
  Id id;
  Id head_hash;
  bool released = false;
  EntropyModel entropy;
  FloatNetwork synthesis;
};

// What a model was trained to lower, if not the squared error of red, green and blue: a weighted sum
// (docs/format.md#loss).
struct VisualLoss {
  float structure = 0;  // of 1 - MS-SSIM of luma
  float detail = 0;     // of the squared difference of luma's standard deviations
  float colour = 0;     // of the mean squared error of the colour differences
  float fidelity = 0;   // of the mean squared error of red, green and blue
};

struct EncoderModel::Data {
  std::optional<VisualLoss> visual_loss;
  FloatNetwork analysis;
  FloatNetwork hyper_analysis;
};

// Parse and validate whole model files: every violation of the format is kBadModel or kBadChecksum.
Result<std::unique_ptr<Model::Data>> ParseModel(Bytes file);
Result<std::unique_ptr<EncoderModel::Data>> ParseEncoderModel(Bytes file, const Model::Data& decoder);

}  // namespace lic
