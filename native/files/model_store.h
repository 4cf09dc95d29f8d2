// Finds and loads models, and keeps those that were loaded.
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

// Finds NAME.dec.licm and NAME.enc.licm in the first of these folders that has them: the folders of $LIC_MODEL_PATH
// (separated by colons), `models` beside the executable, `../share/lic/models` from there, and `models` of the source
// tree that this program was built in. Several threads may use it.
class ModelStore {
 public:
  // `chosen` is the name of a model, or the path of one of its files (recognised by a slash or .licm). If it is empty,
  // encoding takes the default model, and decoding takes the model that the file asks for.
  explicit ModelStore(std::string chosen);

  // Errors: kUnknownModel (no such files), kIoError, and those of Model::Load and EncoderModel::Load.
  Result<EncodingModel> ForEncoding();

  // Finds the model for a file: the one with the file's id and, where several have it, the one with its head. Null for
  // a file that carries its own networks. Errors: kUnknownModel; with a chosen model also kModelMismatch.
  Result<std::shared_ptr<const Model>> ForDecoding(const Info& info);

  // The path of the calibration of a model that this store gave out: NAME.qa.json beside its files.
  std::string CalibrationPath(const Model& model);

  // "; looked in A, B", to be added to the message of an unknown model. Messages of Fail are too short for it.
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
