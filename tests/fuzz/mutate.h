// What the fuzzers share: the models of the tests and a mutator that mends what it breaks.
#pragma once

#include <cstdlib>
#include <random>

#include "support/files.h"
#include "support/mend.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

// Ends the run with a crash that libFuzzer reports.
#define REQUIRE(condition) \
  if (!(condition)) std::abort()

namespace lic::test {

// The models tiny, edge and least, which must load.
inline const std::vector<Model>& TestModels() {
  static const std::vector<Model> models = [] {
    std::vector<Model> loaded;
    for (const char* name : {"tiny", "edge", "least"}) {
      auto model = LoadTestModel(name);
      REQUIRE(model);
      loaded.push_back(std::move(*model));
    }
    return loaded;
  }();
  return models;
}

// Mutates as libFuzzer does, then lets `mend` repair the file, but for one time in eight.
template <class Mend>
size_t MutateAndMend(uint8_t* data, size_t size, size_t max_size, unsigned seed, Mend mend) {
  size = LLVMFuzzerMutate(data, size, max_size);
  std::minstd_rand random(seed);
  if (random() % 8 == 0) return size;
  std::vector<uint8_t> file(data, data + size);
  mend(file, random);
  std::copy(file.begin(), file.end(), data);
  return file.size();
}

}  // namespace lic::test
