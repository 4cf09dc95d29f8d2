#include "base/small_format.h"

#include <cstddef>
#include <cstdint>

namespace lic {
namespace {

class Writer {
 public:
  explicit Writer(std::span<char> to) : at_(to.data()), end_(to.data() + to.size() - 1) {}
  ~Writer() { *at_ = 0; }

  void Put(char letter) {
    if (at_ != end_) *at_++ = letter;
  }
  void PutText(const char* text) {
    while (*text) Put(*text++);
  }
  void PutNumber(uint64_t number) {
    char digits[20];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    while (count > 0) Put(digits[--count]);
  }
  void PutSigned(int64_t number) {
    if (number < 0) Put('-');
    PutNumber(number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number));
  }

 private:
  char* at_;
  char* end_;
};

static_assert(sizeof(size_t) == sizeof(ptrdiff_t) && sizeof(long long) == sizeof(int64_t));

}  // namespace

void FormatSmall(std::span<char> to, const char* format, va_list arguments) {
  Writer writer(to);
  while (*format) {
    const char* conversion = format;
    int length = 0;  // letters: 1 is z, 2 is ll
    if (*conversion == '%') {
      ++conversion;
      if (*conversion == 'z') length = 1;
      if (conversion[0] == 'l' && conversion[1] == 'l') length = 2;
      conversion += length;
    }
    if (conversion != format && *conversion == 's' && length == 0) {
      writer.PutText(va_arg(arguments, const char*));
    } else if (conversion != format && *conversion == 'u') {
      writer.PutNumber(length == 0   ? va_arg(arguments, unsigned)
                       : length == 1 ? va_arg(arguments, size_t)
                                     : va_arg(arguments, unsigned long long));
    } else if (conversion != format && *conversion == 'd') {
      writer.PutSigned(length == 0   ? va_arg(arguments, int)
                       : length == 1 ? va_arg(arguments, ptrdiff_t)
                                     : va_arg(arguments, long long));
    } else {
      writer.Put(*format++);
      continue;
    }
    format = conversion + 1;
  }
}

}  // namespace lic
