#include "native/jobs/inputs.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace lic::native {
namespace {

namespace fs = std::filesystem;

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// In small letters, with its dot.
std::string ExtensionOf(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& letter : extension) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return extension;
}

// Expands a pattern to names, because the shell leaves quoted patterns to the command. Other names stay as they are.
std::vector<std::string> ExpandPattern(const std::string& name) {
  if (name == "-" || name.find_first_of("*?[") == name.npos || Exists(name)) return {name};
  std::vector<std::string> names;
  glob_t matches = {};
  if (glob(name.c_str(), 0, nullptr, &matches) == 0)
    names.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  globfree(&matches);
  return names;
}

// Adds a job for each file below a folder. Its `output` is the path below the output folder, for now.
LeftOut AddFolder(const std::string& folder, const std::vector<std::string>& extensions, std::vector<Job>& jobs) {
  LeftOut left_out = {folder, {}};
  const size_t first = jobs.size();
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  while (!error && entry != fs::recursive_directory_iterator()) {
    std::error_code unreadable;
    if (entry->is_regular_file(unreadable)) {
      const std::string extension = ExtensionOf(entry->path());
      if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) {
        jobs.push_back({entry->path().string(), entry->path().lexically_relative(folder).string(), {}});
      } else {
        ++left_out.files[extension];
      }
    }
    entry.increment(error);
  }
  std::sort(jobs.begin() + static_cast<ptrdiff_t>(first), jobs.end(),
            [](const Job& a, const Job& b) { return a.input < b.input; });
  if (error) jobs.push_back({folder, "", Fail(Error::kIoError, "cannot read the folder: %s", error.message().c_str())});
  return left_out;
}

// Makes jobs whose outputs are paths below the output folder.
std::vector<Job> FindFiles(const InputOptions& options, const std::vector<std::string>& extensions,
                           std::vector<LeftOut>& left_out) {
  std::vector<Job> jobs;
  for (const std::string& given : options.names) {
    const std::vector<std::string> names = ExpandPattern(given);
    if (names.empty()) jobs.push_back({given, "", Fail(Error::kIoError, "no file matches the pattern")});
    for (const std::string& name : names) {
      if (!IsFolder(name)) {
        jobs.push_back({name, fs::path(name).filename().string(), {}});
      } else if (options.recursive) {
        left_out.push_back(AddFolder(name, extensions, jobs));
      } else {
        jobs.push_back({name, "", Fail(Error::kInvalidArgument, "is a folder; -r reads the files in folders")});
      }
    }
  }
  return jobs;
}

}  // namespace

std::vector<Job> FindInputs(const InputOptions& options, const std::vector<std::string>& extensions) {
  std::vector<LeftOut> left_out;  // the folders of .lic files are full of other files
  std::vector<Job> jobs = FindFiles(options, extensions, left_out);
  for (Job& job : jobs) job.output.clear();
  return jobs;
}

std::string DescribeLeftOut(const LeftOut& left_out) {
  size_t all = 0;
  std::string kinds;
  for (const auto& [extension, count] : left_out.files) {
    all += count;
    kinds += (kinds.empty() ? "" : ", ") + std::to_string(count) + " " +
             (extension.empty() ? "without extension" : extension);
  }
  if (all == 0) return {};
  return std::to_string(all) + (all == 1 ? " file is" : " files are") + " left out: " + kinds;
}

std::vector<Job> PlanOutputs(const InputOptions& options, const std::vector<std::string>& extensions,
                             const OutputOptions& outputs, std::vector<LeftOut>* left_out) {
  std::vector<LeftOut> found;
  std::vector<Job> jobs = FindFiles(options, extensions, found);
  for (LeftOut& folder : found) folder.files.erase(outputs.extension);
  if (left_out) *left_out = std::move(found);
  std::map<std::string, std::string> makers;  // output to input
  for (Job& job : jobs) {
    if (job.failure.error != Error::kNone) continue;
    if (outputs.folder.empty()) {
      job.output = outputs.file;
    } else {
      job.output = (fs::path(outputs.folder) / fs::path(job.output).replace_extension(outputs.extension)).string();
    }
    if (job.output == "-") continue;
    std::error_code error;
    if (fs::equivalent(job.input, job.output, error) && fs::is_regular_file(job.output, error)) {
      job.failure = Fail(Error::kInvalidArgument, "would be overwritten by its own output");
      continue;
    }
    const auto [maker, is_new] = makers.emplace(fs::path(job.output).lexically_normal().string(), job.input);
    if (!is_new) job.failure = Fail(Error::kInvalidArgument, "has the same output as %.90s", maker->second.c_str());
  }
  return jobs;
}

}  // namespace lic::native
