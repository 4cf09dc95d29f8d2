#include "native/picture_files/faults.h"

#include <algorithm>

namespace lic::native {

void Faults::Warn(std::string text) {
  constexpr size_t kMaxWarnings = 12;
  const bool is_new = std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end();
  if (is_new && warnings_.size() < kMaxWarnings) warnings_.push_back(std::move(text));
}

Status Faults::LosePixels(const Failure& failure) {
  if (!lenient_ || failure.error != Error::kBadImage) return failure;
  if (!lost_pixels_) Warn(std::string("pixels are missing or wrong: ") + failure.what);
  lost_pixels_ = true;
  return {};
}

}  // namespace lic::native
