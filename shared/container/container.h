// The container: header, sections and tile index of a .lic file (docs/format.md#container).
//
//   bytes as they come ──ContainerReader──> Header, payloads of the sections, streams of the tiles
//   the same ──WriteContainer──> bytes
#pragma once

#include "container/header.h"
#include "container/sections.h"
#include "container/stream_list.h"
#include "container/stream_order.h"

namespace lic {

// Types of sections that tables of codings have are below this number.
inline constexpr size_t kSectionTypes = 8;

// The payloads of a file's sections, by their types.
struct Payloads {
  Bytes bytes[kSectionTypes];

  Bytes& operator[](SectionType type) { return bytes[static_cast<size_t>(type)]; }
  const Bytes& operator[](SectionType type) const { return bytes[static_cast<size_t>(type)]; }
};

// A parsed file: spans point into it. A payload that is absent is empty.
struct Container {
  Header header;
  Payloads payloads;
  size_t bytes = 0;  // up to the end of the last section, once the reader is done; a trailer may follow

  Metadata metadata() const {
    return {payloads[SectionType::kIcc], payloads[SectionType::kExif], payloads[SectionType::kXmp]};
  }
};

// Reads a whole file and verifies every checksum and length. Errors: as ReadLayout.
Result<Container> ReadContainer(Bytes file);

// Reads a file whose bytes come piece by piece.
class ContainerReader {
 public:
  // Reads on as far as the bytes reach, and verifies what it reads. `file` is all that has come so far, wherever it
  // lies now; `complete`: nothing will follow. Errors: as ReadLayout.
  Status Read(Bytes file, bool complete);
  // What has been read, pointing into the `file` of the last Read; the last section may end early.
  const Container& container() const { return container_; }
  bool has_header() const { return position_ > 0; }
  // Whether a section has come, all of it and verified. TILES: whether the lengths of its streams are known.
  bool has(SectionType type) const { return extents_[static_cast<size_t>(type)].offset > 0; }
  // Streams that are there and verified, from the first.
  uint64_t streams_read() const { return stream_; }
  // Whether all is read: up to the end of the file, or to a trailer.
  bool done() const { return done_; }

 private:
  struct Extent {
    size_t offset = 0;  // 0: the section has not come
    size_t length = 0;
  };
  Result<bool> ReadSection(Bytes file, bool complete);
  Status CheckPlace(uint8_t type, size_t length);
  Status BeginTiles(Extent payload);
  Result<bool> ReadTiles(Bytes file, bool complete);
  Status End();
  void PointInto(Bytes file);

  Container container_;
  size_t position_ = 0;  // of the next section
  uint8_t last_ = 0;     // type of the section before
  size_t place_ = 0;     // where the next section may stand at the earliest, in the order of the coding
  Extent extents_[kSectionTypes];
  StreamOrder order_;
  bool in_tiles_ = false;
  uint64_t stream_ = 0;  // the next to be verified
  bool done_ = false;
};

// Finds streams by their number in the StreamOrder. A stream lies after all earlier ones, whose lengths stand in the
// index; so streams are to be asked for in ascending order.
class StreamFinder {
 public:
  Bytes Find(const Container& file, uint64_t stream);

 private:
  uint64_t stream_ = 0;  // the one that lies at `offset_` of TILES
  size_t offset_ = 0;
};

// What an encoder hands over for writing. INDEX and TILES are made of the streams: those of each kind in their order,
// as many as StreamOrder says.
struct ContainerParts {
  Header header;
  Payloads payloads;
  const StreamList* latents = nullptr;  // or grids
  const StreamList* alpha = nullptr;    // null: the picture has none

  void SetMetadata(const Metadata& metadata);
};

Result<Buffer<uint8_t>> WriteContainer(const ContainerParts& parts);

}  // namespace lic
