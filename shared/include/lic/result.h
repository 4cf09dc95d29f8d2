// Errors of the library: see lic.h.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>
#include <variant>

#include "lic/api.h"

namespace lic {

// What can go wrong with the data handed in. The numbers are frozen: they are the exit status of the command and stand
// in docs/format.md; the names are the `code` of the errors in JavaScript.
enum class Error : uint8_t {
  kNone = 0,
  kNotLic = 1,
  kUnsupportedVersion = 2,
  kTruncated = 3,
  kBadChecksum = 4,
  kBadHeader = 5,
  kBadSection = 6,
  kBadStream = 7,
  kLimitExceeded = 8,
  kUnknownModel = 9,
  kModelMismatch = 10,
  kBadModel = 11,
  kOutOfMemory = 12,
  kUnsupportedImage = 13,
  kBadImage = 14,
  kIoError = 15,
  kInvalidArgument = 16,
  kInternal = 17,
  kBelowQuality = 18,
};

inline constexpr int kErrorCount = 19;

// The name of an error as in docs/format.md ("bad_stream"), "ok" for kNone.
LIC_API const char* ErrorName(Error error);

// An error and a sentence that says what is wrong and where ("tile 3: the stream ends inside a symbol").
struct Failure {
  Error error = Error::kNone;
  char what[120] = {};
};

// printf-style maker of a Failure; the text is cut to what fits.
[[gnu::format(printf, 2, 3)]] LIC_API Failure Fail(Error error, const char* format, ...);

// Success or a Failure.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(const Failure& failure) : failure_(failure) {}
  bool ok() const { return failure_.error == Error::kNone; }
  Error error() const { return failure_.error; }
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

// A value or a Failure. value() is to be called only where ok() holds.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(const Failure& failure) : state_(failure) {}
  bool ok() const { return state_.index() == 0; }
  T& value() & { return *Get(); }
  const T& value() const& { return *const_cast<Result*>(this)->Get(); }
  T&& value() && { return std::move(*Get()); }
  Error error() const { return ok() ? Error::kNone : failure().error; }
  const Failure& failure() const { return *std::get_if<1>(&state_); }

 private:
  T* Get() {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  std::variant<T, Failure> state_;
};

}  // namespace lic
