// Reads and resets the orientation, the one thing in Exif and XMP that concerns the pixels.
#pragma once

#include <span>
#include <string>

#include "lic/lic.h"

namespace lic::native {

// How a stored picture is to be shown, numbered as by Exif: 1 as it is, 2 mirrored left to right, 3 rotated by 180
// degrees, 4 mirrored top to bottom, 5 transposed, 6 rotated clockwise, 7 transposed along the other diagonal, 8
// rotated counter-clockwise.
inline constexpr int kUpright = 1;
inline constexpr bool SwapsSides(int orientation) { return orientation >= 5; }

// The orientation in a TIFF structure; kUpright where it has none or is damaged.
int ReadOrientation(Bytes exif);

// Sets the orientation in a TIFF structure to kUpright, for pixels that have been turned. Nothing else changes.
void ResetOrientation(std::span<uint8_t> exif);

// The same for the value of tiff:Orientation in an XMP packet.
void ResetXmpOrientation(std::span<uint8_t> xmp);

}  // namespace lic::native
