#include "native/commands/numbers.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace lic::native {
namespace {

// Integers take digits only, so that 1e3 is none. NaN if the text is no number.
double Parse(const std::string& text, bool is_whole) {
  const char* const end = text.data() + text.size();
  double number = 0;
  int64_t integer = 0;
  const auto [stop, error] =
      is_whole ? std::from_chars(text.data(), end, integer) : std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nan("");
  return is_whole ? static_cast<double>(integer) : number;
}

}  // namespace

std::string CheckNumber(const NumberRule& rule, const std::string& text) {
  const double number = Parse(text, rule.is_whole);
  const bool is_inside =
      rule.is_open ? number > rule.least && number < rule.most : number >= rule.least && number <= rule.most;
  if (std::isfinite(number) && is_inside) return {};
  char message[160];
  const char* const kind = rule.is_whole ? "an integer" : "a number";
  if (std::isinf(rule.most)) {
    std::snprintf(message, sizeof(message), "\"%.32s\" is not %s %s %.10g", text.c_str(), kind,
                  rule.is_open ? "above" : "of at least", rule.least);
  } else {
    std::snprintf(message, sizeof(message), "\"%.32s\" is not %s %s %.10g %s %.10g", text.c_str(), kind,
                  rule.is_open ? "between" : "from", rule.least, rule.is_open ? "and" : "to", rule.most);
  }
  return message;
}

CLI::Option* TakeNumbers(CLI::Option* option, const NumberRule& rule) {
  return option->check(CLI::Validator([rule](std::string& text) { return CheckNumber(rule, text); }, ""));
}

}  // namespace lic::native
