// Damaged files of the overfitted coding, and memory that runs out: every one gives an error or a picture, never more.
// Run under sanitizers too.
#include <cstdlib>
#include <unordered_map>

#include "support/check.h"
#include "support/files.h"
#include "support/mend.h"
#include "support/overfitted_writer.h"

namespace lic::test {
namespace {

using File = std::vector<uint8_t>;

// Two stripes with alpha, three chains, and little else.
Drawing SmallDrawing() {
  Drawing drawing;
  drawing.width = 9;
  drawing.height = 67;
  drawing.tile_units = 1;
  drawing.has_alpha = true;
  drawing.knobs.chains = {0x50, 0x22, 0x32};
  drawing.knobs.networks = {{.spatial = 3, .coarser = 4, .width = 3}};
  drawing.knobs.hidden = 2;
  drawing.knobs.convolutions = 2;
  drawing.xmp = {'x'};
  return drawing;
}

bool IsFileError(Error error) { return error >= Error::kNotLic && error <= Error::kBadStream; }

void CheckPicture(const File& file) {
  const auto picture = Decode(file, nullptr, {.max_pixels = 1 << 16});
  const bool is_known = picture.ok() || IsFileError(picture.error()) || picture.error() == Error::kLimitExceeded ||
                        picture.error() == Error::kUnknownModel;
  if (!CHECK(is_known)) std::printf("  %s\n", picture.failure().what);
}

// Fails the allocation number `fail_at`, counted from 0, and counts bytes.
struct Failing {
  size_t fail_at = SIZE_MAX;
  size_t count = 0;
  size_t bytes = 0, most_bytes = 0;
  std::unordered_map<void*, size_t> live = {};

  static void* Allocate(void* context, size_t bytes, size_t alignment) {
    auto& self = *static_cast<Failing*>(context);
    if (self.count++ == self.fail_at) return nullptr;
    void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    self.live[memory] = bytes;
    self.bytes += bytes;
    self.most_bytes = std::max(self.most_bytes, self.bytes);
    return memory;
  }
  static void Release(void* context, void* memory) {
    if (!memory) return;
    auto& self = *static_cast<Failing*>(context);
    self.bytes -= self.live.at(memory);
    self.live.erase(memory);
    std::free(memory);
  }
};

// A function for allocations that fail, while it lives.
class WithFailing {
 public:
  explicit WithFailing(Failing& failing) : allocator_{Failing::Allocate, Failing::Release, &failing} {
    SetAllocator(&allocator_);
  }
  ~WithFailing() { SetAllocator(nullptr); }
  WithFailing(const WithFailing&) = delete;

