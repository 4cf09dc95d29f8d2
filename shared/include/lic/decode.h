// Decoding: see lic.h.
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

// A part of a picture, in pixels.
struct Region {
  uint32_t x = 0;
  uint32_t y = 0;
  uint32_t width = 0;
  uint32_t height = 0;
};

struct DecodeOptions {
  uint64_t max_pixels = kMaxPixels;  // a larger picture is kLimitExceeded, before anything is allocated for it
  uint32_t channels = 0;             // 0: as coded; 4: always red green blue alpha
  // What to decode: equal to that part of the whole picture, bit by bit. Only the tiles that it takes are decoded. All
  // zero: everything.
  Region region = {};
};

// Decodes a whole file.
// Errors: as ReadLayout; kLimitExceeded, kModelMismatch, kBadStream, kOutOfMemory, kInvalidArgument (channels, a region
// that is empty or not inside the picture).
LIC_API Result<Picture> Decode(Bytes file, const Model& model, const DecodeOptions& options = {});

// How a Decoder hands out what it makes.
struct DecoderOptions : DecodeOptions {
  // Keep the rows that are done, for picture(); otherwise they are only there in strip(), and memory is that of a row
  // of tiles.
  bool keep_picture = true;
  // Make a preview() before the picture, where that is worth while: the file is still coming in, or has several tiles.
  bool make_preview = false;
};

// Decoding in slices, for whoever must not be away for long or has a file that is still coming in: each Step does a
// bounded piece of the work. Tiles are decoded row by row, and every row of the picture is made as soon as the tiles
// are there that it takes.
//
//   Open, or Begin and Feed, Feed, ... ──> Step until done() ──> picture()
//
// `model` must outlive the decoder, and so must the bytes.
class LIC_API Decoder {
 public:
  // For a whole file, all of whose checksums are verified first. Errors: as Decode.
  static Result<Decoder> Open(Bytes file, const Model& model, const DecoderOptions& options = {});
  // For a file of which nothing is there yet.
  static Result<Decoder> Begin(const Model& model, const DecoderOptions& options = {});
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  // Tells what has come so far: `file` begins with what earlier calls were given and may lie elsewhere; it must stay
  // until the next call. `complete`: nothing will follow. Verifies what has come. Errors: as Decode.
  Status Feed(Bytes file, bool complete);

  // Errors: as Decode. After a failure of Step or Feed the decoder may only be destroyed.
  Status Step();
  // Whether all rows are made. A file that is still coming in may yet turn out to be damaged behind its tiles: see
  // complete().
  bool done() const;
  // Whether Step can do nothing before more of the file has come.
  bool waits() const;
  // Whether the whole file has been read.
  bool complete() const;

  // Whether the header has come, and what it says.
  bool has_info() const;
  const Info& info() const;
  // Where complete() holds.
  const Layout& layout() const;
  // The part of all steps that is done, 0..1.
  float progress() const;
  // Whether the last Step was one of the synthesis, rather than of the entropy half.
  bool synthesized() const;

  // Rows of the picture that are final, from the top.
  uint32_t rows_done() const;
  // The rows that the last Step made, the last of rows_done(); none: its height is 0. Valid until the next Step.
  PictureView strip() const;
  // With keep_picture: the picture, or the region; the colour of rows below rows_done() is still zero.
  const Picture& picture() const;
  // The picture when done() holds.
  Picture TakePicture() &&;
  // A preview, once there is one, otherwise empty: the colours of the picture, or the region, in squares of
  // kPreviewStride pixels.
  const Picture& preview() const;

  struct LIC_HIDDEN State;

 private:
  explicit Decoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Pixels of the picture for each of a preview, in both directions.
inline constexpr uint32_t kPreviewStride = 32;

}  // namespace lic
