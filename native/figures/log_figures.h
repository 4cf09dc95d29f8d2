// Makes figures over time from the lines of JSON that `lic encode --json` prints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "lic/lic.h"
#include "native/figures/drift.h"
#include "native/figures/quantiles.h"

namespace lic::native {

enum class PeriodLength : uint8_t { kHour, kDay, kWeek };

// Turns a time like RFC 3339's into seconds since 1970. Gives nothing for a text that is no such time.
std::optional<int64_t> ParseTime(std::string_view text);
// The number of a period, and its name: "2026-11-23T09", "2026-11-23", "2026-W48" (ISO 8601: weeks begin on Monday).
// All are UTC.
int64_t PeriodOf(int64_t seconds, PeriodLength length);
std::string PeriodName(int64_t period, PeriodLength length);

// Sums up the files of a period.
struct PeriodFigures {
  uint64_t files = 0;  // written, as .lic or PNG
  uint64_t pixels = 0, bytes = 0, source_bytes = 0;
  uint64_t checked = 0, alarms = 0;              // by --qa
  std::map<std::string, uint64_t> codings;       // of files and failures, by the coding's name
  std::map<std::string, uint64_t> actions;       // of alarms: raised, best, png, fail
  std::map<std::string, uint64_t> failures;      // by the error's name
  Sketch bpp, quality, ms_per_megapixel, ratio;  // ratio: bytes of a file to those of its source

  uint64_t failed() const;
  void Merge(const PeriodFigures& other);
};

// A figure that drifts. Rates are 0..1.
struct NamedDrift {
  std::string figure;
  int64_t period = 0;
  double before = 0, after = 0, deviations = 0;
};

// Takes lines one by one; memory depends on the number of periods alone.
class LogFigures {
 public:
  static constexpr size_t kMaxPeriods = 10000;

  // Of lines of one coding, if `coding` is not empty. A line that names none is of the autoencoder.
  LogFigures(PeriodLength length, std::string coding) : length_(length), coding_(std::move(coding)) {}

  // Returns what is wrong with a line, or an empty text. Lines of other commands, of other codings and of skipped files
  // are only counted.
  std::string AddLine(std::string_view line);

  PeriodLength length() const { return length_; }
  const std::map<int64_t, PeriodFigures>& periods() const { return periods_; }
  const std::map<std::string, uint64_t>& other_commands() const { return other_commands_; }
  const std::map<std::string, uint64_t>& other_codings() const { return other_codings_; }
  uint64_t skipped() const { return skipped_; }
  PeriodFigures Total() const;
  // Finds drifts of the medians of bits per pixel, quality, milliseconds per megapixel and ratio, and of the rates of
  // alarms and failures, in the order of time. A period with fewer than 5 values has no median here, and a period
  // without files has no rate.
  std::vector<NamedDrift> Drifts() const;

 private:
  std::string AddEncoding(const nlohmann::json& line, PeriodFigures& figures);

  PeriodLength length_;
  std::string coding_;
  std::map<int64_t, PeriodFigures> periods_;
  std::map<std::string, uint64_t> other_commands_;
  std::map<std::string, uint64_t> other_codings_;
  uint64_t skipped_ = 0;
};

}  // namespace lic::native
