// The doors of encoding: they check the arguments and try qualities where a target is given. Each has a coding.
//
//   pixels ──> PictureEncoder::Encode ──> bytes of a .lic file
//                  ^             │
//      quality ──> TargetSearch <┘ bytes, or PSNR or SSIM of what is decoded
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>
#include <type_traits>

#include "autoencoder/picture_encoder.h"
#include "base/try.h"
#include "container/quality.h"
#include "container/sections.h"
#include "container/tile_grid.h"
#include "measure/metrics.h"
#include "measure/ssim.h"
#include "model/model.h"
#include "overfitted/encoding/picture_encoder.h"
#include "overfitted/encoding/presets.h"
#include "target.h"

namespace lic {
namespace {

// What the options of all codings have.
template <class Options>
Status CheckArguments(const PictureView& picture, const Options& options) {
  if (options.target == Target::kQuality && !(options.quality >= 1 && options.quality <= 100))
    return Fail(Error::kInvalidArgument, "quality is %g, allowed are 1 to 100", options.quality);
  if (options.target > Target::kSsim) {
    return Fail(Error::kInvalidArgument, "target is %d, allowed are 0 to %d", static_cast<int>(options.target),
                static_cast<int>(Target::kSsim));
  }
  if (options.target == Target::kSsim && std::min(picture.width, picture.height) < kSsimWindow) {
    return Fail(Error::kInvalidArgument, "the picture has %u x %u pixels, SSIM takes sides of at least %u",
                picture.width, picture.height, kSsimWindow);
  }
  if (options.effort < 0 || options.effort > kMaxEffort)
    return Fail(Error::kInvalidArgument, "effort is %d, allowed are 0 to %d", options.effort, kMaxEffort);
  if (options.tile_units < 1 || options.tile_units > kMaxTileUnits) {
    return Fail(Error::kInvalidArgument, "tile_units is %u, allowed are 1 to %u", options.tile_units, kMaxTileUnits);
  }
  return {};
}

Status CheckPicture(const PictureView& picture, const Metadata& metadata) {
  if (picture.channels < 1 || picture.channels > 4)
    return Fail(Error::kInvalidArgument, "the picture has %u channels, allowed are 1 to 4", picture.channels);
  if (picture.width < 1 || picture.height < 1 || picture.width > kMaxSide || picture.height > kMaxSide) {
    return Fail(Error::kUnsupportedImage, "the picture has %u x %u pixels, allowed are sides of 1 to %u", picture.width,
                picture.height, kMaxSide);
  }
  if (uint64_t{picture.width} * picture.height > kMaxPixels) {
    return Fail(Error::kUnsupportedImage, "the picture has %u x %u pixels, allowed are %llu in all", picture.width,
                picture.height, static_cast<unsigned long long>(kMaxPixels));
  }
  if (picture.stride < size_t{picture.width} * picture.channels) {
    return Fail(Error::kInvalidArgument, "stride is %zu, a row has %zu bytes", picture.stride,
                size_t{picture.width} * picture.channels);
  }
  for (const Bytes block : {metadata.icc, metadata.exif, metadata.xmp}) {
    if (block.size() > kMaxMetadataBytes) {
      return Fail(Error::kUnsupportedImage, "a block of metadata has %zu bytes, allowed are %u", block.size(),
                  kMaxMetadataBytes);
    }
  }
  return {};
}

// What a file has of a target.
Result<double> Measure(Bytes file, Target target, const PictureView& original, const Model* model) {
  if (target == Target::kBytes) return static_cast<double>(file.size());
  LIC_TRY(const Picture decoded, Decode(file, model));
  LIC_TRY(const Difference difference, Compare(original, decoded.view()));
  return target == Target::kPsnr ? difference.psnr : *difference.ssim;
}

// The file with the best quality that reaches the target. `first` is that of the first quality, if it is there already.
// `keep` is called for each file that is better than all before.
template <class Keep>
Result<Buffer<uint8_t>> EncodeForTarget(PictureEncoder& encoder, TargetSearch& search, Target target,
                                        const PictureView& picture, const Model* model, Buffer<uint8_t> first,
                                        const Keep& keep) {
  Buffer<uint8_t> best;
  while (!search.done()) {
    Buffer<uint8_t> file = std::move(first);
    if (file.empty()) {
      LIC_TRY(file, encoder.Encode(search.next(), PictureEncoder::Trial::kOneOfSeveral));
    }
    LIC_TRY(const double value, Measure(file, target, picture, model));
    if (!search.Report(value)) continue;
    best = std::move(file);
    keep();
  }
  LIC_CHECK(search.Reached());
  return best;
}

}  // namespace

// Whoever hands in a model wants its coding: the autoencoder's.
Result<Buffer<uint8_t>> Encode(const PictureView& picture, const Model& model, const EncoderModel& encoder,
                               const EncodeOptions& options) {
  LIC_CHECK(CheckArguments(picture, options));
  LIC_CHECK(CheckPicture(picture, options.metadata));
  if (encoder.data().decoder != model.id()) {
    return Fail(Error::kModelMismatch, "the encoder is for model %s, the model handed in is %s",
                ToHex(encoder.data().decoder).c_str(), ToHex(model.id()).c_str());
  }
  TargetSearch search(options.target, options.target_value);
  if (options.target != Target::kQuality) LIC_CHECK(search.Check());
  LIC_TRY(const auto coding, AutoencoderEncoder::Create(picture, model, encoder, options));
  if (options.target == Target::kQuality)
    return coding->Encode(ToQuality256(options.quality), PictureEncoder::Trial::kLast);
  return EncodeForTarget(*coding, search, options.target, picture, &model, {}, [] {});
}

// ---- Networks of the picture's own --------------------------------------------------------------------------

namespace {

// Looks on while networks are fitted. Steers the first descent to a number of bytes or a PSNR: what is fitted while the
// quality is still far off is lost. Hands progress on to the caller's observer.
class ObservedFitting final : public overfitted::FittingObserver {
 public:
  explicit ObservedFitting(const OverfitOptions& options)
      : observer_(options.observer),
        target_(options.target),
        search_(options.target, options.target_value),
        descents_(options.target == Target::kQuality ? 1 : kLikelyDescents) {
    for (const Bytes block : {options.metadata.icc, options.metadata.exif, options.metadata.xmp})
      other_bytes_ += static_cast<double>(block.size());
  }

