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

// LIC_TRY(auto x, F()): x = the value of the Result that F returns, or returns with its failure.
#define LIC_TRY(declaration, expression)                                               \
  auto LIC_JOIN(result_, __LINE__) = (expression);                                     \
  if (!LIC_JOIN(result_, __LINE__).ok()) return LIC_JOIN(result_, __LINE__).failure(); \
  declaration = std::move(LIC_JOIN(result_, __LINE__)).value()
