// Models: the networks and tables with which pictures are coded. A model has two files. NAME.dec.licm is the
// decoder's half, and encoders need it too. NAME.enc.licm has what encoders need besides.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/result.h"

namespace lic {

// A name made of contents: the first 8 bytes of their SHA-256.
struct Id {
  uint8_t bytes[8] = {};
  bool operator==(const Id&) const = default;
};

// Returns an id as 16 hexadecimal digits, the way in which the command, JavaScript and the names of files have it.
LIC_API std::string ToHex(const Id& id);

// The decoder's half of a model: how symbols are decoded (the entropy half), and how pixels are made of them (the
// synthesis). A model never changes, and any number of threads may use it at once.
class LIC_API Model {
 public:
  // Takes the bytes of a NAME.dec.licm file and returns the model, which keeps nothing of `file`.
  // The file need not be trusted: everything in it is checked. Time and memory go with its bytes.
  // Errors: kBadModel, kBadChecksum, kUnsupportedVersion, kOutOfMemory.
  static Result<Model> Load(Bytes file);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  // The name that the file gives the model, such as "lic-photo". It is for people: two models may have the same.
  // Valid as long as the model.
  const std::string& name() const;
  // Names the entropy half. A model decodes a file where this equals the file's Info::model_id.
  const Id& id() const;
  // Names the synthesis. Models may share an entropy half and have different syntheses: they decode the same files,
  // to pixels that differ a little. Encode writes this into the file, as Info::head_hash.
  const Id& head_hash() const;
  // Whether files that are encoded with this model stay decodable: a model that is released does not change any more.
  bool released() const;

  // The contents, for the library itself. The public headers do not say what they are.
  struct LIC_HIDDEN Data;
  const Data& data() const { return *data_; }

 private:
  explicit Model(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

// The encoder's half of a model: the networks that make latents of pixels. It never changes, and any number of
// threads may use it at once.
class LIC_API EncoderModel {
 public:
  // Takes the bytes of a NAME.enc.licm file and returns the encoder's half of `decoder`. It keeps neither `file` nor
  // `decoder`; Encode takes both halves. Time and memory are as of Model::Load.
  // Errors: those of Model::Load; kModelMismatch where the file was made for another model than `decoder`.
  static Result<EncoderModel> Load(Bytes file, const Model& decoder);
  EncoderModel(EncoderModel&&) noexcept;
  EncoderModel& operator=(EncoderModel&&) noexcept;
  ~EncoderModel();

  // The contents, for the library itself.
  struct LIC_HIDDEN Data;
  const Data& data() const { return *data_; }

 private:
  explicit EncoderModel(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

}  // namespace lic
