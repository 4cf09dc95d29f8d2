// Reads whole files, up to a limit, and writes files so that no half of one is ever left.
#pragma once

#include <string>
#include <vector>

#include "lic/lic.h"

namespace lic::native {

// Larger files are refused. A picture of kMaxPixels with four 16-bit samples and its metadata fits, and so does
// whatever an encoder or exporter of this project writes.
inline constexpr uint64_t kMaxPictureFileBytes = kMaxPixels * 8 + (uint64_t{64} << 20);
inline constexpr uint64_t kMaxLicFileBytes = uint64_t{1} << 31;
inline constexpr uint64_t kMaxModelFileBytes = uint64_t{1} << 26;

// Reads a whole file; "-" is standard input.
// Errors: kIoError with the system's reason, kLimitExceeded (more than `max_bytes`), kOutOfMemory.
Result<Buffer<uint8_t>> LoadFile(const std::string& path, uint64_t max_bytes);

// A file in the making. The bytes go to a temporary file in the folder of `path`. Commit gives it its name; without a
// Commit it is removed. "-" (standard output), devices and pipes are written directly. A symbolic link stays, and its
// target is replaced.
class OutputFile {
 public:
  // Errors: kIoError.
  static Result<OutputFile> Create(const std::string& path);
  // Keeps the bytes in memory, for a caller that decides later what to do with them. Commit does nothing.
  static OutputFile InMemory();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Status Write(Bytes bytes);
  // Makes what was written durable and gives it its name.
  Status Commit();
  uint64_t bytes_written() const { return bytes_written_; }
  // What was written to a file in memory.
  Bytes bytes() const { return pending_; }

 private:
  OutputFile() = default;
  Status Flush();

  int descriptor_ = -1;
  bool in_memory_ = false;
  std::string path_;
  std::string temporary_;  // empty: written directly
  std::vector<uint8_t> pending_;
  uint64_t bytes_written_ = 0;
};

// From now on SIGINT, SIGTERM and SIGHUP remove all temporary files before they end the process, and a broken pipe is
// an error of the write. Call it once, before the first thread starts.
void RemoveTemporariesOnSignals();

}  // namespace lic::native
