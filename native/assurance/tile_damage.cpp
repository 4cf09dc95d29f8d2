#include "native/assurance/tile_damage.h"

#include <algorithm>
#include <cmath>

#include "shared/base/try.h"
#include "shared/measure/appearance.h"
#include "shared/measure/ssim.h"

namespace lic::native {
namespace {

constexpr uint32_t kBlock = 8;

// Counts the tiles along a side. What is less than half a tile belongs to the last one.
uint32_t TilesAlong(uint32_t side) { return std::max(1u, (side + kTilePixels / 2) / kTilePixels); }

double& Of(Measures& measures, Measure measure) { return measures[static_cast<size_t>(measure)]; }

// Sums up the damage of each tile while it is given the picture pixel by pixel.
class TileMeter {
 public:
  static Result<TileMeter> Create(uint32_t width, uint32_t height) {
    TileMeter meter;
    meter.grid_.width = width;
    meter.grid_.height = height;
    meter.grid_.columns = TilesAlong(width);
    meter.grid_.rows = TilesAlong(height);
    const size_t tiles = size_t{meter.grid_.columns} * meter.grid_.rows;
    LIC_TRY(meter.grid_.measures, Buffer<Measures>::Create(tiles));
    LIC_TRY(meter.detail_, Buffer<double>::Create(tiles));
    LIC_TRY(meter.windows_, Buffer<uint32_t>::Create(tiles));
    LIC_TRY(meter.above_, Buffer<double>::Create(width));
    LIC_TRY(meter.blocks_, Buffer<Colour>::Create((width + kBlock - 1) / kBlock));
    return meter;
  }

  void Put(uint32_t x, uint32_t y, const Colour& original, const Colour& decoded) {
    const size_t tile = TileAt(x, y);
    const double luma = Luma(original), luma_error = Luma(decoded) - luma;
    double squares = 0, chroma = 0;
    for (size_t c = 0; c < 3; c++) {
      const double error = decoded[c] - original[c];
      squares += error * error;
      chroma += (error - luma_error) * (error - luma_error);
      blocks_[x / kBlock][c] += error;
    }
    Of(grid_.measures[tile], Measure::kError) += squares / 3;
    Of(grid_.measures[tile], Measure::kChroma) += chroma / 3;
    if (x > 0) detail_[tile] += std::abs(luma - left_);
    if (y > 0) detail_[tile] += std::abs(luma - above_[x]);
    left_ = above_[x] = luma;
  }

  // Marks the end of row y.
  void EndRow(uint32_t y) {
    if (y % kBlock != kBlock - 1 && y != grid_.height - 1) return;
    for (uint32_t i = 0; i < blocks_.size(); i++) {
      double largest = 0;
      for (const double sum : blocks_[i]) largest = std::max(largest, std::abs(sum));
      Of(grid_.measures[TileAt(i * kBlock, y)], Measure::kShift) += largest;
      blocks_[i] = {};
    }
  }

  void PutSsim(uint32_t x, uint32_t y, double ssim) {
    const size_t tile = TileAt(x, y);
    Of(grid_.measures[tile], Measure::kStructure) += 1 - ssim;
    windows_[tile]++;
  }

  DamageGrid Take() && {
    for (size_t i = 0; i < grid_.measures.size(); i++) {
      const TileBox box = grid_.Box(i);
      const double pixels = double(box.width) * box.height;
      Measures& measures = grid_.measures[i];
      for (const Measure sum : {Measure::kError, Measure::kShift, Measure::kChroma}) Of(measures, sum) /= pixels;
      Of(measures, Measure::kRelative) = Of(measures, Measure::kError) / (1 + detail_[i] / pixels);
      if (windows_[i]) Of(measures, Measure::kStructure) /= windows_[i];
    }
    return std::move(grid_);
  }

 private:
  TileMeter() = default;
  size_t TileAt(uint32_t x, uint32_t y) const {
    const uint32_t column = std::min(x / kTilePixels, grid_.columns - 1),
                   row = std::min(y / kTilePixels, grid_.rows - 1);
    return size_t{row} * grid_.columns + column;
  }

  DamageGrid grid_;
  Buffer<double> detail_;     // (rows, columns): sums of |gradient|
  Buffer<uint32_t> windows_;  // (rows, columns): of SSIM
  Buffer<double> above_;      // (width): luma of the row above
  double left_ = 0;
  Buffer<Colour> blocks_;  // (blocks in a row): sums of errors
};

}  // namespace

const char* MeasureName(Measure measure) {
  static constexpr const char* kNames[kMeasureCount] = {"error", "relative", "structure", "shift", "chroma"};
  return kNames[static_cast<size_t>(measure)];
}

TileBox DamageGrid::Box(size_t index) const {
  const auto column = static_cast<uint32_t>(index % columns), row = static_cast<uint32_t>(index / columns);
  const uint32_t x = column * kTilePixels, y = row * kTilePixels;
  return {x, y, column == columns - 1 ? width - x : kTilePixels, row == rows - 1 ? height - y : kTilePixels};
}

Result<DamageGrid> MeasureTiles(const PictureView& original, const PictureView& decoded) {
  const uint32_t width = original.width, height = original.height;
  if (width != decoded.width || height != decoded.height) {
    return Fail(Error::kInvalidArgument, "the original has %u x %u pixels, the picture %u x %u", width, height,
                decoded.width, decoded.height);
  }
  constexpr uint32_t kHalf = kSsimWindow / 2;
  const bool has_ssim = width >= kSsimWindow && height >= kSsimWindow;
  LIC_TRY(SsimMeter ssim, SsimMeter::Create(std::max(width, kSsimWindow)));
  LIC_TRY(TileMeter meter, TileMeter::Create(width, height));
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      const Colour a = ColourOnWhite(original, x, y), b = ColourOnWhite(decoded, x, y);
      meter.Put(x, y, a, b);
      ssim.Put(x, Luma(a), Luma(b));
    }
    meter.EndRow(y);
    if (!has_ssim) continue;
    const std::span<const double> values = ssim.AddRow();
    for (uint32_t i = 0; i < values.size(); i++) meter.PutSsim(i + kHalf, y - kHalf, values[i]);
  }
  return std::move(meter).Take();
}

}  // namespace lic::native
