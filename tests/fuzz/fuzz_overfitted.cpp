// Decode and a Decoder in steps on any bytes of the overfitted coding, with every instruction set. Files are mended to
// have its version, so that mutations get to networks and grids.
#include "mutate.h"
#include "overfitted/kernels.h"

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

std::vector<uint8_t> DecodeInSteps(Bytes file) {
  DecoderOptions options;
  options.max_pixels = kMaxPixelsHere;
  options.keep_picture = false;
  auto decoder = Decoder::Open(file, nullptr, options);
  REQUIRE(decoder.ok());
  std::vector<uint8_t> pixels;
  while (!decoder.value().done()) {
    REQUIRE(decoder.value().Step().ok());
    const PictureView strip = decoder.value().strip();
    if (strip.height > 0) pixels.insert(pixels.end(), strip.pixels, strip.pixels + strip.stride * strip.height);
  }
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
  if (!plain.ok()) {
    REQUIRE(plain.error() == fast.error() && plain.error() <= Error::kLimitExceeded);
    return 0;
  }
  REQUIRE(std::ranges::equal(plain.value().pixels, fast.value().pixels));
  REQUIRE(std::ranges::equal(DecodeInSteps(file), plain.value().pixels));
  return 0;
}
