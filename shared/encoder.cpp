// A picture becomes a file. Read top to bottom; decoder.cpp is the mirror.
//
//   pixels ──analysis──> latents ──gain──┬──hyper-analysis──> hyper-latents ──rANS──> HYPER
//                                        └──search, tile by tile, pass by pass, ──rANS──> TILES
#include <algorithm>
#include <cmath>
#include <vector>

#include "autoencoder/latent_coder.h"
#include "autoencoder/search.h"
#include "base/try.h"
#include "container/container.h"
#include "floating/float_network.h"
#include "measure/metrics.h"
#include "measure/ssim.h"
#include "model/gains.h"
#include "picture/source.h"
#include "symbols/alpha.h"
#include "target.h"

namespace lic {
namespace {

Status CheckArguments(const PictureView& picture, const EncodeOptions& options) {
  if (options.target == Target::kQuality && !(options.quality >= 1 && options.quality <= 100))
    return Fail(Error::kInvalidArgument, "quality %g is not within 1 and 100", options.quality);
  if (options.target > Target::kSsim) return Fail(Error::kInvalidArgument, "no such target");
  if (options.target == Target::kSsim && std::min(picture.width, picture.height) < kSsimWindow)
    return Fail(Error::kInvalidArgument, "SSIM takes sides of at least %u", kSsimWindow);
  if (options.effort < 0 || options.effort > kMaxEffort)
    return Fail(Error::kInvalidArgument, "effort %d is not within 0 and %d", options.effort, kMaxEffort);
  if (options.tile_units < 1 || options.tile_units > kMaxTileUnits)
    return Fail(Error::kInvalidArgument, "tiles of %u units", options.tile_units);
  if (picture.channels < 1 || picture.channels > 4)
    return Fail(Error::kInvalidArgument, "%u channels", picture.channels);
  if (picture.width < 1 || picture.height < 1 || picture.width > kMaxSide || picture.height > kMaxSide) {
    return Fail(Error::kUnsupportedImage, "a picture of %u x %u pixels", picture.width, picture.height);
  }
  if (uint64_t{picture.width} * picture.height > kMaxPixels)
    return Fail(Error::kUnsupportedImage, "a picture of more than 2^28 pixels");
  if (picture.stride < size_t{picture.width} * picture.channels)
    return Fail(Error::kInvalidArgument, "rows of %zu bytes overlap", picture.stride);
  for (const Bytes block : {options.metadata.icc, options.metadata.exif, options.metadata.xmp}) {
    if (block.size() > kMaxMetadataBytes)
      return Fail(Error::kUnsupportedImage, "metadata of %zu bytes, 4 MiB is the most", block.size());
  }
  return {};
}

// The picture, extended to whole latents by its last column and row -> latents without gain, (latent height, latent
// width, latent_channels)
Result<Buffer<float>> Analyze(const Source& source, const FloatNetwork& network) {
  const uint32_t height = CeilDiv(source.view.height, kLatentStride) * kLatentStride;
  const uint32_t width = CeilDiv(source.view.width, kLatentStride) * kLatentStride;
  auto fill = [&](uint32_t row, float* to) { source.FillRow(row, width, to); };
  LIC_TRY(auto analysis, Network::Create(network, height, width));
  const size_t row_values = size_t{analysis.out_width()} * analysis.out_channels();
  LIC_TRY(auto latents, Buffer<float>::Create(row_values * analysis.out_height()));
  for (uint32_t row = 0; row < analysis.out_height(); row += analysis.strip_rows()) {
    LIC_CHECK(analysis.Run(row, RowFunction(fill), latents.data() + row * row_values));
  }
  return latents;
}

// latents with their gain -> hyper-latents, (hyper height, hyper width, hyper_channels)
Result<IntegerPlane> AnalyzeHyper(const Buffer<float>& latents, uint32_t height, uint32_t width,
                                  const FloatNetwork& network) {
  const size_t row_values = size_t{width} * network.in_channels;
  auto fill = [&](uint32_t row, float* to) { std::copy_n(latents.data() + row * row_values, row_values, to); };
  LIC_TRY(auto analysis, Network::Create(network, height, width));
  LIC_TRY(auto values,
          Buffer<float>::Create(size_t{analysis.out_height()} * analysis.out_width() * analysis.out_channels()));
  const size_t out_row = size_t{analysis.out_width()} * analysis.out_channels();
  for (uint32_t row = 0; row < analysis.out_height(); row += analysis.strip_rows()) {
    LIC_CHECK(analysis.Run(row, RowFunction(fill), values.data() + row * out_row));
  }
  IntegerPlane hyper;
  LIC_CHECK(hyper.Reshape(analysis.out_height(), analysis.out_width(), analysis.out_channels()));
  const float limit = kHyperMax;
  for (size_t i = 0; i < values.size(); ++i)
    hyper.values[i] = static_cast<int16_t>(std::lrint(std::clamp(values[i], -limit, limit)));
  return hyper;
}

AlphaView<const uint8_t> TileAlpha(const Source& source, const Rect& tile) {
  const PictureView& view = source.view;
  const uint8_t* first = source.Row(tile.y) + size_t{tile.x} * view.channels + view.channels - 1;
  return {first, tile.width, tile.height, view.channels, view.stride};
}

// A picture analysed, to be coded with one quality or with several.
class PictureEncoder {
 public:
  static Result<PictureEncoder> Create(const PictureView& picture, const Model& model, const EncoderModel& encoder,
                                       const EncodeOptions& options);
  // `last`: no other quality will be asked for.
  Result<Buffer<uint8_t>> Encode(uint32_t quality256, bool last);

