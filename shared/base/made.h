// Objects that are made in place, or handed out as values.
#pragma once

#include <utility>

#include "lic/result.h"

namespace lic {

// A new object that its Fill() has made. Large objects are made in place where they stay: to hand one out and to move
// it into its place takes more code than to make it, and the decoder for web pages must be small.
template <class T, class... Arguments>
Result<T> Made(Arguments&&... arguments) {
  T made;
  if (const Status status = made.Fill(std::forward<Arguments>(arguments)...); !status.ok()) return status.failure();
  return made;
}

}  // namespace lic
