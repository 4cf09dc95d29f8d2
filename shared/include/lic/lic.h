// LIC encodes pictures to .lic files and decodes them. This header and those that it includes are the manual of the
// library. docs/format.md describes the files.
//
//     NAME.enc.licm ──> EncoderModel ─┐
//     NAME.dec.licm ──> Model ────────┤
//                                     v
//     pixels ─┬────────────────────> Encode ─┬> bytes of a .lic file ─┬─> ReadInfo ──────────> size, quality, model
//             └──────────> EncodeOverfitted ─┘                        │
//                                                                     ├─> ReadLayout ────────> profile, Exif, XMP
//                                                   Model ────────────┴─> Decode, Decoder ───> pixels
//
// ---- An example -------------------------------------------------------------------------------------------
//
// This program encodes a picture and decodes it again. It takes the paths of the two files of a model. Compile it as
// C++20: c++ -std=c++20 example.cpp $(pkg-config --cflags --libs lic)
//
//     #include <lic/lic.h>
//
//     #include <cstdio>
//     #include <fstream>
//     #include <iterator>
//     #include <vector>
//
//     std::vector<uint8_t> ReadFile(const char* path) {
//       std::ifstream file(path, std::ios::binary);
//       return {std::istreambuf_iterator<char>(file), {}};
//     }
//
//     int Stop(const lic::Failure& failure) {
//       std::fprintf(stderr, "%s: %s\n", lic::ErrorName(failure.error), failure.what);
//       return static_cast<int>(failure.error);
//     }
//
//     int main(int argc, char** argv) {
//       if (argc != 3) return 64;
//       const auto model = lic::Model::Load(ReadFile(argv[1]));  // NAME.dec.licm
//       if (!model.ok()) return Stop(model.failure());
//       const auto encoder = lic::EncoderModel::Load(ReadFile(argv[2]), model.value());  // NAME.enc.licm
//       if (!encoder.ok()) return Stop(encoder.failure());
//
//       const std::vector<uint8_t> pixels(100 * 80 * 3, 200);  // red, green, blue of a grey picture
//       const lic::PictureView view = {pixels.data(), 100, 80, 3, 100 * 3};
//       const auto file = lic::Encode(view, model.value(), encoder.value(), {.quality = 60});
//       if (!file.ok()) return Stop(file.failure());
//
//       const auto picture = lic::Decode(file.value(), &model.value());
//       if (!picture.ok()) return Stop(picture.failure());
//       std::printf("%u x %u pixels\n", picture.value().width, picture.value().height);
//     }
//
// ---- What holds for every function ------------------------------------------------------------------------
//
// Input and output. The library reads no files and prints nothing. Bytes and pixels are handed in and handed out in
// memory.
//
// Errors. What can fail returns a Result or a Status: see lic/result.h. The library throws nothing of its own. Bad data
// of any kind, damaged files and files of an attacker included, end as an Error and never as a crash. Each function
// names its errors. Besides these Encode, Decode and Step may end with kInternal, a fault of the library or of XNNPACK
// that should be reported. Mistakes of the program itself, such as a null pointer to pixels or value() of a failure,
// are undefined behaviour.
//
// Ownership. What is handed in stays the caller's; views (PictureView, Bytes) are only looked at. Encode, Decode and
// the functions that load or read keep nothing of it after they return. ReadLayout returns views into the file, and a
// Decoder refers to the file and the model: see there. What is handed out by value is the caller's.
//
// Objects. Load makes an object from the bytes of a file, Create from nothing. A Decoder is begun: Begin makes one
// that waits for bytes, Open one that has them. Objects can be moved and not copied. One that was moved from may only
// be destroyed or assigned to.
//
// Threads. EncodeOverfitted starts threads, and ends them before it returns. Nothing else does. Functions may run in
// several threads at once. One object may be used by several threads at once where only
// its const methods are called: one Model serves any number of encoders and decoders. The exception is SetAllocator.
//
// Memory. Everything whose size depends on pixels or on files comes from the allocator of lic/memory.h. Sizes are
// checked before anything is allocated.
//
// Time. What takes long are the networks, and their time follows the number of their multiplications. The models that
// come with LIC need for each pixel of a picture, in thousands:
//
//     analysis                     10.7    Encode, once for a picture
//     hyper-analysis                0.1    Encode, once for a quality that is tried
//     hyper-synthesis, context      0.9    Encode for each quality and each step of its search; Decode
//     synthesis                     3.6    Decode; Encode for each step of its search
//
// EncodeOverfitted takes another kind of time: see there. Files that it made take about 1 thousand to decode.
//
// ---- The headers ------------------------------------------------------------------------------------------
//
// Programs include this header alone. In the order in which to read them:
//
//     lic/result.h     errors
//     lic/memory.h     the allocator, buffers
//     lic/model.h      models
//     lic/picture.h    pixels, metadata
//     lic/encode.h     pixels to a file
//     lic/info.h       what a file says of itself
//     lic/decode.h     a file to pixels, at once or in steps
//     lic/hash.h       hashes for conformance tests
//     lic/version.h    the version, in C too
//     lic/api.h        what liblic.so shows, in C too
//     lic/lic_c.h      the library for C
#pragma once

#if __cplusplus <= 201703L
#error "lic/lic.h needs C++20; lic/lic_c.h is for C and for earlier C++"
#endif

#include "lic/decode.h"
#include "lic/encode.h"
#include "lic/hash.h"
#include "lic/info.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/picture.h"
#include "lic/result.h"
#include "lic/version.h"
