// A picture becomes a file. Read top to bottom; decoder.cpp is the mirror.
//
//   pixels ──analysis──> latents ──gain──┬──hyper-analysis──> hyper-latents ──rANS──> HYPER
//                                        └──tile by tile, pass by pass──────rANS──> TILES
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "alpha.h"
#include "entropy.h"
#include "format.h"
#include "network.h"
#include "quality.h"
#include "try.h"

namespace lic {
namespace {

bool HasAlpha(uint32_t channels) { return channels == 2 || channels == 4; }

// The picture as the encoder reads it: colour, and alpha where any of it is not 255.
struct Source {
  PictureView view;
  bool is_grey = false;
  bool has_alpha = false;
  Buffer<uint8_t> filled;  // a copy with colour under alpha 0, if there is any such

  const uint8_t* Row(uint32_t y) const { return view.pixels + y * view.stride; }
};

Status CheckArguments(const PictureView& picture, const EncodeOptions& options) {
  if (!(options.quality >= 1 && options.quality <= 100)) return Fail(Error::kInvalidArgument, "quality %g is not within 1 and 100", options.quality);
  if (options.effort < 0 || options.effort > kMaxEffort) return Fail(Error::kInvalidArgument, "effort %d is not within 0 and %d", options.effort, kMaxEffort);
  if (options.tile_units < 1 || options.tile_units > kMaxTileUnits) return Fail(Error::kInvalidArgument, "tiles of %u units", options.tile_units);
  if (picture.channels < 1 || picture.channels > 4) return Fail(Error::kInvalidArgument, "%u channels", picture.channels);
  if (picture.width < 1 || picture.height < 1 || picture.width > kMaxSide || picture.height > kMaxSide) {
    return Fail(Error::kUnsupportedImage, "a picture of %u x %u pixels", picture.width, picture.height);
  }
  if (uint64_t{picture.width} * picture.height > kMaxPixels) return Fail(Error::kUnsupportedImage, "a picture of more than 2^28 pixels");
  if (picture.stride < size_t{picture.width} * picture.channels) return Fail(Error::kInvalidArgument, "rows of %zu bytes overlap", picture.stride);
  for (const Bytes block : {options.metadata.icc, options.metadata.exif, options.metadata.xmp}) {
    if (block.size() > kMaxMetadataBytes) return Fail(Error::kUnsupportedImage, "metadata of %zu bytes, 4 MiB is the most", block.size());
  }
  return {};
}

// Gives invisible pixels the mean colour of visible neighbours that come before them in the scan, so that no edge to an arbitrary colour is
// coded. `step` is 1 for a scan from the top left, -1 for one from the bottom right. `known` marks pixels that have a colour.
void FillScan(uint8_t* pixels, const PictureView& view, int64_t step, Buffer<uint8_t>& known) {
  const int64_t width = view.width, count = width * view.height, channels = view.channels;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = step > 0 ? i : count - 1 - i;
    if (known[at]) continue;
    const int64_t beside = at - step, above = at - step * width;
    const bool use_beside = i % width != 0 && known[beside];
    const bool use_above = i >= width && known[above];
    if (!use_beside && !use_above) continue;
    for (int64_t c = 0; c + 1 < channels; ++c) {
      const int a = pixels[(use_beside ? beside : above) * channels + c];
      const int b = pixels[(use_above ? above : beside) * channels + c];
      pixels[at * channels + c] = static_cast<uint8_t>((a + b + 1) / 2);
    }
    known[at] = 1;
  }
}

Status FillInvisible(Source& source) {
  PictureView& view = source.view;
  const uint32_t alpha = view.channels - 1;
  const size_t row_bytes = size_t{view.width} * view.channels;
  LIC_TRY(source.filled, Buffer<uint8_t>::Allocate(row_bytes * view.height));
  LIC_TRY(auto known, Buffer<uint8_t>::Allocate(size_t{view.width} * view.height));
  for (uint32_t y = 0; y < view.height; ++y) std::memcpy(source.filled.data() + y * row_bytes, source.Row(y), row_bytes);
  for (size_t i = 0; i < known.size(); ++i) known[i] = source.filled[i * view.channels + alpha] != 0;
  FillScan(source.filled.data(), view, 1, known);
  FillScan(source.filled.data(), view, -1, known);
  view.pixels = source.filled.data();
  view.stride = row_bytes;
  return {};
}

Result<Source> ReadSource(const PictureView& picture) {
  Source source;
  source.view = picture;
  source.is_grey = picture.channels <= 2;
  if (!HasAlpha(picture.channels)) return source;
  uint8_t lowest = 255;
  for (uint32_t y = 0; y < picture.height; ++y) {
    for (uint32_t x = 0; x < picture.width; ++x) lowest = std::min(lowest, source.Row(y)[(x + 1) * picture.channels - 1]);
  }
  source.has_alpha = lowest < 255;
  if (lowest == 0) LIC_CHECK(FillInvisible(source));
  return source;
}

// rows of a picture, 0 meaning mid-grey -> latents with their gain, (latent height, latent width, latent_channels)
template <class Fill>
Result<Buffer<float>> Analyze(Fill& fill, uint32_t height, uint32_t width, const FloatNetwork& network, const Buffer<float>& gains) {
  LIC_TRY(auto analysis, Network::Build(network, height, width));
  const size_t row_values = size_t{analysis.out_width()} * analysis.out_channels();
  LIC_TRY(auto latents, Buffer<float>::Allocate(row_values * analysis.out_height()));
  for (uint32_t row = 0; row < analysis.out_height(); row += analysis.strip_rows()) {
    LIC_CHECK(analysis.Run(row, RowSource(fill), latents.data() + row * row_values));
  }
  for (size_t i = 0; i < latents.size(); ++i) latents[i] *= gains[i % gains.size()];
  return latents;
}

// The picture, extended to whole latents by its last column and row.
Result<Buffer<float>> AnalyzePicture(const Source& source, const FloatNetwork& network, const Buffer<float>& gains) {
  const PictureView& view = source.view;
  const uint32_t height = CeilDiv(view.height, kLatentStride) * kLatentStride;
  const uint32_t width = CeilDiv(view.width, kLatentStride) * kLatentStride;
  auto fill = [&](uint32_t row, float* to) {
    const uint8_t* from = source.Row(std::min(row, view.height - 1));
    for (uint32_t x = 0; x < width; ++x, to += 3) {
      const uint8_t* pixel = from + size_t{std::min(x, view.width - 1)} * view.channels;
      for (int c = 0; c < 3; ++c) to[c] = static_cast<float>(pixel[source.is_grey ? 0 : c]) / 255 - 0.5f;
    }
  };
  return Analyze(fill, height, width, network, gains);
}

// How far Refine goes. Below quality 55 the detail that it brings back is not worth its bits; toward 90 what the analysis has missed is most of
// the error. Measured on five Kodak pictures: loss -7 % at quality 90, -1.7 % at 70, +1 to +3 % at 50 and below, were it done there.
float RefinementStrength(uint32_t quality256) { return std::clamp((static_cast<float>(quality256) / 256 - 55) / 35, 0.0f, 1.0f); }

// Moves the latents by what the analysis sees differently in the picture and in its synthesis: one step of analysis by synthesis. The
// synthesis runs just ahead of the analysis, so no picture is kept.
Status Refine(const FloatNetwork& analysis, const FloatNetwork& synthesis, const Buffer<float>& gains, uint32_t height, uint32_t width, float strength,
              Buffer<float>& latents) {
  const size_t row_values = size_t{width} * gains.size();
  auto fill_latents = [&](uint32_t row, float* to) {
    for (size_t i = 0; i < row_values; ++i) to[i] = latents[row * row_values + i] / gains[i % gains.size()];
  };
  LIC_TRY(auto decoder, Network::Build(synthesis, height, width));
  const size_t pixel_row = size_t{decoder.out_width()} * decoder.out_channels();
  LIC_TRY(auto strip, Buffer<float>::Allocate(decoder.strip_rows() * pixel_row));
  uint32_t next_row = 0;
  Status synthesized;
  auto fill_pixels = [&](uint32_t row, float* to) {  // rows come in ascending order
    if (row == next_row && synthesized.ok()) {
      synthesized = decoder.Run(row, RowSource(fill_latents), strip.data());
      next_row += decoder.strip_rows();
    }
    std::copy_n(strip.data() + row % decoder.strip_rows() * pixel_row, pixel_row, to);
  };
  LIC_TRY(const auto seen, Analyze(fill_pixels, decoder.out_height(), decoder.out_width(), analysis, gains));
  LIC_CHECK(synthesized);
  for (size_t i = 0; i < latents.size(); ++i) latents[i] += strength * (latents[i] - seen[i]);
  return {};
}

// latents with their gain -> hyper-latents, (hyper height, hyper width, hyper_channels)
Result<IntegerPlane> AnalyzeHyper(const Buffer<float>& latents, uint32_t height, uint32_t width, const FloatNetwork& network) {
  const size_t row_values = size_t{width} * network.in_channels;
  auto fill = [&](uint32_t row, float* to) { std::copy_n(latents.data() + row * row_values, row_values, to); };
  LIC_TRY(auto analysis, Network::Build(network, height, width));
  LIC_TRY(auto values, Buffer<float>::Allocate(size_t{analysis.out_height()} * analysis.out_width() * analysis.out_channels()));
  const size_t out_row = size_t{analysis.out_width()} * analysis.out_channels();
  for (uint32_t row = 0; row < analysis.out_height(); row += analysis.strip_rows()) {
    LIC_CHECK(analysis.Run(row, RowSource(fill), values.data() + row * out_row));
  }
  IntegerPlane hyper;
  LIC_CHECK(hyper.Reshape(analysis.out_height(), analysis.out_width(), analysis.out_channels()));
  const float limit = kHyperMax;
  for (size_t i = 0; i < values.size(); ++i) hyper.values[i] = static_cast<int16_t>(std::lrint(std::clamp(values[i], -limit, limit)));
  return hyper;
}

// An error of a latent also misleads the contexts of later passes; measured on five Kodak pictures, weights of 1, 1.4 and 2 times the plain
// one save 2.3, 2.5 and 2.3 % of rate.
constexpr float kContextShare = 1.4f;

// What a unit of squared error of a latent is worth in bits. The synthesis is close to orthonormal, so an error of the latent is an error
// of the same size in the picture, and the loss weighs it with lambda * 255^2 for a mean over three channels.
Result<Buffer<float>> ErrorWeights(const Buffer<float>& gains, uint32_t quality256) {
  LIC_TRY(auto weights, Buffer<float>::Allocate(gains.size()));
  for (size_t c = 0; c < gains.size(); ++c) weights[c] = kContextShare * Lambda(quality256) * 255 * 255 / 3 / (gains[c] * gains[c]);
  return weights;
}

AlphaView<const uint8_t> TileAlpha(const Source& source, const Rect& tile) {
  const PictureView& view = source.view;
  const uint8_t* first = source.Row(tile.y) + size_t{tile.x} * view.channels + view.channels - 1;
  return {first, tile.width, tile.height, view.channels, view.stride};
}

}  // namespace