  Status Report(const overfitted::FittingProgress& now, uint32_t& quality256) override {
    // Within a descent iterations only rise.
    if (has_begun_ && now.iteration <= last_iteration_) ++trial_;
    has_begun_ = true;
    last_iteration_ = now.iteration;
    if (trial_ == 0 && now.iteration >= now.iterations / kBlindPart) Steer(now, quality256);
    if (!observer_.report) return {};
    OverfitProgress progress;
    progress.part = PartDone(static_cast<float>(now.iteration) / static_cast<float>(std::max(now.iterations, 1u)));
    progress.trial = trial_;
    progress.iteration = now.iteration;
    progress.iterations = now.iterations;
    progress.bytes = BytesOf(now);
    progress.psnr = now.psnr;
    if (observer_.report(observer_.context, progress)) return {};
    return Fail(Error::kStopped, "the observer stopped the encoding at iteration %u of %u", now.iteration,
                now.iterations);
  }

 private:
  static constexpr uint32_t kLikelyDescents = 6;  // for a target
  // Header, section heads and states have 107 bytes or a few more; networks have about 400.
  static constexpr double kUsualBytes = 500;
  // In this part of the iterations nothing is steered: bytes and PSNR say little of what they will be.
  static constexpr uint32_t kBlindPart = 10;
  // At the quality 50, bytes fall about with this power of the iterations, and PSNR rises by so many dB while these
  // become e times as many.
  static constexpr double kBytePower = 0.27, kDecibels = 2.2;
  // The first guess is gone to at once, while latents still move far. What a report shows later follows the quality
  // with a delay, so only a part of the way is gone at once, and never far from the guess.
  static constexpr double kGain = 0.25;
  static constexpr double kRoom256 = 15 * 256;

  double BytesOf(const overfitted::FittingProgress& now) const { return now.bits / 8 + other_bytes_; }

