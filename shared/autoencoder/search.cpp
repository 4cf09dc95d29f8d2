#include "autoencoder/search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autoencoder/search_band.h"
#include "base/try.h"
#include "floating/gradient.h"

namespace lic {
namespace {

// ---- What was tuned, on the validation crops of the training set ------------------------------------------

// An error of a latent also misleads the contexts of the latents behind it; so it weighs more than in the picture
// alone. Where nothing corrects the other latents for it, more still.
constexpr float kRefinedShare = 1.4f;
constexpr float kUnrefinedShare = 3;
constexpr float kOrthonormalShare = 1.4f;  // of norms that are not measured but taken for 1

constexpr int kFirstRefinement = 3;  // the effort with one step; every further one doubles the steps
// The part of the way towards the gradient's wish that a step goes, falling to a tenth of it, and the part of the last
// step that is repeated.
constexpr float kStepStart = 0.3f;
constexpr float kStepFall = 0.9f;
constexpr float kMomentum = 0.5f;
constexpr float kCaution = 0.7f;  // what steps are multiplied by when the loss has risen

constexpr uint32_t kProbeRows = 16;  // rows of latents on which norms are measured
constexpr float kProbeStep = 0.5f;   // by which latents with their gain are moved to see how a gradient changes
constexpr float kLeastNorm = 0.02f;  // of the mean: a channel that does nothing must not be divided by 0
constexpr float kLeastPlace = 0.25f, kMostPlace = 4;

// How fast the slope of the distortion rises as a latent without gain moves, half the second derivative: of a latent,
// what its channel has times what its place has.
struct Curvature {
  Buffer<float> channels;
  Buffer<float> places;  // (height, width); empty: 1 everywhere
};

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

// Bits that one unit of squared error of a latent with its gain is worth, per channel.
Result<Buffer<float>> ChannelWeights(const SearchTask& task, const Buffer<float>& curvature, float share) {
  LIC_TRY(auto weights, Buffer<float>::Create(curvature.size()));
  for (size_t c = 0; c < curvature.size(); ++c) {
    const float gain = (*task.gains)[c];
    weights[c] = share * task.lambda * 255 * 255 / 3 * curvature[c] / (gain * gain);
  }
  return weights;
}

// The search on a row of tiles.
class BandSearch {
 public:
  static Result<BandSearch> Create(const SearchTask& task, const Curvature& curvature, uint32_t tile_row,
                                   Buffer<float>& latents);
  Status Run(int steps, EntropyCoder& coder);

 private:
  BandSearch(const SearchTask& task, const Curvature& curvature, uint32_t tile_row, Band band, Buffer<float>& latents)
      : task_(&task), curvature_(&curvature), tile_row_(tile_row), band_(std::move(band)), latents_(&latents) {}
  Status Quantise(const Quantiser& quantiser, EntropyCoder& coder);
  Status Synthesize(bool last, float step);
  void Move(uint32_t y, const float* gradient, float step);
  size_t row_values() const { return size_t{task_->features->width} * task_->gains->size(); }

