// The committed files of the tests: models, vectors and their manifest.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "lic/lic.h"

namespace lic::test {

// The root of the repository, given by the build.
// The folder of the checkout, which root.cpp holds.
extern const char kRootPath[];
inline const std::string kRoot = kRootPath;
inline const std::string kVectors = kRoot + "/tests/vectors/";
inline const std::string kBadVectors = kVectors + "bad/";

inline std::vector<uint8_t> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) std::printf("cannot read %s\n", path.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

// A model that must load.
inline std::optional<Model> LoadModel(const std::string& path) {
  auto model = Model::Load(ReadFile(path));
  if (model.ok()) return std::move(model).value();
  std::printf("%s: %s\n", path.c_str(), model.failure().what);
  return {};
}

inline std::optional<Model> LoadTestModel(const std::string& name) {
  return LoadModel(kRoot + "/tests/models/" + name + ".dec.licm");
}

// A line of tests/vectors/manifest.tsv, whose head explains the columns.
struct Vector {
  std::string file;
  std::string model;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 0;
  std::string symbols_sha256;
  std::string alpha_sha256;
  std::vector<double> mean;
  std::string pixels;
};

inline std::vector<Vector> ReadManifest() {
  std::vector<Vector> vectors;
  std::ifstream manifest(kVectors + "manifest.tsv");
  bool columns_seen = false;
  for (std::string line; std::getline(manifest, line);) {
    if (line.starts_with('#')) continue;
    if (!std::exchange(columns_seen, true)) continue;
    std::istringstream fields(line);
    Vector v;
    std::string mean;
    fields >> v.file >> v.model >> v.width >> v.height >> v.channels >> v.symbols_sha256 >> v.alpha_sha256 >> mean >>
        v.pixels;
    std::istringstream means(mean);
    for (std::string value; std::getline(means, value, ',');) v.mean.push_back(std::stod(value));
    vectors.push_back(v);
  }
  return vectors;
}

inline std::string ToHex(const SymbolHash& hash) {
  std::string text;
  for (const uint8_t byte : hash.bytes) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", byte);
    text += digits;
  }
  return text;
}

}  // namespace lic::test
