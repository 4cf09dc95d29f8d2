// From the names on the command line to the list of files to work on.
#pragma once

#include <string>
#include <vector>

#include "lic/lic.h"

namespace lic::native {

// One file to read and, for commands that write, the one to make of it. A failure known from the start travels along,
// so that it is reported in its place among the others.
struct Job {
  std::string input;
  std::string output;
  Failure failure;
};

// What the options say about names.
struct InputOptions {
  std::vector<std::string> names;  // files, "-", folders, patterns with * ? [
  bool recursive = false;
};

struct OutputOptions {
  std::string file;  // exactly one of the two is given
  std::string folder;
  std::string extension;  // of outputs in `folder`, with its dot
};

// The files that are meant: patterns expanded, folders searched for names that end with one of `extensions`, each
// folder's files sorted. What cannot be found is a job with a failure.
std::vector<Job> FindInputs(const InputOptions& options, const std::vector<std::string>& extensions);

// The same with the outputs: under the output folder a searched folder's tree is mirrored. Two inputs with one output,
// and an output that is its own input, are failures.
std::vector<Job> PlanOutputs(const InputOptions& options, const std::vector<std::string>& extensions,
                             const OutputOptions& outputs);

}  // namespace lic::native
