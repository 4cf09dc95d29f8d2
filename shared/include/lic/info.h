// What a file says of itself, without a model: its header, and how its bytes divide.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/picture.h"
#include "lic/result.h"

namespace lic {

// How a picture is coded.
enum class Coding : uint8_t {
  kAutoencoder = 0,  // by the networks of a model, which the file names
  kOverfitted = 1,   // by networks of the picture's own, which the file carries
};

// What the header of a file says.
struct Info {
  uint32_t width = 0;    // 1..kMaxSide
  uint32_t height = 0;   // 1..kMaxSide; the picture has at most kMaxPixels
  uint32_t version = 0;  // of the format: 1, or 0 where the file's model was not released when it was written; 2 where
                         // the file carries its networks
  Coding coding = Coding::kAutoencoder;  // follows from the version
  float quality = 0;                     // 1..100, in steps of 1/256
  bool has_alpha = false;                // some pixel is not opaque
  bool is_grey = false;                  // there is one channel of colour in place of three
  Id model_id = {};                      // Model::id of the models that decode the file
  Id head_hash = {};        // Model::head_hash of the model that encoded it; one with another may decode it too
  uint32_t tile_units = 0;  // the side of a tile in units of 64 pixels, 1..1024

  // The channels that the picture was coded with, as PictureView has them: 1 to 4.
  uint32_t channels() const { return (is_grey ? 1 : 3) + (has_alpha ? 1 : 0); }
};

// The bytes at the beginning of a file that ReadInfo needs.
inline constexpr size_t kHeaderBytes = 40;

// Reads the header. `file` is a whole file or its beginning, of kHeaderBytes at least. Takes no time to speak of, and
// no memory.
// Errors: kNotLic, kTruncated, kBadChecksum, kUnsupportedVersion, kBadHeader.
LIC_API Result<Info> ReadInfo(Bytes file);

// The networks and grids that a file of the overfitted coding carries. docs/format.md#architecture has what they are.
struct Networks {
  uint32_t base_set = 0;          // whose differences the parameters are
  uint32_t chains = 0;            // of grids: 1..3
  uint32_t grids = 0;             // of latents, in all chains
  uint32_t context_networks = 0;  // 1..3
  uint32_t hidden = 0;            // values of a pixel between the two layers that mix the channels
  uint32_t convolutions = 0;      // 3x3 layers after them
  uint32_t noise = 0;             // planes of noise
  double multiplications = 0;     // for a pixel, by these networks
  uint64_t bytes = 0;             // of the networks in the file
};

// Reads what networks a file carries. `file` is a whole file or its beginning, up to the end of the networks: at most
// 4 MiB and 70000 bytes. Takes no memory.
// Errors: those of ReadInfo; kBadSection; kInvalidArgument if the file is of another coding.
LIC_API Result<Networks> ReadNetworks(Bytes file);

// How the bytes of a whole file divide, and where its metadata lies. docs/format.md describes the sections.
struct Layout {
  Info info = {};
  Metadata metadata = {};      // views into the file that was read: valid as long as its bytes
  uint64_t network_bytes = 0;  // the file's own networks
  uint64_t hyper_bytes = 0;    // the stream of hyper-latents
  uint64_t index_bytes = 0;    // lengths and checksums of the streams
  uint64_t latent_bytes = 0;   // the streams of latents, of all tiles or grids
  uint64_t alpha_bytes = 0;    // the streams of alpha of all tiles
  uint32_t tiles = 0;          // how many there are
  uint64_t bytes = 0;          // up to the end of the last section: behind it lies a trailer, or nothing
};

// Reads the sections of a whole file and verifies every checksum. The streams are not decoded, so that a file may
// still turn out to be kBadStream. A trailer is no error: bytes behind the picture that are no whole section, such as
// zeros, or the rest of a file that was cut off there. `file` must outlive Layout::metadata. Takes one pass over the
// bytes, and no memory.
// Errors: those of ReadInfo; kBadSection.
LIC_API Result<Layout> ReadLayout(Bytes file);

}  // namespace lic
