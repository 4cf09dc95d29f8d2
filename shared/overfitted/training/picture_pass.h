// The squared error of a picture that the synthesis makes of rounded latents, and its gradients.
//
//   channels ──1x1, ReLU, 1x1──> ──3x3 layers──> (+) ──> samples ──> squared error, and all the way back
//          └──────── bypass ─────────────────────┘
#pragma once

#include "overfitted/training/float_channels.h"
#include "overfitted/training/rate_pass.h"
#include "picture/source.h"

namespace lic::overfitted {

// The stages of the synthesis, in their order.
enum class PictureStage : uint8_t { kChannels, kMixing, kConvolutions };

class PicturePass {
 public:
  // The samples of `source` are copied; `architecture` must outlive the pass.
  static Result<PicturePass> Create(const Architecture& architecture, const Source& source, uint32_t workers);

  // The mean squared error of samples in 0..1. Gradients as in RatePass::Run.
  double Run(const FloatNetworks& networks, FloatGrids& grids, Wanted wanted, Sampling sampling,
             const TrainingKernels& kernels, Workers& workers, std::span<float> gradient);
  // That of the samples that a decoder hands out, integers of 0..255. Nothing has changed since the last run that
  // changes a stage before `first`.
  double ErrorOfSamples(const FloatNetworks& networks, const FloatGrids& grids, PictureStage first,
                        const TrainingKernels& kernels, Workers& workers);

 private:
  static constexpr uint32_t kBandRows = 16;
  // Three planes: red, green and blue.
  struct Colours {
    FloatPlane plane[kColours];

    Status Make(uint32_t width, uint32_t height);
    // The rows y - 1, y and y + 1, from column x on.
    void Around(int64_t y, int64_t x, const float* (*rows)[3]) const;
    void Row(int64_t y, int64_t x, float** rows);
    void RepeatBorder(uint32_t y);
  };
  struct Task {
    const FloatNetworks& networks;
    const TrainingKernels& kernels;
    Workers& workers;
    Wanted wanted;
    Sampling sampling;

    bool TakesSums(uint32_t band) const { return wanted == Wanted::kAllGradients && sampling.Takes(band); }
  };

  uint32_t bands() const { return CeilDiv(height_, kBandRows); }
  template <class Function>
  void ForEachRow(const Task& task, const Function& function);

  double Forward(const Task& task, const FloatGrids& grids, PictureStage first, bool as_samples);
  void Mix(const Task& task);
  void Convolve(const Task& task, uint32_t layer);
  double Compare(const Task& task, bool as_samples);
  void ConvolveBack(const Task& task, uint32_t layer, Colours& d_out, Colours& d_in);
  void Fold(uint32_t y, const Colours* rectified, Colours& gradient) const;
  void MixBack(const Task& task, Colours& d_mixed);
  void AddSums(const Task& task, std::span<float> gradient) const;
  size_t sums_of_band() const { return mix_parameters_ + size_t{a_->convolutions} * kConvolutionParameters; }
  void Reduce(const float* parts, size_t count, float* to) const;

  const Architecture* a_ = nullptr;
  uint32_t width_ = 0;
  uint32_t height_ = 0;
  size_t mix_parameters_ = 0;
  FloatChannels channels_;
  Colours target_;
  Colours stages_[kMaxConvolutions + 1];  // after the mixing, and after each 3x3 layer
  Colours bypass_;
  Colours d_samples_;
  Colours d_stages_[kMaxConvolutions];
  Buffer<double> band_errors_;
  Buffer<float> band_sums_;  // (bands, sums_of_band)
  Buffer<float> scratch_;    // (workers, kMixScratch + parts of sums)
};

}  // namespace lic::overfitted
