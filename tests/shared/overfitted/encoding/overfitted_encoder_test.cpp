// Files of fits: latents, sizes, alpha, metadata and several stripes come back. The fits are pyramids of the picture;
// nothing is trained.
#include "overfitted/encoding/picture_encoder.h"

#include <cstdlib>

#include "measure/metrics.h"
#include "overfitted/encoding/presets.h"
#include "support/check.h"
#include "support/overfitted_drawings.h"
#include "support/pyramid_fitting.h"

namespace lic::test {
namespace {

// Waves and blocks with a little noise.
std::vector<uint8_t> MakePixels(uint32_t width, uint32_t height, uint32_t channels) {
  Random random(7);
  std::vector<uint8_t> pixels;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (uint32_t c = 0; c < channels; ++c) {
        const bool alpha = channels % 2 == 0 && c + 1 == channels;
        const double wave = 100 + 60 * std::sin(0.05 * x + c) * std::cos(0.07 * y) + ((x / 9 + y / 7) % 3 ? 60 : 0);
        pixels.push_back(alpha ? uint8_t(40 + (x + y) % 200) : uint8_t(wave + double(random.Within(-4, 4))));
      }
    }
  }
  return pixels;
}

struct TestPicture {
  std::vector<uint8_t> pixels;
  PictureView view;

  TestPicture(uint32_t width, uint32_t height, uint32_t channels) : pixels(MakePixels(width, height, channels)) {
    view = {pixels.data(), width, height, channels, size_t{width} * channels};
  }
};

of::EncodingTask TaskOf(uint32_t tile_units) {
  of::EncodingTask task;
  task.fitting.architecture = of::Architecture::Read(of::kNetworks).value();
  task.fitting.iterations = 40;
  task.later_iterations = 20;
  task.tile_units = tile_units;
  return task;
}

Result<Buffer<uint8_t>> EncodeOnce(const PictureView& view, const of::EncodingTask& task, float quality = 90) {
  LIC_TRY(const auto encoder, of::OverfittedEncoder::Create(view, task, PyramidFitting::Create));
  return encoder->Encode(uint32_t(quality * 256), PictureEncoder::Trial::kLast);
}

// Fails the allocation number `fail_at`, counted from 0.
struct Failing {
  size_t fail_at = SIZE_MAX;
  size_t count = 0;
  size_t live = 0;

  static void* Allocate(void* context, size_t bytes, size_t alignment) {
    auto& self = *static_cast<Failing*>(context);
    if (self.count++ == self.fail_at) return nullptr;
    ++self.live;
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  }
  static void Release(void* context, void* memory) {
    --static_cast<Failing*>(context)->live;
    std::free(memory);
  }
};

std::vector<uint8_t> BytesOf(const StreamList& streams) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < streams.count(); ++i) bytes.insert(bytes.end(), streams[i].begin(), streams[i].end());
  return bytes;
}

class Stopping final : public of::FittingObserver {
 public:
  Status Report(const of::FittingProgress& progress, uint32_t&) override {
    return progress.iteration >= 20 ? Fail(Error::kInvalidArgument, "enough") : Status();
  }
};

}  // namespace

TEST(every_size_and_channel_count_comes_back) {
  for (uint32_t channels = 1; channels <= 4; ++channels) {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {15u, 17u}, {64u, 64u}, {130u, 201u}, {300u, 3u}}) {
      const TestPicture picture(width, height, channels);
      const auto file = EncodeOnce(picture.view, TaskOf(1));
      if (!CHECK(file.ok())) return;
      const Info info = ReadInfo(file.value()).value();
      CHECK_EQ(info.coding, Coding::kOverfitted);
      CHECK_EQ(info.quality, 90.0f);
      const auto decoded = Decode(file.value(), nullptr);
      if (!CHECK(decoded.ok())) return;
      CHECK_EQ(decoded.value().width, width);
      CHECK_EQ(decoded.value().height, height);
      CHECK_EQ(decoded.value().channels, channels);
      for (size_t i = channels - 1; channels % 2 == 0 && i < picture.pixels.size(); i += channels) {
        if (!CHECK_EQ(decoded.value().pixels[i], picture.pixels[i])) return;
      }
      CHECK(Compare(picture.view, decoded.value().view()).value().psnr > 23);
    }
  }
}

TEST(stripes_do_not_change_the_pixels) {
  const TestPicture picture(150, 200, 3);
  const auto whole = Decode(EncodeOnce(picture.view, TaskOf(16)).value(), nullptr).value();
  for (const uint32_t tile_units : {1u, 2u, 3u}) {
    const auto cut = Decode(EncodeOnce(picture.view, TaskOf(tile_units)).value(), nullptr).value();
    CHECK(std::ranges::equal(cut.pixels, whole.pixels));
  }
}

