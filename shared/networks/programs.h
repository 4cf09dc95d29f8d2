// Reads and validates the programs of a model file (docs/format.md#integer-programs, #float-programs).
#pragma once

#include <cstring>

#include "base/bytes.h"
#include "base/try.h"
#include "networks/layers.h"

namespace lic {

inline constexpr int64_t kFullRange = 32768;  // largest magnitude of a 16-bit number

// A plane as it passes through a program: what the layers so far have made of it.
struct PlaneShape {
  uint32_t channels = 0;
  uint32_t scale = 0;     // picture pixels per sample and side; 0: a slot that is not filled
  int64_t magnitude = 0;  // integer programs: the largest |value|
};

// Where a program lies: the plane it starts with, what it must end with and between which scales it stays.
struct ProgramRules {
  const char* name;
  PlaneShape in;
  PlaneShape out;
  uint32_t min_scale;
  uint32_t max_scale;
  PlaneShape side = {};    // integer programs: slot 0
  uint32_t bias_sets = 1;  // integer programs: the other number of bias sets that is allowed
  bool shuffles = true;    // float programs: whether shuffles and unshuffles are allowed
};

// `count` numbers from a section.
template <class T>
Result<Buffer<T>> ReadArray(ByteReader& reader, size_t count) {
  const Bytes bytes = reader.Take(count * sizeof(T));
  if (reader.overrun())
    return Fail(Error::kBadModel, "the section ends after byte %zu, inside an array of %zu bytes", reader.position(),
                count * sizeof(T));
  LIC_TRY(auto array, Buffer<T>::Create(count));
  std::memcpy(array.data(), bytes.data(), bytes.size());
  return array;
}

// A program, which begins with its number of layers; the reader is left after its last layer.
Result<IntegerProgram> ReadIntegerProgram(ByteReader& reader, const ProgramRules& rules);

// A whole section of branches.
Result<FloatNetwork> ReadFloatNetwork(Bytes payload, const ProgramRules& rules);

}  // namespace lic
