#include "native/jobs/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lic::native {
namespace {

constexpr int kWidth = 24;
// A guess from less than this is worth little.
constexpr double kLeastSeconds = 1, kLeastPart = 0.01;

// ", 1:02:03 left", or nothing where it cannot be told.
std::string TimeLeft(double seconds, double part) {
  if (seconds < kLeastSeconds || part < kLeastPart) return {};
  const auto left = static_cast<long>(seconds * (1 - part) / part + 0.5);
  char text[48];
  if (left >= 3600) {
    std::snprintf(text, sizeof(text), ", %ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
  } else {
    std::snprintf(text, sizeof(text), ", %ld:%02ld left", left / 60, left % 60);
  }
  return text;
}

}  // namespace

Progress::Progress(size_t jobs, bool shown) : parts_(jobs), shown_(shown && isatty(STDERR_FILENO)) {}

void Progress::Report(size_t job, float part, const std::string& note) {
  if (!shown_) return;
  const std::lock_guard lock(mutex_);
  parts_[job] = part;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_draw_ < std::chrono::milliseconds(100)) return;
  last_draw_ = now;
  drawn_ = true;
  double sum = 0;
  for (const float each : parts_) sum += each;
  const auto done = std::count(parts_.begin(), parts_.end(), 1.0f);
  const double all = sum / static_cast<double>(parts_.size());
  const int filled = static_cast<int>(all * kWidth);
  const std::string left = TimeLeft(std::chrono::duration<double>(now - start_).count(), all);
  std::fprintf(stderr, "\r[%s%s] %td of %zu%s%s%s\x1b[K", std::string(static_cast<size_t>(filled), '#').c_str(),
               std::string(static_cast<size_t>(kWidth - filled), '.').c_str(), done, parts_.size(), left.c_str(),
               note.empty() ? "" : ", ", note.c_str());
}

void Progress::Clear() {
  const std::lock_guard lock(mutex_);
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace lic::native