  void Steer(const overfitted::FittingProgress& now, uint32_t& quality256) {
    if (target_ != Target::kBytes && target_ != Target::kPsnr) return;
    const double part = (now.iteration + 1.0) / now.iterations;
    const double way = search_.QualityShort(target_ == Target::kBytes ? BytesOf(now) * std::pow(part, kBytePower)
                                                                      : now.psnr - kDecibels * std::log(part));
    const auto allowed = [](double wanted) { return std::clamp<double>(wanted, kMinQuality256, kMaxQuality256); };
    const bool is_first = guess256_ == 0;
    if (is_first) guess256_ = allowed(quality256 + way);
    const double near =
        std::clamp(quality256 + (is_first ? 1 : kGain) * way, guess256_ - kRoom256, guess256_ + kRoom256);
    quality256 = static_cast<uint32_t>(allowed(near));
  }

  // The first descent weighs as much as kLaterPart of the others.
  float PartDone(float part_of_descent) const {
    const auto first = static_cast<float>(overfitted::kLaterPart);
    const float all = first + static_cast<float>(std::max(descents_, trial_ + 1) - 1);
    return (trial_ == 0 ? first * part_of_descent : first + static_cast<float>(trial_ - 1) + part_of_descent) / all;
  }

  const OverfitObserver observer_;
  const Target target_;
  const TargetSearch search_;
  const uint32_t descents_;
  double other_bytes_ = kUsualBytes;
  double guess256_ = 0;  // 0: none yet
  uint32_t trial_ = 0;
  bool has_begun_ = false;
  uint32_t last_iteration_ = 0;
};

// `first256` is the quality at which the first descent begins; all that follows goes on from it.
Result<overfitted::EncodingTask> TaskOf(const OverfitOptions& options, uint32_t first256) {
  overfitted::EncodingTask task;
  LIC_TRY(task.fitting.architecture, overfitted::Architecture::Read(overfitted::NetworksFor(first256)));
  task.fitting.iterations = overfitted::kIterationsOfEffort[options.effort];
  task.fitting.threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  task.later_iterations = std::max(task.fitting.iterations / overfitted::kLaterPart, overfitted::kLeastLater);
  task.tile_units = options.tile_units;
  task.metadata = options.metadata;
  return task;
}

OverfitReport ReportOf(const overfitted::EncodingFigures& figures) {
  OverfitReport report;
  static_assert(std::extent_v<decltype(OverfitReport::grid)> == overfitted::kMaxGrids);
  report.network_bytes = figures.network_bytes;
  report.grids = figures.architecture.grids;
  for (uint32_t g = 0; g < report.grids; ++g) {
    const overfitted::Grid& grid = figures.architecture.grid[g];
    report.grid[g] = {grid.chain, grid.level, static_cast<uint64_t>(std::llround(figures.grid_bits[g] / 8))};
  }
  return report;
}

}  // namespace

Result<Buffer<uint8_t>> EncodeOverfitted(const PictureView& picture, const OverfitOptions& options,
                                         OverfitReport* report) {
  const auto start = std::chrono::steady_clock::now();
  LIC_CHECK(CheckArguments(picture, options));
  LIC_CHECK(CheckPicture(picture, options.metadata));
  const bool has_target = options.target != Target::kQuality;
  if (has_target) LIC_CHECK(TargetSearch(options.target, options.target_value).Check());
  const uint32_t first256 = has_target ? TargetSearch::kMiddle256 : ToQuality256(options.quality);
  LIC_TRY(overfitted::EncodingTask task, TaskOf(options, first256));
  ObservedFitting observer(options);
  task.observer = &observer;
  LIC_TRY(const auto coding, overfitted::OverfittedEncoder::Create(picture, task, overfitted::Fitting::Create));
  OverfitReport kept;
  const auto keep = [&] { kept = ReportOf(coding->figures()); };
  LIC_TRY(auto file, coding->Encode(first256, PictureEncoder::Trial::kOneOfSeveral));
  keep();
  if (has_target) {
    TargetSearch search(options.target, options.target_value, coding->figures().quality256);
    LIC_TRY(file, EncodeForTarget(*coding, search, options.target, picture, nullptr, std::move(file), keep));
  }
  if (report) {
    *report = kept;
    report->iterations = coding->figures().iterations;
    report->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return file;
}

}  // namespace lic
