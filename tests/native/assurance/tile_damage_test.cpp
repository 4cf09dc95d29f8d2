// The measures of tiles against their definitions, written out plainly; judgements, calibrations and error maps.
#include "native/assurance/tile_damage.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "native/assurance/qa.h"
#include "shared/measure/metrics.h"
#include "support/check.h"
#include "support/files.h"
#include "tests/native/pictures.h"

namespace lic::native {
namespace {

using test::File;

struct Image {
  uint32_t width, height, channels;
  File pixels;

  // `seed` decides the pattern, `amplitude` how much of it there is on a smooth ground.
  Image(uint32_t w, uint32_t h, uint32_t c, uint32_t seed, uint32_t amplitude) : width(w), height(h), channels(c) {
    for (uint32_t y = 0; y < h; y++) {
      for (uint32_t x = 0; x < w; x++) {
        for (uint32_t i = 0; i < c; i++)
          pixels.push_back(static_cast<uint8_t>(40 + x + y / 2 + 20 * i + test::Pattern(x, y, i + seed) % amplitude));
      }
    }
  }
  uint8_t& At(uint32_t x, uint32_t y, uint32_t c) { return pixels[(size_t{y} * width + x) * channels + c]; }
  double At(uint32_t x, uint32_t y, uint32_t c) const { return pixels[(size_t{y} * width + x) * channels + c]; }
  double Luma(uint32_t x, uint32_t y) const { return 0.299 * At(x, y, 0) + 0.587 * At(x, y, 1) + 0.114 * At(x, y, 2); }
  PictureView view() const { return {pixels.data(), width, height, channels, size_t{width} * channels}; }
};

double ValueOf(const Measures& measures, Measure measure) { return measures[static_cast<size_t>(measure)]; }

// All measures but structure of one tile of colour pictures, by the words of tiles.h.
Measures PlainMeasures(const Image& a, const Image& b, const TileBox& box) {
  double squares = 0, chroma = 0, detail = 0, shift = 0;
  for (uint32_t y = box.y; y < box.y + box.height; y++) {
    for (uint32_t x = box.x; x < box.x + box.width; x++) {
      for (uint32_t c = 0; c < 3; c++) {
        const double error = b.At(x, y, c) - a.At(x, y, c), grey = b.Luma(x, y) - a.Luma(x, y);
        squares += error * error / 3;
        chroma += (error - grey) * (error - grey) / 3;
      }
      if (x > 0) detail += std::abs(a.Luma(x, y) - a.Luma(x - 1, y));
      if (y > 0) detail += std::abs(a.Luma(x, y) - a.Luma(x, y - 1));
    }
  }
  for (uint32_t top = box.y; top < box.y + box.height; top += 8) {
    for (uint32_t left = box.x; left < box.x + box.width; left += 8) {
      double worst = 0;
      for (uint32_t c = 0; c < 3; c++) {
        double sum = 0;
        for (uint32_t y = top; y < std::min(top + 8, box.y + box.height); y++) {
          for (uint32_t x = left; x < std::min(left + 8, box.x + box.width); x++) sum += b.At(x, y, c) - a.At(x, y, c);
        }
        worst = std::max(worst, std::abs(sum));
      }
      shift += worst;
    }
  }
  const double pixels = double(box.width) * box.height;
  return {squares / pixels, squares / pixels / (1 + detail / pixels), 0, shift / pixels, chroma / pixels};
}

TEST(MeasuresAreThoseOfTheirDefinitions) {
  for (const auto& [width, height] :
       {std::pair{64u, 32u}, std::pair{100u, 77u}, std::pair{15u, 90u}, std::pair{3u, 2u}, std::pair{47u, 48u}}) {
    const Image a(width, height, 3, 1, 50), b(width, height, 3, 9, 40);
    const Result<DamageGrid> grid = MeasureTiles(a.view(), b.view());
    if (!CHECK(grid.ok())) continue;
    for (size_t i = 0; i < grid.value().measures.size(); i++) {
      const Measures plain = PlainMeasures(a, b, grid.value().Box(i));
      for (const Measure measure : {Measure::kError, Measure::kRelative, Measure::kShift, Measure::kChroma}) {
        CHECK_NEAR(ValueOf(grid.value().measures[i], measure), ValueOf(plain, measure), 1e-9);
      }
    }
  }
}

// A picture of one tile: the mean of SSIM over it is that of Compare.
TEST(StructureIsSsim) {
  const Image a(40, 30, 3, 1, 50), b(40, 30, 3, 9, 40);
  const Result<DamageGrid> grid = MeasureTiles(a.view(), b.view());
  CHECK(grid.value().measures.size() == 1);
  CHECK_NEAR(ValueOf(grid.value().measures[0], Measure::kStructure), 1 - *Compare(a.view(), b.view()).value().ssim,
             1e-9);
  const Image small(10, 200, 3, 1, 50), other(10, 200, 3, 4, 50);
  const Result<DamageGrid> without = MeasureTiles(small.view(), other.view());
  for (const Measures& measures : without.value().measures) CHECK(ValueOf(measures, Measure::kStructure) == 0);
}

TEST(BoxesCoverThePictureOnce) {
  for (const uint32_t width : {1u, 15u, 16u, 47u, 48u, 64u, 79u, 80u, 200u}) {
    for (const uint32_t height : {1u, 31u, 33u, 112u}) {
      const Image a(width, height, 1, 1, 50);
      const Result<DamageGrid> grid = MeasureTiles(a.view(), a.view());
      std::vector<int> covered(size_t{width} * height);
      for (size_t i = 0; i < grid.value().measures.size(); i++) {
        const TileBox box = grid.value().Box(i);
        CHECK((box.width >= 16 || box.width == width) && box.width < 48);
        CHECK((box.height >= 16 || box.height == height) && box.height < 48);
        for (uint32_t y = box.y; y < box.y + box.height; y++) {
          for (uint32_t x = box.x; x < box.x + box.width; x++) covered[size_t{y} * width + x]++;
        }
        for (const double value : grid.value().measures[i]) CHECK_NEAR(value, 0, 1e-12);
      }
      CHECK(std::all_of(covered.begin(), covered.end(), [](int count) { return count == 1; }));
    }
  }
}

TEST(AlphaHidesErrors) {
  Image a(64, 32, 4, 1, 50);
  for (uint32_t y = 0; y < 32; y++) {
    for (uint32_t x = 0; x < 64; x++) a.At(x, y, 3) = x < 32 ? 0 : 255;
  }
  Image b = a;
  for (uint32_t x = 0; x < 64; x++) b.At(x, 7, 1) ^= 64;
  const Result<DamageGrid> grid = MeasureTiles(a.view(), b.view());
  CHECK_NEAR(ValueOf(grid.value().measures[0], Measure::kError), 0, 1e-12);
  CHECK_NEAR(ValueOf(grid.value().measures[1], Measure::kError), 64.0 * 64 / 3 / 32, 1e-9);
  CHECK(MeasureTiles(a.view(), Image(64, 31, 4, 1, 50).view()).error() == Error::kInvalidArgument);
}

TEST(JudgementsCountTiles) {
  const Measures limits = {1, 1, 1, 1, 1};
  const auto judge = [&](uint32_t side, size_t flagged, double value) {
    DamageGrid grid;
    grid.width = grid.height = side;
    grid.columns = grid.rows = side / kTilePixels;
    grid.measures = Buffer<Measures>::Create(size_t{grid.columns} * grid.rows).value();
    for (size_t i = 0; i < flagged; i++) grid.measures[7 * i + 5][i % kMeasureCount] = value;
    return Judge(grid, limits);
  };
  CHECK(!judge(320, 0, 0).alarm);
  CHECK(!judge(320, 4, 1.5).alarm);  // of 100 tiles
  CHECK(judge(320, 5, 1.5).alarm);
  CHECK(judge(320, 1, 2.5).alarm);
  CHECK(!judge(3200, 10, 2.5).alarm);  // of 10000
  CHECK(judge(3200, 11, 2.5).alarm);
  const Judgement judgement = judge(320, 3, 1.5);
  CHECK(judgement.tiles == 100 && judgement.flagged.size() == 3);
  CHECK(judgement.flagged[1].worst == Measure::kRelative && judgement.flagged[1].box.x == 2 * kTilePixels &&
        judgement.flagged[1].box.y == kTilePixels);
}

// A calibration file for the small model, with the text `from` replaced by `to`.
std::string CalibrationFile(const Model& model, const std::string& from, const std::string& to) {
  std::string text = R"({"model_id": ")" + ToHex(model.id()) + R"(", "head_hash": ")" + ToHex(model.head_hash()) +
                     R"(", "tile": 32, "limits": [
    {"quality": 10, "error": 100, "relative": 10, "structure": 0.5, "shift": 4, "chroma": 50},
    {"quality": 50, "error": 25, "relative": 2.5, "structure": 0.5, "shift": 1, "chroma": 50}]})";
  if (const size_t at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
  const std::string path = (std::filesystem::temp_directory_path() / (std::to_string(getpid()) + ".qa.json")).string();
  std::ofstream(path) << text;
  return path;
}

