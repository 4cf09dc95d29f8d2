// Quality assurance tells whether tiles of an encoded picture are worse than those of photographs are at the same
// quality.
//
// What is normal depends on the model and the quality. It is measured once for each model
// (models/evaluation/qa_calibrate.py) and stands beside the model's files in NAME.qa.json.
#pragma once

#include <string>
#include <vector>

#include "lic/lic.h"
#include "native/assurance/tile_damage.h"

namespace lic::native {

// Holds limits for some qualities. 98 % of photographs exceed the limit of a measure in none of their tiles.
class Calibration {
 public:
  // Reads a NAME.qa.json file and checks that it was made for this model.
  // Errors: kIoError, kOutOfMemory, kBadModel (not such a file), kModelMismatch.
  static Result<Calibration> Load(const std::string& path, const Model& model);

  // Interpolates the logarithms of the limits between the qualities of the file. Beyond them the nearest one counts.
  Measures LimitsAt(double quality) const;

 private:
  static Result<Calibration> Parse(Bytes file, const Model& model);

  struct Point {
    double quality = 0;
    Measures limits = {};
  };
  std::vector<Point> points_;  // in ascending order of quality, never empty
};

struct FlaggedTile {
  TileBox box;
  Measure worst = Measure::kError;  // the measure that is furthest beyond its limit
  double excess = 1;                // its value, in units of the limit
};

struct Judgement {
  size_t tiles = 0;
  std::vector<FlaggedTile> flagged;  // the largest excess first
  bool alarm = false;
};

// A tile is flagged if a measure exceeds its limit. The picture raises the alarm if more than kAlarmPart of its tiles
// are flagged, or more than kGrossPart of them exceed a limit kGrossExcess times: a caption in a large photograph.
inline constexpr double kAlarmPart = 0.04, kGrossPart = 0.001, kGrossExcess = 2;
Judgement Judge(const DamageGrid& grid, const Measures& limits);

// Draws the error of each pixel as grey: kMapGain times the largest absolute error among red, green and blue, up to
// 255. Flagged tiles are outlined in the colour of their worst measure: white for error, cyan for relative, yellow for
// structure, red for shift, magenta for chroma. Both pictures must have the same size. Errors: kOutOfMemory.
inline constexpr int kMapGain = 8;
Result<Picture> DrawErrorMap(const PictureView& original, const PictureView& decoded,
                             const std::vector<FlaggedTile>& flagged);

}  // namespace lic::native
