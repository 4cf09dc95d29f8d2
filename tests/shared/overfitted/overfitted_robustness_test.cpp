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

}  // namespace

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

TEST(every_flipped_bit) {
  const File file = DrawFile(SmallDrawing());
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    File damaged = file;
    damaged[bit / 8] ^= 1 << bit % 8;
    CHECK(!Decode(damaged, nullptr).ok());
    MendPicture(damaged);
    CheckPicture(damaged);
  }
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

// Above the output a picture of one chain takes 1.4 bytes a pixel in one stripe, and a fraction of that in several.
TEST(memory_is_bounded) {
  Drawing drawing;
  drawing.width = 700;
  drawing.height = 900;
  drawing.knobs.networks = {{.spatial = 2, .coarser = 1, .width = 2, .depth = 1}};
  drawing.knobs.hidden = 2;
  for (const auto& [tile_units, most] : {std::pair(16u, 2.2), std::pair(2u, 1.3)}) {
    drawing.tile_units = tile_units;
    const File file = DrawFile(drawing);
    Failing counting;
    const Allocator allocator = {Failing::Allocate, Failing::Release, &counting};
    SetAllocator(&allocator);
    {
      auto decoder = Decoder::Open(file, nullptr, {{}, false, false});
      while (!decoder.value().done()) CHECK(decoder.value().Step().ok());
    }
    SetAllocator(nullptr);
    const double bytes = double(counting.most_bytes) - double(file.size());
    if (!CHECK(bytes / (double(drawing.width) * drawing.height) < most))
      std::printf("  %u units: %.2f bytes a pixel\n", tile_units, bytes / (double(drawing.width) * drawing.height));
  }
}

}  // namespace lic::test
