// LIC: encode pictures to .lic files and decode them. This header is the manual of the library.
//
//   model files ──> Model, EncoderModel
//   pixels ──> Encode ──> bytes of a .lic file ──> ReadInfo, Decode / Decoder ──> pixels
//
// The library does no input or output, prints nothing, throws nothing and keeps no state between calls (but for the
// allocator). Objects may be used by several threads at once where their methods are const. Files are described in
// docs/format.md.
#pragma once

#include "lic/decode.h"
#include "lic/encode.h"
#include "lic/hash.h"
#include "lic/info.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/picture.h"
#include "lic/result.h"
#include "lic/version.h"