TEST(metadata_are_kept) {
  const TestPicture picture(20, 70, 3);
  const std::vector<uint8_t> icc = {1, 2, 3}, exif = {'M', 'M', 0, 42, 0, 0, 0, 8}, xmp = {'<', 'x', '/', '>'};
  of::EncodingTask task = TaskOf(1);
  task.metadata = {icc, exif, xmp};
  const auto file = EncodeOnce(picture.view, task).value();
  const Metadata kept = ReadLayout(file).value().metadata;
  CHECK(std::ranges::equal(kept.icc, icc));
  CHECK(std::ranges::equal(kept.exif, exif));
  CHECK(std::ranges::equal(kept.xmp, xmp));
}

TEST(figures_are_those_of_the_file) {
  const TestPicture picture(200, 150, 3);
  const auto encoder = of::OverfittedEncoder::Create(picture.view, TaskOf(16), PyramidFitting::Create).value();
  const auto file = encoder->Encode(60 * 256, PictureEncoder::Trial::kOneOfSeveral).value();
  const Layout layout = ReadLayout(file).value();
  CHECK_EQ(encoder->figures().iterations, 40u);
  CHECK_EQ(encoder->figures().network_bytes, layout.network_bytes);
  double bits = 0;
  for (uint32_t g = 0; g < encoder->figures().architecture.grids; ++g) bits += encoder->figures().grid_bits[g];
  CHECK_NEAR(bits / 8, double(layout.latent_bytes) - 32, 20);
  // Another quality goes on from there, with fewer iterations.
  CHECK(encoder->Encode(80 * 256, PictureEncoder::Trial::kLast).value().size() > file.size());
  CHECK_EQ(encoder->figures().iterations, 60u);
}

// Random networks, which take every kind of group and of context.
TEST(random_fits_come_back) {
  for (const NamedDrawing& named : Drawings()) {
    Drawing drawing = named.drawing;
    drawing.has_alpha = false;
    FileDrawer drawer(drawing);
    const std::vector<uint8_t> drawn = drawer.Draw();
    of::Fit fit;
    fit.architecture = drawer.architecture();
    fit.parameters = Buffer<int16_t>::Create(drawer.parameters().values.size()).value();
    std::ranges::copy(drawer.parameters().values, fit.parameters.begin());
    std::ranges::copy(drawer.steps(), fit.step);
    fit.planes = of::GridPlanes::Create(fit.architecture, drawing.width, drawing.height, drawing.height).value();
    for (uint32_t g = 0; g < fit.architecture.grids; ++g)
      std::ranges::copy(drawer.planes().plane[g].latents, fit.planes.plane[g].latents.begin());
    ContainerParts parts;
    parts.header = ReadHeader(drawn).value();
    const auto laplace = of::LaplaceTables::Create().value();
    const auto written = of::WriteFit(fit, parts.header.grid(), laplace);
    if (!CHECK(written.ok())) return;
    for (const of::Kernels* kernels : of::AllKernels()) {
      of::SetKernels(kernels);
      const auto again = of::WriteFit(fit, parts.header.grid(), laplace).value();
      CHECK(BytesOf(again.grids) == BytesOf(written.value().grids));
    }
    of::SetKernels(nullptr);
    parts.latents = &written.value().grids;
    parts.payloads[SectionType::kNetwork] = written.value().network;
    const auto decoded = Decode(WriteContainer(parts).value(), nullptr);
    if (!CHECK(decoded.ok())) return;
    if (!CHECK(std::ranges::equal(decoded.value().pixels, Decode(drawn, nullptr).value().pixels)))
      std::printf("  %s\n", named.name);
  }
}

TEST(an_observer_ends_the_encoding) {
  const TestPicture picture(20, 20, 3);
  Stopping stopping;
  of::EncodingTask task = TaskOf(16);
  task.observer = &stopping;
  const auto file = EncodeOnce(picture.view, task);
  CHECK_EQ(file.error(), Error::kInvalidArgument);
}

TEST(every_allocation_that_fails) {
  const TestPicture picture(20, 70, 4);
  const of::EncodingTask task = TaskOf(1);
  for (size_t n = 0;; ++n) {
    Failing failing{.fail_at = n};
    const Allocator allocator = {Failing::Allocate, Failing::Release, &failing};
    SetAllocator(&allocator);
    const Error error = EncodeOnce(picture.view, task).error();
    SetAllocator(nullptr);
    CHECK_EQ(failing.live, 0u);
    if (failing.count <= n) {
      CHECK_EQ(error, Error::kNone);
      CHECK(n > 100);
      return;
    }
    if (!CHECK_EQ(error, Error::kOutOfMemory)) return;
  }
}

}  // namespace lic::test
