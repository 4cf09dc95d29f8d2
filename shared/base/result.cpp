// Names of errors, and memory, of the public header.
#include <cstdlib>
#include <cstring>

#include "lic/lic.h"

namespace lic {

const char* ErrorName(Error error) {
  static constexpr const char* kNames[kErrorCount] = {
      "ok",
      "not_lic",
      "unsupported_version",
      "truncated",
      "bad_checksum",
      "bad_header",
      "bad_section",
      "bad_stream",
      "limit_exceeded",
      "unknown_model",
      "model_mismatch",
      "bad_model",
      "out_of_memory",
      "unsupported_image",
      "bad_image",
      "io_error",
      "invalid_argument",
      "internal",
      "below_quality",
      "stopped",
  };
  const auto number = static_cast<size_t>(error);
  return number < kErrorCount ? kNames[number] : "internal";
}

std::string ToHex(const Id& id) {
  std::string text;
  for (const uint8_t byte : id.bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

namespace {

constexpr size_t kAlignment = 64;

void* DefaultAllocate(void*, size_t bytes, size_t alignment) {
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void DefaultRelease(void*, void* memory) { std::free(memory); }

constexpr Allocator kDefaultAllocator = {DefaultAllocate, DefaultRelease, nullptr};
Allocator allocator = kDefaultAllocator;

}  // namespace

void SetAllocator(const Allocator* replacement) { allocator = replacement ? *replacement : kDefaultAllocator; }

namespace internal {

void* Allocate(size_t bytes) {
  void* memory = allocator.allocate(allocator.context, bytes, kAlignment);
  if (memory) std::memset(memory, 0, bytes);
  return memory;
}

void Release(void* memory) {
  if (memory) allocator.release(allocator.context, memory);
}

}  // namespace internal
}  // namespace lic
