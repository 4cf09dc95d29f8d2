// The sections of files: how their heads lie in bytes, and which of them a coding has (docs/format.md#sections).
#pragma once

#include <span>

#include "lic/lic.h"

namespace lic {

inline constexpr size_t kSectionHeadBytes = 9;
inline constexpr uint32_t kMaxMetadataBytes = 4194304;
inline constexpr uint32_t kMaxNetworkBytes = 65536;

enum class SectionType : uint8_t {
  kIcc = 1,
  kHyper = 2,
  kIndex = 3,
  kTiles = 4,
  kExif = 5,
  kXmp = 6,
  kNetwork = 7,
  kFirstIgnored = 128
};

// A section as a coding has it: whether a picture needs it, and how long its payload may be.
struct SectionRule {
  SectionType type;
  const char* name;
  bool required = false;
  uint32_t least = 0;
  uint32_t most = UINT32_MAX;
  uint32_t multiple_of = 1;

  bool Allows(uint32_t length) const { return length >= least && length <= most && length % multiple_of == 0; }
};

// The sections of a coding in their order. TILES is special: its streams are verified one
// by one with INDEX, so that they can be used before the whole section has come.
std::span<const SectionRule> SectionsOf(Coding coding);

// What stands before the payload of a section, in picture files and in model files.
struct SectionHead {
  uint8_t type = 0;
  uint32_t length = 0;  // of the payload
  uint32_t checksum = 0;
};

// `head` has kSectionHeadBytes.
SectionHead ReadSectionHead(Bytes head);
void WriteSectionHead(const SectionHead& head, uint8_t* at);

// The checksum that a head must have: that of its type and length, then of the payload. TILES has none of its payload.
uint32_t SectionChecksum(const SectionHead& head, Bytes payload);

}  // namespace lic
