// Finds the parts of a JPEG file by its markers: where the first picture ends, what lies behind it, and metadata.
#pragma once

#include <vector>

#include "lic/lic.h"
#include "native/picture_files/faults.h"

namespace lic::native {

// A segment APPn before the first scan. The payload points into the file.
struct JpegSegment {
  int app = 0;  // n
  Bytes payload;
};

struct JpegParts {
  std::vector<JpegSegment> segments;
  size_t end = 0;  // of the first picture: behind its EOI or, without one, where nothing of the picture can follow
  bool has_eoi = false;
  bool has_all_components = false;  // each component of the frame is in a scan
};

// `file` begins with SOI. Damage ends the walk; the JPEG library says what is wrong.
JpegParts FindJpegParts(Bytes file);

// The payload, without `signature`, of the first APPn that begins with it. Empty if there is none.
Bytes FindSegment(const JpegParts& parts, int app, Bytes signature);

// Joins the ICC profile from its pieces in APP2. A piece that stands twice counts once, and the pieces decide where
// they are all there but their stated number is wrong. Empty, with a warning, where a piece is missing.
Result<Buffer<uint8_t>> JoinIcc(const JpegParts& parts, Faults& faults);

// Warns of metadata that a .lic file has no place for, where metadata are asked for: IPTC, and the further parts of XMP
// of more than 64 kB.
void WarnOfMetadata(const JpegParts& parts, bool keep_exif, bool keep_xmp, Faults& faults);

// Warns of what the file holds besides the first picture: other views, a gain map, a video, other bytes.
void WarnOfDropped(Bytes file, const JpegParts& parts, Faults& faults);

}  // namespace lic::native