 private:
  Allocator allocator_;
};

// Feeds the file in two parts and takes at most `steps` steps. Returns the error, if there was one.
Error DecodeSplit(const File& file, size_t split, size_t steps, const DecoderOptions& options,
                  std::vector<uint8_t>* pixels = nullptr) {
  auto begun = Decoder::Begin(nullptr, options);
  if (!begun.ok()) return begun.error();
  Decoder& decoder = begun.value();
  for (const size_t come : {split, file.size()}) {
    const File moved(file.begin(), file.begin() + ptrdiff_t(come));
    if (const Status fed = decoder.Feed(moved, come == file.size()); !fed.ok()) return fed.error();
    for (; !decoder.done() && !decoder.waits(); --steps) {
      if (steps == 0) return Error::kNone;
      if (const Status step = decoder.Step(); !step.ok()) return step.error();
      const PictureView strip = decoder.strip();
      if (pixels) pixels->insert(pixels->end(), strip.pixels, strip.pixels + strip.stride * strip.height);
    }
  }
  CHECK(decoder.done());
  return Error::kNone;
}

// Leaves `bytes` of the only stream of a file without metadata, with all checksums right.
void CutTheStream(File& file, uint32_t bytes) {
  const size_t index = kHeaderBytes + kSectionHeadBytes + mend::At<uint32_t>(file, kHeaderBytes + 1);
  const size_t tiles = index + kSectionHeadBytes + 8;
  WriteAt(file.data() + index + kSectionHeadBytes, bytes);
  WriteAt(file.data() + tiles + 1, bytes);
  file.resize(tiles + kSectionHeadBytes + bytes);
  MendPicture(file);
}

}  // namespace

TEST(every_split_makes_the_same_pixels) {
  const File file = DrawFile(SmallDrawing());
  const auto whole = Decode(file, nullptr);
  if (!CHECK(whole.ok())) return;
  for (size_t split = 0; split <= file.size(); ++split) {
    std::vector<uint8_t> pixels;
    DecoderOptions options;
    options.keep_picture = false;
    CHECK_EQ(DecodeSplit(file, split, SIZE_MAX, options, &pixels), Error::kNone);
    if (!CHECK(std::ranges::equal(pixels, whole.value().pixels))) std::printf("  split at %zu\n", split);
  }
}

// A decoder that is given up gives all its memory back.
TEST(every_step_may_be_the_last) {
  const File file = DrawFile(SmallDrawing());
  for (size_t steps = 0; steps < 12; ++steps) {
    for (const size_t split : {size_t{0}, file.size() / 2, file.size()}) {
      Failing counting;
      {
        const WithFailing scope(counting);
        CHECK_EQ(DecodeSplit(file, split, steps, {}), Error::kNone);
      }
      CHECK(counting.count > 0 || steps == 0);
      CHECK(counting.live.empty());
    }
  }
}

TEST(every_allocation_that_fails_while_bytes_come) {
  const File file = DrawFile(SmallDrawing());
  DecoderOptions options;
  options.channels = 4;
  options.region = {2, 60, 5, 7};
  options.keep_picture = false;
  for (size_t n = 0;; ++n) {
    Failing failing{.fail_at = n};
    Error error = Error::kNone;
    {
      const WithFailing scope(failing);
      error = DecodeSplit(file, file.size() - 20, SIZE_MAX, options);
    }
    CHECK(failing.live.empty());
    if (failing.count <= n) return void(CHECK_EQ(error, Error::kNone));
    if (!CHECK_EQ(error, Error::kOutOfMemory)) return;
  }
}

// Nothing is coded in an empty chunk, but its surroundings take time: a step ends there too.
TEST(steps_are_short_where_chunks_are_empty) {
  Drawing drawing;
  drawing.width = drawing.height = 2048;
  drawing.tile_units = 1024;
  drawing.empty = 100;
  drawing.knobs.networks = {{.spatial = 1, .coarser = 1, .width = 1, .depth = 1}};
  const File file = DrawFile(drawing);
  auto decoder = Decoder::Open(file, nullptr);
  if (!CHECK(decoder.ok())) return;
  size_t steps = 0;
  for (; !decoder.value().synthesised(); ++steps) CHECK(decoder.value().Step().ok());
  CHECK(steps > 20);
}

// A stream without its words fails at once, and not after all the latents that it claims.
TEST(a_stream_that_ends_early_is_told_of_early) {
  Drawing drawing;
  drawing.width = drawing.height = 1024;
  drawing.is_mapped = false;
  File file = DrawFile(drawing);
  CutTheStream(file, 64);
  auto decoder = Decoder::Open(file, nullptr);
  if (!CHECK(decoder.ok())) return;
  size_t steps = 0;
  Error error = Error::kNone;
  for (; error == Error::kNone; ++steps) error = decoder.value().Step().error();
  CHECK_EQ(error, Error::kBadStream);
  CHECK_EQ(steps, 2u);
}

TEST(every_truncation) {
  const File file = DrawFile(SmallDrawing());
  for (size_t size = 0; size < file.size(); ++size) {
    File cut(file.begin(), file.begin() + ptrdiff_t(size));
    const auto picture = Decode(cut, nullptr);
    // Metadata after the streams are optional: without them the file is whole.
    CHECK(picture.ok() || picture.error() == Error::kTruncated);
    MendPicture(cut);
    CheckPicture(cut);
  }
}

// Damage behind the streams makes a trailer, which costs no pixel. All other damage is refused.
TEST(every_flipped_bit) {
  const File file = DrawFile(SmallDrawing());
  const auto right = Decode(file, nullptr);
  if (!CHECK(right.ok())) return;
  size_t with_trailer = 0;
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    File damaged = file;
    damaged[bit / 8] ^= 1 << bit % 8;
    if (const auto picture = Decode(damaged, nullptr); picture.ok()) {
      CHECK(std::ranges::equal(picture.value().pixels, right.value().pixels));
      const auto layout = ReadLayout(damaged);
      CHECK(layout.ok() && layout.value().bytes < damaged.size());
      ++with_trailer;
    }
    MendPicture(damaged);
    CheckPicture(damaged);
  }
  CHECK_EQ(with_trailer, 8 * (kSectionHeadBytes + SmallDrawing().xmp.size()));
}

