// A model as plain structures: parsed and validated from .licm files (docs/format.md#model-files).
#pragma once

#include <optional>

#include "lic/lic.h"
#include "measure/visual_loss.h"
#include "networks/layers.h"
#include "symbols/residual_table.h"

namespace lic {

inline constexpr uint32_t kLatentStride = 16;  // pixels per latent
inline constexpr uint32_t kHyperStride = 64;   // pixels per hyper-latent
inline constexpr int kAnchorCount = 8;
inline constexpr int kHyperMax = 1023;
inline constexpr int kNoGroup = 255;

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

struct EncoderModel::Data {
  Id decoder;                             // Model::id of the other half
  std::optional<VisualLoss> visual_loss;  // none: the model was trained to lower the squared error
  FloatNetwork analysis;
  FloatNetwork hyper_analysis;
};

// Parse and validate whole model files: every violation of the format is kBadModel or kBadChecksum.
Result<std::unique_ptr<Model::Data>> ParseModel(Bytes file);
Result<std::unique_ptr<EncoderModel::Data>> ParseEncoderModel(Bytes file, const Model::Data& decoder);

}  // namespace lic
