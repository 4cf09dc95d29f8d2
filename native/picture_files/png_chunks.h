// Finds chunks of PNG files that libpng does not hand out, and makes profiles of cICP.
#pragma once

#include <optional>

#include "lic/lic.h"
#include "native/picture_files/colour.h"

namespace lic::native {

struct PngChunk {
  Bytes payload;
  bool is_before_pixels = false;  // before the first IDAT
  bool is_whole = false;          // its checksum is right
};

// Finds the first chunk of a type in a file that begins like a PNG.
std::optional<PngChunk> FindChunk(Bytes file, const char* type);

// Where the chunks end: behind IEND, or at the end of the file if it has none.
size_t EndOfChunks(Bytes file);

// Whether a cICP chunk names a curve of high dynamic range: PQ or HLG.
bool IsHighRange(Bytes cicp);

// Makes a profile of the colour space that a cICP chunk of four bytes names (ITU-T H.273), if it is one of pictures for
// screens. Errors: kUnsupportedImage.
Result<ColourProfile> ProfileOfCicp(Bytes cicp, bool grey);

}  // namespace lic::native
