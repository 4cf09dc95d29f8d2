// Checks the numbers that options take. A message names what was given and what is allowed, in one line.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace CLI {
class Option;
}

namespace lic::native {

// What an option takes. Infinities and what is no number are refused in any case.
struct NumberRule {
  double least = 0;
  double most = std::numeric_limits<double>::infinity();
  bool is_open = false;   // the ends themselves are not allowed
  bool is_whole = false;  // integers only
};

// The message for a text that breaks the rule, such as: "20k" is not a number from 1 to 100. Empty if it keeps it.
std::string CheckNumber(const NumberRule& rule, const std::string& text);

// Makes an option take such numbers only. Returns the option.
CLI::Option* TakeNumbers(CLI::Option* option, const NumberRule& rule);

}  // namespace lic::native
