#include "container/container.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/checksum.h"

namespace lic {
namespace {

constexpr size_t kIndexEntryBytes = 8;
constexpr size_t kStateBytes = 4;
constexpr size_t kGridStates = 8;

struct IndexEntry {
  uint32_t length = 0;
  uint32_t checksum = 0;
};

IndexEntry ReadEntry(Bytes index, size_t entry) {
  ByteReader reader(index.subspan(entry * kIndexEntryBytes, kIndexEntryBytes));
  IndexEntry result;
  result.length = reader.Read<uint32_t>();
  result.checksum = reader.Read<uint32_t>();
  return result;
}

Status CheckStreamLength(StreamKind kind, uint32_t tile, size_t length) {
  const bool is_even = length % 2 == 0;
  switch (kind) {
    case StreamKind::kLatents:
      if (is_even && length >= kStateBytes) return {};
      return Fail(Error::kBadSection, "tile %u has %zu bytes, allowed are even numbers from %zu on", tile, length,
                  kStateBytes);
    case StreamKind::kGrids:
      if (is_even && length >= kGridStates * kStateBytes) return {};
      return Fail(Error::kBadSection, "the grids of tile %u have %zu bytes, allowed are even numbers from %zu on", tile,
                  length, kGridStates * kStateBytes);
    case StreamKind::kAlpha:
      if (length == 1 || (is_even && length >= 2 * kStateBytes)) return {};
      return Fail(Error::kBadSection, "alpha of tile %u has %zu bytes, allowed are 1 and even numbers from %zu on",
                  tile, length, 2 * kStateBytes);
  }
  return {};
}

Failure WrongLength(const SectionRule& rule, size_t length) {
  if (rule.multiple_of > 1) {
    return Fail(Error::kBadSection, "%s has %zu bytes, allowed are multiples of %u from %u on", rule.name, length,
                rule.multiple_of, rule.least);
  }
  return Fail(Error::kBadSection, "%s has %zu bytes, allowed are %u to %u", rule.name, length, rule.least, rule.most);
}

}  // namespace

// ---- Reading ----------------------------------------------------------------------------------------------

Result<Container> ReadContainer(Bytes file) {
  ContainerReader reader;
  LIC_CHECK(reader.Read(file, /*complete=*/true));
  return reader.container();
}

Status ContainerReader::Read(Bytes file, bool complete) {
  if (!has_header()) {
    if (file.size() < kHeaderBytes && !complete && StartsLikeMagic(file)) return {};
    LIC_TRY(container_.header, ReadHeader(file));
    position_ = kHeaderBytes;
  }
  PointInto(file);
  for (bool goes_on = true; goes_on && !done_;) {
    if (!in_tiles_ && position_ == file.size()) break;
    LIC_TRY(goes_on, in_tiles_ ? ReadTiles(file, complete) : ReadSection(file, complete));
    PointInto(file);
  }
  return complete && !done_ ? End() : Status();
}

// False: more bytes are needed, or a trailer begins here. A wrong checksum proves a trailer, and the file is done, so
// that no checksum is computed twice. Otherwise the section may still come, until the file is complete.
Result<bool> ContainerReader::ReadSection(Bytes file, bool complete) {
  const Bytes rest = file.subspan(position_);
  const bool may_be_trailer = has(SectionType::kTiles);
  if (rest.size() < kSectionHeadBytes) {
    if (complete && !may_be_trailer)
      return Fail(Error::kTruncated, "the file ends at byte %zu, inside the head of a section", position_);
    return false;
  }
  const SectionHead head = ReadSectionHead(rest.first(kSectionHeadBytes));
  const Extent payload = {position_ + kSectionHeadBytes, head.length};
  const bool is_tiles = head.type == static_cast<uint8_t>(SectionType::kTiles);
  const bool is_there = payload.length <= rest.size() - kSectionHeadBytes;
  // Tiles are read as they come, even if they will not all: in pieces and at once a file is refused for the same
  // reason.
  if (!is_there && (may_be_trailer || !is_tiles)) {
    if (complete && !may_be_trailer) {
      return Fail(Error::kTruncated, "section %u at byte %zu has %zu bytes, the file has %zu more", head.type,
                  position_, payload.length, rest.size() - kSectionHeadBytes);
    }
    return false;
  }
  const Bytes checked = is_tiles ? Bytes() : file.subspan(payload.offset, payload.length);
  if (head.checksum != SectionChecksum(head, checked)) {
    if (!may_be_trailer)
      return Fail(Error::kBadChecksum, "the checksum of section %u at byte %zu is wrong", head.type, position_);
    LIC_CHECK(End());
    return false;
  }
  LIC_CHECK(CheckPlace(head.type, payload.length));
  last_ = head.type;
  if (is_tiles) LIC_CHECK(BeginTiles(payload));
  if (head.type < kSectionTypes) extents_[head.type] = payload;
  if (!is_tiles) position_ = payload.offset + payload.length;
  return true;
}

// Whether a section of that type may come now, with so long a payload.
Status ContainerReader::CheckPlace(uint8_t type, size_t length) {
  const std::span<const SectionRule> rules = SectionsOf(container_.header.coding());
  size_t place = 0;
  while (place < rules.size() && static_cast<uint8_t>(rules[place].type) != type) ++place;
  const bool is_known = place < rules.size();
  if (!is_known) {
    if (type < static_cast<uint8_t>(SectionType::kFirstIgnored)) {
      return Fail(Error::kBadSection, "section %u is unknown, only types from %u on are skipped", type,
                  static_cast<unsigned>(SectionType::kFirstIgnored));
    }
    place += type - static_cast<uint8_t>(SectionType::kFirstIgnored);
  }
  if (place < place_) return Fail(Error::kBadSection, "section %u must not follow section %u", type, last_);
  place_ = place + 1;
  for (const SectionRule& rule : rules.first(std::min(place, rules.size()))) {
    if (rule.required && !has(rule.type))
      return Fail(Error::kBadSection, "section %u comes before %s, which every picture has", type, rule.name);
  }
  if (is_known && !rules[place].Allows(static_cast<uint32_t>(length))) return WrongLength(rules[place], length);
  return {};
}

// The lengths that the index gives must fill the TILES section exactly.
Status ContainerReader::BeginTiles(Extent payload) {
  const Bytes index = container_.payloads[SectionType::kIndex];
  order_ = StreamOrder(container_.header);
  const uint64_t entries = order_.count();
  if (index.size() != entries * kIndexEntryBytes) {
    return Fail(Error::kBadSection, "INDEX has %zu bytes, %llu streams take %llu", index.size(),
                static_cast<unsigned long long>(entries), static_cast<unsigned long long>(entries * kIndexEntryBytes));
  }
  uint64_t sum = 0;
  for (size_t entry = 0; entry < entries; ++entry) {
    const size_t length = ReadEntry(index, entry).length;
    LIC_CHECK(CheckStreamLength(order_.Kind(entry), order_.Tile(entry), length));
    sum += length;
  }
  if (sum != payload.length) {
    return Fail(Error::kBadSection, "TILES has %zu bytes, INDEX adds up to %llu", payload.length,
                static_cast<unsigned long long>(sum));
  }
  position_ = payload.offset;
  in_tiles_ = true;
  return {};
}

// Verifies the streams that are there. False: more bytes are needed.
Result<bool> ContainerReader::ReadTiles(Bytes file, bool complete) {
  const Bytes index = container_.payloads[SectionType::kIndex];
  for (; stream_ < order_.count(); ++stream_) {
    const IndexEntry entry = ReadEntry(index, stream_);
    if (entry.length > file.size() - position_) {
      if (complete) return Fail(Error::kTruncated, "the file ends inside tile %u", order_.Tile(stream_));
      return false;
    }
    if (Crc32(file.subspan(position_, entry.length)) != entry.checksum)
      return Fail(Error::kBadChecksum, "the checksum of tile %u is wrong", order_.Tile(stream_));
    position_ += entry.length;
  }
  in_tiles_ = false;
  return true;
}

// A cut between two sections leaves a file that is merely too short.
Status ContainerReader::End() {
  for (const SectionRule& rule : SectionsOf(container_.header.coding())) {
    if (rule.required && !has(rule.type))
      return Fail(Error::kTruncated, "the file ends after %zu bytes, before %s", position_, rule.name);
  }
  container_.bytes = position_;
  done_ = true;
  return {};
}

void ContainerReader::PointInto(Bytes file) {
  for (size_t type = 0; type < kSectionTypes; ++type) {
    const Extent& extent = extents_[type];
    container_.payloads.bytes[type] = file.subspan(extent.offset, std::min(extent.length, file.size() - extent.offset));
  }
}

Bytes StreamFinder::Find(const Container& file, uint64_t stream) {
  const Bytes index = file.payloads[SectionType::kIndex];
  for (; stream_ < stream; ++stream_) offset_ += ReadEntry(index, stream_).length;
  return file.payloads[SectionType::kTiles].subspan(offset_, ReadEntry(index, stream).length);
}

// ---- Writing ----------------------------------------------------------------------------------------------

namespace {

uint8_t* PutSection(uint8_t* at, SectionType type, Bytes payload) {
  SectionHead head = {.type = static_cast<uint8_t>(type), .length = static_cast<uint32_t>(payload.size())};
  head.checksum = SectionChecksum(head, payload);
  WriteSectionHead(head, at);
  return std::copy(payload.begin(), payload.end(), at + kSectionHeadBytes);
}

size_t IndexBytes(const ContainerParts& parts) { return StreamOrder(parts.header).count() * kIndexEntryBytes; }

size_t TileBytes(const ContainerParts& parts) {
  return parts.latents->bytes() + (parts.alpha ? parts.alpha->bytes() : 0);
}

// INDEX and TILES.
uint8_t* PutTiles(uint8_t* at, const ContainerParts& parts) {
  uint8_t* const index_head = at;
  uint8_t* entry = index_head + kSectionHeadBytes;
  at = entry + IndexBytes(parts);
  SectionHead head = {.type = static_cast<uint8_t>(SectionType::kTiles),
                      .length = static_cast<uint32_t>(TileBytes(parts))};
  head.checksum = SectionChecksum(head, {});
  WriteSectionHead(head, at);
  at += kSectionHeadBytes;
  const auto put_stream = [&](Bytes stream) {
    WriteAt(entry, static_cast<uint32_t>(stream.size()));
    WriteAt(entry + 4, Crc32(stream));
    entry += kIndexEntryBytes;
    at = std::copy(stream.begin(), stream.end(), at);
  };
  const StreamOrder order(parts.header);
  size_t latents = 0, alphas = 0;
  for (uint64_t stream = 0; stream < order.count(); ++stream) {
    const bool is_alpha = order.Kind(stream) == StreamKind::kAlpha;
    put_stream(is_alpha ? (*parts.alpha)[alphas++] : (*parts.latents)[latents++]);
  }
  head = {.type = static_cast<uint8_t>(SectionType::kIndex), .length = static_cast<uint32_t>(IndexBytes(parts))};
  head.checksum = SectionChecksum(head, {index_head + kSectionHeadBytes, IndexBytes(parts)});
  WriteSectionHead(head, index_head);
  return at;
}

}  // namespace

void ContainerParts::SetMetadata(const Metadata& metadata) {
  payloads[SectionType::kIcc] = metadata.icc;
  payloads[SectionType::kExif] = metadata.exif;
  payloads[SectionType::kXmp] = metadata.xmp;
}

Result<Buffer<uint8_t>> WriteContainer(const ContainerParts& parts) {
  if (TileBytes(parts) > UINT32_MAX) {
    return Fail(Error::kUnsupportedImage, "the encoded tiles have %zu bytes, allowed are %u", TileBytes(parts),
                UINT32_MAX);
  }
  size_t total = kHeaderBytes + 2 * kSectionHeadBytes + IndexBytes(parts) + TileBytes(parts);
  for (const Bytes payload : parts.payloads.bytes) total += payload.empty() ? 0 : kSectionHeadBytes + payload.size();
  LIC_TRY(auto file, Buffer<uint8_t>::Create(total));
  WriteHeader(parts.header, file.data());
  uint8_t* at = file.data() + kHeaderBytes;
  for (const SectionRule& rule : SectionsOf(parts.header.coding())) {
    const Bytes payload = parts.payloads[rule.type];
    if (rule.type == SectionType::kTiles) {
      at = PutTiles(at, parts);
    } else if (!payload.empty()) {
      at = PutSection(at, rule.type, payload);
    }
  }
  assert(at == file.data() + file.size());
  return file;
}

}  // namespace lic
