// The squared error of a picture that the synthesis makes of rounded latents, and its gradients: band by band.
#pragma once

#include "overfitted/training/picture_band.h"
#include "overfitted/training/rate_pass.h"
#include "picture/source.h"

namespace lic::overfitted {

class PicturePass {
 public:
  // Rows of a band.
  static constexpr uint32_t kBandRows = 32;

  // The samples of `source` are copied; `architecture` must outlive the pass.
  static Result<PicturePass> Create(const Architecture& architecture, const Source& source, uint32_t workers);

  // The mean squared error of samples in 0..1. Gradients as in RatePass::Run; `sampling` is of PictureBand's blocks.
  double Run(const FloatNetworks& networks, FloatGrids& grids, Wanted wanted, Sampling sampling,
             const TrainingKernels& kernels, Workers& workers, std::span<float> gradient);
  // That of the samples that a decoder hands out, integers of 0..255, of the bands that `sampling` takes.
  double ErrorOfSamples(const FloatNetworks& networks, FloatGrids& grids, Sampling sampling,
                        const TrainingKernels& kernels, Workers& workers);

 private:
  uint32_t bands() const { return CeilDiv(height_, kBandRows); }
  uint32_t blocks() const { return CeilDiv(height_, PictureBand::kSampledRows); }
  void RunBand(const PictureBand::Task& task, uint32_t band, PictureBand& worker);
  void AddSums(const FloatNetworks& networks, Sampling sampling, std::span<float> gradient) const;

  const Architecture* a_ = nullptr;
  uint32_t width_ = 0;
  uint32_t height_ = 0;
  FloatChannels channels_;
  Buffer<uint8_t> target_;  // (kColours, height, width)
  std::vector<PictureBand> workers_;
  Buffer<double> band_errors_;
  Buffer<float> band_sums_;  // (bands, PictureBand::sums)
};

}  // namespace lic::overfitted
