// Measures how far each tile of a decoded picture is from its original.
#pragma once

#include <array>
#include <cstdint>

#include "lic/lic.h"

namespace lic::native {

// The side of a tile in pixels. The last tiles of a row and column take what is left, half to one and a half times
// that.
inline constexpr uint32_t kTilePixels = 32;

// What is measured of a tile. Each measure is 0 for an exact copy. The picture is taken as it looks on white, with
// values 0..255.
enum class Measure : uint8_t {
  kError,     // mean square error over red, green, blue
  kRelative,  // the same divided by the detail of the original, 1 + mean |gradient| of luma: photographs hide errors in
              // detail
  kStructure,  // mean of 1 - SSIM (shared/measure/ssim.h) over the windows centred in the tile; 0 where no window fits
  kShift,      // mean over blocks of 8 x 8 pixels of |mean error| in the worst channel: flat colours that come out as
               // others
  kChroma,     // mean square error that is left when that of luma is taken from each channel
};
inline constexpr size_t kMeasureCount = 5;
const char* MeasureName(Measure measure);
using Measures = std::array<double, kMeasureCount>;

struct TileBox {
  uint32_t x = 0, y = 0, width = 0, height = 0;
};

struct DamageGrid {
  uint32_t width = 0, height = 0;  // of the picture
  uint32_t columns = 0, rows = 0;
  Buffer<Measures> measures;  // (rows, columns)

  TileBox Box(size_t index) const;
};

// Errors: kInvalidArgument if the sizes differ, kOutOfMemory.
Result<DamageGrid> MeasureTiles(const PictureView& original, const PictureView& decoded);

}  // namespace lic::native
