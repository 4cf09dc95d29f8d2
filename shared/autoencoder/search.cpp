#include "autoencoder/search.h"

#include <algorithm>
#include <limits>

#include "autoencoder/curvature.h"
#include "autoencoder/search_band.h"
#include "base/try.h"

namespace lic {
namespace {

// ---- What was tuned, on the validation crops of the training set ------------------------------------------

// An error of a latent also misleads the contexts of the latents that are coded after it, so it weighs more than in the
// picture alone. Where nothing corrects the other latents for it, it weighs more still.
constexpr float kRefinedShare = 1.4f;
constexpr float kUnrefinedShare = 3;
constexpr float kOrthonormalShare = 1.4f;  // of norms that are not measured but taken for 1

constexpr int kFirstRefinement = 3;  // the effort with one step; every further one doubles the steps
// A step goes a part of the way to where the gradient wants the latents. The part starts with kStepStart and falls by
// kStepFall of itself. kMomentum of the last step is repeated.
constexpr float kStepStart = 0.3f;
constexpr float kStepFall = 0.9f;
constexpr float kMomentum = 0.5f;
constexpr float kCaution = 0.7f;  // what steps are multiplied by when the loss has risen

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
  Status Run(int steps, LatentCoder& coder);

 private:
  BandSearch(const SearchTask& task, const Curvature& curvature, uint32_t tile_row, Band band, Buffer<float>& latents)
      : task_(&task), curvature_(&curvature), tile_row_(tile_row), band_(std::move(band)), latents_(&latents) {}
  Status Quantise(const Quantiser& quantiser, LatentCoder& coder);
  void FillRow(uint32_t y, float* to) const;
  Status Synthesise();
  Status SynthesiseAndMove(float step);
  void Move(uint32_t y, const float* gradient, float step);
  size_t row_values() const { return task_->row_values(); }

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

Status BandSearch::Run(int steps, LatentCoder& coder) {
  double least = std::numeric_limits<double>::infinity(), before = least;
  float caution = 1;
  for (int i = 0; i <= steps; ++i) {
    const float share = kRefinedShare + (kUnrefinedShare - kRefinedShare) / static_cast<float>(i + 1);
    LIC_TRY(const auto weights, ChannelWeights(*task_, curvature_->channels, share));
    Quantiser quantiser(*task_->costs, weights, curvature_->places);
    if (i > 0) quantiser.LowerAll();
    LIC_CHECK(Quantise(quantiser, coder));
    const float step = caution * kStepStart * (1 - kStepFall * static_cast<float>(i) / static_cast<float>(steps));
    LIC_CHECK(i < steps ? SynthesiseAndMove(step) : Synthesise());
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

Status BandSearch::Quantise(const Quantiser& quantiser, LatentCoder& coder) {
  bits_ = 0;
  for (uint32_t column = 0; column < task_->grid.columns; ++column) {
    const Rect tile = LatentsOf(task_->grid, tile_row_ * task_->grid.columns + column);
    const size_t left = size_t{tile.x} * task_->channels();
    const GainedLatents from = {latents_->data() + band_.first() * row_values() + left, row_values()};
    LIC_TRY(const double bits, coder.QuantiseTile(from, quantiser, *task_->costs, *task_->features, tile,
                                                  {coded_.data() + left, row_values()}));
    bits_ += bits;
  }
  return {};
}

// A row of latents of the picture. Outside the band the picture has what earlier bands were coded as and what later
// ones have still to code.
void BandSearch::FillRow(uint32_t y, float* to) const {
  const bool own = y >= band_.first() && y < band_.end();
  std::copy_n(own ? coded_.data() + (y - band_.first()) * row_values() : latents_->data() + y * row_values(),
              row_values(), to);
}

// Measures the distortion of the coded latents.
Status BandSearch::Synthesise() {
  auto fill = [&](uint32_t y, float* to) { FillRow(y, to); };
  return band_.Run(RowFunction(fill));
}

// As Synthesise, and moves the latents.
Status BandSearch::SynthesiseAndMove(float step) {
  auto fill = [&](uint32_t y, float* to) { FillRow(y, to); };
  auto move = [&](uint32_t y, const float* gradient) { Move(y, gradient, step); };
  return band_.RunGradient(RowFunction(fill), RowFunction(move));
}

// The gradient wants the coded latent at coded - gain * gradient / curvature, which is Newton's step for each latent
// alone. The latent goes a part of the way.
void BandSearch::Move(uint32_t y, const float* gradient, float step) {
  const size_t channels = task_->channels(), width = task_->width(), offset = (y - band_.first()) * row_values();
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

// The rows of tiles are searched one after the other. Of all states that a row passes through, the one with the least
// loss stays. The first of them is that of effort 2.
Status Refine(const SearchTask& task, const Curvature& curvature, int steps, LatentCoder& coder,
              Buffer<float>& latents) {
  for (uint32_t tile_row = 0; tile_row < task.grid.rows; ++tile_row) {
    LIC_TRY(auto search, BandSearch::Create(task, curvature, tile_row, latents));
    LIC_CHECK(search.Run(steps, coder));
  }
  return {};
}

}  // namespace

Result<ErrorWeights> Search(const SearchTask& task, int effort, LatentCoder& coder, Buffer<float>& latents) {
  ErrorWeights weights;
  if (effort == 0) return weights;
  if (effort == 1 || !HasGradient(*task.synthesis)) {
    LIC_TRY(auto norms, Buffer<float>::Create(task.channels()));
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