  const SearchTask* task_;
  const Curvature* curvature_;
  uint32_t tile_row_;
  Band band_;
  Buffer<float>* latents_;  // of the picture: where the descent has got to
  Buffer<float> coded_;     // (rows of the band, width, channels)
  Buffer<float> best_;      // the coded latents with the least loss
  Buffer<float> velocity_;  // likewise
  double bits_ = 0;
};

Result<BandSearch> BandSearch::Create(const SearchTask& task, const Curvature& curvature, uint32_t tile_row,
                                      Buffer<float>& latents) {
  LIC_TRY(auto band, Band::Create(task, tile_row));
  BandSearch search(task, curvature, tile_row, std::move(band), latents);
  for (Buffer<float>* buffer : {&search.coded_, &search.best_, &search.velocity_}) {
    LIC_TRY(*buffer, Buffer<float>::Create((search.band_.end() - search.band_.first()) * search.row_values()));
  }
  return search;
}

Status BandSearch::Run(int steps, EntropyCoder& coder) {
  double least = std::numeric_limits<double>::infinity(), before = least;
  float caution = 1;
  for (int i = 0; i <= steps; ++i) {
    const float share = kRefinedShare + (kUnrefinedShare - kRefinedShare) / static_cast<float>(i + 1);
    LIC_TRY(const auto weights, ChannelWeights(*task_, curvature_->channels, share));
    LIC_CHECK(Quantise({weights.data(), curvature_->places.data(), i > 0}, coder));
    LIC_CHECK(Synthesize(i == steps,
                         caution * kStepStart * (1 - kStepFall * static_cast<float>(i) / static_cast<float>(steps))));
    const double loss = bits_ + task_->lambda / 3 * band_.loss();
    if (loss > before) caution *= kCaution;
    before = loss;
    if (loss >= least) continue;
    least = loss;
    std::swap(coded_, best_);
  }
  std::copy_n(best_.data(), best_.size(), latents_->data() + band_.first() * row_values());
  return {};
}

Status BandSearch::Quantise(const Quantiser& quantiser, EntropyCoder& coder) {
  bits_ = 0;
  for (uint32_t column = 0; column < task_->grid.columns; ++column) {
    const Rect tile = task_->grid.Latents(tile_row_ * task_->grid.columns + column);
    const size_t left = size_t{tile.x} * task_->gains->size();
    const GainedLatents from = {latents_->data() + band_.first() * row_values() + left, row_values()};
    LIC_TRY(const double bits,
            coder.QuantiseTile(from, quantiser, *task_->features, tile, {coded_.data() + left, row_values()}));
    bits_ += bits;
  }
  return {};
}

// Measures the distortion of the coded latents and, unless these are the last, moves the latents. Outside the band the
// picture has what earlier bands were coded as and what later ones have still to code.
Status BandSearch::Synthesize(bool last, float step) {
  auto fill = [&](uint32_t y, float* to) {
    const bool own = y >= band_.first() && y < band_.end();
    std::copy_n(own ? coded_.data() + (y - band_.first()) * row_values() : latents_->data() + y * row_values(),
                row_values(), to);
  };
  if (last) return band_.Run(RowFunction(fill));
  auto move = [&](uint32_t y, const float* gradient) { Move(y, gradient, step); };
  return band_.RunGradient(RowFunction(fill), RowFunction(move));
}

// The gradient wants the coded latent at coded - gain * gradient / curvature (Newton's step for each latent alone); the
// latent goes a part of the way.
void BandSearch::Move(uint32_t y, const float* gradient, float step) {
  const size_t channels = task_->gains->size(), width = task_->features->width,
               offset = (y - band_.first()) * row_values();
  float* latent = latents_->data() + y * row_values();
  const float* coded = coded_.data() + offset;
  float* velocity = velocity_.data() + offset;
  for (size_t x = 0; x < width; ++x) {
    const float place = curvature_->places.empty() ? 1 : curvature_->places[y * width + x];
    for (size_t c = 0; c < channels; ++c, ++latent, ++coded, ++velocity, ++gradient) {
      const float wish = *coded - (*task_->gains)[c] * *gradient / (curvature_->channels[c] * place);
      *velocity = kMomentum * *velocity + wish - *latent;
      *latent += step * *velocity;
    }
  }
}

// ---- Curvature --------------------------------------------------------------------------------------------

void RaiseLeast(Buffer<float>& channels) {
  float mean = 0;
  for (const float value : channels) mean += value / static_cast<float>(channels.size());
  const float least = std::max(kLeastNorm * mean, std::numeric_limits<float>::min());
  for (float& value : channels) value = std::max(value, least);
}

// That of the squared error, per channel: the squared norm of what a unit of a latent adds to the picture. It is the
// expectation of the squared gradient for random errors of -1 and 1 (Hutchinson 1990), taken at the latents of the
// first rows.
Result<Curvature> MeasureNorms(const SearchTask& task, const Buffer<float>& latents) {
  const size_t channels = task.gains->size(), width = task.features->width, row_values = width * channels;
  const uint32_t rows = std::min(task.features->height, kProbeRows);
  LIC_TRY(auto gradient, Gradient::Create(*task.synthesis, rows, static_cast<uint32_t>(width)));
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
  for (float& norm : norms) norm /= static_cast<float>(rows * width);
  RaiseLeast(norms);
  return Curvature{std::move(norms), {}};
}

// That of any distortion: how much of each latent's gradient turns with the latent when all are moved by a random sign
// (Hutchinson again). What one latent tells is noise for the most part; so it is summed over the latents of a channel,
// and over those of a place.
Result<Curvature> MeasureChanges(const SearchTask& task, const Buffer<float>& latents) {
  const size_t channels = task.gains->size(), width = task.features->width, positions = task.features->height * width;
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

Result<Curvature> MeasureCurvature(const SearchTask& task, const Buffer<float>& latents) {
  return task.visual_loss->has_value() ? MeasureChanges(task, latents) : MeasureNorms(task, latents);
}

// One row of tiles follows the other; of all states of a row that with the least loss stays, that of effort 2 among
// them.
Status Refine(const SearchTask& task, const Curvature& curvature, int steps, EntropyCoder& coder,
              Buffer<float>& latents) {
  for (uint32_t tile_row = 0; tile_row < task.grid.rows; ++tile_row) {
    LIC_TRY(auto search, BandSearch::Create(task, curvature, tile_row, latents));
    LIC_CHECK(search.Run(steps, coder));
  }
  return {};
}

}  // namespace

Result<ErrorWeights> Search(const SearchTask& task, int effort, EntropyCoder& coder, Buffer<float>& latents) {
  ErrorWeights weights;
  if (effort == 0) return weights;
  if (effort == 1 || !HasGradient(*task.synthesis)) {
    LIC_TRY(auto norms, Buffer<float>::Create(task.gains->size()));
    std::fill(norms.begin(), norms.end(), 1.0f);  // those of an orthonormal synthesis
    LIC_TRY(weights.channels, ChannelWeights(task, norms, kOrthonormalShare));
    return weights;
  }
  LIC_TRY(auto curvature, MeasureCurvature(task, latents));
  if (effort == 2) {
    LIC_TRY(weights.channels, ChannelWeights(task, curvature.channels, kUnrefinedShare));
    weights.places = std::move(curvature.places);
    return weights;
  }
  LIC_CHECK(Refine(task, curvature, 1 << (effort - kFirstRefinement), coder, latents));
  return weights;
}

}  // namespace lic
