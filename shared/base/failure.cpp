// The sentences of failures.
#include <cstdarg>
#include <cstdio>

#include "lic/lic.h"

namespace lic {

Failure Fail(Error error, const char* format, ...) {
  Failure failure;
  failure.error = error;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(failure.what, sizeof(failure.what), format, arguments);
  va_end(arguments);
  return failure;
}

}  // namespace lic
