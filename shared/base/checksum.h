// CRC-32 of sections and SHA-256 of payloads.
#pragma once

#include "lic/lic.h"

namespace lic {

// CRC-32 as zlib's: crc is 0 at first, or the result for the bytes before these.
uint32_t Crc32(Bytes bytes, uint32_t crc = 0);

// SHA-256 (FIPS 180-4) of bytes that come in pieces.
class Sha256Hasher {
 public:
  void Update(Bytes bytes);
  // To be called once, after the last Update.
  SymbolHash Finish();

 private:
  void Compress(const uint8_t* block);

  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t block_[64] = {};
  size_t filled_ = 0;
  uint64_t total_ = 0;
};

// The first 8 bytes of the SHA-256: the name of a model or of a synthesis head.
Id HashId(Bytes payload);

}  // namespace lic
