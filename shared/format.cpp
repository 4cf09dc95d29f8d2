#include "format.h"

#include <algorithm>
#include <cstring>

#include "bytes.h"
#include "checksum.h"
#include "try.h"

namespace lic {
namespace {

constexpr uint8_t kMagic[4] = {0x89, 'L', 'I', 'C'};
constexpr uint8_t kAlphaFlag = 1;
constexpr uint8_t kGreyFlag = 2;
constexpr size_t kHeaderCrcOffset = 36;
constexpr size_t kIndexEntryBytes = 8;

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

// The lengths that the index gives must fill the TILES section exactly; then its checksums are compared.
Status CheckTiles(const Container& container) {
  const size_t per_tile = StreamsPerTile(container.header);
  const uint64_t entries = uint64_t{TileGrid(container.header).count()} * per_tile;
  if (container.index.size() != entries * kIndexEntryBytes) {
    return Fail(Error::kBadSection, "index of %zu bytes for %llu streams", container.index.size(), static_cast<unsigned long long>(entries));
  }
  ByteReader index(container.index);
  size_t offset = 0;
  for (uint64_t entry = 0; entry < entries; ++entry) {
    const size_t length = index.Read<uint32_t>();
    const uint32_t crc = index.Read<uint32_t>();
    const auto tile = static_cast<unsigned>(entry / per_tile);
    const bool is_alpha = entry % per_tile == 1;
    if (is_alpha ? !IsAlphaLength(length) : !IsRansLength(length)) return Fail(Error::kBadSection, "tile %u: stream of %zu bytes", tile, length);
    if (length > container.tiles.size() - offset) return Fail(Error::kBadSection, "tile %u reaches past the end of the tiles", tile);
    if (Crc32(container.tiles.subspan(offset, length)) != crc) return Fail(Error::kBadChecksum, "checksum of tile %u", tile);
    offset += length;
  }
  if (offset != container.tiles.size()) return Fail(Error::kBadSection, "%zu bytes behind the last tile", container.tiles.size() - offset);
  return {};
}

struct Section {
  uint8_t type = 0;
  Bytes payload;
};

Result<Section> ReadSection(ByteReader& reader) {
  const size_t start = reader.position();
  const Bytes head = reader.Take(kSectionHeadBytes);
  if (head.empty()) return Fail(Error::kTruncated, "the file ends at byte %zu, inside the head of a section", start);
  ByteReader fields(head);
  Section section;
  section.type = fields.Read<uint8_t>();
  const uint32_t length = fields.Read<uint32_t>();
  uint32_t crc = Crc32(head.first(5));
  section.payload = reader.Take(length);
  if (reader.overrun()) return Fail(Error::kTruncated, "section %u at byte %zu reaches past the end of the file", section.type, start);
  if (section.type != static_cast<uint8_t>(SectionType::kTiles)) crc = Crc32(section.payload, crc);
  if (crc != fields.Read<uint32_t>()) return Fail(Error::kBadChecksum, "checksum of section %u at byte %zu", section.type, start);
  return section;
}

Status PlaceSection(const Section& section, Container& container) {
  const size_t length = section.payload.size();
  const auto place_metadata = [&](Bytes& place) -> Status {
    if (length < 1 || length > kMaxMetadataBytes) return Fail(Error::kBadSection, "section %u of %zu bytes", section.type, length);
    place = section.payload;
    return {};
  };
  switch (static_cast<SectionType>(section.type)) {
    case SectionType::kIcc: return place_metadata(container.metadata.icc);
    case SectionType::kExif: return place_metadata(container.metadata.exif);
    case SectionType::kXmp: return place_metadata(container.metadata.xmp);
    case SectionType::kHyper:
      if (!IsRansLength(length)) return Fail(Error::kBadSection, "hyper section of %zu bytes", length);
      container.hyper = section.payload;
      return {};
    case SectionType::kIndex: container.index = section.payload; return {};
    case SectionType::kTiles: container.tiles = section.payload; return {};
    default:
      if (section.type >= static_cast<uint8_t>(SectionType::kFirstIgnored)) return {};
      return Fail(Error::kBadSection, "unknown section %u", section.type);
  }
}

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
  return {pixels.x / kLatentStride, pixels.y / kLatentStride, CeilDiv(pixels.width, kLatentStride), CeilDiv(pixels.height, kLatentStride)};
}

Result<Header> ReadHeader(Bytes file) {
  if (!std::equal(file.begin(), file.begin() + std::min<size_t>(4, file.size()), kMagic)) return Fail(Error::kNotLic, "does not begin like a .lic file");
  if (file.size() < kHeaderBytes) return Fail(Error::kTruncated, "%zu bytes, the header has %zu", file.size(), kHeaderBytes);
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
  if (reader.Read<uint32_t>() != Crc32(file.first(kHeaderCrcOffset))) return Fail(Error::kBadChecksum, "checksum of the header");
  if (header.version > 1) return Fail(Error::kUnsupportedVersion, "version %u of the format, versions 0 and 1 are known", header.version);
  if (flags & ~(kAlphaFlag | kGreyFlag)) return Fail(Error::kBadHeader, "unknown flags %02x", flags);
  if (header.quality256 < kMinQuality256 || header.quality256 > kMaxQuality256) return Fail(Error::kBadHeader, "quality %u/256", header.quality256);
  if (header.width < 1 || header.width > kMaxSide || header.height < 1 || header.height > kMaxSide || uint64_t{header.width} * header.height > kMaxPixels) {
    return Fail(Error::kBadHeader, "a picture of %u x %u pixels", header.width, header.height);
  }
  if (header.tile_units < 1 || header.tile_units > kMaxTileUnits) return Fail(Error::kBadHeader, "tiles of %u units", header.tile_units);
  if (reserved != 0) return Fail(Error::kBadHeader, "reserved field not 0");
  return header;
}

Result<Container> ReadContainer(Bytes file) {
  Container container;
  LIC_TRY(container.header, ReadHeader(file));
  ByteReader reader(file);
  reader.Take(kHeaderBytes);
  uint8_t last = 0;
  uint32_t required = 0;
  while (reader.left() > 0) {
    LIC_TRY(const Section section, ReadSection(reader));
    if (section.type <= last) return Fail(Error::kBadSection, "section %u behind section %u", section.type, last);
    last = section.type;
    if (section.type >= 2 && section.type <= 4) required |= 1u << section.type;
    LIC_CHECK(PlaceSection(section, container));
  }
  if (required != 0b11100) {
    // A cut between two sections leaves a file that is merely too short.
    if (last < static_cast<uint8_t>(SectionType::kTiles)) return Fail(Error::kTruncated, "the file ends behind section %u", last);
    return Fail(Error::kBadSection, "a required section is missing");
  }
  LIC_CHECK(CheckTiles(container));
  return container;
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
  for (const Bytes block : {metadata.icc, metadata.exif, metadata.xmp}) total += block.empty() ? 0 : kSectionHeadBytes + block.size();
  LIC_TRY(auto file, Buffer<uint8_t>::Allocate(total));
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
