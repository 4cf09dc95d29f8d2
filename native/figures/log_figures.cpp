#include "native/figures/log_figures.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <tuple>

namespace lic::native {
namespace {

using Json = nlohmann::json;
namespace chrono = std::chrono;

constexpr int64_t kHourSeconds = 3600, kDaySeconds = 86400, kWeekSeconds = 7 * kDaySeconds;
constexpr int64_t kFirstMonday = 4 * kDaySeconds;  // 1970-01-05
constexpr uint64_t kLeastValues = 5;               // whose quartiles say something of their spread
constexpr double kMaxFileBytes = 1e15;             // more than any file has
constexpr char kDefaultCoding[] = "autoencoder";   // of lines that are older than the other coding

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

// "2026-W48" of the week that begins on this Monday: the year is that of its Thursday.
std::string WeekName(chrono::sys_days monday) {
  const chrono::sys_days thursday = monday + chrono::days(3);
  const chrono::year year = chrono::year_month_day(thursday).year();
  const auto day_of_year = (thursday - chrono::sys_days(year / chrono::January / 1)).count();
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-W%02d", static_cast<int>(year), static_cast<int>(day_of_year / 7 + 1));
  return text;
}

// Says what is wrong with a number that must be 1..most. Empty if nothing is.
std::string CheckRange(const char* name, double value, double most) {
  if (value >= 1 && value <= most) return "";
  char text[96];
  std::snprintf(text, sizeof(text), "%s is %g, not 1..%.10g", name, value, most);
  return text;
}

std::optional<double> Number(const Json& line, const char* name) {
  const auto field = line.find(name);
  if (field == line.end() || !field->is_number()) return {};
  const double value = field->get<double>();
  return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

std::string Text(const Json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : "";
}

// The median of a sketch on a logarithmic scale. Its error follows from the quartiles, as for a normal distribution.
SeriesPoint LogMedian(const Sketch& sketch) {
  const double spread = std::log(sketch.Quantile(0.75) / sketch.Quantile(0.25)) / 1.349;
  return {std::log(sketch.Quantile(0.5)), 1.2533 * spread / std::sqrt(static_cast<double>(sketch.count()))};
}

// A rate on the scale on which its variance does not depend on it (Anscombe 1948).
SeriesPoint StableRate(uint64_t hits, uint64_t trials) {
  const auto n = static_cast<double>(trials);
  return {2 * std::asin(std::sqrt((static_cast<double>(hits) + 0.375) / (n + 0.75))), 1 / std::sqrt(n + 0.5)};
}

// Counts a name of a log. Logs may hold anything, so there is a most of names that are counted apart.
void Count(const std::string& name, std::map<std::string, uint64_t>& counts) {
  constexpr size_t kMaxNames = 16;
  counts[counts.contains(name) || counts.size() < kMaxNames ? name : "others"]++;
}

// A figure that is watched for drift. `point` gives its value in a period, if it has one there, on a scale on which
// noise is additive. `meaning` turns a value of that scale back into the figure.
struct Watched {
  const char* name;
  std::function<std::optional<SeriesPoint>(const PeriodFigures&)> point;
  double (*meaning)(double value);
};

std::vector<Watched> AllWatched() {
  const auto exponential = [](double value) { return std::exp(value); };
  const auto rate = [](double value) { return std::pow(std::sin(std::clamp(value, 0.0, M_PI) / 2), 2); };
  const auto median = [](Sketch PeriodFigures::* sketch) {
    return [sketch](const PeriodFigures& figures) {
      return (figures.*sketch).count() >= kLeastValues ? std::optional(LogMedian(figures.*sketch)) : std::nullopt;
    };
  };
  const auto alarm_rate = [](const PeriodFigures& figures) {
    return figures.checked ? std::optional(StableRate(figures.alarms, figures.checked)) : std::nullopt;
  };
  const auto failure_rate = [](const PeriodFigures& figures) {
    const uint64_t tried = figures.files + figures.failed();
    return tried ? std::optional(StableRate(figures.failed(), tried)) : std::nullopt;
  };
  return {{"bpp", median(&PeriodFigures::bpp), exponential},
          {"quality", median(&PeriodFigures::quality), exponential},
          {"ms_per_megapixel", median(&PeriodFigures::ms_per_megapixel), exponential},
          {"ratio", median(&PeriodFigures::ratio), exponential},
          {"alarm_rate", alarm_rate, rate},
          {"failure_rate", failure_rate, rate}};
}

}  // namespace

std::optional<int64_t> ParseTime(std::string_view text) {
  int year, month, day, hour, minute, second, read = 0;
  const std::string copy(text.substr(0, 64));
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
                  &read) != 6)
    return {};
  const char* rest = copy.c_str() + read;
  if (*rest == '.') rest += 1 + std::strspn(rest + 1, "0123456789");
  int64_t offset = 0;
  if (*rest == '+' || *rest == '-') {
    int offset_hours, offset_minutes;
    if (std::sscanf(rest + 1, "%2d:%2d%n", &offset_hours, &offset_minutes, &read) != 2 || rest[1 + read]) return {};
    offset = (*rest == '-' ? -60 : 60) * (int64_t{offset_hours} * 60 + offset_minutes);
  } else if ((*rest != 'Z' && *rest != 'z') || rest[1]) {
    return {};
  }
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return {};
  return chrono::sys_days(date).time_since_epoch().count() * kDaySeconds + hour * kHourSeconds + minute * 60 + second -
         offset;
}

