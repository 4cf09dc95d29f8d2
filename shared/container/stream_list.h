// The streams of a picture's tiles while they are coded, in the memory of two buffers.
#pragma once

#include "base/growing_buffer.h"

namespace lic {

class StreamList {
 public:
  Status Add(Bytes stream) {
    LIC_CHECK(bytes_.Append(stream));
    return ends_.Append(bytes_.size());
  }

  size_t count() const { return ends_.size(); }
  size_t bytes() const { return bytes_.size(); }  // of all streams
  Bytes operator[](size_t i) const {
    const size_t first = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + first, ends_[i] - first};
  }

 private:
  GrowingBuffer<uint8_t> bytes_;
  GrowingBuffer<size_t> ends_;  // of each stream in `bytes_`
};

}  // namespace lic
