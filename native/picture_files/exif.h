// Reads and changes what Exif and XMP say of the pixels: orientation, size, and the small picture of them.
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

// Writes the picture's size over the sizes that a TIFF structure states.
void StateSize(std::span<uint8_t> exif, uint32_t width, uint32_t height);

// Takes the small picture out of a TIFF structure. Returns how many bytes of the structure are left, or 0 if it has no
// small picture. Its bytes become zeros where others lie behind them.
size_t DropThumbnail(std::span<uint8_t> exif);

// Sets tiff:Orientation in an XMP packet to kUpright.
void ResetXmpOrientation(std::span<uint8_t> xmp);

}  // namespace lic::native