int64_t PeriodOf(int64_t seconds, PeriodLength length) {
  switch (length) {
    case PeriodLength::kHour:
      return FloorDivide(seconds, kHourSeconds);
    case PeriodLength::kDay:
      return FloorDivide(seconds, kDaySeconds);
    case PeriodLength::kWeek:
      return FloorDivide(seconds - kFirstMonday, kWeekSeconds);
  }
  return 0;
}

std::string PeriodName(int64_t period, PeriodLength length) {
  if (length == PeriodLength::kWeek) return WeekName(chrono::sys_days(chrono::days(period * 7 + 4)));
  const int64_t day = length == PeriodLength::kDay ? period : FloorDivide(period, 24);
  const chrono::year_month_day date{chrono::sys_days(chrono::days(day))};
  char text[48];
  const int end = std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (length == PeriodLength::kHour)
    std::snprintf(text + end, sizeof(text) - static_cast<size_t>(end), "T%02d", static_cast<int>(period - day * 24));
  return text;
}

uint64_t PeriodFigures::failed() const {
  uint64_t sum = 0;
  for (const auto& [code, count] : failures) sum += count;
  return sum;
}

void PeriodFigures::Merge(const PeriodFigures& other) {
  files += other.files;
  pixels += other.pixels;
  bytes += other.bytes;
  source_bytes += other.source_bytes;
  checked += other.checked;
  alarms += other.alarms;
  for (const auto& [coding, count] : other.codings) codings[coding] += count;
  for (const auto& [action, count] : other.actions) actions[action] += count;
  for (const auto& [code, count] : other.failures) failures[code] += count;
  bpp.Merge(other.bpp);
  quality.Merge(other.quality);
  ms_per_megapixel.Merge(other.ms_per_megapixel);
  ratio.Merge(other.ratio);
}

