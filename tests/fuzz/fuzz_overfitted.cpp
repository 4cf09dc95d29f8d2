// Decode, a Decoder that is fed in two parts and makes a part of the picture in steps, and ReadLatents, on any bytes of
// the overfitted coding, with every instruction set. Files are mended to have its version, so that mutations get to
// networks and grids.
#include "mutate.h"
#include "overfitted/kernels.h"
#include "overfitted/read_latents.h"

using namespace lic;

namespace {

constexpr uint64_t kMaxPixelsHere = 1 << 14;

void Mend(std::vector<uint8_t>& file, std::minstd_rand& random) {
  if (file.size() < kHeaderBytes) return;
  std::memcpy(file.data(), "\x89LIC\x02", 5);
  file[34] = 1;
  file[35] = 0;
  // Small pictures of many shapes are found sooner than large ones.
  if (random() % 4 == 0) {
    WriteAt(file.data() + 8, static_cast<uint32_t>(1 + random() % 80));
    WriteAt(file.data() + 12, static_cast<uint32_t>(1 + random() % 80));
  }
  test::MendPicture(file);
}

// A part of the picture, by numbers that the bytes of the file say.
Region DrawRegion(const Picture& picture, std::minstd_rand& random) {
  Region region;
  region.x = random() % picture.width;
  region.y = random() % picture.height;
  region.width = 1 + random() % (picture.width - region.x);
  region.height = 1 + random() % (picture.height - region.y);
  return region;
}

std::vector<uint8_t> Part(const Picture& picture, const Region& region) {
  std::vector<uint8_t> part;
  for (uint32_t y = region.y; y < region.y + region.height; ++y) {
    const uint8_t* row = picture.pixels.data() + (size_t{y} * picture.width + region.x) * picture.channels;
    part.insert(part.end(), row, row + size_t{region.width} * picture.channels);
  }
  return part;
}

// The strips of a region, with the file fed in two parts.
std::vector<uint8_t> DecodeInSteps(Bytes file, size_t split, const Region& region) {
  DecoderOptions options;
  options.max_pixels = kMaxPixelsHere;
  options.region = region;
  options.keep_picture = false;
  auto decoder = Decoder::Begin(nullptr, options);
  REQUIRE(decoder.ok());
  std::vector<uint8_t> pixels;
  for (const size_t come : {split, file.size()}) {
    REQUIRE(decoder.value().Feed(file.first(come), come == file.size()).ok());
    while (!decoder.value().done() && !decoder.value().waits()) {
      REQUIRE(decoder.value().Step().ok());
      const PictureView strip = decoder.value().strip();
      if (strip.height > 0) pixels.insert(pixels.end(), strip.pixels, strip.pixels + strip.stride * strip.height);
    }
  }
  REQUIRE(decoder.value().done());
  return pixels;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return test::MutateAndMend(data, size, max_size, seed, Mend);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes file(data, size);
  const auto info = ReadInfo(file);
  if (!info.ok() || info.value().coding != Coding::kOverfitted) return 0;
  const DecodeOptions options = {.max_pixels = kMaxPixelsHere};
  const auto all = overfitted::AllKernels();
  overfitted::SetKernels(all.front());
  const auto plain = Decode(file, nullptr, options);
  overfitted::SetKernels(all[1 + size % (all.size() - 1)]);
  const auto fast = Decode(file, nullptr, options);
  REQUIRE(plain.ok() == fast.ok());
  if (uint64_t{info.value().width} * info.value().height <= kMaxPixelsHere) {
    const auto latents = overfitted::ReadLatents(file);
    REQUIRE(latents.ok() || !plain.ok());
  }
  if (!plain.ok()) {
    REQUIRE(plain.error() == fast.error() && plain.error() <= Error::kLimitExceeded);
    return 0;
  }
  REQUIRE(std::ranges::equal(plain.value().pixels, fast.value().pixels));
  std::minstd_rand random(Crc32(file));
  const Region region = DrawRegion(plain.value(), random);
  REQUIRE(std::ranges::equal(DecodeInSteps(file, random() % (size + 1), region), Part(plain.value(), region)));
  return 0;
}
