// `lic stats` makes figures over time from the lines of JSON that `lic encode --json` printed.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "native/commands/command.h"
#include "native/commands/options.h"
#include "native/figures/log_figures.h"

namespace lic::native {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxLineBytes = size_t{1} << 20;
constexpr size_t kMaxNamedLines = 20;

struct StatsArguments {
  std::vector<std::string> logs;
  PeriodLength by = PeriodLength::kDay;
  std::string coding;  // empty: all
  bool json = false;
};

struct BrokenLine {
  std::string file, reason;
  uint64_t line = 0;
};

// What was read, and the lines and files that could not be.
struct Reading {
  LogFigures figures;
  uint64_t broken = 0;
  std::vector<BrokenLine> named;  // the first of them
  Error error = Error::kNone;     // of the first file that could not be read

  explicit Reading(const StatsArguments& arguments) : figures(arguments.by, arguments.coding) {}

  void AddLine(const std::string& file, uint64_t number, const std::string& text) {
    if (text.find_first_not_of(" \t\r") == text.npos) return;
    const std::string wrong = text.size() > kMaxLineBytes ? "is longer than a megabyte" : figures.AddLine(text);
    if (wrong.empty()) return;
    broken++;
    if (named.size() < kMaxNamedLines) named.push_back({file, wrong, number});
  }

  void AddFile(const std::string& path) {
    const auto fail = [&] {
      std::fprintf(stderr, "lic: %s: %s: cannot read: %s\n", path.c_str(), ErrorName(Error::kIoError),
                   std::strerror(errno));
      error = Error::kIoError;
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
        path == "-" ? nullptr : std::fopen(path.c_str(), "re"),
        [](std::FILE* file) { return file ? std::fclose(file) : 0; });
    std::FILE* const file = path == "-" ? stdin : opened.get();
    if (!file) return fail();
    std::string line;
    uint64_t number = 1;
    char piece[65536];
    for (size_t count; (count = std::fread(piece, 1, sizeof(piece), file)) > 0;) {
      for (const char *at = piece, *end = piece + count; at < end;) {
        const char* const line_end = std::find(at, end, '\n');
        // Bytes beyond the limit are dropped, all but one, which shows that there were more.
        line.append(at, std::min(static_cast<size_t>(line_end - at),
                                 kMaxLineBytes + 1 - std::min(line.size(), kMaxLineBytes + 1)));
        if (line_end == end) break;
        AddLine(path, number++, line);
        line.clear();
        at = line_end + 1;
      }
    }
    AddLine(path, number, line);
    if (std::ferror(file)) fail();
  }
};

double Part(uint64_t part, uint64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

Json Quantiles(const Sketch& sketch) {
  if (sketch.count() == 0) return nullptr;
  return {{"p5", sketch.Quantile(0.05)}, {"p50", sketch.Quantile(0.5)}, {"p95", sketch.Quantile(0.95)}};
}

Json Describe(const PeriodFigures& figures) {
  return {{"files", figures.files},
          {"pixels", figures.pixels},
          {"source_bytes", figures.source_bytes},
          {"bytes", figures.bytes},
          {"saved", figures.source_bytes ? Json(1 - Part(figures.bytes, figures.source_bytes)) : Json()},
          {"bpp", Quantiles(figures.bpp)},
          {"quality", Quantiles(figures.quality)},
          {"ms_per_megapixel", Quantiles(figures.ms_per_megapixel)},
          {"ratio", Quantiles(figures.ratio)},
          {"codings", figures.codings},
          {"qa", {{"checked", figures.checked}, {"alarms", figures.alarms}, {"actions", figures.actions}}},
          {"failures", figures.failures}};
}

Json DescribeAll(const Reading& reading) {
  const LogFigures& figures = reading.figures;
  Json periods = Json::array(), drifts = Json::array(), broken = Json::array();
  for (const auto& [period, of_period] : figures.periods()) {
    Json entry = {{"period", PeriodName(period, figures.length())}};
    entry.update(Describe(of_period));
    periods.push_back(std::move(entry));
  }
  for (const NamedDrift& drift : figures.Drifts()) {
    drifts.push_back({{"figure", drift.figure},
                      {"since", PeriodName(drift.period, figures.length())},
                      {"before", drift.before},
                      {"after", drift.after},
                      {"deviations", drift.deviations}});
  }
  for (const BrokenLine& line : reading.named)
    broken.push_back({{"file", line.file}, {"line", line.line}, {"reason", line.reason}});
  return {{"periods", periods},
          {"total", Describe(figures.Total())},
          {"drifts", drifts},
          {"skipped", figures.skipped()},
          {"other_commands", figures.other_commands()},
          {"other_codings", figures.other_codings()},
          {"broken", {{"count", reading.broken}, {"first", broken}}}};
}

std::string Megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", static_cast<double>(bytes) / 1e6);
  return text;
}

void PrintRow(const std::string& name, const PeriodFigures& figures) {
  const auto action = [&](const char* wanted) {
    const auto found = figures.actions.find(wanted);
    return static_cast<unsigned long long>(found == figures.actions.end() ? 0 : found->second);
  };
  const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%-13s %8llu %9s %9s %6.1f%% %6.3f %6.3f %6.3f %5.1f %7.0f %7.0f %7llu %6llu %5llu %4llu %6llu\n", name.c_str(),
      number(figures.files), Megabytes(figures.source_bytes).c_str(), Megabytes(figures.bytes).c_str(),
      figures.source_bytes ? 100 * (1 - Part(figures.bytes, figures.source_bytes)) : 0, figures.bpp.Quantile(0.05),
      figures.bpp.Quantile(0.5), figures.bpp.Quantile(0.95), figures.quality.Quantile(0.5),
      figures.ms_per_megapixel.Quantile(0.5), figures.ms_per_megapixel.Quantile(0.95), number(figures.alarms),
      action("raised"), action("best"), action("png"), number(figures.failed()));
}

