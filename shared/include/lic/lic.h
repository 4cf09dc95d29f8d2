// LIC: encode pictures to .lic files and decode them. This header is the manual of the library.
//
//   model files ──> Model, EncoderModel
//   pixels ──> Encode ──> bytes of a .lic file ──> ReadInfo, Decode / Decoder ──> pixels
//
// The library does no input or output, prints nothing, throws nothing and keeps no state between calls (but for the
// allocator). Objects may be used by several threads at once where their methods are const. Files are described in
// docs/format.md.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace lic {

// ---- Errors -----------------------------------------------------------------------------------------------

// What can go wrong with the data handed in. The numbers are frozen: they are the exit status of the command and stand
// in docs/format.md; the names are the `code` of the errors in JavaScript.
enum class Error : uint8_t {
  kNone = 0,
  kNotLic = 1,
  kUnsupportedVersion = 2,
  kTruncated = 3,
  kBadChecksum = 4,
  kBadHeader = 5,
  kBadSection = 6,
  kBadStream = 7,
  kLimitExceeded = 8,
  kUnknownModel = 9,
  kModelMismatch = 10,
  kBadModel = 11,
  kOutOfMemory = 12,
  kUnsupportedImage = 13,
  kBadImage = 14,
  kIoError = 15,
  kInvalidArgument = 16,
  kInternal = 17,
  kBelowQuality = 18,
};

inline constexpr int kErrorCount = 19;

// The name of an error as in docs/format.md ("bad_stream"), "ok" for kNone.
const char* ErrorName(Error error);

// An error and a sentence that says what is wrong and where ("tile 3: the stream ends inside a symbol").
struct Failure {
  Error error = Error::kNone;
  char what[120] = {};
};

// printf-style maker of a Failure; the text is cut to what fits.
[[gnu::format(printf, 2, 3)]] Failure Fail(Error error, const char* format, ...);

// Success or a Failure.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(const Failure& failure) : failure_(failure) {}
  bool ok() const { return failure_.error == Error::kNone; }
  Error error() const { return failure_.error; }
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

// A value or a Failure. value() is to be called only where ok() holds.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(const Failure& failure) : state_(failure) {}
  bool ok() const { return state_.index() == 0; }
  T& value() & { return *Get(); }
  const T& value() const& { return *const_cast<Result*>(this)->Get(); }
  T&& value() && { return std::move(*Get()); }
  Error error() const { return ok() ? Error::kNone : failure().error; }
  const Failure& failure() const { return *std::get_if<1>(&state_); }

 private:
  T* Get() {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  std::variant<T, Failure> state_;
};

// ---- Memory -----------------------------------------------------------------------------------------------

// Where all memory comes from whose size depends on input. `allocate` returns memory of the given alignment (a power of
// two) or null; null becomes Error::kOutOfMemory, never a crash.
struct Allocator {
  void* (*allocate)(void* context, size_t bytes, size_t alignment);
  void (*release)(void* context, void* memory);
  void* context;
};

// Replaces the allocator for the whole process; null restores the default. Not while any object of the library lives.
void SetAllocator(const Allocator* allocator);

namespace internal {
void* Allocate(size_t bytes);
void Release(void* memory);
}  // namespace internal

