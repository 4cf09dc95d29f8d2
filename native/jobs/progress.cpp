#include "native/jobs/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lic::native {

Progress::Progress(size_t jobs, bool shown) : parts_(jobs), shown_(shown && isatty(STDERR_FILENO)) {}

void Progress::Report(size_t job, float part) {
  if (!shown_) return;
  const std::lock_guard lock(mutex_);
  parts_[job] = part;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_draw_ < std::chrono::milliseconds(100)) return;
  last_draw_ = now;
  drawn_ = true;
  constexpr int kWidth = 40;
  double sum = 0;
  for (const float each : parts_) sum += each;
  const auto done = std::count(parts_.begin(), parts_.end(), 1.0f);
  const int filled = static_cast<int>(sum / static_cast<double>(parts_.size()) * kWidth);
  std::fprintf(stderr, "\r[%s%s] %td of %zu", std::string(static_cast<size_t>(filled), '#').c_str(),
               std::string(static_cast<size_t>(kWidth - filled), '.').c_str(), done, parts_.size());
}

void Progress::Clear() {
  const std::lock_guard lock(mutex_);
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace lic::native
