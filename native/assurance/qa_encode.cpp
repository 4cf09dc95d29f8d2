#include "native/assurance/qa_encode.h"

#include "shared/base/try.h"

namespace lic::native {
namespace {

struct Attempt {
  Buffer<uint8_t> file;
  Judgement judgement;
};

Result<Attempt> Try(const PictureView& picture, const EncodingModel& model, const EncodeOptions& options,
                    const Measures& limits) {
  Attempt attempt;
  LIC_TRY(attempt.file, Encode(picture, *model.decoder, *model.encoder, options));
  LIC_TRY(const Picture decoded, Decode(attempt.file, model.decoder.get()));
  LIC_TRY(const DamageGrid grid, MeasureTiles(picture, decoded.view()));
  attempt.judgement = Judge(grid, limits);
  return attempt;
}

}  // namespace

Result<QaEncoding> EncodeWithQa(const PictureView& picture, const EncodingModel& model, const EncodeOptions& options,
                                const Calibration& calibration, float max_quality) {
  const Measures limits = calibration.LimitsAt(options.quality);
  QaEncoding result;
  const auto attempt = [&](float quality) {
    result.encodings++;
    EncodeOptions raised = options;
    raised.quality = quality;
    return Try(picture, model, raised, limits);
  };
  const auto keep = [&](Attempt& attempt) {
    result.file = std::move(attempt.file);
    result.kept = std::move(attempt.judgement);
  };
  LIC_TRY(Attempt first, attempt(options.quality));
  result.asked = first.judgement;
  keep(first);
  if (!result.asked.alarm || options.quality >= max_quality) return result;

  LIC_TRY(Attempt best, attempt(max_quality));
  keep(best);
  float low = options.quality, high = max_quality;
  while (!result.kept.alarm && high - low > kQualityStep) {
    const float middle = (low + high) / 2;
    LIC_TRY(Attempt between, attempt(middle));
    if (between.judgement.alarm) {
      low = middle;
    } else {
      high = middle;
      keep(between);
    }
  }
  return result;
}

}  // namespace lic::native
