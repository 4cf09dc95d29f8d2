// Memory. All memory whose size depends on pixels or on files comes from one allocator, which a program may replace.
// Small things, such as names and lists of layers, come from operator new. What that throws when it has nothing left is
// not caught, and objects in use must not be touched any more then, nor destroyed.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "lic/api.h"
#include "lic/result.h"

namespace lic {

// Bytes that somebody else owns: a pointer and a size. Who takes one looks at it during the call and no longer,
// unless its description says otherwise.
using Bytes = std::span<const uint8_t>;

// Where memory comes from. The library calls both functions from every thread that uses it.
struct Allocator {
  // Returns `bytes` bytes, never 0 of them, at a multiple of `alignment`, which is a power of two. Null says that
  // there are none: the call in progress then ends with Error::kOutOfMemory.
  void* (*allocate)(void* context, size_t bytes, size_t alignment);
  // Takes back what `allocate` returned; never null.
  void (*release)(void* context, void* memory);
  // What both get as their first argument.
  void* context;
};

// Replaces the allocator of the whole process by a copy of `allocator`; null restores the default, aligned_alloc and
// free. It is to be called before anything else, or after all objects of the library are gone, since memory goes back
// to the allocator that is set at that time. No other thread may be in the library meanwhile.
LIC_API void SetAllocator(const Allocator* allocator);

// For Buffer alone.
namespace internal {
LIC_API void* Allocate(size_t bytes);
LIC_API void Release(void* memory);
}  // namespace internal

// An array from the allocator, of values that can be copied as bytes. Its memory begins at a multiple of 64 and has
// 64 readable bytes after the last value, so that loops may read whole vectors. Files and pixels are handed out in
// one. A buffer can be moved and not copied.
template <class T>
class Buffer {
 public:
  // An empty buffer, without memory.
  Buffer() = default;

  // Makes a buffer of `count` values, all zero. Takes time for zeroing. Errors: kOutOfMemory.
  static Result<Buffer> Create(size_t count) {
    if (count > (SIZE_MAX / 2 - 64) / sizeof(T))
      return Fail(Error::kOutOfMemory, "%zu values are more than fit in memory", count);
    Buffer buffer;
    buffer.data_ = static_cast<T*>(internal::Allocate(count * sizeof(T) + 64));
    if (!buffer.data_) return Fail(Error::kOutOfMemory, "no memory for %zu bytes", count * sizeof(T));
    buffer.size_ = count;
    return buffer;
  }

  // Moving leaves pointers to the values valid. The moved buffer is empty after construction, and has what this one
  // had after assignment.
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() { internal::Release(data_); }

  // The values, as a std::vector has them. An index is not checked. Pointers and spans are valid as long as the
  // memory, which is until the buffer that holds it is destroyed.
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

  // Forgets the values from `count` on, of which there must be so many. The memory stays.
  void Shrink(size_t count) {
    assert(count <= size_);
    size_ = count;
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace lic
