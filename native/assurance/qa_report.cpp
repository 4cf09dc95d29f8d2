#include "native/assurance/qa_report.h"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

namespace lic::native {
namespace {

using Json = nlohmann::ordered_json;

// The measures that flagged tiles, the most frequent first.
std::vector<std::string> Reasons(const Judgement& judgement) {
  std::array<std::pair<size_t, Measure>, kMeasureCount> counts;
  for (size_t i = 0; i < kMeasureCount; i++) counts[i] = {0, static_cast<Measure>(i)};
  for (const FlaggedTile& tile : judgement.flagged) counts[static_cast<size_t>(tile.worst)].first++;
  std::sort(counts.begin(), counts.end(), std::greater());
  std::vector<std::string> names;
  for (const auto& [count, measure] : counts) {
    if (count) names.push_back(MeasureName(measure));
  }
  return names;
}

Json Describe(const FlaggedTile& tile) {
  return {{"x", tile.box.x},
          {"y", tile.box.y},
          {"width", tile.box.width},
          {"height", tile.box.height},
          {"measure", MeasureName(tile.worst)},
          {"excess", tile.excess}};
}

}  // namespace

std::string AlarmText(const Judgement& judgement) {
  const FlaggedTile& worst = judgement.flagged.front();
  std::string reasons;
  for (const std::string& reason : Reasons(judgement)) reasons += (reasons.empty() ? "" : ", ") + reason;
  char text[200];
  std::snprintf(text, sizeof(text), "%zu of %zu tiles (%s), the worst at %u,%u: %s %.1f times the limit",
                judgement.flagged.size(), judgement.tiles, reasons.c_str(), worst.box.x, worst.box.y,
                MeasureName(worst.worst), worst.excess);
  return text;
}

std::string WarningText(const QaEncoding& encoding, float quality, const std::string& action) {
  char text[320];
  const char* const done = action == "png"    ? "PNG takes its place"
                           : action == "best" ? "the highest quality that was allowed is not enough either"
                                              : "the quality was raised";
  std::snprintf(text, sizeof(text), "quality %g damages %s; %s", static_cast<double>(quality),
                AlarmText(encoding.asked).c_str(), done);
  return text;
}

Json QaFields(const QaEncoding& encoding, float quality, const std::string& action) {
  Json fields = {{"alarm", encoding.asked.alarm},
                 {"action", action},
                 {"asked_quality", quality},
                 {"encodings", encoding.encodings},
                 {"tiles", encoding.asked.tiles},
                 {"flagged", encoding.asked.flagged.size()},
                 {"left", action == "png" ? 0 : encoding.kept.flagged.size()},
                 {"reasons", Reasons(encoding.asked)},
                 {"flagged_tiles", Json::array()}};
  for (const FlaggedTile& tile : encoding.asked.flagged) {
    if (fields["flagged_tiles"].size() == kMaxListedTiles) break;
    fields["flagged_tiles"].push_back(Describe(tile));
  }
  return fields;
}

}  // namespace lic::native
