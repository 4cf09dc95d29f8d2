// printf for programs in which every kilobyte counts: what the decoder's messages need of it, and no more.
#pragma once

#include <cstdarg>
#include <span>

namespace lic {

// Writes what vsnprintf would, cut off where `to` ends, and a zero. `to` has room for one character at least. Knows
// %s, %d and %u, the latter two also with the lengths z and ll. Anything else is written as it stands in `format`, and
// takes no argument.
void FormatSmall(std::span<char> to, const char* format, va_list arguments);

}  // namespace lic