TEST(CalibrationsAreRead) {
  const std::optional<Model> loaded = test::LoadTestModel("tiny");
  if (!CHECK(loaded.has_value())) return;
  const Model& model = *loaded;
  const Result<Calibration> calibration = Calibration::Load(CalibrationFile(model, "", ""), model);
  if (!CHECK(calibration.ok())) return;
  const auto error_at = [&](double quality) { return ValueOf(calibration.value().LimitsAt(quality), Measure::kError); };
  CHECK_NEAR(error_at(10), 100, 1e-9);
  CHECK_NEAR(error_at(30), 50, 1e-9);  // in the middle of the logarithms
  CHECK_NEAR(error_at(50), 25, 1e-9);
  CHECK_NEAR(error_at(1), 100, 1e-9);
  CHECK_NEAR(error_at(100), 25, 1e-9);
  CHECK(Calibration::Load("/nowhere.qa.json", model).error() == Error::kIoError);
  const std::pair<const char*, const char*> bad[] = {{"{", "["},           {"limits", "bounds"},
                                                     {"32", "64"},         {": 0.5", ": 0"},
                                                     {": 0.5", ": null"},  {"50, \"error", "9, \"error"},
                                                     {"error", "eror"},    {"{\"quality\"", "7, {\"quality\""},
                                                     {": 0.5", ": 1e999"}, {"]}", "]"}};
  for (const auto& [from, to] : bad) {
    if (!CHECK(Calibration::Load(CalibrationFile(model, from, to), model).error() == Error::kBadModel))
      std::fprintf(stderr, "%s -> %s\n", from, to);
  }
  CHECK(Calibration::Load(CalibrationFile(model, ToHex(model.id()), "0011223344556677"), model).error() ==
        Error::kModelMismatch);
  CHECK(Calibration::Load(CalibrationFile(model, ToHex(model.head_hash()), "0011223344556677"), model).error() ==
        Error::kModelMismatch);
  std::filesystem::remove(CalibrationFile(model, "", ""));
}

TEST(MapsShowErrors) {
  const Image a(96, 32, 3, 1, 50);
  Image b = a;
  b.At(40, 9, 2) ^= 1;
  b.At(41, 9, 0) ^= 64;
  const Result<Picture> map = DrawErrorMap(a.view(), b.view(), {{{64, 0, 32, 32}, Measure::kShift, 2}});
  const auto is = [&](uint32_t x, uint32_t y, uint8_t red, uint8_t green, uint8_t blue) {
    const uint8_t* pixel = map.value().pixels.data() + (size_t{y} * 96 + x) * 3;
    return pixel[0] == red && pixel[1] == green && pixel[2] == blue;
  };
  CHECK(is(40, 9, 8, 8, 8));
  CHECK(is(41, 9, 255, 255, 255));
  CHECK(is(42, 9, 0, 0, 0));
  CHECK(is(64, 5, 255, 0, 0) && is(95, 31, 255, 0, 0) && is(65, 30, 255, 0, 0));
  CHECK(is(66, 29, 0, 0, 0) && is(63, 5, 0, 0, 0));
}

}  // namespace
}  // namespace lic::native
