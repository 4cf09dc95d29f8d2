// A picture becomes a file. Read top to bottom; picture_decoder.cpp is the mirror.
//
//   pixels ──analysis──> latents ──gain──┬──hyper-analysis──> hyper-latents ──rANS──> HYPER
//                                        └──search, tile by tile, pass by pass, ──rANS──> TILES
#include "autoencoder/picture_encoder.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "autoencoder/latent_coder.h"
#include "autoencoder/search.h"
#include "base/try.h"
#include "coding/tile_alpha.h"
#include "container/container.h"
#include "container/quality.h"
#include "floating/float_network.h"
#include "model/gains.h"

namespace lic {
namespace {

// Runs a network over a whole plane: (out_height, out_width, out_channels).
Result<Buffer<float>> RunWhole(Network& network, RowFunction source) {
  const size_t row_values = size_t{network.out_width()} * network.out_channels();
  LIC_TRY(auto values, Buffer<float>::Create(row_values * network.out_height()));
  for (uint32_t row = 0; row < network.out_height(); row += network.strip_rows())
    LIC_CHECK(network.Run(row, source, values.data() + row * row_values));
  return values;
}

// The picture, extended to whole latents by its last column and row -> latents without gain, (latent height, latent
// width, latent_channels)
Result<Buffer<float>> Analyse(const Source& source, const FloatNetwork& network) {
  const uint32_t height = RoundUp(source.view.height, kLatentStride);
  const uint32_t width = RoundUp(source.view.width, kLatentStride);
  auto fill = [&](uint32_t row, float* to) { source.FillRow(row, width, to); };
  LIC_TRY(auto analysis, Network::Create(network, height, width));
  return RunWhole(analysis, RowFunction(fill));
}

// latents with their gain -> hyper-latents, (hyper height, hyper width, hyper_channels)
Result<IntegerPlane> AnalyseHyper(const Buffer<float>& latents, uint32_t height, uint32_t width,
                                  const FloatNetwork& network) {
  const size_t row_values = size_t{width} * network.in_channels;
  auto fill = [&](uint32_t row, float* to) { std::copy_n(latents.data() + row * row_values, row_values, to); };
  LIC_TRY(auto analysis, Network::Create(network, height, width));
  LIC_TRY(const auto values, RunWhole(analysis, RowFunction(fill)));
  IntegerPlane hyper;
  LIC_CHECK(hyper.Reshape(analysis.out_height(), analysis.out_width(), analysis.out_channels()));
  const float limit = kHyperMax;
  for (size_t i = 0; i < values.size(); ++i)
    hyper.values[i] = static_cast<int16_t>(std::lrint(std::clamp(values[i], -limit, limit)));
  return hyper;
}

}  // namespace

Result<std::unique_ptr<PictureEncoder>> AutoencoderEncoder::Create(const PictureView& picture, const Model& model,
                                                                   const EncoderModel& encoder,
                                                                   const EncodeOptions& options) {
  std::unique_ptr<AutoencoderEncoder> result(new (std::nothrow) AutoencoderEncoder(model, encoder, options));
  if (!result) return Fail(Error::kOutOfMemory, "no memory for an encoder");
  LIC_TRY(result->source_, ReadSource(picture));
  LIC_TRY(result->latents_, Analyse(result->source_, encoder.data().analysis));
  if (result->source_.has_alpha) {
    const TileGrid grid = result->MakeHeader(kMaxQuality256).grid();
    LIC_TRY(result->alpha_streams_, EncodeTileAlpha(result->source_, grid, model.data().entropy.tables));
  }
  return std::unique_ptr<PictureEncoder>(std::move(result));
}

Header AutoencoderEncoder::MakeHeader(uint32_t quality256) const {
  Header header;
  header.version = model_.released() ? 1 : 0;
  header.has_alpha = source_.has_alpha;
  header.is_grey = source_.is_grey;
  header.quality256 = quality256;
  header.width = source_.view.width;
  header.height = source_.view.height;
  header.model_id = model_.id();
  header.head_hash = model_.head_hash();
  header.tile_units = options_.tile_units;
  return header;
}

Result<Buffer<float>> AutoencoderEncoder::TakeLatents(Trial trial) {
  if (trial == Trial::kLast) return std::move(latents_);
  LIC_TRY(auto copy, Buffer<float>::Create(latents_.size()));
  std::copy_n(latents_.data(), latents_.size(), copy.data());
  return copy;
}

Result<Buffer<uint8_t>> AutoencoderEncoder::Encode(uint32_t quality256, Trial trial) {
  const EntropyModel& entropy = model_.data().entropy;
  const Header header = MakeHeader(quality256);
  const uint32_t height = CeilDiv(header.height, kLatentStride), width = CeilDiv(header.width, kLatentStride);
  LIC_TRY(const auto gains, Gains(entropy, quality256));
  LIC_TRY(auto latents, TakeLatents(trial));
  for (size_t i = 0; i < latents.size(); ++i) latents[i] *= gains[i % gains.size()];
  LIC_TRY(const auto hyper, AnalyseHyper(latents, height, width, encoder_.data().hyper_analysis));

  LIC_TRY(auto coder, LatentCoder::Create(entropy));
  LIC_TRY(const auto hyper_stream, coder.EncodeHyper(hyper, quality256));
  IntegerPlane features;
  LIC_CHECK(coder.DeriveFeatures(hyper, height, width, features));

  LIC_TRY(const auto costs, ResidualCosts::Create(entropy.tables));
  const auto& visual_loss = encoder_.data().visual_loss;
  const TileGrid grid = header.grid();
  const SearchTask task = {.source = &source_,
                           .synthesis = &model_.data().synthesis,
                           .gains = &gains,
                           .features = &features,
                           .costs = &costs,
                           .grid = grid,
                           .lambda = Lambda(quality256),
                           .visual_loss = visual_loss ? &*visual_loss : nullptr};
  LIC_TRY(const auto weights, Search(task, options_.effort, coder, latents));

  const Quantiser quantiser(costs, weights.channels, weights.places);
  StreamList latent_streams;
  for (uint32_t tile = 0; tile < grid.count(); ++tile) {
    const Rect at = LatentsOf(grid, tile);
    const size_t row_stride = task.row_values();
    const GainedLatents tile_latents = {latents.data() + at.y * row_stride + size_t{at.x} * task.channels(),
                                        row_stride};
    LIC_TRY(const auto stream, coder.EncodeTile(tile_latents, quantiser, features, at));
    LIC_CHECK(latent_streams.Add(stream));
  }
  ContainerParts parts;
  parts.header = header;
  parts.latents = &latent_streams;
  if (header.has_alpha) parts.alpha = &alpha_streams_;
  parts.SetMetadata(options_.metadata);
  parts.payloads[SectionType::kHyper] = hyper_stream;
  return WriteContainer(parts);
}

}  // namespace lic
