#include "container/sections.h"

#include "base/bytes.h"
#include "base/checksum.h"

namespace lic {
namespace {

constexpr size_t kChecksumOffset = 5;

constexpr SectionRule kAutoencoderSections[] = {
    {.type = SectionType::kIcc, .name = "ICC", .least = 1, .most = kMaxMetadataBytes},
    {.type = SectionType::kHyper, .name = "HYPER", .required = true, .least = 4, .multiple_of = 2},
    {.type = SectionType::kIndex, .name = "INDEX", .required = true},
    {.type = SectionType::kTiles, .name = "TILES", .required = true},
    {.type = SectionType::kExif, .name = "EXIF", .least = 1, .most = kMaxMetadataBytes},
    {.type = SectionType::kXmp, .name = "XMP", .least = 1, .most = kMaxMetadataBytes},
};

constexpr SectionRule kOverfittedSections[] = {
    {.type = SectionType::kIcc, .name = "ICC", .least = 1, .most = kMaxMetadataBytes},
    {.type = SectionType::kNetwork,
     .name = "NETWORK",
     .required = true,
     .least = 4,
     .most = kMaxNetworkBytes,
     .multiple_of = 2},
    {.type = SectionType::kIndex, .name = "INDEX", .required = true},
    {.type = SectionType::kTiles, .name = "TILES", .required = true},
    {.type = SectionType::kExif, .name = "EXIF", .least = 1, .most = kMaxMetadataBytes},
    {.type = SectionType::kXmp, .name = "XMP", .least = 1, .most = kMaxMetadataBytes},
};

}  // namespace

std::span<const SectionRule> SectionsOf(Coding coding) {
  switch (coding) {
    case Coding::kAutoencoder:
      return kAutoencoderSections;
    case Coding::kOverfitted:
      return kOverfittedSections;
  }
  return {};
}

SectionHead ReadSectionHead(Bytes head) {
  ByteReader reader(head);
  SectionHead result;
  result.type = reader.Read<uint8_t>();
  result.length = reader.Read<uint32_t>();
  result.checksum = reader.Read<uint32_t>();
  return result;
}

void WriteSectionHead(const SectionHead& head, uint8_t* at) {
  WriteAt(at, head.type);
  WriteAt(at + 1, head.length);
  WriteAt(at + kChecksumOffset, head.checksum);
}

uint32_t SectionChecksum(const SectionHead& head, Bytes payload) {
  uint8_t bytes[kSectionHeadBytes];
  WriteSectionHead(head, bytes);
  return Crc32(payload, Crc32({bytes, kChecksumOffset}));
}

}  // namespace lic
