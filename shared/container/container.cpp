#include "container/container.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/try.h"

namespace lic {
namespace {

constexpr uint8_t kMagic[4] = {0x89, 'L', 'I', 'C'};
constexpr uint8_t kAlphaFlag = 1;
constexpr uint8_t kGreyFlag = 2;
constexpr size_t kHeaderCrcOffset = 36;
constexpr size_t kIndexEntryBytes = 8;

// Whether a file begins with the magic, or with a part of it where it is shorter.
bool StartsLikeMagic(Bytes file) {
  return std::equal(file.begin(), file.begin() + std::min<size_t>(4, file.size()), kMagic);
}

size_t StreamsPerTile(const Header& header) { return header.has_alpha ? 2 : 1; }

void WriteHeader(const Header& header, uint8_t* at) {
  std::memcpy(at, kMagic, 4);
  WriteAt<uint8_t>(at + 4, header.version);
  WriteAt<uint8_t>(at + 5, (header.has_alpha ? kAlphaFlag : 0) | (header.is_grey ? kGreyFlag : 0));
  WriteAt<uint16_t>(at + 6, static_cast<uint16_t>(header.quality256));
  WriteAt<uint32_t>(at + 8, header.width);
  WriteAt<uint32_t>(at + 12, header.height);
  std::memcpy(at + 16, header.model_id.bytes, 8);
  std::memcpy(at + 24, header.head_hash.bytes, 8);
  WriteAt<uint16_t>(at + 32, static_cast<uint16_t>(header.tile_units));
  WriteAt<uint16_t>(at + 34, 0);
  WriteAt<uint32_t>(at + kHeaderCrcOffset, Crc32({at, kHeaderCrcOffset}));
}

// A stream of whole words that holds at least a state.
bool IsRansLength(size_t length) { return length >= 4 && length % 2 == 0; }
bool IsAlphaLength(size_t length) { return length == 1 || (length >= 8 && length % 2 == 0); }

uint8_t* PutSection(uint8_t* at, SectionType type, Bytes payload) {
  WriteAt(at, static_cast<uint8_t>(type));
  WriteAt(at + 1, static_cast<uint32_t>(payload.size()));
  WriteAt(at + 5, Crc32(payload, Crc32({at, 5})));
  if (!payload.empty()) std::memcpy(at + kSectionHeadBytes, payload.data(), payload.size());
  return at + kSectionHeadBytes + payload.size();
}

// INDEX and TILES.
uint8_t* PutTiles(uint8_t* at, const ContainerParts& parts, size_t index_bytes, size_t tile_bytes) {
  uint8_t* const index_head = at;
  uint8_t* entry = at + kSectionHeadBytes;
  at = entry + index_bytes;
  WriteAt(at, static_cast<uint8_t>(SectionType::kTiles));
  WriteAt(at + 1, static_cast<uint32_t>(tile_bytes));
  WriteAt(at + 5, Crc32({at, 5}));
  at += kSectionHeadBytes;
  const auto put_stream = [&](const Buffer<uint8_t>& stream) {
    WriteAt(entry, static_cast<uint32_t>(stream.size()));
    WriteAt(entry + 4, Crc32(stream));
    entry += kIndexEntryBytes;
    std::memcpy(at, stream.data(), stream.size());
    at += stream.size();
  };
  for (size_t tile = 0; tile < parts.latents.size(); ++tile) {
    put_stream(parts.latents[tile]);
    if (!parts.alpha.empty()) put_stream(parts.alpha[tile]);
  }
  WriteAt(index_head, static_cast<uint8_t>(SectionType::kIndex));
  WriteAt(index_head + 1, static_cast<uint32_t>(index_bytes));
  WriteAt(index_head + 5, Crc32({index_head + kSectionHeadBytes, index_bytes}, Crc32({index_head, 5})));
  return at;
}

}  // namespace

Rect TileGrid::Pixels(uint32_t tile) const {
  const uint32_t x = tile % columns * side;
  const uint32_t y = tile / columns * side;
  return {x, y, std::min(side, width - x), std::min(side, height - y)};
}

Rect TileGrid::Latents(uint32_t tile) const {
  const Rect pixels = Pixels(tile);
  return {pixels.x / kLatentStride, pixels.y / kLatentStride, CeilDiv(pixels.width, kLatentStride),
          CeilDiv(pixels.height, kLatentStride)};
}

Result<Header> ReadHeader(Bytes file) {
  if (!StartsLikeMagic(file)) return Fail(Error::kNotLic, "does not begin like a .lic file");
  if (file.size() < kHeaderBytes)
    return Fail(Error::kTruncated, "%zu bytes, the header has %zu", file.size(), kHeaderBytes);
  ByteReader reader(file.first(kHeaderBytes));
  reader.Take(4);
  Header header;
  header.version = reader.Read<uint8_t>();
  const uint8_t flags = reader.Read<uint8_t>();
  header.has_alpha = flags & kAlphaFlag;
  header.is_grey = flags & kGreyFlag;
  header.quality256 = reader.Read<uint16_t>();
  header.width = reader.Read<uint32_t>();
  header.height = reader.Read<uint32_t>();
  std::memcpy(header.model_id.bytes, reader.Take(8).data(), 8);
  std::memcpy(header.head_hash.bytes, reader.Take(8).data(), 8);
  header.tile_units = reader.Read<uint16_t>();
  const uint16_t reserved = reader.Read<uint16_t>();
  if (reader.Read<uint32_t>() != Crc32(file.first(kHeaderCrcOffset)))
    return Fail(Error::kBadChecksum, "checksum of the header");
  if (header.version > 1)
    return Fail(Error::kUnsupportedVersion, "version %u of the format, versions 0 and 1 are known", header.version);
  if (flags & ~(kAlphaFlag | kGreyFlag)) return Fail(Error::kBadHeader, "unknown flags %02x", flags);
  if (header.quality256 < kMinQuality256 || header.quality256 > kMaxQuality256)
    return Fail(Error::kBadHeader, "quality %u/256", header.quality256);
  if (header.width < 1 || header.width > kMaxSide || header.height < 1 || header.height > kMaxSide ||
      uint64_t{header.width} * header.height > kMaxPixels) {
    return Fail(Error::kBadHeader, "a picture of %u x %u pixels", header.width, header.height);
  }
  if (header.tile_units < 1 || header.tile_units > kMaxTileUnits)
    return Fail(Error::kBadHeader, "tiles of %u units", header.tile_units);
  if (reserved != 0) return Fail(Error::kBadHeader, "reserved field not 0");
  return header;
}

Result<Container> ReadContainer(Bytes file) {
  ContainerReader reader;
  LIC_CHECK(reader.Read(file, true));
  return reader.container();
}

Status ContainerReader::Read(Bytes file, bool complete) {
  if (!has_header()) {
    if (file.size() < kHeaderBytes && !complete && StartsLikeMagic(file)) return {};
    LIC_TRY(container_.header, ReadHeader(file));
    position_ = kHeaderBytes;
  }
  PointInto(file);
  for (bool goes_on = true; goes_on;) {
    if (!in_tiles_ && position_ == file.size()) break;
    LIC_TRY(goes_on, in_tiles_ ? ReadTiles(file, complete) : ReadSection(file, complete));
    PointInto(file);
  }
  return complete && !done_ ? End() : Status();
}

// False: more bytes are needed.
Result<bool> ContainerReader::ReadSection(Bytes file, bool complete) {
  const Bytes rest = file.subspan(position_);
  if (rest.size() < kSectionHeadBytes) {
    if (complete) return Fail(Error::kTruncated, "the file ends at byte %zu, inside the head of a section", position_);
    return false;
  }
  ByteReader head(rest.first(kSectionHeadBytes));
  const uint8_t type = head.Read<uint8_t>();
  const Extent payload = {position_ + kSectionHeadBytes, head.Read<uint32_t>()};
  const bool is_tiles = type == static_cast<uint8_t>(SectionType::kTiles);
  const bool is_there = payload.length <= rest.size() - kSectionHeadBytes;
  // Tiles are read as they come, even if they will not all: in pieces and at once a file is refused for the same
  // reason.
  if (!is_there && !is_tiles) {
    if (complete)
      return Fail(Error::kTruncated, "section %u at byte %zu reaches past the end of the file", type, position_);
    return false;
  }
  uint32_t crc = Crc32(rest.first(5));
  if (!is_tiles) crc = Crc32(file.subspan(payload.offset, payload.length), crc);
  if (crc != head.Read<uint32_t>())
    return Fail(Error::kBadChecksum, "checksum of section %u at byte %zu", type, position_);
  if (type <= last_) return Fail(Error::kBadSection, "section %u behind section %u", type, last_);
  last_ = type;
  LIC_CHECK(PlaceSection(type, payload));
  if (!is_tiles) position_ = payload.offset + payload.length;
  return true;
}

Status ContainerReader::PlaceSection(uint8_t type, Extent payload) {
  const auto place_metadata = [&](Extent& place) -> Status {
    if (payload.length < 1 || payload.length > kMaxMetadataBytes)
      return Fail(Error::kBadSection, "section %u of %zu bytes", type, payload.length);
    place = payload;
    return {};
  };
  switch (static_cast<SectionType>(type)) {
    case SectionType::kIcc:
      return place_metadata(icc_);
    case SectionType::kExif:
      return place_metadata(exif_);
    case SectionType::kXmp:
      return place_metadata(xmp_);
    case SectionType::kHyper:
      if (!IsRansLength(payload.length)) return Fail(Error::kBadSection, "hyper section of %zu bytes", payload.length);
      hyper_ = payload;
      return {};
    case SectionType::kIndex:
      index_ = payload;
      return {};
    case SectionType::kTiles:
      return BeginTiles(payload);
    default:
      if (type >= static_cast<uint8_t>(SectionType::kFirstIgnored)) return {};
      return Fail(Error::kBadSection, "unknown section %u", type);
  }
}

// The lengths that the index gives must fill the TILES section exactly.
Status ContainerReader::BeginTiles(Extent payload) {
  if (hyper_.length == 0 || index_.length == 0) return Fail(Error::kBadSection, "a required section is missing");
  const size_t per_tile = StreamsPerTile(container_.header);
  const uint64_t entries = uint64_t{TileGrid(container_.header).count()} * per_tile;
  if (index_.length != entries * kIndexEntryBytes) {
    return Fail(Error::kBadSection, "index of %zu bytes for %llu streams", index_.length,
                static_cast<unsigned long long>(entries));
  }
  ByteReader index(container_.index);
  uint64_t sum = 0;
  for (uint64_t entry = 0; entry < entries; ++entry) {
    const size_t length = index.Read<uint32_t>();
    index.Read<uint32_t>();
    const bool is_alpha = entry % per_tile == 1;
    if (is_alpha ? !IsAlphaLength(length) : !IsRansLength(length)) {
      return Fail(Error::kBadSection, "tile %u: stream of %zu bytes", static_cast<unsigned>(entry / per_tile), length);
    }
    sum += length;
  }
  if (sum != payload.length)
    return Fail(Error::kBadSection, "%zu bytes of tiles, the index says %llu", payload.length,
                static_cast<unsigned long long>(sum));
  tiles_ = payload;
  position_ = payload.offset;
  in_tiles_ = true;
  return {};
}

// Verifies the streams that are there. False: more bytes are needed.
Result<bool> ContainerReader::ReadTiles(Bytes file, bool complete) {
  const size_t entries = index_.length / kIndexEntryBytes;
  for (; entry_ < entries; ++entry_) {
    ByteReader index(container_.index.subspan(entry_ * kIndexEntryBytes));
    const size_t length = index.Read<uint32_t>();
    if (length > file.size() - position_) {
      if (complete)
        return Fail(Error::kTruncated, "the file ends inside tile %u",
                    static_cast<unsigned>(entry_ / StreamsPerTile(container_.header)));
      return false;
    }
    if (Crc32(file.subspan(position_, length)) != index.Read<uint32_t>()) {
      return Fail(Error::kBadChecksum, "checksum of tile %u",
                  static_cast<unsigned>(entry_ / StreamsPerTile(container_.header)));
    }
    position_ += length;
  }
  in_tiles_ = false;
  return true;
}

Status ContainerReader::End() {
  // A cut between two sections leaves a file that is merely too short.
  if (last_ < static_cast<uint8_t>(SectionType::kTiles))
    return Fail(Error::kTruncated, "the file ends behind section %u", last_);
  if (tiles_.length == 0) return Fail(Error::kBadSection, "a required section is missing");
  done_ = true;
  return {};
}

void ContainerReader::PointInto(Bytes file) {
  const auto at = [&](Extent extent) {
    return file.subspan(extent.offset, std::min(extent.length, file.size() - extent.offset));
  };
  container_.metadata = {at(icc_), at(exif_), at(xmp_)};
  container_.hyper = at(hyper_);
  container_.index = at(index_);
  container_.tiles = at(tiles_);
}

TileStreams NextTile(const Container& container, uint32_t tile, size_t& offset) {
  const size_t per_tile = StreamsPerTile(container.header);
  ByteReader index(container.index.subspan(tile * per_tile * kIndexEntryBytes));
  TileStreams streams;
  for (size_t stream = 0; stream < per_tile; ++stream) {
    const size_t length = index.Read<uint32_t>();
    index.Read<uint32_t>();
    (stream == 0 ? streams.latents : streams.alpha) = container.tiles.subspan(offset, length);
    offset += length;
  }
  return streams;
}

Result<Buffer<uint8_t>> WriteContainer(const ContainerParts& parts) {
  const size_t index_bytes = parts.latents.size() * StreamsPerTile(parts.header) * kIndexEntryBytes;
  size_t tile_bytes = 0;
  for (const auto& stream : parts.latents) tile_bytes += stream.size();
  for (const auto& stream : parts.alpha) tile_bytes += stream.size();
  if (tile_bytes > UINT32_MAX) return Fail(Error::kUnsupportedImage, "the encoded tiles are larger than 4 GiB");
  const Metadata& metadata = parts.metadata;
  size_t total = kHeaderBytes + 3 * kSectionHeadBytes + parts.hyper.size() + index_bytes + tile_bytes;
  for (const Bytes block : {metadata.icc, metadata.exif, metadata.xmp})
    total += block.empty() ? 0 : kSectionHeadBytes + block.size();
  LIC_TRY(auto file, Buffer<uint8_t>::Create(total));
  uint8_t* at = file.data();
  WriteHeader(parts.header, at);
  at += kHeaderBytes;
  if (!metadata.icc.empty()) at = PutSection(at, SectionType::kIcc, metadata.icc);
  at = PutSection(at, SectionType::kHyper, parts.hyper);
  at = PutTiles(at, parts, index_bytes, tile_bytes);
  if (!metadata.exif.empty()) at = PutSection(at, SectionType::kExif, metadata.exif);
  if (!metadata.xmp.empty()) at = PutSection(at, SectionType::kXmp, metadata.xmp);
  assert(at == file.data() + file.size());
  return file;
}

}  // namespace lic
