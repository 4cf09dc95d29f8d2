#include "native/jobs/batch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <thread>

#include "native/jobs/progress.h"

namespace lic::native {
namespace {

using Json = nlohmann::ordered_json;

// The time as RFC 3339 has it, in UTC: "2026-11-23T09:30:11Z".
std::string TimeNow() {
  const std::time_t now = std::time(nullptr);
  std::tm utc = {};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

class Batch {
 public:
  Batch(const std::vector<Job>& jobs, const BatchOptions& options, const Work& work)
      : jobs_(jobs),
        options_(options),
        work_(work),
        progress_(jobs.size(), !options.json && !options.quiet),
        outcomes_(jobs.size()) {
    const bool data_on_stdout = std::any_of(jobs.begin(), jobs.end(), [](const Job& job) { return job.output == "-"; });
    const bool on_stdout = options.json || options.summary_is_product;
    reports_ = on_stdout && !data_on_stdout ? stdout : stderr;
  }

  int Run() {
    std::vector<std::thread> others;
    for (size_t i = 1; i < JobsAtATime(options_, jobs_.size()); i++) others.emplace_back([this] { RunJobs(); });
    RunJobs();
    for (std::thread& thread : others) thread.join();
    if (std::fflush(reports_) != 0 || std::ferror(reports_)) {
      std::fputs("lic: cannot write the report\n", stderr);
      if (first_error_ == Error::kNone) first_error_ = Error::kIoError;
    }
    return static_cast<int>(first_error_);
  }

 private:
  void RunJobs() {
    for (size_t i = next_job_++; i < jobs_.size(); i = next_job_++) {
      progress_.Report(i, 0);
      Outcome outcome = RunJob(i);
      progress_.Report(i, 1);
      Finish(i, std::move(outcome));
    }
  }

  Outcome RunJob(size_t index) {
    const Job& job = jobs_[index];
    const auto start = std::chrono::steady_clock::now();
    Outcome outcome = job.failure;
    try {
      if (outcome.error == Error::kNone)
        outcome = work_(job, [&](float part, const std::string& note) { progress_.Report(index, part, note); });
    } catch (const std::bad_alloc&) {
      outcome = Fail(Error::kOutOfMemory, "there is not enough memory for this file");
    }
    outcome.fields["time"] = TimeNow();
    outcome.fields["ms"] =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
    return outcome;
  }

  // Prints the outcomes that nothing before them holds up: they appear in the order of the inputs.
  void Finish(size_t index, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcomes_[index] = std::move(outcome);
    progress_.Clear();
    for (; next_print_ < jobs_.size() && outcomes_[next_print_]; next_print_++) {
      const Outcome& next = *outcomes_[next_print_];
      if (first_error_ == Error::kNone) first_error_ = next.error;
      options_.json ? PrintJson(jobs_[next_print_], next) : PrintText(jobs_[next_print_], next);
      outcomes_[next_print_].emplace();  // its text is no longer needed
    }
    std::fflush(reports_);
  }

  void PrintText(const Job& job, const Outcome& outcome) const {
    for (const std::string& warning : outcome.warnings)
      std::fprintf(stderr, "lic: %s: warning: %s\n", job.input.c_str(), warning.c_str());
    if (!outcome.summary.empty() && (options_.summary_is_product || !options_.quiet)) {
      std::fprintf(reports_, "%s\n", outcome.summary.c_str());
    }
    if (outcome.error != Error::kNone) {
      std::fprintf(stderr, "lic: %s: %s: %s\n", job.input.c_str(), ErrorName(outcome.error), outcome.message.c_str());
    }
  }

  void PrintJson(const Job& job, const Outcome& outcome) const {
    Json line = {{"command", options_.command}, {"file", job.input}};
    if (!job.output.empty()) line["output"] = job.output;
    line.update(outcome.fields);
    if (!outcome.warnings.empty()) line["warnings"] = outcome.warnings;
    if (outcome.error != Error::kNone)
      line["error"] = {{"code", ErrorName(outcome.error)}, {"message", outcome.message}};
    // JSON is UTF-8, and names of files need not be: other bytes are replaced.
    std::fprintf(reports_, "%s\n", line.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  }

  const std::vector<Job>& jobs_;
  const BatchOptions& options_;
  const Work& work_;
  std::FILE* reports_ = nullptr;
  Progress progress_;
  std::atomic<size_t> next_job_ = 0;

  std::mutex mutex_;  // for what follows
  std::vector<std::optional<Outcome>> outcomes_;
  size_t next_print_ = 0;
  Error first_error_ = Error::kNone;
};

}  // namespace

size_t JobsAtATime(const BatchOptions& options, size_t jobs) {
  const unsigned threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  return std::min<size_t>(threads, jobs);
}

int RunBatch(const std::vector<Job>& jobs, const BatchOptions& options, const Work& work) {
  if (jobs.empty()) {
    std::fprintf(stderr, "lic: no %s was found in the folders\n",
                 std::string_view(options.command) == "encode" ? "picture that is read" : ".lic file");
    return kExitNoInput;
  }
  return Batch(jobs, options, work).Run();
}

}  // namespace lic::native
