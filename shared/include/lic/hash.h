// Hashes: see lic.h.
#pragma once

#include <cstdint>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/result.h"

namespace lic {

// SHA-256 of the hyper-latents, then of the decoded latents (value16 clamped to 16 bits), each as 16-bit little-endian
// numbers in (channels, height, width) order: equal on every machine. Errors: as Decode; alpha streams are not looked
// into.
struct SymbolHash {
  uint8_t bytes[32] = {};
};
LIC_API Result<SymbolHash> HashSymbols(Bytes file, const Model& model);

// SHA-256 of any bytes, for hashes of decoded pixels.
LIC_API SymbolHash Sha256(Bytes bytes);

}  // namespace lic
