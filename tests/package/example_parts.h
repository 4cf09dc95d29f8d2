// What the examples in the public headers take for granted: see header_test.py.
#pragma once

#include <lic/lic.h>

#include <cstdio>
#include <utility>

// A file that is coming in.
class Download {
 public:
  void Wait();  // until there is more, or nothing will follow
  lic::Bytes bytes() const;
  bool at_end() const;
};

// Shows rows of a picture, of which the first is row `y`.
void Draw(const lic::PictureView& rows, uint32_t y);
