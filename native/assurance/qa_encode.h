// Encoding with a look at the result.
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

// Encodes, decodes and judges. If that raises the alarm, higher qualities up to `max_quality` are tried: first that
// itself and, where it helps, by bisection the lowest that does, to within kQualityStep; at most 7 encodings in all.
// All are judged by what photographs show at the quality that was asked for: that much damage was agreed to. Where even
// `max_quality` raises the alarm, its file is kept. Errors: those of Encode and Decode.
inline constexpr float kQualityStep = 4;
Result<QaEncoding> EncodeWithQa(const PictureView& picture, const EncodingModel& model, const EncodeOptions& options,
                                const Calibration& calibration, float max_quality);

}  // namespace lic::native
