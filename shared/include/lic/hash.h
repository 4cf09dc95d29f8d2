// Hashes, for conformance tests: what a decoder makes of a file, in a number that can be compared.
#pragma once

#include <cstdint>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/result.h"

namespace lic {

// A SHA-256.
struct SymbolHash {
  uint8_t bytes[32] = {};
};

// Returns the SHA-256 of the symbols of a whole file: equal on every machine and with every decoder that is right.
// Hashed are the hyper-latents, then the decoded latents (value16 of docs/format.md, clamped to 16 bits), each as
// 16-bit little-endian numbers in the order (channels, height, width). Alpha is not looked at.
//
// Takes a file and its model and keeps neither. Time is that of Decode without the synthesis, about a fifth of its
// multiplications. Memory is that of all latents: see DecodeOptions::max_pixels, which is not asked here.
// Errors: those of Decode but kLimitExceeded, kInvalidArgument and kUnknownModel.
LIC_API Result<SymbolHash> HashSymbols(Bytes file, const Model& model);

// Returns the SHA-256 of any bytes, such as decoded pixels. Takes one pass over them, and no memory.
LIC_API SymbolHash Sha256(Bytes bytes);

}  // namespace lic