 private:
  Header MakeHeader(uint32_t quality256) const;
  Result<Buffer<float>> TakeLatents(bool last);

  const Model* model_ = nullptr;
  const EncoderModel* encoder_ = nullptr;
  const EncodeOptions* options_ = nullptr;
  Source source_;
  Buffer<float> latents_;                       // without gain
  std::vector<Buffer<uint8_t>> alpha_streams_;  // of each tile, if the picture has alpha
};

Result<PictureEncoder> PictureEncoder::Create(const PictureView& picture, const Model& model,
                                              const EncoderModel& encoder, const EncodeOptions& options) {
  PictureEncoder result;
  result.model_ = &model;
  result.encoder_ = &encoder;
  result.options_ = &options;
  LIC_TRY(result.source_, ReadSource(picture));
  LIC_TRY(result.latents_, Analyze(result.source_, encoder.data().analysis));
  const TileGrid grid(result.MakeHeader(kMaxQuality256));
  for (uint32_t tile = 0; result.source_.has_alpha && tile < grid.count(); ++tile) {
    LIC_TRY(auto stream, EncodeAlpha(TileAlpha(result.source_, grid.Pixels(tile)), model.data().entropy.tables));
    result.alpha_streams_.push_back(std::move(stream));
  }
  return result;
}

Header PictureEncoder::MakeHeader(uint32_t quality256) const {
  Header header;
  header.version = model_->released() ? 1 : 0;
  header.has_alpha = source_.has_alpha;
  header.is_grey = source_.is_grey;
  header.quality256 = quality256;
  header.width = source_.view.width;
  header.height = source_.view.height;
  header.model_id = model_->id();
  header.head_hash = model_->head_hash();
  header.tile_units = options_->tile_units;
  return header;
}

Result<Buffer<float>> PictureEncoder::TakeLatents(bool last) {
  if (last) return std::move(latents_);
  LIC_TRY(auto copy, Buffer<float>::Create(latents_.size()));
  std::copy_n(latents_.data(), latents_.size(), copy.data());
  return copy;
}

Result<Buffer<uint8_t>> PictureEncoder::Encode(uint32_t quality256, bool last) {
  const EntropyModel& entropy = model_->data().entropy;
  const Header header = MakeHeader(quality256);
  const uint32_t height = CeilDiv(header.height, kLatentStride), width = CeilDiv(header.width, kLatentStride);
  LIC_TRY(const auto gains, Gains(entropy, quality256));
  LIC_TRY(auto latents, TakeLatents(last));
  for (size_t i = 0; i < latents.size(); ++i) latents[i] *= gains[i % gains.size()];
  LIC_TRY(const auto hyper, AnalyzeHyper(latents, height, width, encoder_->data().hyper_analysis));

  LIC_TRY(auto coder, EntropyCoder::Create(entropy));
  LIC_TRY(const auto hyper_stream, coder.EncodeHyper(hyper, quality256));
  IntegerPlane features;
  LIC_CHECK(coder.DeriveFeatures(hyper, height, width, features));
  const TileGrid grid(header);
  const SearchTask task = {&source_,           &model_->data().synthesis,    &gains, &features, grid,
                           Lambda(quality256), &encoder_->data().visual_loss};
  LIC_TRY(const auto weights, Search(task, options_->effort, coder, latents));
  const Quantiser quantiser = {weights.channels.data(), weights.places.data(), false};
  std::vector<Buffer<uint8_t>> latent_streams(grid.count());
  for (uint32_t tile = 0; tile < grid.count(); ++tile) {
    const Rect at = grid.Latents(tile);
    const size_t row_stride = size_t{width} * entropy.latent_channels;
    const GainedLatents tile_latents = {latents.data() + at.y * row_stride + size_t{at.x} * entropy.latent_channels,
                                        row_stride};
    LIC_TRY(latent_streams[tile], coder.EncodeTile(tile_latents, quantiser, features, at));
  }
  return WriteContainer({header, options_->metadata, hyper_stream, latent_streams, alpha_streams_});
}

// What a file has of a target.
Result<double> Measure(Bytes file, Target target, const PictureView& original, const Model& model) {
  if (target == Target::kBytes) return static_cast<double>(file.size());
  LIC_TRY(const Picture decoded, Decode(file, model));
  LIC_TRY(const Difference difference, Compare(original, decoded.view()));
  return target == Target::kPsnr ? difference.psnr : *difference.ssim;
}

}  // namespace

Result<Buffer<uint8_t>> Encode(const PictureView& picture, const Model& model, const EncoderModel& encoder,
                               const EncodeOptions& options) {
  LIC_CHECK(CheckArguments(picture, options));
  TargetSearch search(options.target, options.target_value);
  if (options.target != Target::kQuality) LIC_CHECK(search.Check());
  LIC_TRY(auto job, PictureEncoder::Create(picture, model, encoder, options));
  if (options.target == Target::kQuality) return job.Encode(ToQuality256(options.quality), true);
  Buffer<uint8_t> best;
  while (!search.done()) {
    LIC_TRY(auto file, job.Encode(search.next(), false));
    LIC_TRY(const double value, Measure(file, options.target, picture, model));
    if (search.Report(value)) best = std::move(file);
  }
  LIC_CHECK(search.Reached());
  return best;
}

}  // namespace lic