Result<Buffer<uint8_t>> Encode(const PictureView& picture, const Model& model, const EncoderModel& encoder, const EncodeOptions& options) {
  LIC_CHECK(CheckArguments(picture, options));
  LIC_TRY(const Source source, ReadSource(picture));
  const EntropyModel& entropy = model.data().entropy;

  Header header;
  header.version = model.released() ? 1 : 0;
  header.has_alpha = source.has_alpha;
  header.is_grey = source.is_grey;
  header.quality256 = ToQuality256(options.quality);
  header.width = picture.width;
  header.height = picture.height;
  header.model_id = model.id();
  header.head_hash = model.head_hash();
  header.tile_units = options.tile_units;

  LIC_TRY(const auto gains, Gains(entropy, header.quality256));
  LIC_TRY(auto latents, AnalyzePicture(source, encoder.data().analysis, gains));
  const uint32_t latent_height = CeilDiv(picture.height, kLatentStride);
  const uint32_t latent_width = CeilDiv(picture.width, kLatentStride);
  const float strength = options.effort >= 2 ? RefinementStrength(header.quality256) : 0;
  if (strength > 0) LIC_CHECK(Refine(encoder.data().analysis, model.data().synthesis, gains, latent_height, latent_width, strength, latents));
  LIC_TRY(const auto hyper, AnalyzeHyper(latents, latent_height, latent_width, encoder.data().hyper_analysis));

  LIC_TRY(auto coder, EntropyCoder::Build(entropy));
  LIC_TRY(const auto hyper_stream, coder.EncodeHyper(hyper, header.quality256));
  IntegerPlane features;
  LIC_CHECK(coder.DeriveFeatures(hyper, latent_height, latent_width, features));
  LIC_TRY(const auto error_weights, ErrorWeights(gains, header.quality256));
  const Quantiser quantiser = {options.effort > 0 ? error_weights.data() : nullptr};
  const TileGrid grid(header);
  std::vector<Buffer<uint8_t>> latent_streams(grid.count());
  std::vector<Buffer<uint8_t>> alpha_streams(source.has_alpha ? grid.count() : 0);
  for (uint32_t tile = 0; tile < grid.count(); ++tile) {
    const Rect at = grid.Latents(tile);
    const size_t row_stride = size_t{latent_width} * entropy.latent_channels;
    const GainedLatents tile_latents = {latents.data() + at.y * row_stride + size_t{at.x} * entropy.latent_channels, row_stride};
    LIC_TRY(latent_streams[tile], coder.EncodeTile(tile_latents, quantiser, features, at));
    if (!source.has_alpha) continue;
    LIC_TRY(alpha_streams[tile], EncodeAlpha(TileAlpha(source, grid.Pixels(tile)), entropy.tables));
  }
  return WriteContainer({header, options.metadata, hyper_stream, latent_streams, alpha_streams});
}

}  // namespace lic
