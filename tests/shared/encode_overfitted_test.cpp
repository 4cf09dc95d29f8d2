// EncodeOverfitted: files that decode, targets, observers, and arguments that are refused.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "support/check.h"
#include "support/files.h"
#include "support/random.h"

namespace lic::test {
namespace {

// Waves, blocks and a little noise.
std::vector<uint8_t> MakePixels(uint32_t width, uint32_t height) {
  Random random(7);
  std::vector<uint8_t> pixels;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (uint32_t c = 0; c < 3; ++c) {
        const double wave = 100 + 60 * std::sin(0.05 * x + c) * std::cos(0.07 * y) + ((x / 9 + y / 7) % 3 ? 60 : 0);
        pixels.push_back(uint8_t(wave + double(random.Within(-4, 4))));
      }
    }
  }
  return pixels;
}

struct TestPicture {
  std::vector<uint8_t> pixels = MakePixels(96, 80);
  PictureView view = {pixels.data(), 96, 80, 3, 96 * 3};
};

OverfitOptions Quick() {
  OverfitOptions options;
  options.effort = 0;
  options.threads = 1;
  return options;
}

double PsnrOf(const TestPicture& picture, Bytes file) {
  const Picture decoded = Decode(file, nullptr).value();
  double sum = 0;
  for (size_t i = 0; i < picture.pixels.size(); ++i) sum += std::pow(picture.pixels[i] - double(decoded.pixels[i]), 2);
  return 10 * std::log10(255 * 255 * double(picture.pixels.size()) / sum);
}

struct Reports {
  std::vector<OverfitProgress> all;
  size_t most = SIZE_MAX;

  static bool Add(void* context, const OverfitProgress& progress) {
    auto& self = *static_cast<Reports*>(context);
    self.all.push_back(progress);
    return self.all.size() < self.most;
  }
};

// Fails the allocation number `fail_at`, counted from 0, and counts bytes. Several threads may use it.
struct Failing {
  size_t fail_at = SIZE_MAX;
  std::mutex mutex = {};
  size_t count = 0;
  size_t bytes = 0, most_bytes = 0;
  std::unordered_map<void*, size_t> live = {};

  static void* Allocate(void* context, size_t bytes, size_t alignment) {
    auto& self = *static_cast<Failing*>(context);
    std::lock_guard lock(self.mutex);
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
    std::lock_guard lock(self.mutex);
    self.bytes -= self.live.at(memory);
    self.live.erase(memory);
    std::free(memory);
  }
};

// The most bytes that the library holds while it encodes a picture.
size_t EncodingBytes(uint32_t width, uint32_t height) {
  const std::vector<uint8_t> pixels = MakePixels(width, height);
  const PictureView view = {pixels.data(), width, height, 3, size_t{width} * 3};
  Failing counting;
  const Allocator allocator = {Failing::Allocate, Failing::Release, &counting};
  OverfitOptions options = Quick();
  options.tile_units = 1;
  SetAllocator(&allocator);
  CHECK(EncodeOverfitted(view, options).ok());
  SetAllocator(nullptr);
  return counting.most_bytes;
}

}  // namespace

TEST(a_report_says_what_the_file_is_made_of) {
  const TestPicture picture;
  OverfitReport report;
  const auto file = EncodeOverfitted(picture.view, Quick(), &report);
  if (!CHECK(file.ok())) return;
  const Layout layout = ReadLayout(file.value()).value();
  CHECK_EQ(layout.info.coding, Coding::kOverfitted);
  CHECK_EQ(report.network_bytes, layout.network_bytes);
  CHECK_EQ(report.iterations, 30u);
  CHECK(report.seconds > 0);
  uint64_t bytes = 0;
  for (uint32_t g = 0; g < report.grids; ++g) bytes += report.grid[g].bytes;
  CHECK_NEAR(double(bytes), double(layout.latent_bytes) - 32, 30);
  const auto networks = ReadNetworks(file.value());
  if (!CHECK(networks.ok())) return;
  CHECK_EQ(networks.value().grids, report.grids);
  CHECK_EQ(networks.value().bytes, report.network_bytes);
  CHECK(networks.value().multiplications > 100 && networks.value().multiplications <= 4096);
}

TEST(networks_are_read_of_a_beginning) {
  const TestPicture picture;
  const auto file = EncodeOverfitted(picture.view, Quick()).value();
  const size_t end = kHeaderBytes + 9 + ReadNetworks(file).value().bytes;
  CHECK(ReadNetworks(Bytes(file).first(end)).ok());
  CHECK_EQ(ReadNetworks(Bytes(file).first(end - 1)).error(), Error::kTruncated);
  CHECK_EQ(ReadNetworks(Bytes(file).first(20)).error(), Error::kTruncated);
  CHECK_EQ(ReadNetworks(ReadFile(kVectors + "tiny-1x1.lic")).error(), Error::kInvalidArgument);
}

TEST(threads_do_not_change_the_file) {
  const TestPicture picture;
  OverfitOptions options = Quick();
  const auto one = EncodeOverfitted(picture.view, options).value();
  options.threads = 3;
  const auto three = EncodeOverfitted(picture.view, options).value();
  CHECK(std::ranges::equal(one, three));
}

