// Passing failures up.
#pragma once

#include "lic/lic.h"

// Returns from the calling function with the failure of a Status or Result.
#define LIC_CHECK(expression)                                                 \
  do {                                                                        \
    if (auto status_ = (expression); !status_.ok()) return status_.failure(); \
  } while (false)

#define LIC_JOIN_(a, b) a##b
#define LIC_JOIN(a, b) LIC_JOIN_(a, b)

// LIC_TRY(auto x, F()) declares x with the value of the Result that F returns, or returns from the calling function
// with its failure. The left side may also assign to what exists: LIC_TRY(x, F()).
//
// The macro is three statements, because the declaration must stay visible after it. So a LIC_TRY that depends on an
// `if` or a loop needs braces; without them the compiler complains that `result_` and a line number are not declared.
#define LIC_TRY(declaration, expression)                                               \
  auto LIC_JOIN(result_, __LINE__) = (expression);                                     \
  if (!LIC_JOIN(result_, __LINE__).ok()) return LIC_JOIN(result_, __LINE__).failure(); \
  declaration = std::move(LIC_JOIN(result_, __LINE__)).value()
