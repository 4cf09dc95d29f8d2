// Where models are looked for, and the ones that were found.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lic/lic.h"

namespace lic::native {

inline constexpr char kDefaultModel[] = "lic-photo";

// Both halves of a model.
struct EncodingModel {
  std::shared_ptr<const Model> decoder;
  std::shared_ptr<const EncoderModel> encoder;
};

// Finds NAME.dec.licm and NAME.enc.licm in these folders, first come first served: those of $LIC_MODEL_PATH (separated
// by colons); `models` beside the executable; `../share/lic/models` from there; `models` of the source tree that this
// program was built in. May be used by several threads.
class ModelStore {
 public:
  // `chosen`: the name of a model or the path of one of its files (recognised by a slash or .licm); empty for the
  // default when encoding and for whatever the file asks for when decoding.
  explicit ModelStore(std::string chosen);

  // Errors: kUnknownModel (no such files), kIoError, and those of Model::Load and EncoderModel::Load.
  Result<EncodingModel> ForEncoding();

  // The model for a file: of all that are found the one with the file's id, and of several the one with its head.
  // Errors: kUnknownModel; with a chosen model also kModelMismatch.
  Result<std::shared_ptr<const Model>> ForDecoding(const Info& info);

  // Where the calibration of a model that this store gave out is: NAME.qa.json beside its files.
  std::string CalibrationPath(const Model& model);

  // "; looked in A, B": what to add to the message of an unknown model. Fail's messages are too short for it.
  std::string Searched() const;

 private:
  struct Files {
    std::string decoder, encoder;
  };

  Result<Files> Find() const;
  Result<std::shared_ptr<const Model>> LoadDecoder(const std::string& path);
  std::vector<std::string> AllDecoders() const;

  const std::string chosen_;
  const std::vector<std::string> folders_;
  std::mutex mutex_;
  std::map<std::string, Result<std::shared_ptr<const Model>>> decoders_;  // by path
  std::optional<Result<EncodingModel>> encoding_;
};

}  // namespace lic::native
