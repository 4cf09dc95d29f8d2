#include "overfitted/training/fitting.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/try.h"
#include "overfitted/training/descent.h"

namespace lic::overfitted {
namespace {

constexpr uint32_t kReportEvery = 10;
constexpr uint32_t kMostHardIterations = 100;
constexpr uint32_t kHardPart = 20;          // one of so many iterations
constexpr float kLaterStart = 0.5f;         // where later runs enter the schedule, for a quality nearby
constexpr float kFarQuality256 = 32 * 256;  // from where on they enter it at its beginning

// Where a run for a quality enters the schedule that goes on from one for another. Latents that are far from where they
// should be are moved only where rounding is soft.
float LaterStart(uint32_t last256, uint32_t quality256) {
  const float way = std::fabs(static_cast<float>(quality256) - static_cast<float>(last256));
  return kLaterStart * std::max(0.f, 1 - way / kFarQuality256);
}

class DescentFitting final : public Fitting {
 public:
  Status Prepare(const Source& source, const FittingOptions& options) {
    architecture_ = options.architecture;
    LIC_TRY(auto networks, FloatNetworks::Create(architecture_));
    if (architecture_.base_set == 0) networks.StartFromNothing();
    LIC_TRY(descent_, Descent::Create(source, std::move(networks), options.threads));
    return {};
  }

  Result<Fit> Run(uint32_t quality256, uint32_t iterations, FittingObserver* observer) override {
    descent_->SetQuality(quality256);
    descent_->Plan(iterations);
    const uint32_t hard = std::min(iterations / kHardPart, kMostHardIterations), soft = iterations - hard;
    const float start = runs_++ == 0 ? 0 : LaterStart(last_quality256_, quality256);
    for (uint32_t i = 0; i < iterations; ++i) {
      if (i < soft) {
        descent_->StepSoftly(start + (1 - start) * static_cast<float>(i) / static_cast<float>(soft));
      } else {
        if (i == soft) descent_->Harden();
        descent_->StepHard(static_cast<float>(i - soft) / static_cast<float>(hard));
      }
      if (observer && i % kReportEvery == 0) {
        const FittingProgress progress = {.iteration = i,
                                          .iterations = iterations,
                                          .bits = descent_->bits(),
                                          .psnr = -10 * std::log10(descent_->error())};
        LIC_CHECK(observer->Report(progress, quality256));
        descent_->SetQuality(quality256);
      }
    }
    LIC_TRY(auto fit, descent_->TakeFit());
    fit.iterations = iterations;
    fit.quality256 = last_quality256_ = quality256;
    return fit;
  }

 private:
  Architecture architecture_;
  std::unique_ptr<Descent> descent_;
  uint32_t runs_ = 0;
  uint32_t last_quality256_ = 0;
};

}  // namespace

Result<std::unique_ptr<Fitting>> Fitting::Create(const Source& source, const FittingOptions& options) {
  std::unique_ptr<DescentFitting> fitting(new (std::nothrow) DescentFitting);
  if (!fitting) return Fail(Error::kOutOfMemory, "no memory for the descent");
  LIC_CHECK(fitting->Prepare(source, options));
  return std::unique_ptr<Fitting>(std::move(fitting));
}

}  // namespace lic::overfitted
