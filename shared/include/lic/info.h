// What files say of themselves: see lic.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/picture.h"
#include "lic/result.h"

namespace lic {

// What the header says. `head_hash` names the synthesis for which the file was encoded: another one of the same model
// may decode it.
struct Info {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t version = 0;
  float quality = 0;
  bool has_alpha = false;
  bool is_grey = false;
  Id model_id;
  Id head_hash;
  uint32_t tile_units = 0;

  // As a PictureView's: 1 to 4.
  uint32_t channels() const { return (is_grey ? 1 : 3) + (has_alpha ? 1 : 0); }
};

// The bytes that ReadInfo needs.
inline constexpr size_t kHeaderBytes = 40;

// Reads the header; `file` may be the beginning of a file.
// Errors: kNotLic, kTruncated, kBadChecksum, kUnsupportedVersion, kBadHeader.
LIC_API Result<Info> ReadInfo(Bytes file);

// The sections of a whole file, its checksums verified, its streams not decoded.
struct Layout {
  Info info;
  Metadata metadata;
  uint64_t hyper_bytes = 0;
  uint64_t index_bytes = 0;
  uint64_t latent_bytes = 0;
  uint64_t alpha_bytes = 0;
  uint32_t tiles = 0;
};

// Errors: as ReadInfo; kBadSection.
LIC_API Result<Layout> ReadLayout(Bytes file);

}  // namespace lic
