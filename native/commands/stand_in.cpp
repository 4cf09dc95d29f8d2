#include "native/commands/stand_in.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "native/files/file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

namespace fs = std::filesystem;

constexpr char kSoftware[] = "lic encode --qa-fallback png";

std::string Normal(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

}  // namespace

std::string StandInPath(const std::string& lic) {
  std::error_code error;
  const bool has_place = lic != "-" && (!fs::exists(lic, error) || fs::is_regular_file(lic, error));
  return has_place ? lic + ".png" : lic;
}

Result<std::vector<uint8_t>> MakeStandIn(const PictureFile& source) {
  OutputFile png = OutputFile::InMemory();
  std::vector<std::string> warnings;  // reading the source has given the same ones
  LIC_CHECK(WritePng(source.picture.view(), source.metadata(), png, warnings, kSoftware));
  return std::vector<uint8_t>(png.bytes().begin(), png.bytes().end());
}

Status RemoveOther(const std::string& written, const std::string& other) {
  std::error_code error;
  if (other == written || !fs::is_regular_file(other, error)) return {};
  fs::remove(other, error);
  if (error) return Fail(Error::kIoError, "cannot remove %.70s: %s", other.c_str(), error.message().c_str());
  return {};
}

Status RemoveStandIn(const std::string& lic, std::vector<std::string>& warnings) {
  const std::string png = StandInPath(lic);
  std::error_code error;
  if (png == lic || !fs::is_regular_file(png, error)) return {};
  const Result<Buffer<uint8_t>> file = LoadFile(png, kMaxPictureFileBytes);
  if (file.ok() && IsPngBy(kSoftware, file.value())) return RemoveOther(lic, png);
  warnings.push_back(png + " stays: its text \"Software\" is not \"" + kSoftware + "\"");
  return {};
}

void LeaveOutStandIns(std::vector<Job>& jobs, const std::vector<std::string>& names) {
  std::erase_if(jobs, [&](const Job& job) {
    if (!job.input.ends_with(".lic.png") || std::find(names.begin(), names.end(), job.input) != names.end())
      return false;
    const Result<Buffer<uint8_t>> file = LoadFile(job.input, kMaxPictureFileBytes);
    return file.ok() && IsPngBy(kSoftware, file.value());
  });
}

void RefuseToOverwriteInputs(std::vector<Job>& jobs) {
  std::set<std::string> inputs;
  for (const Job& job : jobs) inputs.insert(Normal(job.input));
  for (Job& job : jobs) {
    if (job.failure.error != Error::kNone) continue;
    const std::string png = StandInPath(job.output);
    if (png == job.output || !inputs.contains(Normal(png))) continue;
    job.failure =
        Fail(Error::kInvalidArgument, "the PNG that takes its place, %.60s, would overwrite an input", png.c_str());
  }
}

}  // namespace lic::native