TEST(targets_are_met) {
  const TestPicture picture;
  OverfitOptions options = Quick();
  options.quality = 40;
  const double bytes = double(EncodeOverfitted(picture.view, options).value().size());
  options.target = Target::kBytes;
  options.target_value = 1.2 * bytes;
  OverfitReport report;
  const auto small = EncodeOverfitted(picture.view, options, &report);
  if (!CHECK(small.ok())) return;
  CHECK(double(small.value().size()) <= options.target_value);
  CHECK(double(small.value().size()) > 0.8 * bytes);
  CHECK(report.iterations > 30u);  // the first descent, and those that went on from it
  CHECK(report.iterations <= 30u + 12 * 30u);
  CHECK_EQ(report.network_bytes, ReadLayout(small.value()).value().network_bytes);
  options.target = Target::kPsnr;
  options.target_value = 24;
  const auto fair = EncodeOverfitted(picture.view, options);
  if (CHECK(fair.ok())) CHECK(PsnrOf(picture, fair.value()) >= 24);
  options.target_value = 90;
  CHECK_EQ(EncodeOverfitted(picture.view, options).error(), Error::kBelowQuality);
  options.target = Target::kBytes;
  CHECK_EQ(EncodeOverfitted(picture.view, options).error(), Error::kLimitExceeded);
}

TEST(an_observer_sees_progress_and_stops_it) {
  const TestPicture picture;
  Reports reports;
  OverfitOptions options = Quick();
  options.observer = {Reports::Add, &reports};
  CHECK(EncodeOverfitted(picture.view, options).ok());
  if (!CHECK(!reports.all.empty())) return;
  float part = 0;
  for (const OverfitProgress& progress : reports.all) {
    CHECK(progress.part >= part && progress.part <= 1);
    part = progress.part;
    CHECK_EQ(progress.trial, 0u);
    CHECK_EQ(progress.iterations, 30u);
    CHECK(progress.bytes > 0);
    CHECK(progress.psnr > 0);
  }
  reports = {};
  reports.most = 1;
  CHECK_EQ(EncodeOverfitted(picture.view, options).error(), Error::kStopped);
  CHECK_EQ(reports.all.size(), 1u);
  reports = {};
  options.target = Target::kPsnr;
  options.target_value = 26;
  CHECK(EncodeOverfitted(picture.view, options).ok());
  CHECK(reports.all.back().trial > 0);
  CHECK(std::ranges::all_of(reports.all, [](const OverfitProgress& p) { return p.part >= 0 && p.part <= 1; }));
}

TEST(every_allocation_that_fails) {
  const std::vector<uint8_t> pixels = MakePixels(9, 7);
  const PictureView view = {pixels.data(), 9, 7, 3, 27};
  for (size_t n = 0;; ++n) {
    Failing failing{.fail_at = n};
    const Allocator allocator = {Failing::Allocate, Failing::Release, &failing};
    SetAllocator(&allocator);
    const Error error = EncodeOverfitted(view, Quick()).error();
    SetAllocator(nullptr);
    CHECK_EQ(failing.bytes, 0u);
    if (failing.count <= n) {
      CHECK_EQ(error, Error::kNone);
      CHECK(n > 100);
      return;
    }
    if (!CHECK_EQ(error, Error::kOutOfMemory)) return;
  }
}

// The manual says 50. Margins of planes add some to that, as the picture is narrow. The difference of two heights
// leaves out what does not grow with the picture.
TEST(memory_grows_by_few_bytes_a_pixel) {
  constexpr uint32_t kWidth = 1024, kLow = 32, kHigh = 96;
  const double more = double(EncodingBytes(kWidth, kHigh)) - double(EncodingBytes(kWidth, kLow));
  const double bytes_a_pixel = more / (kWidth * (kHigh - kLow));
  if (!CHECK(bytes_a_pixel > 10 && bytes_a_pixel < 64)) std::printf("  %g bytes\n", bytes_a_pixel);
}

TEST(arguments_are_checked) {
  const TestPicture picture;
  const auto error_with = [&](auto change) {
    OverfitOptions options = Quick();
    change(options);
    return EncodeOverfitted(picture.view, options).error();
  };
  CHECK_EQ(error_with([](OverfitOptions& o) { o.quality = 0.5f; }), Error::kInvalidArgument);
  CHECK_EQ(error_with([](OverfitOptions& o) { o.effort = 10; }), Error::kInvalidArgument);
  CHECK_EQ(error_with([](OverfitOptions& o) { o.effort = -1; }), Error::kInvalidArgument);
  CHECK_EQ(error_with([](OverfitOptions& o) { o.tile_units = 0; }), Error::kInvalidArgument);
  CHECK_EQ(error_with([](OverfitOptions& o) { o.target = Target::kBytes; }), Error::kInvalidArgument);
  PictureView none = picture.view;
  none.width = 0;
  CHECK_EQ(EncodeOverfitted(none, Quick()).error(), Error::kUnsupportedImage);
}

}  // namespace lic::test
