#include "container/header.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/try.h"
#include "container/quality.h"

namespace lic {
namespace {

constexpr uint8_t kMagic[4] = {0x89, 'L', 'I', 'C'};
constexpr uint8_t kMaxVersion = kOverfittedVersion;
constexpr uint8_t kAlphaFlag = 1;
constexpr uint8_t kGreyFlag = 2;
constexpr size_t kHeaderCrcOffset = 36;

Status CheckFields(const Header& header, uint8_t flags, uint8_t coding, uint8_t reserved) {
  if (header.version > kMaxVersion) {
    return Fail(Error::kUnsupportedVersion, "the format's version is %u, known are 0 to %u", header.version,
                kMaxVersion);
  }
  if (flags & ~(kAlphaFlag | kGreyFlag)) {
    return Fail(Error::kBadHeader, "flags are %u, allowed are 0 to %u", flags, kAlphaFlag | kGreyFlag);
  }
  if (header.quality256 < kMinQuality256 || header.quality256 > kMaxQuality256) {
    return Fail(Error::kBadHeader, "quality256 is %u, allowed are %u to %u", header.quality256, kMinQuality256,
                kMaxQuality256);
  }
  if (header.width < 1 || header.width > kMaxSide || header.height < 1 || header.height > kMaxSide) {
    return Fail(Error::kBadHeader, "the picture has %u x %u pixels, allowed are sides of 1 to %u", header.width,
                header.height, kMaxSide);
  }
  if (uint64_t{header.width} * header.height > kMaxPixels) {
    return Fail(Error::kBadHeader, "the picture has %u x %u pixels, allowed are %llu in all", header.width,
                header.height, static_cast<unsigned long long>(kMaxPixels));
  }
  if (header.tile_units < 1 || header.tile_units > kMaxTileUnits) {
    return Fail(Error::kBadHeader, "tile_units is %u, allowed are 1 to %u", header.tile_units, kMaxTileUnits);
  }
  if (coding != static_cast<uint8_t>(header.coding())) {
    return Fail(Error::kBadHeader, "the coding is %u, that of version %u is %u", coding, header.version,
                static_cast<unsigned>(header.coding()));
  }
  if (reserved != 0) return Fail(Error::kBadHeader, "the reserved field is %u, allowed is 0", reserved);
  return {};
}

}  // namespace

bool StartsLikeMagic(Bytes file) {
  return std::equal(file.begin(), file.begin() + std::min<size_t>(sizeof(kMagic), file.size()), kMagic);
}

Result<Header> ReadHeader(Bytes file) {
  if (!StartsLikeMagic(file)) return Fail(Error::kNotLic, "the file does not begin like a .lic file");
  if (file.size() < kHeaderBytes)
    return Fail(Error::kTruncated, "the file has %zu bytes, a header has %zu", file.size(), kHeaderBytes);
  ByteReader reader(file.first(kHeaderBytes));
  reader.Take(sizeof(kMagic));
  Header header;
  header.version = reader.Read<uint8_t>();
  const uint8_t flags = reader.Read<uint8_t>();
  header.has_alpha = flags & kAlphaFlag;
  header.is_grey = flags & kGreyFlag;
  header.quality256 = reader.Read<uint16_t>();
  header.width = reader.Read<uint32_t>();
  header.height = reader.Read<uint32_t>();
  const Bytes networks = reader.Take(sizeof(header.networks));
  if (header.coding() == Coding::kOverfitted) {
    std::copy(networks.begin(), networks.end(), header.networks.begin());
  } else {
    std::memcpy(header.model_id.bytes, networks.data(), 8);
    std::memcpy(header.head_hash.bytes, networks.data() + 8, 8);
  }
  header.tile_units = reader.Read<uint16_t>();
  const uint8_t coding = reader.Read<uint8_t>();
  const uint8_t reserved = reader.Read<uint8_t>();
  if (reader.Read<uint32_t>() != Crc32(file.first(kHeaderCrcOffset)))
    return Fail(Error::kBadChecksum, "the checksum of the header is wrong");
  LIC_CHECK(CheckFields(header, flags, coding, reserved));
  return header;
}

void WriteHeader(const Header& header, uint8_t* at) {
  std::memcpy(at, kMagic, sizeof(kMagic));
  WriteAt<uint8_t>(at + 4, header.version);
  WriteAt<uint8_t>(at + 5, (header.has_alpha ? kAlphaFlag : 0) | (header.is_grey ? kGreyFlag : 0));
  WriteAt<uint16_t>(at + 6, static_cast<uint16_t>(header.quality256));
  WriteAt<uint32_t>(at + 8, header.width);
  WriteAt<uint32_t>(at + 12, header.height);
  if (header.coding() == Coding::kOverfitted) {
    std::memcpy(at + 16, header.networks.data(), sizeof(header.networks));
  } else {
    std::memcpy(at + 16, header.model_id.bytes, 8);
    std::memcpy(at + 24, header.head_hash.bytes, 8);
  }
  WriteAt<uint16_t>(at + 32, static_cast<uint16_t>(header.tile_units));
  WriteAt<uint8_t>(at + 34, static_cast<uint8_t>(header.coding()));
  WriteAt<uint8_t>(at + 35, 0);
  WriteAt<uint32_t>(at + kHeaderCrcOffset, Crc32({at, kHeaderCrcOffset}));
}

}  // namespace lic
