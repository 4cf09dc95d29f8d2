// FormatSmall beside vsnprintf, on the formats of the decoder's messages.
#include "base/small_format.h"

#include <climits>
#include <cstdint>
#include <cstdio>
#include <string>

#include "support/check.h"

namespace lic {
namespace {

// What both make of the arguments in `room` characters.
[[gnu::format(printf, 2, 3)]] void Compare(size_t room, const char* format, ...) {
  std::string expected(room, '?'), found(room, '?');
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  vsnprintf(expected.data(), room, format, arguments);
  FormatSmall(found, format, again);
  va_end(again);
  va_end(arguments);
  CHECK_EQ(std::string(found.c_str()), std::string(expected.c_str()));
}

TEST(formats_as_printf_does) {
  for (size_t room = 1; room < 80; ++room) {
    Compare(room, "no conversion");
    Compare(room, "%u and %d, %d", UINT_MAX, INT_MIN, INT_MAX);
    Compare(room, "%u%d%s", 0u, 0, "");
    Compare(room, "%stile %u: %s", "grids of ", 17u, "the stream ends inside a symbol");
    Compare(room, "%zu bytes, %llu, %lld", SIZE_MAX, ULLONG_MAX, LLONG_MIN);
  }
}

TEST(writes_what_it_does_not_know_as_it_stands) {
  char text[20];
  const auto format = [&](const char* unknown, ...) {
    va_list arguments;
    va_start(arguments, unknown);
    FormatSmall(text, unknown, arguments);
    va_end(arguments);
    return std::string(text);
  };
  CHECK_EQ(format("%g %zs %", 1.0), std::string("%g %zs %"));
}

}  // namespace
}  // namespace lic
