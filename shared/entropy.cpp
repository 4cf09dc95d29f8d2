#include "entropy.h"

#include <algorithm>
#include <cmath>

#include "quality.h"
#include "try.h"

namespace lic {
namespace {

constexpr float kMaxCoded = kMaxResidual;

int RoundToResidual(float value) { return static_cast<int>(std::lrint(std::clamp(value, -kMaxCoded, kMaxCoded))); }

// Bits that 0 saves against q = -1 or 1.
float BitsSavedByZero(const ResidualTable& table, int q) {
  const uint16_t* at = table.cumulative.data() + table.support;
  return std::log2(static_cast<float>(at[1] - at[0]) / static_cast<float>(at[q + 1] - at[q]));
}

// The residual nearest to the latent; but 0 for a 1 that costs more bits than its error is worth. Larger residuals stay: lowering
// them by one costs more than it saves, since later passes lean on them.
int ChooseResidual(float target, const ResidualTable& table, float error_weight) {
  const int nearest = RoundToResidual(target);
  if (nearest != 1 && nearest != -1) return nearest;
  const float rest = target - static_cast<float>(nearest);
  const float added_error = target * target - rest * rest;
  return BitsSavedByZero(table, nearest) > error_weight * added_error ? 0 : nearest;
}

}  // namespace

Result<LatentPlane> LatentPlane::Allocate(uint32_t height, uint32_t width, uint32_t channels) {
  const uint64_t count = uint64_t{height} * width * channels;
  if (count > SIZE_MAX / 8) return Fail(Error::kOutOfMemory, "%u x %u x %u latents are too many", channels, height, width);
  LatentPlane plane;
  plane.height = height;
  plane.width = width;
  plane.channels = channels;
  LIC_TRY(plane.values, Buffer<int32_t>::Allocate(static_cast<size_t>(count)));
  return plane;
}

Result<EntropyCoder> EntropyCoder::Build(const EntropyModel& model) {
  EntropyCoder coder;
  coder.model_ = &model;
  LIC_TRY(coder.hyper_synthesis_, IntegerNetwork::Build(model.hyper_synthesis.layers));
  LIC_TRY(coder.context_network_, ContextNetwork::Build(model));
  return coder;
}

// ---- Hyper-latents -----------------------------------------------------------------------------------------------------------

Result<Buffer<uint8_t>> EntropyCoder::EncodeHyper(const IntegerPlane& hyper, uint32_t quality256) const {
  const size_t prior = size_t{NearestAnchor(quality256)} * hyper.channels;
  RansWriter writer;
  for (uint32_t c = 0; c < hyper.channels; ++c) {
    const ResidualTable& table = model_->tables[model_->hyper_table[prior + c]];
    for (size_t position = 0; position < hyper.positions(); ++position) {
      LIC_CHECK(writer.PutResidual(table, hyper.at(position)[c] - model_->hyper_offset[prior + c]));
    }
  }
  return writer.Finish();
}

Status EntropyCoder::DecodeHyper(Bytes stream, uint32_t quality256, IntegerPlane& hyper) const {
  const size_t prior = size_t{NearestAnchor(quality256)} * hyper.channels;
  RansReader reader(stream);
  for (uint32_t c = 0; c < hyper.channels; ++c) {
    const ResidualTable& table = model_->tables[model_->hyper_table[prior + c]];
    for (size_t position = 0; position < hyper.positions(); ++position) {
      const int value = model_->hyper_offset[prior + c] + reader.TakeResidual(table);
      if (value < -kHyperMax || value > kHyperMax) return Fail(Error::kBadStream, "hyper-latent %d", value);
      hyper.at(position)[c] = static_cast<int16_t>(value);
    }
  }
  return reader.Finish();
}

Status EntropyCoder::DeriveFeatures(const IntegerPlane& hyper, uint32_t latent_height, uint32_t latent_width, IntegerPlane& features) {
  IntegerPlane whole;
  LIC_CHECK(hyper_synthesis_.Run(hyper, nullptr, 0, whole));
  LIC_CHECK(features.Reshape(latent_height, latent_width, whole.channels));
  for (uint32_t y = 0; y < latent_height; ++y) {
    std::copy_n(whole.at(size_t{y} * whole.width), size_t{latent_width} * whole.channels, features.at(size_t{y} * latent_width));
  }
  return {};
}

// ---- Latents -----------------------------------------------------------------------------------------------------------------

Status EntropyCoder::StartTile(const IntegerPlane& features, const Rect& tile) {
  LIC_CHECK(tile_features_.Reshape(tile.height, tile.width, features.channels));
  for (uint32_t y = 0; y < tile.height; ++y) {
    std::copy_n(features.at(size_t{tile.y + y} * features.width + tile.x), size_t{tile.width} * features.channels, tile_features_.at(size_t{y} * tile.width));
  }
  LIC_CHECK(context_.Reshape(tile.height, tile.width, model_->latent_channels));
  std::fill_n(context_.values.data(), context_.positions() * context_.channels, int16_t{0});
  return {};
}

template <class Visitor>
Status EntropyCoder::VisitTile(const IntegerPlane& features, const Rect& tile, Visitor visit) {
  LIC_CHECK(StartTile(features, tile));
  const uint32_t group_size = model_->latent_channels / model_->groups;
  for (uint32_t pass = 0; pass < model_->passes; ++pass) {
    LIC_CHECK(context_network_.Run(context_, tile_features_, pass, parameters_));
    for (uint32_t y = 0; y < tile.height; ++y) {
      for (uint32_t x = 0; x < tile.width; ++x) {
        const uint32_t group = model_->group[pass][2 * (y & 1) + (x & 1)];
        if (group == kNoGroup) continue;
        const size_t position = size_t{y} * tile.width + x;
        const int16_t* means = parameters_.at(position);  // (group size)
        const int16_t* scales = means + group_size;       // (group size)
        int16_t* context = context_.at(position);         // (channels); the context program has already run for this pass
        for (uint32_t i = 0; i < group_size; ++i) {
          const uint32_t c = group * group_size + i;
          const int scale = std::clamp<int>(scales[i], 0, kScaleCount - 1);
          const int32_t latent = visit(x, y, c, means[i], static_cast<uint32_t>(scale));
          context[c] = static_cast<int16_t>(std::clamp<int32_t>(latent, INT16_MIN, INT16_MAX));
        }
      }
    }
  }
  return {};
}

Result<Buffer<uint8_t>> EntropyCoder::EncodeTile(const GainedLatents& latents, const Quantiser& quantiser, const IntegerPlane& features, const Rect& tile) {
  RansWriter writer;
  Status put;
  const auto visit = [&](uint32_t x, uint32_t y, uint32_t channel, int32_t mean, uint32_t scale) {
    if (scale < model_->skip_below) return mean;
    const ResidualTable& table = model_->tables[scale];
    const float target = latents.values[y * latents.row_stride + size_t{x} * model_->latent_channels + channel] - static_cast<float>(mean) / kMeanUnit;
    const int q = quantiser.error_weight ? ChooseResidual(target, table, quantiser.error_weight[channel]) : RoundToResidual(target);
    if (put.ok()) put = writer.PutResidual(table, q);
    return kMeanUnit * q + mean;
  };
  LIC_CHECK(VisitTile(features, tile, visit));
  LIC_CHECK(put);
  return writer.Finish();
}

Status EntropyCoder::DecodeTile(Bytes stream, const IntegerPlane& features, const Rect& tile, LatentPlane& latents) {
  RansReader reader(stream);
  const auto visit = [&](uint32_t x, uint32_t y, uint32_t channel, int32_t mean, uint32_t scale) {
    const int q = scale < model_->skip_below ? 0 : reader.TakeResidual(model_->tables[scale]);
    return latents.at(tile.x + x, tile.y + y)[channel] = kMeanUnit * q + mean;
  };
  LIC_CHECK(VisitTile(features, tile, visit));
  return reader.Finish();
}

}  // namespace lic
