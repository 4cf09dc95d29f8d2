// Errors. A function that can fail returns a Result, which is a value or a Failure, or a Status, which is success or
// a Failure. The compiler warns where one is ignored.
//
//     void Show(lic::Bytes file, const lic::Model& model) {
//       const auto picture = lic::Decode(file, &model);
//       if (!picture.ok()) {
//         std::fprintf(stderr, "%s: %s\n", lic::ErrorName(picture.error()), picture.failure().what);
//         return;
//       }
//       Draw(picture.value().view(), 0);
//     }
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>
#include <variant>

#include "lic/api.h"

namespace lic {

// What is wrong. The numbers are frozen: docs/format.md lists them, lic_c.h has the same, and the command `lic` ends
// with them. JavaScript has the names, as the `code` of a LicError.
enum class Error : uint8_t {
  kNone = 0,                // nothing: success
  kNotLic = 1,              // The file does not begin like a .lic file.
  kUnsupportedVersion = 2,  // The file is of a later version of the format.
  kTruncated = 3,           // The file ends too early.
  kBadChecksum = 4,         // A checksum that the file keeps differs from that of its bytes.
  kBadHeader = 5,           // A field of the header is outside its range.
  kBadSection = 6,          // A section is out of order, missing, unknown or of a wrong length.
  kBadStream = 7,           // An entropy-coded stream is not one that an encoder writes.
  kLimitExceeded = 8,       // The picture or file is larger than the caller allows.
  kUnknownModel = 9,        // The file names a model, and none is at hand.
  kModelMismatch = 10,      // The model that was handed in is not the one that the file names.
  kBadModel = 11,           // A model file violates its format.
  kOutOfMemory = 12,        // The allocator gave no memory.
  kUnsupportedImage = 13,   // A picture of this kind or size cannot be encoded.
  kBadImage = 14,           // A picture file to be encoded is damaged. Only the command reads such files.
  kIoError = 15,            // A file could not be read or written. Only the command does so.
  kInvalidArgument = 16,    // An argument is outside its range.
  kInternal = 17,           // The library has a fault. Please report it.
  kBelowQuality = 18,       // No file reaches the quality that was asked for.
  kStopped = 19,            // The caller stopped the work.
};

// One more than the highest number of an error.
inline constexpr int kErrorCount = 20;

// Returns the name of an error as docs/format.md has it, such as "bad_stream". kNone is "ok", and a number that is no
// error's is "internal". The text is a constant of the library.
LIC_API const char* ErrorName(Error error);

// An error, and a sentence in English for people. It says what was found, where, and what is allowed:
// "tile 3: the stream ends inside a symbol". The sentence may change from version to version; the error does not.
struct Failure {
  Error error = Error::kNone;
  char what[120] = {};  // ends with a zero
};

// Returns a Failure with a sentence that is made as printf makes it. What is longer than Failure::what is cut off.
// Programs may use it for functions of their own that return a Result or a Status.
[[gnu::format(printf, 2, 3)]] LIC_API Failure Fail(Error error, const char* format, ...);

// Success, or a Failure.
class [[nodiscard]] Status {
 public:
  // Success.
  Status() = default;
  // The failure, so that a function may say `return Fail(...)`.
  Status(const Failure& failure) : failure_(failure) {}

  bool ok() const { return failure_.error == Error::kNone; }
  // kNone after success.
  Error error() const { return failure_.error; }
  // After success its error is kNone and its text is empty.
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

// A value of type T, or a Failure.
template <class T>
class [[nodiscard]] Result {
 public:
  // Success, so that a function may say `return value`.
  Result(T value) : state_(std::move(value)) {}
  // The failure, so that a function may say `return Fail(...)`.
  Result(const Failure& failure) : state_(failure) {}

  bool ok() const { return state_.index() == 0; }
  // The value. May be called only where ok() holds. `std::move(result).value()` moves the value out.
  T& value() & { return *Get(); }
  const T& value() const& { return *const_cast<Result*>(this)->Get(); }
  T&& value() && { return std::move(*Get()); }
  // kNone after success.
  Error error() const { return ok() ? Error::kNone : failure().error; }
  // May be called only where ok() does not hold.
  const Failure& failure() const { return *std::get_if<1>(&state_); }

 private:
  T* Get() {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  std::variant<T, Failure> state_;
};

}  // namespace lic
