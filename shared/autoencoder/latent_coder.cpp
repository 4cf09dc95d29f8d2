#include "autoencoder/latent_coder.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"
#include "model/gains.h"

namespace lic {
namespace {

constexpr float kMaxCoded = kMaxResidual;
constexpr int64_t kSymbolWork = 64;  // coding a symbol takes about as long as so many multiplications

// What is not a number, as a hostile model can make it, becomes a number: the order of max's arguments sees to that.
int RoundToResidual(float value) {
  return static_cast<int>(std::lrint(std::min(std::max(-kMaxCoded, value), kMaxCoded)));
}

// The residual whose bits and error together cost least, of the nearest and of those that the quantiser may put in its
// place.
int ChooseResidual(float target, uint32_t scale, const ResidualCosts& costs, float error_weight, bool lowers_all) {
  const int nearest = RoundToResidual(target);
  if (nearest == 0 || (!lowers_all && std::abs(nearest) > 1)) return nearest;
  const auto cost = [&](int q) {
    const float error = target - static_cast<float>(q);
    return error_weight * error * error + costs.Bits(scale, q);
  };
  int best = nearest;
  float least = cost(nearest);
  for (const int q : {nearest - (nearest > 0 ? 1 : -1), 0}) {
    if (const float candidate = cost(q); candidate < least) {
      least = candidate;
      best = q;
    }
  }
  return best;
}

}  // namespace

Result<LatentPlane> LatentPlane::Create(const Rect& held, uint32_t channels) {
  const uint64_t count = uint64_t{held.height} * held.width * channels;
  if (count > SIZE_MAX / 8)
    return Fail(Error::kOutOfMemory, "%u x %u x %u latents are too many", channels, held.height, held.width);
  LatentPlane plane;
  plane.held = held;
  plane.channels = channels;
  LIC_TRY(plane.values, Buffer<int32_t>::Create(static_cast<size_t>(count)));
  return plane;
}

void LatentPlane::MoveTo(uint32_t first) {
  assert(first >= held.y);
  const size_t row = size_t{held.width} * channels;
  const size_t gone = std::min(first - held.y, held.height) * row;
  std::copy(values.begin() + gone, values.begin() + held.height * row, values.begin());
  held.y = first;
}

Result<EntropyCoder> EntropyCoder::Create(const EntropyModel& model) {
  EntropyCoder coder;
  coder.model_ = &model;
  LIC_TRY(coder.hyper_synthesis_, IntegerNetwork::Create(model.hyper_synthesis.layers));
  LIC_TRY(coder.context_network_, ContextNetwork::Create(model));
  return coder;
}

// ---- Hyper-latents ----------------------------------------------------------------------------------------

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

void EntropyCoder::StartHyper(Bytes stream, uint32_t quality256) {
  reader_.emplace(stream);
  prior_ = size_t{NearestAnchor(quality256)} * model_->hyper_channels;
  channel_ = 0;
}

Result<bool> EntropyCoder::StepHyper(IntegerPlane& hyper, int64_t& work) {
  for (; channel_ < hyper.channels && work > 0; ++channel_) {
    const ResidualTable& table = model_->tables[model_->hyper_table[prior_ + channel_]];
    for (size_t position = 0; position < hyper.positions(); ++position) {
      const int value = model_->hyper_offset[prior_ + channel_] + reader_->TakeResidual(table);
      if (value < -kHyperMax || value > kHyperMax) return Fail(Error::kBadStream, "hyper-latent %d", value);
      hyper.at(position)[channel_] = static_cast<int16_t>(value);
    }
    work -= static_cast<int64_t>(hyper.positions()) * kSymbolWork;
  }
  if (channel_ < hyper.channels) return false;
  LIC_CHECK(reader_->Finish());
  return true;
}

Result<bool> EntropyCoder::StepFeatures(uint32_t latent_height, uint32_t latent_width, IntegerPlane& features,
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

Status EntropyCoder::DeriveFeatures(const IntegerPlane& hyper, uint32_t latent_height, uint32_t latent_width,
                                    IntegerPlane& features) {
  int64_t work = INT64_MAX;
  StartFeatures(hyper);
  LIC_TRY([[maybe_unused]] const bool through, StepFeatures(latent_height, latent_width, features, work));
  assert(through);
  return {};
}

// ---- Latents ----------------------------------------------------------------------------------------------

Status EntropyCoder::BeginTile(const IntegerPlane& features, const Rect& tile) {
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

Status EntropyCoder::BeginPass(uint32_t pass) {
  pass_ = pass;
  row_ = 0;
  return context_network_.Start(context_, tile_features_, pass, parameters_);
}

template <class Visitor>
Result<bool> EntropyCoder::VisitTile(int64_t& work, Visitor visit) {
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
void EntropyCoder::VisitRow(Visitor visit) {
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
Status EntropyCoder::Quantise(const GainedLatents& latents, const Quantiser& quantiser, const IntegerPlane& features,
                              const Rect& tile, const CodedLatents* coded, Put put) {
  if (!costs_) {
    LIC_TRY(costs_, ResidualCosts::Create(*model_));
  }
  const ResidualCosts& costs = *costs_;
  const uint32_t channels = model_->latent_channels;
  const auto visit = [&](uint32_t x, uint32_t y, uint32_t channel, int32_t mean, uint32_t scale) {
    int q = 0;
    if (scale >= model_->skip_below) {
      const float target = latents.values[y * latents.row_stride + size_t{x} * channels + channel] -
                           static_cast<float>(mean) / kMeanUnit;
      const float place =
          quantiser.place_weight ? quantiser.place_weight[size_t{tile.y + y} * features.width + tile.x + x] : 1;
      q = quantiser.channel_weight
              ? ChooseResidual(target, scale, costs, quantiser.channel_weight[channel] * place, quantiser.lowers_all)
              : RoundToResidual(target);
      put(scale, q);
    }
    const int32_t latent = kMeanUnit * q + mean;
    if (coded)
      coded->values[y * coded->row_stride + size_t{x} * channels + channel] = static_cast<float>(latent) / kMeanUnit;
    return latent;
  };
  LIC_CHECK(BeginTile(features, tile));
  int64_t work = INT64_MAX;
  LIC_TRY([[maybe_unused]] const bool through, VisitTile(work, visit));
  assert(through);
  return {};
}

Result<Buffer<uint8_t>> EntropyCoder::EncodeTile(const GainedLatents& latents, const Quantiser& quantiser,
                                                 const IntegerPlane& features, const Rect& tile) {
  RansWriter writer;
  Status put;
  LIC_CHECK(Quantise(latents, quantiser, features, tile, nullptr, [&](uint32_t scale, int q) {
    if (put.ok()) put = writer.PutResidual(model_->tables[scale], q);
  }));
  LIC_CHECK(put);
  return writer.Finish();
}

Result<double> EntropyCoder::QuantiseTile(const GainedLatents& latents, const Quantiser& quantiser,
                                          const IntegerPlane& features, const Rect& tile, const CodedLatents& coded) {
  double bits = 0;
  LIC_CHECK(Quantise(latents, quantiser, features, tile, &coded,
                     [&](uint32_t scale, int q) { bits += static_cast<double>(costs_->Bits(scale, q)); }));
  return bits;
}

Status EntropyCoder::StartTile(Bytes stream, const IntegerPlane& features, const Rect& tile) {
  reader_.emplace(stream);
  return BeginTile(features, tile);
}

Result<bool> EntropyCoder::StepTile(LatentPlane& latents, int64_t& work) {
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

Status EntropyCoder::StartFirstPass(const IntegerPlane& features, const Rect& tile) {
  return BeginTile(features, tile);
}

Result<bool> EntropyCoder::StepFirstPass(int64_t& work) {
  LIC_CHECK(context_network_.Step(work));
  return context_network_.done();
}

}  // namespace lic
