// Models: see lic.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/result.h"

namespace lic {

// The first 8 bytes of a SHA-256.
struct Id {
  uint8_t bytes[8] = {};
  bool operator==(const Id&) const = default;
};
LIC_API std::string ToHex(const Id& id);

// What a decoder needs of a model: the contents of a NAME.dec.licm file. Immutable.
class LIC_API Model {
 public:
  // Parses and validates a decoder model file; `file` may go afterwards.
  // Errors: kBadModel, kBadChecksum, kUnsupportedVersion, kOutOfMemory.
  static Result<Model> Load(Bytes file);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  const std::string& name() const;
  // Names the entropy half, and with it all files that this model decodes.
  const Id& id() const;
  // Names the synthesis.
  const Id& head_hash() const;
  bool released() const;

  struct LIC_HIDDEN Data;
  const Data& data() const { return *data_; }

 private:
  explicit Model(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

// The encoder's half: the contents of a NAME.enc.licm file. Immutable.
class LIC_API EncoderModel {
 public:
  // Errors: as Model::Load; kModelMismatch if the file was made for another decoder model than `decoder`.
  static Result<EncoderModel> Load(Bytes file, const Model& decoder);
  EncoderModel(EncoderModel&&) noexcept;
  EncoderModel& operator=(EncoderModel&&) noexcept;
  ~EncoderModel();

  struct LIC_HIDDEN Data;
  const Data& data() const { return *data_; }

 private:
  explicit EncoderModel(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

}  // namespace lic
