// A round of the training of a base set: fits networks and the latents of one picture together, from networks of an
// earlier round and latents of 0. What is kept are the networks.
//
//   base_set_round NETWORKS|- OUT PICTURE.ppm QUALITY ITERATIONS THREADS
//
// NETWORKS and OUT are raw float32 in the order and the units of FloatNetworks::values(), for the architecture of
// kNetworks. "-" starts from nothing. Every few iterations there is a line: iteration, bits per pixel, PSNR in dB,
// loss. The loss is mean squared error + bits per pixel / Lambda, of samples in 0..255.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/try.h"
#include "container/quality.h"
#include "overfitted/encoding/presets.h"
#include "overfitted/training/descent.h"

namespace lic::overfitted {
namespace {

constexpr int kArguments = 7;
constexpr uint32_t kReportEvery = 25;

struct Task {
  const char* networks;
  const char* out;
  const char* picture;
  float quality;
  uint32_t iterations;
  uint32_t threads;
};

struct Picture {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> pixels;

  PictureView view() const { return {pixels.data(), width, height, kColours, size_t{width} * kColours}; }
};

Result<Picture> ReadPpm(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  Picture picture;
  uint32_t largest = 0;
  if (!(file >> magic >> picture.width >> picture.height >> largest) || magic != "P6" || largest != 255 ||
      picture.width == 0 || picture.height == 0 || picture.width > kMaxSide || picture.height > kMaxSide)
    return Fail(Error::kBadImage, "%s is no binary PPM file of 8 bits a sample", path);
  file.get();
  picture.pixels.resize(size_t{picture.width} * picture.height * kColours);
  if (!file.read(reinterpret_cast<char*>(picture.pixels.data()), static_cast<std::streamsize>(picture.pixels.size())))
    return Fail(Error::kBadImage, "%s ends before its %ux%u pixels", path, picture.width, picture.height);
  return picture;
}

Status ReadNetworks(const char* path, FloatNetworks& networks) {
  const size_t bytes = networks.values().size_bytes();
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return Fail(Error::kIoError, "%s cannot be read", path);
  if (file.tellg() != static_cast<std::streamoff>(bytes))
    return Fail(Error::kBadImage, "%s has not the %zu bytes of the networks", path, bytes);
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(networks.values().data()), static_cast<std::streamsize>(bytes)))
    return Fail(Error::kIoError, "%s cannot be read", path);
  networks.Update();
  return {};
}

Status WriteNetworks(const char* path, const FloatNetworks& networks) {
  const std::span<const float> values = networks.values();
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
    return Fail(Error::kInternal, "the networks are not finite; %s is not written", path);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  file.close();
  if (!file) return Fail(Error::kIoError, "%s cannot be written", path);
  return {};
}

void Print(uint32_t iteration, const Descent& descent, float lambda) {
  const double bpp = descent.bits() / descent.pixels(), error = descent.error();
  std::printf("%u\t%.4f\t%.3f\t%.4f\n", iteration, bpp, -10 * std::log10(error), 255 * 255 * error + bpp / lambda);
  std::fflush(stdout);
}

Status Run(const Task& task) {
  LIC_TRY(const Architecture architecture, Architecture::Read(kNetworks));
  LIC_TRY(auto networks, FloatNetworks::Create(architecture));
  if (std::string(task.networks) == "-") {
    networks.StartFromNothing();
    networks.Update();
  } else {
    LIC_CHECK(ReadNetworks(task.networks, networks));
  }
  LIC_TRY(const Picture picture, ReadPpm(task.picture));
  LIC_TRY(const Source source, ReadSource(picture.view()));
  LIC_TRY(const auto descent, Descent::Create(source, std::move(networks), task.threads));
  const uint32_t quality256 = ToQuality256(task.quality);
  descent->SetQuality(quality256);
  descent->Plan(task.iterations);
  for (uint32_t i = 0; i < task.iterations; ++i) {
    descent->StepSoftly(static_cast<float>(i) / static_cast<float>(task.iterations));
    if (i % kReportEvery == 0 || i + 1 == task.iterations) Print(i, *descent, Lambda(quality256));
  }
  return WriteNetworks(task.out, descent->networks());
}

Result<Task> ReadArguments(char** arguments) {
  const Task task = {arguments[1],
                     arguments[2],
                     arguments[3],
                     std::strtof(arguments[4], nullptr),
                     static_cast<uint32_t>(std::strtoul(arguments[5], nullptr, 10)),
                     static_cast<uint32_t>(std::strtoul(arguments[6], nullptr, 10))};
  if (!(task.quality >= 1 && task.quality <= 100))
    return Fail(Error::kInvalidArgument, "the quality is %s, allowed are 1 to 100", arguments[4]);
  if (task.iterations == 0) return Fail(Error::kInvalidArgument, "%s iterations; at least one is needed", arguments[5]);
  return task;
}

}  // namespace
}  // namespace lic::overfitted

int main(int count, char** arguments) {
  using namespace lic::overfitted;
  if (count != kArguments) {
    std::fprintf(stderr, "base_set_round NETWORKS|- OUT PICTURE.ppm QUALITY ITERATIONS THREADS\n");
    return 2;
  }
  const auto task = ReadArguments(arguments);
  const lic::Status done =
      task.ok() ? Run(task.value()) : lic::Status(lic::Fail(task.error(), "%s", task.failure().what));
  if (done.ok()) return 0;
  std::fprintf(stderr, "base_set_round: %s\n", done.failure().what);
  return 1;
}