void PrintTable(const Reading& reading) {
  const LogFigures& figures = reading.figures;
  std::printf("%-13s %8s %9s %9s %7s %20s %5s %15s %7s %6s %5s %4s %6s\n", "", "", "source", "written", "",
              "bits per pixel", "qual.", "ms / megapixel", "qa", "", "", "", "");
  std::printf("%-13s %8s %9s %9s %7s %6s %6s %6s %5s %7s %7s %7s %6s %5s %4s %6s\n", "UTC", "files", "MB", "MB",
              "saved", "p5", "p50", "p95", "p50", "p50", "p95", "alarms", "raised", "best", "png", "failed");
  for (const auto& [period, of_period] : figures.periods()) PrintRow(PeriodName(period, figures.length()), of_period);
  PrintRow("total", figures.Total());
  for (const NamedDrift& drift : figures.Drifts()) {
    std::printf("drift: %s from %.4g to %.4g since %s, %.1f standard deviations\n", drift.figure.c_str(), drift.before,
                drift.after, PeriodName(drift.period, figures.length()).c_str(), std::abs(drift.deviations));
  }
  if (figures.skipped()) std::printf("skipped files: %llu\n", static_cast<unsigned long long>(figures.skipped()));
  for (const auto& [command, count] : figures.other_commands()) {
    std::printf("lines of lic %s, ignored: %llu\n", command.c_str(), static_cast<unsigned long long>(count));
  }
  for (const auto& [coding, count] : figures.other_codings()) {
    std::printf("lines of coding %s, ignored: %llu\n", coding.c_str(), static_cast<unsigned long long>(count));
  }
}

void WarnOfBrokenLines(const Reading& reading) {
  for (const BrokenLine& line : reading.named) {
    std::fprintf(stderr, "lic: %s:%llu: ignored: %s\n", line.file.c_str(), static_cast<unsigned long long>(line.line),
                 line.reason.c_str());
  }
  if (reading.broken > reading.named.size()) {
    std::fprintf(stderr, "lic: %llu more lines ignored\n",
                 static_cast<unsigned long long>(reading.broken - reading.named.size()));
  }
}

int RunStats(const StatsArguments& arguments) {
  Reading reading(arguments);
  for (const std::string& path : arguments.logs) reading.AddFile(path);
  if (arguments.json) {
    std::printf("%s\n", DescribeAll(reading).dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    WarnOfBrokenLines(reading);
    PrintTable(reading);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    std::fputs("lic: cannot write the report\n", stderr);
    if (reading.error == Error::kNone) reading.error = Error::kIoError;
  }
  return static_cast<int>(reading.error);
}

}  // namespace

std::function<int()> AddStats(CLI::App& app) {
  const auto arguments = std::make_shared<StatsArguments>();
  app.add_option("LOG", arguments->logs, "Files with the lines that lic encode --json printed, or - for standard input")
      ->required()
      ->type_name("");
  const std::map<std::string, PeriodLength> lengths = {
      {"hour", PeriodLength::kHour}, {"day", PeriodLength::kDay}, {"week", PeriodLength::kWeek}};
  app.add_option("--by", arguments->by, "Length of the periods: hour, day or week (from Monday), all UTC")
      ->transform(CLI::CheckedTransformer(lengths).description(""))
      ->default_str("day")
      ->type_name("PERIOD");
  app.add_option("--coding", arguments->coding,
                 "Only files of this coding: the times of the two are far apart, and so are their sizes")
      ->check(CLI::IsMember({kAutoencoderName, kOverfittedName}).description(""))
      ->type_name("CODING");
  app.add_flag("--json", arguments->json, "Print all of it as one line of JSON");
  return [arguments] { return RunStats(*arguments); };
}

}  // namespace lic::native
