// The sentences of failures, in a module that is to be small: takes the place of failure.cpp.
#include <cstdarg>

#include "base/small_format.h"
#include "lic/lic.h"

namespace lic {

Failure Fail(Error error, const char* format, ...) {
  Failure failure;
  failure.error = error;
  va_list arguments;
  va_start(arguments, format);
  FormatSmall(failure.what, format, arguments);
  va_end(arguments);
  return failure;
}

}  // namespace lic
