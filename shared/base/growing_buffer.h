// An array that grows, from the library's allocator: std::vector would end the program where there is no memory.
#pragma once

#include <algorithm>
#include <utility>

#include "base/try.h"

namespace lic {

template <class T>
class GrowingBuffer {
 public:
  GrowingBuffer() = default;
  GrowingBuffer(GrowingBuffer&& other) noexcept
      : memory_(std::move(other.memory_)), count_(std::exchange(other.count_, 0)) {}
  GrowingBuffer& operator=(GrowingBuffer&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(count_, other.count_);
    return *this;
  }

  // Makes room for so many values in all, so that appending them copies nothing.
  Status Reserve(size_t count) { return count > memory_.size() ? MoveTo(count) : Status(); }
  Status Append(const T& value) {
    if (count_ == memory_.size()) LIC_CHECK(Grow(1));
    memory_[count_++] = value;
    return {};
  }
  Status Append(std::span<const T> values) {
    if (values.size() > memory_.size() - count_) LIC_CHECK(Grow(values.size()));
    std::copy(values.begin(), values.end(), memory_.begin() + count_);
    count_ += values.size();
    return {};
  }

  size_t size() const { return count_; }
  const T* data() const { return memory_.data(); }
  const T& operator[](size_t i) const { return memory_[i]; }

 private:
  // Makes room for `more` values at least. Doubling keeps the copies few.
  Status Grow(size_t more) { return MoveTo(std::max({size_t{4096}, 2 * count_, count_ + more})); }
  Status MoveTo(size_t room) {
    LIC_TRY(auto grown, Buffer<T>::Create(room));
    std::copy_n(memory_.begin(), count_, grown.begin());
    memory_ = std::move(grown);
    return {};
  }

  Buffer<T> memory_;
  size_t count_ = 0;
};

}  // namespace lic