std::string LogFigures::AddLine(std::string_view text) {
  const Json line = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!line.is_object()) return "is no JSON object";
  const std::string command = Text(line, "command");
  if (command.empty()) return "has no \"command\"";
  if (command != "encode") {
    Count(command, other_commands_);
    return "";
  }
  if (line.contains("skipped")) {
    skipped_++;
    return "";
  }
  const std::string coding = line.contains("coding") ? Text(line, "coding") : kDefaultCoding;
  if (coding.empty()) return "has \"coding\" that is no text";
  if (!coding_.empty() && coding != coding_) {
    Count(coding, other_codings_);
    return "";
  }
  const std::optional<int64_t> time = ParseTime(Text(line, "time"));
  if (!time) return "has no \"time\" like 2026-11-23T09:30:11Z (RFC 3339)";
  const int64_t period = PeriodOf(*time, length_);
  if (!periods_.contains(period) && periods_.size() == kMaxPeriods)
    return "is in a period beyond the first " + std::to_string(kMaxPeriods);
  PeriodFigures figures;
  if (std::string wrong = AddEncoding(line, figures); !wrong.empty()) return wrong;
  Count(coding, figures.codings);
  periods_[period].Merge(figures);
  return "";
}

std::string LogFigures::AddEncoding(const Json& line, PeriodFigures& figures) {
  if (const auto qa = line.find("qa"); qa != line.end()) {
    if (!qa->is_object() || !qa->contains("alarm") || !(*qa)["alarm"].is_boolean())
      return "has \"qa\" without \"alarm\"";
    figures.checked = 1;
    figures.alarms = (*qa)["alarm"].get<bool>();
    if (figures.alarms) figures.actions[Text(*qa, "action")] = 1;
  }
  if (const auto error = line.find("error"); error != line.end()) {
    const std::string code = error->is_object() ? Text(*error, "code") : "";
    if (code.empty()) return "has \"error\" without \"code\"";
    figures.failures[code] = 1;
    return "";
  }
  std::map<std::string, double> values;
  for (const char* name : {"width", "height", "bytes", "source_bytes", "encode_ms"}) {
    const std::optional<double> value = Number(line, name);
    if (!value) return std::string("has no number \"") + name + "\"";
    values[name] = *value;
  }
  const double pixels = values["width"] * values["height"];
  const std::string wrong_size = CheckRange("width times height", pixels, static_cast<double>(kMaxPixels));
  if (!wrong_size.empty()) return wrong_size;
  for (const char* name : {"bytes", "source_bytes"}) {
    if (std::string wrong = CheckRange(name, values[name], kMaxFileBytes); !wrong.empty()) return wrong;
  }
  figures.files = 1;
  figures.pixels = static_cast<uint64_t>(pixels);
  figures.bytes = static_cast<uint64_t>(values["bytes"]);
  figures.source_bytes = static_cast<uint64_t>(values["source_bytes"]);
  figures.bpp.Add(8 * values["bytes"] / pixels);
  figures.ms_per_megapixel.Add(values["encode_ms"] / (pixels / 1e6));
  figures.ratio.Add(values["bytes"] / values["source_bytes"]);
  if (const std::optional<double> quality = Number(line, "quality")) figures.quality.Add(*quality);  // a PNG has none
  return "";
}

PeriodFigures LogFigures::Total() const {
  PeriodFigures total;
  for (const auto& [period, figures] : periods_) total.Merge(figures);
  return total;
}

std::vector<NamedDrift> LogFigures::Drifts() const {
  std::vector<NamedDrift> all;
  for (const Watched& watched : AllWatched()) {
    std::vector<SeriesPoint> series;
    std::vector<int64_t> periods;
    for (const auto& [period, figures] : periods_) {
      const std::optional<SeriesPoint> point = watched.point(figures);
      if (!point) continue;
      series.push_back(*point);
      periods.push_back(period);
    }
    for (const Drift& drift : FindDrifts(series)) {
      all.push_back({watched.name, periods[drift.at], watched.meaning(drift.before), watched.meaning(drift.after),
                     drift.deviations});
    }
  }
  std::sort(all.begin(), all.end(), [](const NamedDrift& a, const NamedDrift& b) {
    return std::tie(a.period, a.figure) < std::tie(b.period, b.figure);
  });
  return all;
}

}  // namespace lic::native
