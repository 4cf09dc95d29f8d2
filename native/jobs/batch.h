// Runs a command over its files, on several threads, and reports each file's outcome in the order of the inputs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lic/lic.h"
#include "native/jobs/inputs.h"

namespace lic::native {

// The result of the work on one file.
struct Outcome {
  Error error = Error::kNone;
  std::string message;            // says what is wrong
  std::string summary;            // describes the result for people, in one line or several
  nlohmann::ordered_json fields;  // describes it for programs
  std::vector<std::string> warnings;

  Outcome() : fields(nlohmann::ordered_json::object()) {}
  Outcome(const Failure& failure) : Outcome() {
    error = failure.error;
    message = failure.what;
  }
};

struct BatchOptions {
  const char* command = "";  // the name of the subcommand, for the lines of JSON
  unsigned threads = 1;      // 0: as many as the machine has
  bool json = false;
  bool quiet = false;               // no summaries
  bool summary_is_product = false;  // summaries are what the command is for, and go to standard output
};

// The work on a job calls this with the part of it that is done, and with what the bar may say besides.
using ReportPart = std::function<void(float part, const std::string& note)>;
using Work = std::function<Outcome(const Job& job, const ReportPart& report)>;

// How many jobs are worked on at a time.
size_t JobsAtATime(const BatchOptions& options, size_t jobs);

// The exit status where no job was found (EX_NOINPUT of sysexits.h).
inline constexpr int kExitNoInput = 66;

// Does the work on every job, whatever happens to the others. Returns the exit status: the number of the first error in
// the order of the jobs, or 0; kExitNoInput where there is no job, which it says on standard error. Where a result goes
// to standard output ("-"), the reports go to standard error.
int RunBatch(const std::vector<Job>& jobs, const BatchOptions& options, const Work& work);

}  // namespace lic::native
