// A fitting without a descent, for tests of what is made of a fit: the networks are the base set's, and the latents a
// pyramid of the picture.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/try.h"
#include "overfitted/parameters_writer.h"
#include "overfitted/synthesis.h"
#include "overfitted/training/fitting.h"

namespace lic::test {

namespace of = lic::overfitted;

class PyramidFitting final : public of::Fitting {
 public:
  static Result<std::unique_ptr<of::Fitting>> Create(const Source& source, const of::FittingOptions& options) {
    return std::unique_ptr<of::Fitting>(new PyramidFitting(source, options.architecture));
  }

  // The lower the quality, the more of the fine latents are 0. Reports every tenth iteration.
  Result<of::Fit> Run(uint32_t quality256, uint32_t iterations, of::FittingObserver* observer) override {
    for (uint32_t i = 0; observer && i < iterations; i += 10)
      LIC_CHECK(observer->Report({.iteration = i, .iterations = iterations, .bits = 800, .psnr = 30}, quality256));
    of::Fit fit;
    fit.architecture = a_;
    fit.iterations = iterations_ += iterations;
    fit.quality256 = quality256;
    LIC_TRY(fit.parameters, of::BaseParameters(a_));
    std::fill(std::begin(fit.step), std::end(fit.step), of::kNoDifferences);
    LIC_TRY(fit.planes, of::GridPlanes::Create(a_, width(), height(), height()));
    of::Parameters parameters;
    LIC_TRY(parameters.values, of::BaseParameters(a_));
    LIC_TRY(const of::Layers layers, of::Layers::Create(a_, parameters));
    const double quality = quality256 / 256.0;
    for (uint32_t g = 0; g < a_.grids; ++g) {
      const double dead = a_.grid[g].level < 4 ? 0.5 + 0.03 * (100 - quality) : 0.5;
      LIC_CHECK(FillGrid(g, dead, parameters, layers, fit.planes));
    }
    return fit;
  }

 private:
  PyramidFitting(const Source& source, const of::Architecture& a) : source_(source), a_(a) {}
  uint32_t width() const { return source_.view.width; }
  uint32_t height() const { return source_.view.height; }

  // Gives a grid what the coarser ones leave of the picture.
  Status FillGrid(uint32_t g, double dead, const of::Parameters& parameters, const of::Layers& layers,
                  of::GridPlanes& planes) {
    const of::Grid& grid = a_.grid[g];
    const of::ChannelTask task = {.architecture = &a_,
                                  .parameters = &parameters,
                                  .kernels = &of::ChooseKernels(),
                                  .width = width(),
                                  .height = height(),
                                  .columns = {0, width()}};
    LIC_TRY(auto synthesis, of::Synthesis::Create(task, layers));
    synthesis.Start(0);
    std::vector<double> sums(size_t{grid.Size(width())} * grid.Size(height()));
    std::vector<int> counts(sums.size());
    std::vector<uint8_t> made(size_t{width()} * 3);
    std::vector<float> wanted(made.size());
    for (uint32_t y = 0; y < height(); ++y) {
      synthesis.NextRow(planes, made.data());
      source_.FillRow(y, width(), wanted.data());
      for (uint32_t x = 0; x < width(); ++x) {
        double rest[3];
        for (int c = 0; c < 3; ++c) rest[c] = 255 * (wanted[3 * x + c] + 0.5) - made[3 * x + c];
        const double luma = 0.3 * rest[0] + 0.6 * rest[1] + 0.1 * rest[2];
        const double values[3] = {luma / 25.5, (rest[2] - luma) / 45, (rest[0] - luma) / 36};
        const size_t at = size_t{y >> grid.level} * grid.Size(width()) + (x >> grid.level);
        sums[at] += values[grid.chain];
        ++counts[at];
      }
    }
    for (size_t i = 0; i < sums.size(); ++i) {
      const double mean = sums[i] / counts[i];
      const double latent = std::fabs(mean) < dead ? 0 : std::clamp(std::round(mean), -128.0, 127.0);
      planes.plane[g].latents[i] = int8_t(latent);
    }
    return {};
  }

  const Source& source_;
  of::Architecture a_;
  uint32_t iterations_ = 0;
};

}  // namespace lic::test
