#include "search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradient.h"
#include "network_plan.h"
#include "try.h"

namespace lic {
namespace {

// ---- What was tuned, on the validation crops of the training set ----------------------------------------------------------------

// An error of a latent also misleads the contexts of the latents behind it; so it weighs more than in the picture alone. Where
// nothing corrects the other latents for it, more still.
constexpr float kRefinedShare = 1.4f;
constexpr float kUnrefinedShare = 3;
constexpr float kOrthonormalShare = 1.4f;  // of norms that are not measured but taken for 1

constexpr int kFirstRefinement = 3;  // the effort with one step; every further one doubles the steps
// The part of the way towards the gradient's wish that a step goes, falling to a tenth of it, and the part of the last step that is repeated.
constexpr float kStepStart = 0.3f;
constexpr float kStepFall = 0.9f;
constexpr float kMomentum = 0.5f;
constexpr float kCaution = 0.7f;  // what steps are multiplied by when the loss has risen

constexpr uint32_t kProbeRows = 16;   // rows of latents on which norms are measured
constexpr float kLeastNorm = 0.02f;   // of the mean norm: a channel that does nothing must not be divided by 0

// +1 or -1, the same sequence always (Marsaglia 2003, "Xorshift RNGs").
class Signs {
 public:
  float Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ & 0x8000 ? 1.0f : -1.0f;
  }

 private:
  uint32_t state_ = 2463534242;
};

// Bits that one unit of squared error of a latent with its gain is worth, per channel.
Result<Buffer<float>> ErrorWeights(const SearchTask& task, const Buffer<float>& norms, float share) {
  LIC_TRY(auto weights, Buffer<float>::Allocate(norms.size()));
  for (size_t c = 0; c < norms.size(); ++c) {
    const float gain = (*task.gains)[c];
    weights[c] = share * task.lambda * 255 * 255 / 3 * norms[c] / (gain * gain);
  }
  return weights;
}

// A row of latents without gain, as the synthesis takes them.
void FillSynthesis(const float* from, const Buffer<float>& gains, size_t width, float* to) {
  for (size_t x = 0; x < width; ++x, from += gains.size(), to += gains.size()) {
    for (size_t c = 0; c < gains.size(); ++c) to[c] = from[c] / gains[c];
  }
}

// A row of tiles and the search on it.
class BandSearch {
 public:
  static Result<BandSearch> Make(const SearchTask& task, const Buffer<float>& norms, uint32_t tile_row, Buffer<float>& latents);
  Status Run(int steps, EntropyCoder& coder);

 private:
  BandSearch(const SearchTask& task, const Buffer<float>& norms, Buffer<float>& latents) : task_(&task), norms_(&norms), latents_(&latents) {}
  Status Quantise(const Quantiser& quantiser, EntropyCoder& coder);
  Status Synthesize(bool last, float step);
  void FillRow(uint32_t row, float* to) const;
  void TakeErrors(uint32_t row, float* pixels);
  void Move(uint32_t row, const float* gradient, float step);
  size_t row_values() const { return size_t{task_->features->width} * task_->gains->size(); }

