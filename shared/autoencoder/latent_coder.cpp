#include "autoencoder/latent_coder.h"

#include <algorithm>

#include "base/try.h"
#include "model/gains.h"

namespace lic {
namespace {

constexpr int64_t kSymbolWork = 64;  // coding a symbol takes about as long as so many multiplications

}  // namespace

Result<LatentCoder> LatentCoder::Create(const EntropyModel& model) {
  LatentCoder coder;
  coder.model_ = &model;
  LIC_TRY(coder.hyper_synthesis_, IntegerNetwork::Create(model.hyper_synthesis.layers));
  LIC_TRY(coder.context_network_, ContextNetwork::Create(model));
  return coder;
}

// ---- Hyper-latents ----------------------------------------------------------------------------------------

Result<Buffer<uint8_t>> LatentCoder::EncodeHyper(const IntegerPlane& hyper, uint32_t quality256) const {
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

void LatentCoder::StartHyper(Bytes stream, uint32_t quality256) {
  reader_.emplace(stream);
  prior_ = size_t{NearestAnchor(quality256)} * model_->hyper_channels;
  channel_ = 0;
}

Result<bool> LatentCoder::StepHyper(IntegerPlane& hyper, int64_t& work) {
  for (; channel_ < hyper.channels && work > 0; ++channel_) {
    const ResidualTable& table = model_->tables[model_->hyper_table[prior_ + channel_]];
    for (size_t position = 0; position < hyper.positions(); ++position) {
      const int value = model_->hyper_offset[prior_ + channel_] + reader_->TakeResidual(table);
      if (value < -kHyperMax || value > kHyperMax)
        return Fail(Error::kBadStream, "a hyper-latent is %d, allowed are %d to %d", value, -kHyperMax, kHyperMax);
      hyper.at(position)[channel_] = static_cast<int16_t>(value);
    }
    work -= static_cast<int64_t>(hyper.positions()) * kSymbolWork;
  }
  if (channel_ < hyper.channels) return false;
  LIC_CHECK(reader_->Finish());
  return true;
}

Result<bool> LatentCoder::StepFeatures(uint32_t latent_height, uint32_t latent_width, IntegerPlane& features,
                                       int64_t& work) {
  LIC_CHECK(hyper_synthesis_.Step(work));
  if (!hyper_synthesis_.done()) return false;
  IntegerPlane whole;
  LIC_CHECK(hyper_synthesis_.TakeOutput(whole));
  LIC_CHECK(features.Reshape(latent_height, latent_width, whole.channels));
  for (uint32_t y = 0; y < latent_height; ++y) {
    std::copy_n(whole.at(size_t{y} * whole.width), size_t{latent_width} * whole.channels,
                features.at(size_t{y} * latent_width));
  }
  return true;
}

Status LatentCoder::DeriveFeatures(const IntegerPlane& hyper, uint32_t latent_height, uint32_t latent_width,
                                   IntegerPlane& features) {
  int64_t work = INT64_MAX;
  StartFeatures(hyper);
  LIC_TRY([[maybe_unused]] const bool through, StepFeatures(latent_height, latent_width, features, work));
  assert(through);
  return {};
}

// ---- Latents ----------------------------------------------------------------------------------------------

Status LatentCoder::BeginTile(const IntegerPlane& features, const Rect& tile) {
  tile_ = tile;
  LIC_CHECK(tile_features_.Reshape(tile.height, tile.width, features.channels));
  for (uint32_t y = 0; y < tile.height; ++y) {
    std::copy_n(features.at(size_t{tile.y + y} * features.width + tile.x), size_t{tile.width} * features.channels,
                tile_features_.at(size_t{y} * tile.width));
  }
  LIC_CHECK(context_.Reshape(tile.height, tile.width, model_->latent_channels));
  std::fill_n(context_.values.data(), context_.positions() * context_.channels, int16_t{0});
  return BeginPass(0);
}

Status LatentCoder::BeginPass(uint32_t pass) {
  pass_ = pass;
  row_ = 0;
  return context_network_.Start(context_, tile_features_, pass, parameters_);
}

template <class Visitor>
Result<bool> LatentCoder::VisitTile(int64_t& work, Visitor visit) {
  while (work > 0) {
    if (!context_network_.done()) {
      LIC_CHECK(context_network_.Step(work));
    } else if (row_ < tile_.height) {
      VisitRow(visit);
      ++row_;
      work -= int64_t{tile_.width} * model_->latent_channels / model_->groups * kSymbolWork;
    } else if (pass_ + 1 < model_->passes) {
      LIC_CHECK(BeginPass(pass_ + 1));
    } else {
      return true;
    }
  }
  return false;
}

template <class Visitor>
void LatentCoder::VisitRow(Visitor visit) {
  const uint32_t group_size = model_->latent_channels / model_->groups;
  for (uint32_t x = 0; x < tile_.width; ++x) {
    const uint32_t group = model_->group[pass_][2 * (row_ & 1) + (x & 1)];
    if (group == kNoGroup) continue;
    const size_t position = size_t{row_} * tile_.width + x;
    const int16_t* means = parameters_.at(position);  // (group size)
    const int16_t* scales = means + group_size;       // (group size)
    int16_t* context = context_.at(position);         // (channels); the context program has already run for this pass
    for (uint32_t i = 0; i < group_size; ++i) {
      const uint32_t c = group * group_size + i;
      const int scale = std::clamp<int>(scales[i], 0, kScaleCount - 1);
      const int32_t latent = visit(x, row_, c, means[i], static_cast<uint32_t>(scale));
      context[c] = static_cast<int16_t>(std::clamp<int32_t>(latent, INT16_MIN, INT16_MAX));
    }
  }
}

template <class Put>
Status LatentCoder::Quantise(const GainedLatents& latents, const Quantiser& quantiser, const IntegerPlane& features,
                             const Rect& tile, Put put) {
  const uint32_t channels = model_->latent_channels;
  const auto visit = [&](uint32_t x, uint32_t y, uint32_t channel, int32_t mean, uint32_t scale) {
    int q = 0;
    if (scale >= model_->skip_below) {
      const float target = latents.values[y * latents.row_stride + size_t{x} * channels + channel] -
                           static_cast<float>(mean) / kMeanUnit;
      q = quantiser.Choose(target, scale, channel, size_t{tile.y + y} * features.width + tile.x + x);
    }
    const int32_t latent = kMeanUnit * q + mean;
    put({.x = x, .y = y, .channel = channel, .scale = scale, .q = q, .latent = latent});
    return latent;
  };
  LIC_CHECK(BeginTile(features, tile));
  int64_t work = INT64_MAX;
  LIC_TRY([[maybe_unused]] const bool through, VisitTile(work, visit));
  assert(through);
  return {};
}

Result<Buffer<uint8_t>> LatentCoder::EncodeTile(const GainedLatents& latents, const Quantiser& quantiser,
                                                const IntegerPlane& features, const Rect& tile) {
  RansWriter writer;
  Status written;
  LIC_CHECK(Quantise(latents, quantiser, features, tile, [&](const Coded& coded) {
    if (coded.scale >= model_->skip_below && written.ok())
      written = writer.PutResidual(model_->tables[coded.scale], coded.q);
  }));
  LIC_CHECK(written);
  return writer.Finish();
}

Result<double> LatentCoder::QuantiseTile(const GainedLatents& latents, const Quantiser& quantiser,
                                         const ResidualCosts& costs, const IntegerPlane& features, const Rect& tile,
                                         const CodedLatents& coded) {
  double bits = 0;
  LIC_CHECK(Quantise(latents, quantiser, features, tile, [&](const Coded& latent) {
    if (latent.scale >= model_->skip_below) bits += static_cast<double>(costs.Bits(latent.scale, latent.q));
    coded.values[latent.y * coded.row_stride + size_t{latent.x} * model_->latent_channels + latent.channel] =
        static_cast<float>(latent.latent) / kMeanUnit;
  }));
  return bits;
}

Status LatentCoder::StartTile(Bytes stream, const IntegerPlane& features, const Rect& tile) {
  reader_.emplace(stream);
  return BeginTile(features, tile);
}

Result<bool> LatentCoder::StepTile(LatentPlane& latents, int64_t& work) {
  // A copy on the stack, so that its state stays in registers.
  RansReader reader = *reader_;
  const auto visit = [&](uint32_t x, uint32_t y, uint32_t channel, int32_t mean, uint32_t scale) {
    const int q = scale < model_->skip_below ? 0 : reader.TakeResidual(model_->tables[scale]);
    const int32_t latent = kMeanUnit * q + mean;
    if (latents.Holds(tile_.x + x, tile_.y + y)) latents.at(tile_.x + x, tile_.y + y)[channel] = latent;
    return latent;
  };
  LIC_TRY(const bool through, VisitTile(work, visit));
  reader_ = reader;
  if (through) LIC_CHECK(reader.Finish());
  return through;
}

Status LatentCoder::StartFirstPass(const IntegerPlane& features, const Rect& tile) { return BeginTile(features, tile); }

Result<bool> LatentCoder::StepFirstPass(int64_t& work) {
  LIC_CHECK(context_network_.Step(work));
  return context_network_.done();
}

}  // namespace lic
