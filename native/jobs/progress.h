// A bar on the terminal while a batch runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace lic::native {

// Draws on standard error, only if that is a terminal. May be used by several threads.
class Progress {
 public:
  // `shown` false: never draws.
  Progress(size_t jobs, bool shown);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;

  // A job is done by this part, 0..1.
  void Report(size_t job, float part);
  // Takes the bar away, for a line of text that follows; the next Report draws it again.
  void Clear();

 private:
  std::mutex mutex_;
  std::vector<float> parts_;
  bool shown_ = false;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_draw_;
};

}  // namespace lic::native