// An array of plain values from the allocator, aligned to 64 bytes and followed by 64 readable bytes. Move only.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  // `count` values, zeroed.
  static Result<Buffer> Allocate(size_t count) {
    if (count > (SIZE_MAX / 2 - 64) / sizeof(T))
      return Fail(Error::kOutOfMemory, "%zu values are more than fit in memory", count);
    Buffer buffer;
    buffer.data_ = static_cast<T*>(internal::Allocate(count * sizeof(T) + 64));
    if (!buffer.data_) return Fail(Error::kOutOfMemory, "no memory for %zu bytes", count * sizeof(T));
    buffer.size_ = count;
    return buffer;
  }
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() { internal::Release(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  operator std::span<const T>() const { return {data_, size_}; }
  // Makes the buffer look shorter; the memory stays.
  void Shrink(size_t count) {
    assert(count <= size_);
    size_ = count;
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

using Bytes = std::span<const uint8_t>;

// ---- Models -----------------------------------------------------------------------------------------------

// The first 8 bytes of a SHA-256.
struct Id {
  uint8_t bytes[8] = {};
  bool operator==(const Id&) const = default;
};
std::string ToHex(const Id& id);

// What a decoder needs of a model: the contents of a NAME.dec.licm file. Immutable.
class Model {
 public:
  // Parses and validates a decoder model file; `file` may go afterwards.
  // Errors: kBadModel, kBadChecksum, kUnsupportedVersion, kOutOfMemory.
  static Result<Model> Load(Bytes file);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  const std::string& name() const;
  // Names the entropy half, and with it all files that this model decodes.
  const Id& id() const;
  // Names the synthesis.
  const Id& head_hash() const;
  bool released() const;

  struct Data;
  const Data& data() const { return *data_; }

 private:
  explicit Model(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

// The encoder's half: the contents of a NAME.enc.licm file. Immutable.
class EncoderModel {
 public:
  // Errors: as Model::Load; kModelMismatch if the file was made for another decoder model than `decoder`.
  static Result<EncoderModel> Load(Bytes file, const Model& decoder);
  EncoderModel(EncoderModel&&) noexcept;
  EncoderModel& operator=(EncoderModel&&) noexcept;
  ~EncoderModel();

  struct Data;
  const Data& data() const { return *data_; }

 private:
  explicit EncoderModel(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

// ---- Pictures ---------------------------------------------------------------------------------------------

inline constexpr uint32_t kMaxSide = 65535;
inline constexpr uint64_t kMaxPixels = uint64_t{1} << 28;

// Pixels that somebody else owns: interleaved 8-bit samples, rows from the top, `stride` bytes from row to row.
// channels: 1 grey, 2 grey and alpha, 3 red green blue, 4 red green blue alpha. Alpha is straight.
struct PictureView {
  const uint8_t* pixels = nullptr;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 3;
  size_t stride = 0;
};

// A decoded picture; its rows follow each other without gaps.
struct Picture {
  Buffer<uint8_t> pixels;  // (height, width, channels)
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 0;

  PictureView view() const { return {pixels.data(), width, height, channels, size_t{width} * channels}; }
};

// Blocks that travel beside the pixels; empty ones are absent. Spans point into the file that they were read from.
struct Metadata {
  Bytes icc;   // the pixels are in this profile's space; absent: sRGB
  Bytes exif;  // TIFF structure
  Bytes xmp;
};

// ---- Encoding ---------------------------------------------------------------------------------------------

// How hard the encoder searches for the residuals with the least loss, bits + lambda * distortion, lambda being the
// quality's (docs/adr/0012) and the distortion what the model was trained to lower: the squared error or, as the
// encoder's model says, what people see (docs/adr/0017). 0: none, every residual is the nearest integer. 1: residuals
// of 1 become 0 where that saves more bits than its error is worth. 2: likewise, with weights measured on the decoder's
// synthesis. 3..9: descent by the gradient of the synthesis, with 1, 2, 4, 8, 16, 32, 64 steps.
inline constexpr int kMaxEffort = 9;
inline constexpr int kDefaultEffort = 3;

// What a file shall have, instead of a quality.
enum class Target : uint8_t {
  kQuality = 0,  // EncodeOptions::quality
  kBytes = 1,    // the best quality whose whole file, metadata included, has at most target_value bytes
  kPsnr = 2,     // the least quality whose decoded picture has a PSNR of at least target_value dB
  kSsim = 3,     // likewise an SSIM, below 1
};

struct EncodeOptions {
  float quality = 50;  // 1..100, continuous; not looked at with a target
  Target target = Target::kQuality;
  double target_value = 0;
  int effort = kDefaultEffort;  // 0..kMaxEffort
  uint32_t tile_units = 16;     // tile side in units of 64 pixels, 1..1024
  Metadata metadata;            // written as it is
};

// Encodes a picture. The result is a whole .lic file. Alpha that is 255 everywhere is dropped.
// What it writes may differ between machines and versions; what a decoder makes of it does not.
//
// A target is met to within 0.2 % of the bytes or 0.01 dB (of SSIM: of -10 log10(1 - SSIM)) where the qualities are
// fine enough, after 3 to 12 trials; only the analysis is not repeated for each. PSNR is over red, green and blue, SSIM
// that of Wang et al. 2004 on luma, alpha shown on white.
//
// Errors: kInvalidArgument (quality, target_value, effort, tile_units, channels; SSIM of a picture with a side below
// 11), kLimitExceeded (not even quality 1 has so few bytes), kBelowQuality (not even quality 100 reaches the PSNR or
// SSIM), kUnsupportedImage (a side of 0 or above kMaxSide, above kMaxPixels, metadata above 4 MiB), kOutOfMemory.
Result<Buffer<uint8_t>> Encode(const PictureView& picture, const Model& model, const EncoderModel& encoder,
                               const EncodeOptions& options = {});

// ---- Decoding ---------------------------------------------------------------------------------------------

// What the header says. `head_hash` names the synthesis for which the file was encoded: another one of the same model
// may decode it.
struct Info {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t version = 0;
  float quality = 0;
  bool has_alpha = false;
  bool is_grey = false;
  Id model_id;
  Id head_hash;
  uint32_t tile_units = 0;

  // As a PictureView's: 1 to 4.
  uint32_t channels() const { return (is_grey ? 1 : 3) + (has_alpha ? 1 : 0); }
};

// The bytes that ReadInfo needs.
inline constexpr size_t kHeaderBytes = 40;

// Reads the header; `file` may be the beginning of a file.
// Errors: kNotLic, kTruncated, kBadChecksum, kUnsupportedVersion, kBadHeader.
Result<Info> ReadInfo(Bytes file);

// The sections of a whole file, its checksums verified, its streams not decoded.
struct Layout {
  Info info;
  Metadata metadata;
  uint64_t hyper_bytes = 0;
  uint64_t index_bytes = 0;
  uint64_t latent_bytes = 0;
  uint64_t alpha_bytes = 0;
  uint32_t tiles = 0;
};

// Errors: as ReadInfo; kBadSection.
Result<Layout> ReadLayout(Bytes file);

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
Result<Picture> Decode(Bytes file, const Model& model, const DecodeOptions& options = {});

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
class Decoder {
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

  struct State;

 private:
  explicit Decoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Pixels of the picture for each of a preview, in both directions.
inline constexpr uint32_t kPreviewStride = 32;

// SHA-256 of the hyper-latents, then of the decoded latents (value16 clamped to 16 bits), each as 16-bit little-endian
// numbers in (channels, height, width) order: equal on every machine. Errors: as Decode; alpha streams are not looked
// into.
struct SymbolHash {
  uint8_t bytes[32] = {};
};
Result<SymbolHash> HashSymbols(Bytes file, const Model& model);

// SHA-256 of any bytes, for hashes of decoded pixels.
SymbolHash Sha256(Bytes bytes);

}  // namespace lic
