// The one policy of all readers for what is wrong with a picture file: docs/pictures.md has the table of every case.
#pragma once

#include <string>
#include <vector>

#include "lic/lic.h"

namespace lic::native {

// Collects what is wrong with a file while it is read. Damage that costs no pixel is a warning. Where pixels are
// missing or wrong, the reading fails, unless it is lenient: then this is a warning too, and the reader goes on with
// what is there.
class Faults {
 public:
  explicit Faults(bool lenient) : lenient_(lenient) {}

  bool lenient() const { return lenient_; }
  bool lost_pixels() const { return lost_pixels_; }
  // Keeps each text once, and only the first few, because a hostile file can make a library warn a million times.
  void Warn(std::string text);
  // Says that pixels are missing or wrong. Returns the failure, or warns of the first
  // one if the reading is lenient. Other errors than kBadImage are returned in any case.
  Status LosePixels(const Failure& failure);

  std::vector<std::string> TakeWarnings() && { return std::move(warnings_); }

 private:
  bool lenient_;
  bool lost_pixels_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace lic::native
