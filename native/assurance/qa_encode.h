// Encodes, looks at the result, and raises the quality where it is damaged.
#pragma once

#include "lic/lic.h"
#include "native/assurance/qa.h"
#include "native/files/model_store.h"

namespace lic::native {

struct QaEncoding {
  Buffer<uint8_t> file;  // the last one that was kept
  Judgement asked;       // of the quality that was asked for
  Judgement kept;        // of `file`
  int encodings = 0;
};

// Encodes, decodes and judges. After an alarm it tries `max_quality`. Where that helps, bisection finds the lowest
// quality that helps, to within kQualityStep, in at most 7 encodings in all. Every file is judged by what photographs
// show at the quality that was asked for, because that much damage was agreed to. Where even `max_quality` raises the
// alarm, its file is kept. Errors: those of Encode and Decode.
inline constexpr float kQualityStep = 4;
Result<QaEncoding> EncodeWithQa(const PictureView& picture, const EncodingModel& model, const EncodeOptions& options,
                                const Calibration& calibration, float max_quality);

}  // namespace lic::native
