// The header of a .lic file (docs/format.md#header).
#pragma once

#include <array>

#include "container/tile_grid.h"
#include "lic/lic.h"

namespace lic {

// Files of lower versions are coded by the autoencoder.
inline constexpr uint8_t kOverfittedVersion = 2;

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
  // In the overfitted coding the 16 bytes of the two ids are these.
  std::array<uint8_t, 16> networks = {};

  Coding coding() const { return version == kOverfittedVersion ? Coding::kOverfitted : Coding::kAutoencoder; }
  // Channels of the picture: 1 to 4.
  uint32_t channels() const { return (is_grey ? 1 : 3) + (has_alpha ? 1 : 0); }
  TileGrid grid() const { return {width, height, tile_units}; }
};

// Whether a file begins with the magic, or with a part of it where it is shorter.
bool StartsLikeMagic(Bytes file);

// `file` may be the beginning of a file. Errors: as ReadInfo.
Result<Header> ReadHeader(Bytes file);

// Writes kHeaderBytes bytes.
void WriteHeader(const Header& header, uint8_t* at);

}  // namespace lic
