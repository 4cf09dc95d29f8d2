#include "native/assurance/qa.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <tuple>

#include <nlohmann/json.hpp>

#include "native/files/file.h"
#include "shared/base/try.h"
#include "shared/measure/appearance.h"

namespace lic::native {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxCalibrationBytes = 1 << 20;

// The positive number of this name in an object, or 0 where there is none.
double PositiveNumber(const Json& object, const char* name) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_number()) return 0;
  const double value = field->get<double>();
  return std::isfinite(value) ? std::max(value, 0.0) : 0;
}

std::string Text(const Json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : "";
}

void DrawOutline(Picture& map, const TileBox& box, const std::array<uint8_t, 3>& colour) {
  constexpr uint32_t kLinePixels = 2;
  for (uint32_t y = 0; y < box.height; y++) {
    for (uint32_t x = 0; x < box.width; x++) {
      const uint32_t to_edge = std::min({x, y, box.width - 1 - x, box.height - 1 - y});
      if (to_edge >= kLinePixels) continue;
      std::copy(colour.begin(), colour.end(), map.pixels.data() + (size_t{box.y + y} * map.width + box.x + x) * 3);
    }
  }
}

}  // namespace

Result<Calibration> Calibration::Load(const std::string& path, const Model& model) {
  const auto load = [&]() -> Result<Calibration> {
    LIC_TRY(const Buffer<uint8_t> bytes, LoadFile(path, kMaxCalibrationBytes));
    return Parse(bytes, model);
  };
  Result<Calibration> calibration = load();
  if (calibration.ok()) return calibration;
  const std::string name = std::filesystem::path(path).filename().string();
  return Fail(calibration.error(), "%.32s: %s", name.c_str(), calibration.failure().what);
}

Result<Calibration> Calibration::Parse(Bytes bytes, const Model& model) {
  const Json file = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!file.is_object() || !file.contains("limits") || !file["limits"].is_array() || file["limits"].empty()) {
    return Fail(Error::kBadModel, "holds no JSON object with a list \"limits\"");
  }
  if (const double tile = PositiveNumber(file, "tile"); tile != kTilePixels) {
    return Fail(Error::kBadModel, "\"tile\" is %g, not %u", tile, kTilePixels);
  }
  for (const auto& [field, wanted] : {std::pair("model_id", model.id()), std::pair("head_hash", model.head_hash())}) {
    if (Text(file, field) == ToHex(wanted)) continue;
    return Fail(Error::kModelMismatch, "\"%s\" is not the model's, %s; qa_calibrate.py measures anew", field,
                ToHex(wanted).c_str());
  }
  Calibration calibration;
  for (const Json& entry : file["limits"]) {
    const size_t index = calibration.points_.size();
    if (!entry.is_object()) return Fail(Error::kBadModel, "limits[%zu] is no object", index);
    const double before = calibration.points_.empty() ? 0 : calibration.points_.back().quality;
    Point point;
    point.quality = PositiveNumber(entry, "quality");
    for (size_t i = 0; i < kMeasureCount; i++) {
      const char* const measure = MeasureName(static_cast<Measure>(i));
      point.limits[i] = PositiveNumber(entry, measure);
      if (point.limits[i] == 0) return Fail(Error::kBadModel, "limits[%zu] has no positive \"%s\"", index, measure);
    }
    if (point.quality <= before) {
      return Fail(Error::kBadModel, "limits[%zu] has quality %g, not above %g", index, point.quality, before);
    }
    calibration.points_.push_back(point);
  }
  return calibration;
}

Measures Calibration::LimitsAt(double quality) const {
  const auto above =
      std::find_if(points_.begin(), points_.end(), [&](const Point& point) { return point.quality >= quality; });
  if (above == points_.begin()) return above->limits;
  if (above == points_.end()) return points_.back().limits;
  const Point& below = *std::prev(above);
  const double part = (quality - below.quality) / (above->quality - below.quality);
  Measures limits;
  for (size_t i = 0; i < limits.size(); i++)
    limits[i] = below.limits[i] * std::pow(above->limits[i] / below.limits[i], part);
  return limits;
}

Judgement Judge(const DamageGrid& grid, const Measures& limits) {
  Judgement judgement;
  judgement.tiles = grid.measures.size();
  size_t gross = 0;
  for (size_t tile = 0; tile < judgement.tiles; tile++) {
    FlaggedTile flagged;
    for (size_t i = 0; i < kMeasureCount; i++) {
      const double excess = grid.measures[tile][i] / limits[i];
      if (excess > flagged.excess) flagged = {grid.Box(tile), static_cast<Measure>(i), excess};
    }
    if (flagged.excess > 1) judgement.flagged.push_back(flagged);
    if (flagged.excess > kGrossExcess) gross++;
  }
  std::sort(judgement.flagged.begin(), judgement.flagged.end(), [](const FlaggedTile& a, const FlaggedTile& b) {
    return std::tuple(-a.excess, a.box.y, a.box.x) < std::tuple(-b.excess, b.box.y, b.box.x);
  });
  const auto tiles = static_cast<double>(judgement.tiles);
  judgement.alarm = static_cast<double>(judgement.flagged.size()) > kAlarmPart * tiles ||
                    static_cast<double>(gross) > kGrossPart * tiles;
  return judgement;
}

Result<Picture> DrawErrorMap(const PictureView& original, const PictureView& decoded,
                             const std::vector<FlaggedTile>& flagged) {
  static constexpr std::array<uint8_t, 3> kOutlines[kMeasureCount] = {
      {255, 255, 255}, {0, 255, 255}, {255, 255, 0}, {255, 0, 0}, {255, 0, 255}};
  Picture map;
  map.width = original.width;
  map.height = original.height;
  map.channels = 3;
  LIC_TRY(map.pixels, Buffer<uint8_t>::Create(size_t{map.width} * map.height * 3));
  uint8_t* pixel = map.pixels.data();
  for (uint32_t y = 0; y < map.height; y++) {
    for (uint32_t x = 0; x < map.width; x++, pixel += 3) {
      const Colour a = ColourOnWhite(original, x, y), b = ColourOnWhite(decoded, x, y);
      const double largest = std::max({std::abs(a[0] - b[0]), std::abs(a[1] - b[1]), std::abs(a[2] - b[2])});
      std::fill(pixel, pixel + 3, static_cast<uint8_t>(std::min(kMapGain * largest + 0.5, 255.0)));
    }
  }
  for (const FlaggedTile& tile : flagged) DrawOutline(map, tile.box, kOutlines[static_cast<size_t>(tile.worst)]);
  return map;
}

}  // namespace lic::native
