// Finds the files to work on from the names on the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lic/lic.h"

namespace lic::native {

// One file to read and, for commands that write, the file to make of it. A failure that is known from the start is kept
// with the job, so that it is reported in its place among the others.
struct Job {
  std::string input;
  std::string output;
  Failure failure;
};

// The names that the command line gives.
struct InputOptions {
  std::vector<std::string> names;  // files, "-", folders, patterns with * ? [
  bool recursive = false;
};

// What a search of a folder left out: how many files of which extension, in small letters with the dot.
struct LeftOut {
  std::string folder;
  std::map<std::string, size_t> files;
};

// For people: "3 files are left out: 2 .tif, 1 .webp". Empty if none was.
std::string DescribeLeftOut(const LeftOut& left_out);

struct OutputOptions {
  std::string file;  // exactly one of the two is given
  std::string folder;
  std::string extension;  // of outputs in `folder`, with its dot
};

// Expands patterns, and searches folders for names that end with one of `extensions`. The files of a folder are sorted.
// A name that leads to no file becomes a job with a failure.
std::vector<Job> FindInputs(const InputOptions& options, const std::vector<std::string>& extensions);

// Finds the inputs likewise and names their outputs. The tree of a searched folder is mirrored in the output folder.
// Two inputs with one output are a failure, and so is an output that is its own input. `left_out`, if not null, gets an
// entry for each folder with files that are neither inputs nor have the extension of outputs.
std::vector<Job> PlanOutputs(const InputOptions& options, const std::vector<std::string>& extensions,
                             const OutputOptions& outputs, std::vector<LeftOut>* left_out = nullptr);

}  // namespace lic::native
