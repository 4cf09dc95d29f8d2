// Little-endian numbers in byte arrays, every access within bounds.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "lic/lic.h"

namespace lic {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in memory");

// Reads numbers one after the other. A read past the end gives zero and is remembered.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  template <class T>
  T Read() {
    T value{};
    if (Need(sizeof(T))) {
      std::memcpy(&value, bytes_.data() + position_, sizeof(T));
      position_ += sizeof(T);
    }
    return value;
  }

  // The next `count` bytes, or nothing when there are fewer.
  Bytes Take(size_t count) {
    if (!Need(count)) return {};
    const Bytes taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }

  bool overrun() const { return overrun_; }
  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }

 private:
  bool Need(size_t count) {
    if (!overrun_ && count <= left()) return true;
    overrun_ = true;
    return false;
  }

  Bytes bytes_;
  size_t position_ = 0;
  bool overrun_ = false;
};

// The bytes again, in memory of their own.
inline Result<Buffer<uint8_t>> CopyOf(Bytes bytes) {
  auto copy = Buffer<uint8_t>::Create(bytes.size());
  if (copy.ok()) std::copy(bytes.begin(), bytes.end(), copy.value().begin());
  return copy;
}

// Writes a number at `at`.
template <class T>
void WriteAt(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof(T));
}

}  // namespace lic
