#include "autoencoder/curvature.h"

#include <algorithm>
#include <limits>

#include "autoencoder/search_band.h"
#include "base/try.h"
#include "floating/gradient.h"

namespace lic {
namespace {

constexpr uint32_t kProbeRows = 16;  // rows of latents on which norms are measured
constexpr float kProbeStep = 0.5f;   // by which latents with their gain are moved to see how a gradient changes
constexpr float kLeastNorm = 0.02f;  // of the mean: a channel that does nothing must not be divided by 0
constexpr float kLeastPlace = 0.25f, kMostPlace = 4;

// +1 or -1, the same sequence always for a seed (Marsaglia 2003, "Xorshift RNGs").
class Signs {
 public:
  explicit Signs(uint32_t seed = 2463534242) : state_(seed) {}
  float Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ & 0x8000 ? 1.0f : -1.0f;
  }

 private:
  uint32_t state_;
};

// Raises channels that do next to nothing to a share of the mean.
void RaiseLeast(Buffer<float>& channels) {
  float mean = 0;
  for (const float value : channels) mean += value / static_cast<float>(channels.size());
  const float least = std::max(kLeastNorm * mean, std::numeric_limits<float>::min());
  for (float& value : channels) value = std::max(value, least);
}

// The curvature of the squared error, per channel, is the squared norm of what a unit of a latent adds to the picture.
// It is the expectation of the squared gradient for random errors of -1 and 1 (Hutchinson 1990), and is measured at the
// latents of the first rows.
Result<Curvature> MeasureNorms(const SearchTask& task, const Buffer<float>& latents) {
  const size_t channels = task.channels(), row_values = task.row_values();
  const uint32_t rows = std::min(task.height(), kProbeRows);
  LIC_TRY(auto gradient, Gradient::Create(*task.synthesis, rows, task.width()));
  LIC_TRY(auto norms, Buffer<float>::Create(channels));
  Signs signs;
  auto fill = [&](uint32_t row, float* to) {
    const float* from = latents.data() + row * row_values;
    for (size_t i = 0; i < row_values; ++i) to[i] = from[i] / (*task.gains)[i % channels];
  };
  auto visit = [](uint32_t, float*) {};
  auto errors = [&](uint32_t, float* pixels) {
    for (size_t i = 0; i < size_t{gradient.out_width()} * 3; ++i) pixels[i] = signs.Next();
  };
  auto sum = [&](uint32_t, float* values) {
    for (size_t i = 0; i < row_values; ++i) norms[i % channels] += values[i] * values[i];
  };
  LIC_CHECK(gradient.Run(RowFunction(fill), RowFunction(visit), RowFunction(errors), RowFunction(sum)));
  for (float& norm : norms) norm /= static_cast<float>(size_t{rows} * task.width());
  RaiseLeast(norms);
  return Curvature{std::move(norms), {}};
}

// The curvature of any distortion: all latents are moved by random signs, and the change of a latent's gradient times
// its sign has the curvature as its expectation (Hutchinson 1990). For a single latent this is mostly noise, so it is
// summed over the latents of a channel and over those of a place.
Result<Curvature> MeasureChanges(const SearchTask& task, const Buffer<float>& latents) {
  const size_t channels = task.channels(), width = task.width(), positions = task.height() * width;
  Curvature curvature;
  LIC_TRY(curvature.channels, Buffer<float>::Create(channels));
  LIC_TRY(curvature.places, Buffer<float>::Create(positions));
  const auto signs_of = [](uint32_t y) { return Signs((2463534242 + y * 2654435761) | 1); };
  auto fill = [&](uint32_t y, float* to) {
    Signs signs = signs_of(y);
    const float* from = latents.data() + y * width * channels;
    for (size_t i = 0; i < width * channels; ++i) to[i] = from[i] + kProbeStep * signs.Next();
  };
  auto sum = [&](uint32_t y, const float* gradient) {
    Signs signs = signs_of(y);
    for (size_t x = 0; x < width; ++x) {
      for (size_t c = 0; c < channels; ++c) {
        const float change =
            *gradient++ * signs.Next() * (*task.gains)[c] / (kProbeStep * static_cast<float>(positions));
        curvature.channels[c] += change;
        curvature.places[y * width + x] += change;
      }
    }
  };
  for (uint32_t tile_row = 0; tile_row < task.grid.rows; ++tile_row) {
    LIC_TRY(auto band, Band::Create(task, tile_row));
    LIC_CHECK(band.RunGradient(RowFunction(fill), RowFunction(sum)));
  }
  RaiseLeast(curvature.channels);
  float all = 0;
  for (const float value : curvature.channels) all += value;
  for (float& place : curvature.places)
    place = std::clamp(place * static_cast<float>(positions) / all, kLeastPlace, kMostPlace);
  return curvature;
}

}  // namespace

Result<Curvature> MeasureCurvature(const SearchTask& task, const Buffer<float>& latents) {
  return task.visual_loss ? MeasureChanges(task, latents) : MeasureNorms(task, latents);
}

}  // namespace lic