  const SearchTask* task_;
  const Buffer<float>* norms_;
  Buffer<float>* latents_;       // of the picture: where the descent has got to
  uint32_t tile_row_ = 0;
  uint32_t first_ = 0, end_ = 0;  // rows of latents of the band
  uint32_t top_ = 0;              // row of latents with which the synthesised window begins
  Rows watched_;                  // rows of pixels of the picture on which the band has an effect
  std::optional<Gradient> gradient_;
  Buffer<float> coded_;     // (rows, width, channels)
  Buffer<float> best_;      // the coded latents with the least loss
  Buffer<float> velocity_;  // likewise
  Buffer<float> original_;  // a row of the picture, (padded width, 3)
  double bits_ = 0, squares_ = 0;
};

Result<BandSearch> BandSearch::Make(const SearchTask& task, const Buffer<float>& norms, uint32_t tile_row, Buffer<float>& latents) {
  BandSearch band(task, norms, latents);
  const Rect tile = task.grid.Latents(tile_row * task.grid.columns);
  const uint32_t height = task.features->height;
  band.tile_row_ = tile_row;
  band.first_ = tile.y;
  band.end_ = tile.y + tile.height;
  // A latent acts on pixels `reach` latents away, and these depend on latents as far beyond.
  const uint32_t reach = InputReach(*task.synthesis, kLatentStride);
  band.watched_.begin = static_cast<int32_t>((band.first_ - std::min(band.first_, reach)) * kLatentStride);
  band.watched_.end = static_cast<int32_t>(std::min((band.end_ + reach) * kLatentStride, task.source->view.height));
  band.top_ = band.first_ - std::min(band.first_, 2 * reach);
  const uint32_t bottom = std::min(height, band.end_ + 2 * reach);
  LIC_TRY(band.gradient_, Gradient::Build(*task.synthesis, bottom - band.top_, task.features->width));
  for (Buffer<float>* buffer : {&band.coded_, &band.best_, &band.velocity_}) {
    LIC_TRY(*buffer, Buffer<float>::Allocate(tile.height * band.row_values()));
  }
  LIC_TRY(band.original_, Buffer<float>::Allocate(size_t{band.gradient_->out_width()} * 3));
  return band;
}

Status BandSearch::Run(int steps, EntropyCoder& coder) {
  double least = std::numeric_limits<double>::infinity(), before = least;
  float caution = 1;
  for (int i = 0; i <= steps; ++i) {
    const float share = kRefinedShare + (kUnrefinedShare - kRefinedShare) / static_cast<float>(i + 1);
    LIC_TRY(const auto weights, ErrorWeights(*task_, *norms_, share));
    LIC_CHECK(Quantise({weights.data(), i > 0}, coder));
    LIC_CHECK(Synthesize(i == steps, caution * kStepStart * (1 - kStepFall * static_cast<float>(i) / static_cast<float>(steps))));
    const double loss = bits_ + task_->lambda / 3 * squares_;
    if (loss > before) caution *= kCaution;
    before = loss;
    if (loss >= least) continue;
    least = loss;
    std::swap(coded_, best_);
  }
  std::copy_n(best_.data(), best_.size(), latents_->data() + first_ * row_values());
  return {};
}

Status BandSearch::Quantise(const Quantiser& quantiser, EntropyCoder& coder) {
  bits_ = 0;
  for (uint32_t column = 0; column < task_->grid.columns; ++column) {
    const Rect tile = task_->grid.Latents(tile_row_ * task_->grid.columns + column);
    const size_t left = size_t{tile.x} * task_->gains->size();
    const GainedLatents from = {latents_->data() + first_ * row_values() + left, row_values()};
    LIC_TRY(const double bits, coder.QuantiseTile(from, quantiser, *task_->features, tile, {coded_.data() + left, row_values()}));
    bits_ += bits;
  }
  return {};
}

// Measures the squared error of the coded latents and, unless these are the last, moves the latents.
Status BandSearch::Synthesize(bool last, float step) {
  squares_ = 0;
  auto fill = [&](uint32_t row, float* to) { FillRow(row, to); };
  auto errors = [&](uint32_t row, float* pixels) { TakeErrors(row, pixels); };
  if (last) return gradient_->RunNetwork(RowSource(fill), RowSource(errors));
  auto move = [&](uint32_t row, float* gradient) { Move(row, gradient, step); };
  return gradient_->Run(RowSource(fill), RowSource(errors), RowSource(move));
}

// Outside the band the picture has what earlier bands were coded as and what later ones have still to code.
void BandSearch::FillRow(uint32_t row, float* to) const {
  const uint32_t y = top_ + row;
  const float* from = y >= first_ && y < end_ ? coded_.data() + (y - first_) * row_values() : latents_->data() + y * row_values();
  FillSynthesis(from, *task_->gains, task_->features->width, to);
}

// A row of the synthesised picture, of the window's, becomes its error; its squares, in the decoder's bytes, are added.
void BandSearch::TakeErrors(uint32_t row, float* pixels) {
  const PictureView& view = task_->source->view;
  const uint32_t y = top_ * kLatentStride + row, width = gradient_->out_width();
  if (static_cast<int32_t>(y) < watched_.begin || static_cast<int32_t>(y) >= watched_.end) {
    std::fill_n(pixels, size_t{width} * 3, 0.0f);
    return;
  }
  task_->source->FillRow(y, width, original_.data());
  float squares = 0;
  const size_t count = size_t{view.width} * 3;
  for (size_t i = 0; i < count; ++i) {
    const float value = std::min(std::max(0.0f, pixels[i] + 0.5f), 1.0f), wanted = original_[i] + 0.5f;
    const float difference = static_cast<float>(static_cast<int32_t>(value * 255 + 0.5f)) - wanted * 255;
    squares += difference * difference;
    pixels[i] = value == pixels[i] + 0.5f ? value - wanted : 0;  // a clamped value does not move with the latents
  }
  squares_ += static_cast<double>(squares);
  std::fill(pixels + count, pixels + size_t{width} * 3, 0.0f);
}

// The gradient wants the coded latent at coded - gain * gradient / norm (Newton's step for each latent alone); the latent goes a part of the way.
void BandSearch::Move(uint32_t row, const float* gradient, float step) {
  const uint32_t y = top_ + row;
  if (y < first_ || y >= end_) return;
  const size_t channels = task_->gains->size(), offset = (y - first_) * row_values();
  float* latent = latents_->data() + y * row_values();
  const float* coded = coded_.data() + offset;
  float* velocity = velocity_.data() + offset;
  for (size_t x = 0; x < task_->features->width; ++x) {
    for (size_t c = 0; c < channels; ++c, ++latent, ++coded, ++velocity, ++gradient) {
      const float wish = *coded - (*task_->gains)[c] * *gradient / (*norms_)[c];
      *velocity = kMomentum * *velocity + wish - *latent;
      *latent += step * *velocity;
    }
  }
}

// The squared norm of what a unit of each latent adds to the picture, per channel: the curvature of the squared error. It is the expectation of the
// squared gradient for random errors of -1 and 1 (Hutchinson 1990), taken at the latents of the first rows.
Result<Buffer<float>> MeasureNorms(const SearchTask& task, const Buffer<float>& latents) {
  const size_t channels = task.gains->size(), width = task.features->width, row_values = width * channels;
  const uint32_t rows = std::min(task.features->height, kProbeRows);
  LIC_TRY(auto gradient, Gradient::Build(*task.synthesis, rows, static_cast<uint32_t>(width)));
  LIC_TRY(auto norms, Buffer<float>::Allocate(channels));
  Signs signs;
  auto fill = [&](uint32_t row, float* to) { FillSynthesis(latents.data() + row * row_values, *task.gains, width, to); };
  auto errors = [&](uint32_t, float* pixels) {
    for (size_t i = 0; i < size_t{gradient.out_width()} * 3; ++i) pixels[i] = signs.Next();
  };
  auto sum = [&](uint32_t, float* values) {
    for (size_t i = 0; i < row_values; ++i) norms[i % channels] += values[i] * values[i];
  };
  LIC_CHECK(gradient.Run(RowSource(fill), RowSource(errors), RowSource(sum)));
  float mean = 0;
  for (float& norm : norms) {
    norm /= static_cast<float>(rows * width);
    mean += norm / static_cast<float>(channels);
  }
  const float least = std::max(kLeastNorm * mean, std::numeric_limits<float>::min());
  for (float& norm : norms) norm = std::max(norm, least);
  return norms;
}

// One row of tiles follows the other; of all states of a row that with the least loss stays, that of effort 2 among them.
Status Refine(const SearchTask& task, const Buffer<float>& norms, int steps, EntropyCoder& coder, Buffer<float>& latents) {
  for (uint32_t tile_row = 0; tile_row < task.grid.rows; ++tile_row) {
    LIC_TRY(auto band, BandSearch::Make(task, norms, tile_row, latents));
    LIC_CHECK(band.Run(steps, coder));
  }
  return {};
}

}  // namespace

Result<Buffer<float>> Search(const SearchTask& task, int effort, EntropyCoder& coder, Buffer<float>& latents) {
  if (effort == 0) return Buffer<float>();
  if (effort == 1 || !HasGradient(*task.synthesis)) {
    LIC_TRY(auto norms, Buffer<float>::Allocate(task.gains->size()));
    std::fill(norms.begin(), norms.end(), 1.0f);  // those of an orthonormal synthesis
    return ErrorWeights(task, norms, kOrthonormalShare);
  }
  LIC_TRY(const auto norms, MeasureNorms(task, latents));
  if (effort == 2) return ErrorWeights(task, norms, kUnrefinedShare);
  LIC_CHECK(Refine(task, norms, 1 << (effort - kFirstRefinement), coder, latents));
  return Buffer<float>();
}

}  // namespace lic
