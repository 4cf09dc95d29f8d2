// The vectors of the overfitted coding: the pixels of the second decoder to the bit, and the reject vectors' errors.
#include "overfitted/kernels.h"
#include "support/check.h"
#include "support/files.h"

namespace lic::test {
namespace {

const std::string kFolder = kVectors + "overfitted/";

// A line of overfitted/manifest.tsv, whose head explains the columns.
struct OverfittedVector {
  std::string file;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 0;
  std::string pixels_sha256;
};

std::vector<OverfittedVector> ReadOverfittedManifest() {
  std::vector<OverfittedVector> vectors;
  std::ifstream manifest(kFolder + "manifest.tsv");
  bool columns_seen = false;
  for (std::string line; std::getline(manifest, line);) {
    if (line.starts_with('#')) continue;
    if (!std::exchange(columns_seen, true)) continue;
    std::istringstream fields(line);
    OverfittedVector v;
    fields >> v.file >> v.width >> v.height >> v.channels >> v.pixels_sha256;
    vectors.push_back(v);
  }
  return vectors;
}

}  // namespace

TEST(every_instruction_set_makes_the_pixels_of_the_manifest) {
  const auto vectors = ReadOverfittedManifest();
  CHECK(vectors.size() >= 50);
  for (const overfitted::Kernels* kernels : overfitted::AllKernels()) {
    overfitted::SetKernels(kernels);
    for (const OverfittedVector& vector : vectors) {
      const int failed_before = failed_checks;
      const auto picture = Decode(ReadFile(kFolder + vector.file), nullptr);
      CHECK_EQ(picture.error(), Error::kNone);
      if (picture.ok()) {
        CHECK_EQ(picture.value().width, vector.width);
        CHECK_EQ(picture.value().height, vector.height);
        CHECK_EQ(picture.value().channels, vector.channels);
        CHECK_EQ(ToHex(Sha256(picture.value().pixels)), vector.pixels_sha256);
      }
      if (failed_checks != failed_before) std::printf("  in %s, kernels %s\n", vector.file.c_str(), kernels->name);
    }
  }
  overfitted::SetKernels(nullptr);
}

TEST(every_reject_vector_gives_the_error_of_its_name) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "bad")) {
    const std::string name = entry.path().filename().string();
    const Error error = Decode(ReadFile(entry.path().string()), nullptr).error();
    Report(name.starts_with(std::string(ErrorName(error)) + "-"), __FILE__, __LINE__, name.c_str(), ErrorName(error));
    ++files;
  }
  CHECK(files >= 100);
}

}  // namespace lic::test
