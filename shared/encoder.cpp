// The door of encoding: checks the arguments, chooses the coding, and tries qualities where a target is given.
//
//   pixels ──> PictureEncoder::Encode ──> bytes of a .lic file
//                  ^             │
//      quality ──> TargetSearch <┘ bytes, or PSNR or SSIM of what is decoded
#include <algorithm>
#include <memory>

#include "autoencoder/picture_encoder.h"
#include "base/try.h"
#include "container/quality.h"
#include "container/sections.h"
#include "container/tile_grid.h"
#include "measure/metrics.h"
#include "measure/ssim.h"
#include "model/model.h"
#include "target.h"

namespace lic {
namespace {

Status CheckArguments(const PictureView& picture, const EncodeOptions& options) {
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

// The file with the best quality that reaches the target.
Result<Buffer<uint8_t>> EncodeForTarget(PictureEncoder& encoder, TargetSearch& search, Target target,
                                        const PictureView& picture, const Model* model) {
  Buffer<uint8_t> best;
  while (!search.done()) {
    LIC_TRY(auto file, encoder.Encode(search.next(), PictureEncoder::Trial::kOneOfSeveral));
    LIC_TRY(const double value, Measure(file, target, picture, model));
    if (search.Report(value)) best = std::move(file);
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
  return EncodeForTarget(*coding, search, options.target, picture, &model);
}

}  // namespace lic
