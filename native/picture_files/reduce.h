// Smaller pictures, for thumbnails.
#pragma once

#include <cstdint>

#include "lic/picture.h"
#include "lic/result.h"

namespace lic::native {

// A pixel for each square of `scale` x `scale` pixels, smaller at the right and lower edges: the mean of its samples,
// rounded. Colours count by their alpha, so that what cannot be seen gives no colour; those of a square that is
// invisible as a whole are 0. `scale` is at least 1. Errors: kOutOfMemory.
Result<Picture> Reduce(const Picture& picture, uint32_t scale);

}  // namespace lic::native
