// Memory of the library: see lic.h.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "lic/api.h"
#include "lic/result.h"

namespace lic {

// Where all memory comes from whose size depends on input. `allocate` returns memory of the given alignment (a power of
// two) or null; null becomes Error::kOutOfMemory, never a crash.
struct Allocator {
  void* (*allocate)(void* context, size_t bytes, size_t alignment);
  void (*release)(void* context, void* memory);
  void* context;
};

// Replaces the allocator for the whole process; null restores the default. Not while any object of the library lives.
LIC_API void SetAllocator(const Allocator* allocator);

namespace internal {
LIC_API void* Allocate(size_t bytes);
LIC_API void Release(void* memory);
}  // namespace internal

// An array of plain values from the allocator, aligned to 64 bytes and followed by 64 readable bytes. Move only.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  // `count` values, zeroed.
  static Result<Buffer> Create(size_t count) {
    if (count > (SIZE_MAX / 2 - 64) / sizeof(T))
      return Fail(Error::kOutOfMemory, "%zu values are more than fit in memory", count);
    Buffer buffer;
    buffer.data_ = static_cast<T*>(internal::Allocate(count * sizeof(T) + 64));
    if (!buffer.data_) return Fail(Error::kOutOfMemory, "no memory for %zu bytes", count * sizeof(T));
    buffer.size_ = count;
    return buffer;
  }
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() { internal::Release(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  operator std::span<const T>() const { return {data_, size_}; }
  // Makes the buffer look shorter; the memory stays.
  void Shrink(size_t count) {
    assert(count <= size_);
    size_ = count;
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

using Bytes = std::span<const uint8_t>;

}  // namespace lic
