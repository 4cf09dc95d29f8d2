// Draws a bar on the terminal while a batch runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace lic::native {

// The bar is drawn on standard error, and only if that is a terminal. It says how much time is left, once that can be
// told. Several threads may use it.
class Progress {
 public:
  // With `shown` false it never draws.
  Progress(size_t jobs, bool shown);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;

  // Notes that this part of a job is done, 0..1. `note` is shown beside the bar.
  void Report(size_t job, float part, const std::string& note = {});
  // Takes the bar away, so that a line of text can be printed. The next Report draws it again.
  void Clear();

 private:
  std::mutex mutex_;
  std::vector<float> parts_;
  bool shown_ = false;
  bool drawn_ = false;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_draw_;
};

}  // namespace lic::native
