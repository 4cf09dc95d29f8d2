// Decoding: the bytes of a .lic file to pixels, at once or in steps.
#pragma once

#include <cstdint>
#include <memory>

#include "lic/api.h"
#include "lic/info.h"
#include "lic/memory.h"
#include "lic/model.h"
#include "lic/picture.h"
#include "lic/result.h"

namespace lic {

// A part of a picture, in pixels from the top left.
struct Region {
  uint32_t x = 0;
  uint32_t y = 0;
  uint32_t width = 0;
  uint32_t height = 0;
};

// What to decode, and to what.
struct DecodeOptions {
  // A picture of more pixels is refused as kLimitExceeded before anything is allocated for it. A file of a hundred
  // bytes can claim kMaxPixels: set a limit where files come from strangers.
  uint64_t max_pixels = kMaxPixels;
  // 0: the channels that Info::channels says. 4: red, green, blue and alpha in any case, grey three times and alpha
  // 255 where the file has none.
  uint32_t channels = 0;
  // The part that is wanted, or all zero for the whole picture. Its pixels equal those of the whole picture bit by
  // bit. Only the tiles that they depend on are decoded.
  Region region = {};
};

// Decodes a whole file and returns its picture, or the region that is asked for.
//
// Takes the file, the model whose id it names, and options. A null `model` is for files that carry their own networks
// and name none. Nothing that is handed in is kept.
//
// Every machine decodes the same symbols and the same alpha. Colours may differ by one between machines, since the
// synthesis computes in floating point.
//
// Time goes with the pixels: about 4.5 thousand multiplications each with the models that come with LIC. A region
// takes 3.6 thousand for each of its pixels and of a margin of some dozens, 0.9 for each pixel of the tiles that
// these touch, and 0.1 for each pixel of the picture.
//
// Errors:
//     kNotLic, kUnsupportedVersion, kTruncated, kBadChecksum, kBadHeader, kBadSection
//                         the file is damaged, or none: see ReadInfo and ReadLayout
//     kBadStream          a stream is damaged although its checksum is right
//     kUnknownModel       the file names a model, and none is handed in
//     kModelMismatch      the model is another than the file names
//     kLimitExceeded      the picture has more than DecodeOptions::max_pixels
//     kInvalidArgument    channels are neither 0 nor 4; the region is empty or not inside the picture
//     kOutOfMemory        the allocator gave no memory
LIC_API Result<Picture> Decode(Bytes file, const Model* model, const DecodeOptions& options = {});

// How a Decoder hands out what it makes.
struct DecoderOptions : DecodeOptions {
  // Whether the rows that are made stay, for picture(). Otherwise they are in strip() alone, and the decoder needs no
  // memory for the whole picture's pixels.
  bool keep_picture = true;
  // Whether to make a preview() before the picture. It is left out where it is of no use: where the whole file is
  // there and has a single tile.
  bool make_preview = false;
};

// Pixels of the picture for each pixel of a preview, in both directions: of a file that names a model, and of a file
// that carries its own networks.
inline constexpr uint32_t kPreviewStride = 32;
inline constexpr uint32_t kOverfittedPreviewStride = 4;

// Decodes in steps, for programs that must not block or whose file is still coming in. Tiles are decoded
// in rows from the top, and every row of pixels is made as soon as the tiles that it depends on are there.
//
// Open makes a decoder for a file that is there. Begin makes one for a file that is still coming in, and Feed tells
// it what has come:
//
//     lic::Result<lic::Picture> DecodeAsItComes(const lic::Model* model, Download& download) {
//       auto begun = lic::Decoder::Begin(model);
//       if (!begun.ok()) return begun.failure();
//       lic::Decoder decoder = std::move(begun).value();
//       while (!decoder.done() || !decoder.complete()) {
//         if (decoder.waits() || decoder.done()) {
//           download.Wait();
//           const lic::Status fed = decoder.Feed(download.bytes(), download.at_end());
//           if (!fed.ok()) return fed.failure();
//         }
//         const lic::Status made = decoder.Step();
//         if (!made.ok()) return made.failure();
//         if (decoder.strip().height > 0) Draw(decoder.strip(), decoder.rows_done() - decoder.strip().height);
//       }
//       return std::move(decoder).TakePicture();
//     }
//
// A decoder refers to its model and to the bytes that it was given last. Both must stay where they are as long as the
// decoder is used. References and views that it hands out are into its own memory, but for layout().metadata, which
// is in the file.
//
// Memory: the pixels with keep_picture; hyper-latents and features, for the whole picture; latents and pixels of
// one row of tiles and of what its pixels depend on beyond it.
//
// Time: all steps together take as long as Decode, which is made of them.
class LIC_API Decoder {
 public:
  // Makes a decoder for a whole file, and verifies all of its checksums. Errors: those of Decode but kBadStream.
  static Result<Decoder> Open(Bytes file, const Model* model, const DecoderOptions& options = {});
  // Makes a decoder for a file of which nothing is there yet. Errors: kInvalidArgument (channels), kOutOfMemory.
  static Result<Decoder> Begin(const Model* model, const DecoderOptions& options = {});
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  // Takes all of the file that has come so far, from its first byte. `file` begins with what earlier calls were given
  // and may lie elsewhere than they did. `complete` says that nothing will follow. Verifies the checksums of what is
  // new, which takes one pass over it. Once the header has come it is checked against the model and the options.
  // Errors: those of Decode but kBadStream. kTruncated comes with `complete` alone. After one the decoder may only be
  // destroyed or assigned to.
  Status Feed(Bytes file, bool complete);

  // Does one piece of the work: about 12 million multiplications, or what cannot be cut where that is more: a
  // layer of a strip, or the memory of the picture. Does
  // nothing where done() or waits() holds.
  // Errors: kBadStream, kOutOfMemory. After one the decoder may only be destroyed or assigned to.
  Status Step();

  // Whether all rows are made. A file that is still coming in may turn out to be damaged after its tiles: complete()
  // says that it is not.
  bool done() const;
  // Whether Step can do nothing before more of the file has come.
  bool waits() const;
  // Whether the whole file has come and its checksums are right. Of a trailer (see ReadLayout) nothing more is wanted.
  bool complete() const;

  // Whether the header has come.
  bool has_info() const;
  // What it says, where has_info() holds.
  const Info& info() const;
  // How the file divides, where complete() holds.
  const Layout& layout() const;
  // An estimate of the part of the work that is done, 0..1, for a bar that shows it.
  float progress() const;
  // Whether the last Step was one of the synthesis, and not of decoding symbols. For those who measure.
  bool synthesised() const;

  // How many rows of the picture, or of the region, are made, from the top. They do not change any more.
  uint32_t rows_done() const;
  // The rows that the last Step made, the last of rows_done(). Their height is 0 where it made none. Valid until the
  // next Step.
  PictureView strip() const;
  // The picture, or the region, with keep_picture. It is empty before the first tile is begun. Colours of rows from
  // rows_done() on are zero. Valid as long as the decoder, and until TakePicture.
  const Picture& picture() const;
  // Moves the picture out, where done() holds and keep_picture was set.
  Picture TakePicture() &&;
  // What make_preview asks for, once it is made, otherwise an empty picture. It has the colours of the picture, or of
  // the region, with one pixel for each square of kPreviewStride or kOverfittedPreviewStride pixels that lies in it, if
  // only in part. What these colours are is no part of the format. Valid as long as the decoder.
  const Picture& preview() const;

  // The contents, for the library itself.
  struct LIC_HIDDEN State;

 private:
  explicit Decoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lic
