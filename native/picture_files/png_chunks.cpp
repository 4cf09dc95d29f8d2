#include "native/picture_files/png_chunks.h"

#include <zlib.h>

#include <cstring>

namespace lic::native {
namespace {

constexpr size_t kSignatureBytes = 8, kFrameBytes = 12;  // of a chunk: length, type, checksum

uint32_t U32(Bytes file, size_t at) {
  return uint32_t{file[at]} << 24 | uint32_t{file[at + 1]} << 16 | uint32_t{file[at + 2]} << 8 | file[at + 3];
}

// Calls `take` with type and payload of each chunk that is there in full, until it returns false. Returns where the
// chunk begins at which it stopped.
template <class Take>
size_t WalkChunks(Bytes file, Take take) {
  size_t at = kSignatureBytes;
  while (at + kFrameBytes <= file.size()) {
    const size_t length = U32(file, at);
    if (length > file.size() - at - kFrameBytes) break;
    if (!take(reinterpret_cast<const char*>(file.data() + at + 4), file.subspan(at + 8, length))) break;
    at += kFrameBytes + length;
  }
  return at;
}

bool Is(const char* type, const char* wanted) { return std::memcmp(type, wanted, 4) == 0; }

}  // namespace

std::optional<PngChunk> FindChunk(Bytes file, const char* type) {
  std::optional<PngChunk> found;
  bool is_before_pixels = true;
  WalkChunks(file, [&](const char* name, Bytes payload) {
    is_before_pixels &= !Is(name, "IDAT");
    if (!Is(name, type)) return true;
    const uint8_t* const start = payload.data() - 4;
    const uLong checksum = crc32(0, start, static_cast<uInt>(payload.size() + 4));
    const bool is_whole = checksum == U32(file, static_cast<size_t>(start - file.data()) + 4 + payload.size());
    found = PngChunk{payload, is_before_pixels, is_whole};
    return false;
  });
  return found;
}

size_t EndOfChunks(Bytes file) {
  bool has_end = false;
  const size_t at = WalkChunks(file, [&](const char* name, Bytes) {
    has_end = Is(name, "IEND");
    return !has_end;
  });
  return has_end ? at + kFrameBytes + U32(file, at) : file.size();
}

bool IsHighRange(Bytes cicp) { return cicp[1] == 16 || cicp[1] == 18; }

// Makes a profile of the colour space that a cICP chunk names (ITU-T H.273), if it is one of pictures for screens.
Result<ColourProfile> ProfileOfCicp(Bytes cicp, bool grey) {
  const int primaries = cicp[0], transfer = cicp[1], matrix = cicp[2], full_range = cicp[3];
  const Primaries* known = primaries == 1    ? &kSrgbPrimaries
                           : primaries == 9  ? &kBt2020Primaries
                           : primaries == 12 ? &kDisplayP3Primaries
                                             : nullptr;
  Transfer curve;
  bool curve_known = true;
  switch (transfer) {
    case 1:
    case 6:
    case 14:
    case 15:
      curve.kind = Transfer::kBt709;
      break;
    case 4:
      curve = {Transfer::kPower, 2.2};
      break;
    case 5:
      curve = {Transfer::kPower, 2.8};
      break;
    case 8:
      curve = {Transfer::kPower, 1.0};
      break;
    case 13:
      break;
    default:
      curve_known = false;
  }
  if (!known || !curve_known || matrix != 0 || full_range != 1) {
    return Fail(Error::kUnsupportedImage,
                "cICP is %d/%d/%d/%d; primaries 1, 9, 12 with a curve for screens, 0, 1 are read", primaries, transfer,
                matrix, full_range);
  }
  return ColourProfile::FromPrimaries(*known, curve, grey);
}

}  // namespace lic::native
