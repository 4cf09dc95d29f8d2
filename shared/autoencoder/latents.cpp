#include "autoencoder/latents.h"

#include <algorithm>

#include "base/try.h"

namespace lic {

Result<LatentPlane> LatentPlane::Create(const Rect& held, uint32_t channels) {
  const uint64_t count = uint64_t{held.height} * held.width * channels;
  if (count > SIZE_MAX / 8)
    return Fail(Error::kOutOfMemory, "%u x %u x %u latents do not fit in memory", channels, held.height, held.width);
  LatentPlane plane;
  plane.held = held;
  plane.channels = channels;
  LIC_TRY(plane.values, Buffer<int32_t>::Create(static_cast<size_t>(count)));
  return plane;
}

void LatentPlane::MoveTo(uint32_t first) {
  assert(first >= held.y);
  const size_t row = size_t{held.width} * channels;
  const size_t gone = std::min(first - held.y, held.height) * row;
  std::copy(values.begin() + gone, values.begin() + held.height * row, values.begin());
  held.y = first;
}

}  // namespace lic
