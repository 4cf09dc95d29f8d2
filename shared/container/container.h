// The container: header, sections and tile index of a .lic file (docs/format.md#header, #sections, #tiles).
#pragma once

#include "lic/lic.h"

namespace lic {

inline constexpr size_t kSectionHeadBytes = 9;
inline constexpr uint32_t kTileUnit = 64;      // pixels
inline constexpr uint32_t kLatentStride = 16;  // pixels per latent
inline constexpr uint32_t kHyperStride = 64;   // pixels per hyper-latent
inline constexpr uint32_t kMaxTileUnits = 1024;
inline constexpr uint32_t kMinQuality256 = 256;
inline constexpr uint32_t kMaxQuality256 = 25600;
inline constexpr uint32_t kMaxMetadataBytes = 4194304;

enum class SectionType : uint8_t {
  kIcc = 1,
  kHyper = 2,
  kIndex = 3,
  kTiles = 4,
  kExif = 5,
  kXmp = 6,
  kFirstIgnored = 128
};

struct Header {
  uint8_t version = 0;
  bool has_alpha = false;
  bool is_grey = false;
  uint32_t quality256 = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  Id model_id;
  Id head_hash;
  uint32_t tile_units = 0;
};

// A rectangle of a grid.
struct Rect {
  uint32_t x = 0, y = 0, width = 0, height = 0;
};

constexpr uint32_t CeilDiv(uint32_t a, uint32_t b) { return a / b + (a % b != 0); }

// Where tiles lie.
struct TileGrid {
  TileGrid() = default;
  explicit TileGrid(const Header& header)
      : width(header.width),
        height(header.height),
        side(header.tile_units * kTileUnit),
        columns(CeilDiv(width, side)),
        rows(CeilDiv(height, side)) {}

  uint32_t count() const { return columns * rows; }
  // The pixels of a tile.
  Rect Pixels(uint32_t tile) const;
  // The latents of a tile, in the latent plane of the picture.
  Rect Latents(uint32_t tile) const;

  uint32_t width = 0, height = 0;
  uint32_t side = 0;  // pixels
  uint32_t columns = 0, rows = 0;
};

// Streams of a tile.
struct TileStreams {
  Bytes latents;
  Bytes alpha;  // empty if the picture has none
};

// A parsed file: spans point into it.
struct Container {
  Header header;
  Metadata metadata;
  Bytes hyper;
  Bytes index;
  Bytes tiles;  // all streams
};

// Reads the header alone; `file` may be the beginning of a file.
Result<Header> ReadHeader(Bytes file);
// Reads a whole file and verifies every checksum and length.
Result<Container> ReadContainer(Bytes file);

// Reads a file whose bytes come piece by piece.
class ContainerReader {
 public:
  // Reads on as far as the bytes reach, and verifies what it reads. `file` is all that has come so far, wherever it
  // lies now; `complete`: nothing will follow. Errors: as ReadLayout.
  Status Read(Bytes file, bool complete);
  // What has been read, pointing into `file`; the last section may end early.
  const Container& container() const { return container_; }
  bool has_header() const { return position_ > 0; }
  bool has_hyper() const { return hyper_.length > 0; }
  // Whether the streams of all tiles are known: their lengths, not what is in them.
  bool has_index() const { return tiles_.length > 0; }
  // Tiles that are there and verified, from the first.
  uint32_t tiles_read() const { return static_cast<uint32_t>(entry_ / (container_.header.has_alpha ? 2 : 1)); }
  // Whether all is read.
  bool done() const { return done_; }

 private:
  struct Extent {
    size_t offset = 0;
    size_t length = 0;
  };
  Result<bool> ReadSection(Bytes file, bool complete);
  Status PlaceSection(uint8_t type, Extent payload);
  Status BeginTiles(Extent payload);
  Result<bool> ReadTiles(Bytes file, bool complete);
  Status End();
  void PointInto(Bytes file);

  Container container_;
  size_t position_ = 0;  // of the next section
  uint8_t last_ = 0;     // type of the section before
  Extent icc_, hyper_, index_, tiles_, exif_, xmp_;
  bool in_tiles_ = false;
  uint64_t entry_ = 0;  // of the index: streams verified
  bool done_ = false;
};

// The streams of a tile, tiles being visited in their order. `offset` is 0 for tile 0 and advances.
TileStreams NextTile(const Container& container, uint32_t tile, size_t& offset);

// What Encode hands over for writing.
struct ContainerParts {
  Header header;
  Metadata metadata;
  Bytes hyper;
  std::span<const Buffer<uint8_t>> latents;  // one a tile
  std::span<const Buffer<uint8_t>> alpha;    // one a tile, or empty
};
// The mirror of ReadContainer.
Result<Buffer<uint8_t>> WriteContainer(const ContainerParts& parts);

}  // namespace lic
