#include "native/files/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "shared/base/try.h"

namespace lic::native {
namespace {

constexpr size_t kPendingBytes = 1 << 16;

Failure SystemFailure(const char* action) {
  return Fail(Error::kIoError, "cannot %s: %s", action, std::strerror(errno));
}

// Closes a descriptor that was opened for reading. Standard input stays open.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ > STDIN_FILENO) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

int OpenForReading(const std::string& path) {
  return path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

// Reads `count` bytes, or fewer at the end of the file, and returns how many.
Result<size_t> ReadUpTo(int descriptor, uint8_t* to, size_t count) {
  size_t done = 0;
  while (done < count) {
    const ssize_t got = read(descriptor, to + done, count - done);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFailure("read");
    done += static_cast<size_t>(got);
  }
  return done;
}

Failure TooLarge(uint64_t max_bytes) {
  return Fail(Error::kLimitExceeded, "the file has more than %llu bytes, the most that is read",
              static_cast<unsigned long long>(max_bytes));
}

// The temporary files that exist now. They are created, renamed and removed with the lock held, so that a signal finds
// every one of them.
struct Temporaries {
  std::mutex mutex;
  std::set<std::string> paths;
};

Temporaries& AllTemporaries() {
  static Temporaries* const all = new Temporaries;  // never destroyed: the signal thread outlives main
  return *all;
}

std::string TemporaryName(const std::string& path) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  const std::filesystem::path target(path);
  char suffix[24];
  std::snprintf(suffix, sizeof(suffix), ".%08x.tmp", static_cast<unsigned>(random()));
  // Long names are cut, so that the temporary name fits wherever the name itself does.
  const std::string name = "." + target.filename().string().substr(0, 200) + suffix;
  return (target.parent_path() / name).string();
}

[[noreturn]] void EndBySignal(int signal_number) {
  Temporaries& all = AllTemporaries();
  const std::lock_guard lock(all.mutex);
  for (const std::string& path : all.paths) unlink(path.c_str());
  signal(signal_number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal_number);
  _exit(128 + signal_number);
}

}  // namespace

Result<Buffer<uint8_t>> LoadFile(const std::string& path, uint64_t max_bytes) {
  const Descriptor file(OpenForReading(path));
  if (file.number() < 0) return SystemFailure("open");
  struct stat status = {};
  if (fstat(file.number(), &status) != 0) return SystemFailure("open");
  if (S_ISDIR(status.st_mode)) return Fail(Error::kIoError, "cannot read: it is a folder");
  const uint64_t expected = S_ISREG(status.st_mode) ? static_cast<uint64_t>(status.st_size) : 0;
  if (expected > max_bytes) return TooLarge(max_bytes);

  // One byte more than expected shows the end of a file of the expected size without growing the buffer.
  LIC_TRY(Buffer<uint8_t> bytes, Buffer<uint8_t>::Create(expected ? expected + 1 : kPendingBytes));
  size_t filled = 0;
  for (;;) {
    LIC_TRY(const size_t got, ReadUpTo(file.number(), bytes.data() + filled, bytes.size() - filled));
    filled += got;
    if (filled > max_bytes) return TooLarge(max_bytes);
    if (filled < bytes.size()) break;
    LIC_TRY(Buffer<uint8_t> larger, Buffer<uint8_t>::Create(bytes.size() * 2));
    std::copy(bytes.begin(), bytes.end(), larger.begin());
    bytes = std::move(larger);
  }
  bytes.Shrink(filled);
  return bytes;
}

Result<OutputFile> OutputFile::Create(const std::string& path) {
  OutputFile file;
  file.path_ = path;
  file.pending_.reserve(kPendingBytes);
  if (path == "-") {
    file.descriptor_ = STDOUT_FILENO;
    return file;
  }
  struct stat status = {};
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return Fail(Error::kIoError, "cannot write: it is a folder");
    if (!S_ISREG(status.st_mode)) {
      file.descriptor_ = open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (file.descriptor_ < 0) return SystemFailure("write");
      return file;
    }
    std::error_code error;
    if (std::filesystem::is_symlink(path, error)) file.path_ = std::filesystem::canonical(path, error).string();
    if (error) return Fail(Error::kIoError, "cannot follow the link: %s", error.message().c_str());
  }
  Temporaries& all = AllTemporaries();
  const std::lock_guard lock(all.mutex);
  do {
    file.temporary_ = TemporaryName(file.path_);
    file.descriptor_ = open(file.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (file.descriptor_ < 0 && errno == EEXIST);
  if (file.descriptor_ < 0) {
    file.temporary_.clear();
    return SystemFailure("create a file in its folder");
  }
  all.paths.insert(file.temporary_);
  return file;
}

OutputFile OutputFile::InMemory() {
  OutputFile file;
  file.in_memory_ = true;
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      in_memory_(other.in_memory_),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      pending_(std::move(other.pending_)),
      bytes_written_(other.bytes_written_) {}

OutputFile::~OutputFile() {
  if (descriptor_ > STDERR_FILENO) close(descriptor_);
  if (temporary_.empty()) return;
  Temporaries& all = AllTemporaries();
  const std::lock_guard lock(all.mutex);
  unlink(temporary_.c_str());
  all.paths.erase(temporary_);
}

Status OutputFile::Flush() {
  for (size_t done = 0; done < pending_.size();) {
    const ssize_t put = write(descriptor_, pending_.data() + done, pending_.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemFailure("write");
    done += static_cast<size_t>(put);
  }
  pending_.clear();
  return {};
}

Status OutputFile::Write(Bytes bytes) {
  bytes_written_ += bytes.size();
  if (in_memory_) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    return {};
  }
  while (!bytes.empty()) {
    const size_t count = std::min(bytes.size(), kPendingBytes - pending_.size());
    pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (pending_.size() == kPendingBytes) LIC_CHECK(Flush());
  }
  return {};
}

Status OutputFile::Commit() {
  if (in_memory_) return {};
  LIC_CHECK(Flush());
  if (temporary_.empty()) return {};
  if (fsync(descriptor_) != 0) return SystemFailure("write");
  // Some file systems report a full disk only here.
  if (close(std::exchange(descriptor_, -1)) != 0) return SystemFailure("write");
  Temporaries& all = AllTemporaries();
  const std::lock_guard lock(all.mutex);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return SystemFailure("rename the temporary file");
  all.paths.erase(temporary_);
  temporary_.clear();
  return {};
}

void RemoveTemporariesOnSignals() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action = {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&awaited, number);  // nohup and `&` in scripts stay in force
  }
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  std::thread([awaited] {
    int number = 0;
    if (sigwait(&awaited, &number) == 0) EndBySignal(number);
  }).detach();
}

}  // namespace lic::native