TEST(every_allocation_that_fails) {
  const File file = DrawFile(SmallDrawing());
  for (size_t n = 0;; ++n) {
    Failing failing{.fail_at = n};
    const Allocator allocator = {Failing::Allocate, Failing::Release, &failing};
    SetAllocator(&allocator);
    const Error error = Decode(file, nullptr).error();
    SetAllocator(nullptr);
    CHECK(failing.live.empty());
    if (failing.count <= n) {
      CHECK_EQ(error, Error::kNone);
      CHECK(n > 50);
      return;
    }
    if (!CHECK_EQ(error, Error::kOutOfMemory)) return;
  }
}

// The most bytes that decoding in strips holds at once, the file not counted.
double BytesToDecode(const File& file) {
  Failing counting;
  const WithFailing scope(counting);
  {
    auto decoder = Decoder::Open(file, nullptr, {{}, false, false});
    while (!decoder.value().done()) {
      if (!CHECK(decoder.value().Step().ok())) break;
    }
  }
  return double(counting.most_bytes) - double(file.size());
}

// Above the output a picture of one chain takes 1.4 bytes a pixel in one stripe, and a fraction of that in several.
TEST(memory_is_bounded) {
  Drawing drawing;
  drawing.width = 700;
  drawing.height = 900;
  drawing.knobs.networks = {{.spatial = 2, .coarser = 1, .width = 2, .depth = 1}};
  drawing.knobs.hidden = 2;
  for (const auto& [tile_units, most] : {std::pair(16u, 2.2), std::pair(2u, 1.3)}) {
    drawing.tile_units = tile_units;
    const double bytes = BytesToDecode(DrawFile(drawing)) / (double(drawing.width) * drawing.height);
    if (!CHECK(bytes < most)) std::printf("  %u units: %.2f bytes a pixel\n", tile_units, bytes);
  }
}

// No architecture takes more than 4 bytes a pixel and 1 kB for each row and column.
TEST(memory_is_bounded_for_every_architecture) {
  Drawing drawing;
  drawing.tile_units = 1024;
  drawing.knobs.chains = {0x60, 0x60, 0x60};
  drawing.knobs.networks = {{.spatial = 1, .coarser = 1, .width = 1, .depth = 1}};
  drawing.knobs.hidden = 1;
  drawing.knobs.convolutions = 2;
  drawing.knobs.noise = 3;
  for (const auto& [width, height] : {std::pair(1500u, 900u), std::pair(4000u, 1u), std::pair(1u, 4000u)}) {
    drawing.width = width;
    drawing.height = height;
    const double fixed = 300e3;  // tables and networks
    const double bytes = BytesToDecode(DrawFile(drawing)) - fixed;
    const double allowed = 4.0 * width * height + 1024.0 * (width + height);
    if (!CHECK(bytes < allowed)) std::printf("  %u x %u: %.2f of what is allowed\n", width, height, bytes / allowed);
  }
}

}  // namespace lic::test
