// Encoding: pixels to the bytes of a .lic file. Encode codes with the networks of a model, which many pictures share.
// EncodeOverfitted fits networks to the one picture, and the file carries them.
#pragma once

#include <cstdint>

#include "lic/api.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/picture.h"
#include "lic/result.h"

namespace lic {

// How hard the encoder searches for residuals, the integers that a file is made of, with the least loss. The loss is
// bits + lambda * distortion. Lambda comes from the quality. The distortion is what the model was trained to lower:
// the squared error or, where the encoder's half says so, what people see. More effort gives smaller files of equal
// quality. docs/adr/0012 and 0017 have the method.
//
//     effort   search                                                                    time of Encode
//     0        none: every residual is the nearest integer                               1
//     1        a residual of 1 becomes 0 where its bits are worth more than its error    1.1
//     2        the same, with the worth of errors measured on the model's synthesis      1.4
//     3..9     1, 2, 4, 8, 16, 32 or 64 steps by the gradient of the synthesis           1.6, and 0.7 for each step
//
// Times are multiples of that of effort 0, about, with lic-photo. Decode takes 0.4 by that measure.
// models/evaluation/README.md has the bytes that each effort saves.
//
// The search needs a synthesis without strided convolutions. With another one every effort above 1 does what effort 1
// does.
inline constexpr int kMaxEffort = 9;
inline constexpr int kDefaultEffort = 3;

// What a file is to reach. Any target but kQuality makes Encode look for the quality by trials.
enum class Target : uint8_t {
  kQuality = 0,  // the quality that EncodeOptions::quality says
  kBytes = 1,    // the best quality whose file, metadata included, has at most target_value bytes
  kPsnr = 2,     // the least quality whose decoded picture has a PSNR of at least target_value dB
  kSsim = 3,     // the least quality whose decoded picture has an SSIM of at least target_value
};

// How Encode is to encode. The default is a good one for photographs.
struct EncodeOptions {
  // 1..100, in steps of 1/256. The same quality is the same lambda with every model. With 10 more of it an error is
  // worth twice as many bits. Not looked at with another target than kQuality.
  float quality = 50;
  Target target = Target::kQuality;
  // Bytes from 1 on, a PSNR above 0 and below 200 dB, or an SSIM above 0 and below 1, as `target` says.
  double target_value = 0;
  // 0..kMaxEffort.
  int effort = kDefaultEffort;
  // The side of a tile in units of 64 pixels, 1..1024. Tiles are coded one by one. Small ones cost a few more bytes
  // and let a decoder work with less memory, and on regions with less time.
  uint32_t tile_units = 16;
  // What the file keeps beside the pixels. The views stay the caller's: the bytes must stay where they are until
  // Encode returns. They are copied into the file as they are. Exif must say orientation 1 or none: turn the pixels
  // first.
  Metadata metadata = {};
};

// Encodes a picture and returns the bytes of a whole .lic file.
//
// Takes the pixels, both halves of one model, and options. `encoder` must have been loaded with `model`, or with a
// model of the same id. Nothing that is handed in is kept. The file is for every decoder that has a model of that id.
//
// What is not kept: alpha that is 255 everywhere, and colours where alpha is 0. Other alpha is kept exactly.
//
// The same picture may become other bytes on another machine or with another version of the library. What a decoder
// makes of given bytes does not change.
//
// Time goes with the pixels: about 12 thousand multiplications each with effort 0, and as much more as the table
// above says. A target other than kQuality takes 1 to 13 trials. A trial repeats everything but the analysis, and
// decodes the file where PSNR or SSIM is wanted. The target is met to within 0.2 % of the bytes, or 0.01 dB, where
// qualities lie so close. For SSIM dB are of -10 log10(1 - SSIM). PSNR is over red, green and blue, and SSIM that of
// Wang et al. 2004 on luma; both see the pictures on white where there is alpha.
//
// Memory goes with the pixels. From effort 2 on the search adds about 10 to 30 bytes for each pixel of a row of tiles.
//
// Errors:
//     kInvalidArgument    quality, target, target_value, effort, tile_units, channels or stride is outside its range;
//                         an SSIM is wanted of a picture with a side below 11
//     kUnsupportedImage   a side is 0 or above kMaxSide, or there are more than kMaxPixels; a block of metadata
//                         has more than 4 MiB; the streams of all tiles have more than 4 GiB
//     kModelMismatch      `encoder` is for another model than `model`
//     kLimitExceeded      not even quality 1 has as few bytes as kBytes wants
//     kBelowQuality       not even quality 100 reaches what kPsnr or kSsim wants
//     kOutOfMemory        the allocator gave no memory
LIC_API Result<Buffer<uint8_t>> Encode(const PictureView& picture, const Model& model, const EncoderModel& encoder,
                                       const EncodeOptions& options = {});

// ---- Networks of the picture's own ------------------------------------------------------------------------

// How far EncodeOverfitted has come.
struct OverfitProgress {
  float part = 0;           // of all its work, 0..1; with a target a guess
  uint32_t trial = 0;       // descents that ended before this one; with a target there are several
  uint32_t iteration = 0;   // of this descent
  uint32_t iterations = 0;  // that it will take
  double bytes = 0;         // of the file as it would be now, about
  double psnr = 0;          // dB of the picture as it would be now, about
};

// Looks at an encoding while it runs, and may stop it.
struct OverfitObserver {
  // Returns whether to go on. Is called several times a second, more or less, from the thread that called
  // EncodeOverfitted. Null for none.
  bool (*report)(void* context, const OverfitProgress& progress) = nullptr;
  // What it gets as its first argument.
  void* context = nullptr;
};

// How EncodeOverfitted is to encode.
struct OverfitOptions {
  // These are what EncodeOptions has.
  float quality = 50;
  Target target = Target::kQuality;
  double target_value = 0;
  uint32_t tile_units = 16;
  Metadata metadata = {};
  // 0..kMaxEffort: 30, 60, 125, 250, 500, 1000, 2000, 4000, 8000 or 16000 iterations of the descent. More iterations
  // give smaller files of equal quality. Each takes 0.09 seconds of one core for a megapixel, about, with AVX-512.
  int effort = kDefaultEffort;
  // That work on the picture, this one among them; 0: one for each processor. The file does not depend on it.
  uint32_t threads = 0;
  OverfitObserver observer = {};
};

// What EncodeOverfitted did, and what the file's bytes are.
struct OverfitReport {
  // A grid of latents: it has a latent for every square of 2^level pixels. Chain 0 is the main one.
  struct Grid {
    uint32_t chain = 0;
    uint32_t level = 0;
    uint64_t bytes = 0;  // about: grids share streams
  };
  uint32_t iterations = 0;     // of all descents
  double seconds = 0;          // that EncodeOverfitted took
  uint64_t network_bytes = 0;  // of the networks
  uint32_t grids = 0;
  Grid grid[21];  // the first `grids` of them, in the order of the file
};

// Encodes a picture with networks of its own and returns the bytes of a whole .lic file of version 2, which is a draft:
// a later version of the library may refuse it.
//
// The networks and the latents are fitted to the picture by gradient descent. So it takes no model, and neither does a
// decoder. Fills `report`, unless that is null, after success. Nothing that is handed in is kept.
//
// What is not kept of a picture is what Encode does not keep. The same picture may become other bytes on another
// machine or with another version of the library. Every machine decodes the same pixels of given bytes.
//
// With a target other than kQuality there are 1 to 13 descents. The first is steered to bytes or PSNR while it runs.
// Each after it goes on from the one before it, with an eighth of the iterations or, where qualities are far apart,
// with more. A file that is returned reaches the target; it may have some per cent fewer bytes than it might.
//
// Memory is about 50 bytes for each pixel.
//
// Threads: it starts those that `threads` asks for, and they end before it returns.
//
// Errors:
//     kInvalidArgument, kUnsupportedImage, kLimitExceeded, kBelowQuality, kOutOfMemory
//                         as Encode
//     kStopped            the observer stopped it
LIC_API Result<Buffer<uint8_t>> EncodeOverfitted(const PictureView& picture, const OverfitOptions& options = {},
                                                 OverfitReport* report = nullptr);

}  // namespace lic
