// The autoencoder's half of encoding a picture: analyses it once, and codes it with one quality or with several.
#pragma once

#include <memory>

#include "coding/picture_encoder.h"
#include "container/header.h"
#include "container/stream_list.h"
#include "model/model.h"
#include "picture/source.h"

namespace lic {

class AutoencoderEncoder : public PictureEncoder {
 public:
  // All that is handed in must outlive the encoder. Errors: kOutOfMemory, kInternal.
  static Result<std::unique_ptr<PictureEncoder>> Create(const PictureView& picture, const Model& model,
                                                        const EncoderModel& encoder, const EncodeOptions& options);
  Result<Buffer<uint8_t>> Encode(uint32_t quality256, Trial trial) override;

 private:
  AutoencoderEncoder(const Model& model, const EncoderModel& encoder, const EncodeOptions& options)
      : model_(model), encoder_(encoder), options_(options) {}
  Header MakeHeader(uint32_t quality256) const;
  Result<Buffer<float>> TakeLatents(Trial trial);

  const Model& model_;
  const EncoderModel& encoder_;
  const EncodeOptions& options_;
  Source source_;
  Buffer<float> latents_;     // without gain
  StreamList alpha_streams_;  // of each tile, if the picture has alpha
};

}  // namespace lic
