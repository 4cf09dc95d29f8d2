// Reading with limits, atomic writing, and the plan of inputs and outputs.
#include "native/files/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "native/jobs/inputs.h"
#include "native/picture_files/exif.h"
#include "support/check.h"
#include "tests/native/pictures.h"

namespace lic::native {
namespace {

namespace fs = std::filesystem;

// An empty folder that goes away with its contents.
struct Folder {
  Folder() : path(fs::temp_directory_path() / ("lic-file-test-" + std::to_string(getpid()))) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  size_t count() const { return static_cast<size_t>(std::distance(fs::directory_iterator(path), {})); }
  fs::path path;
};

void Put(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string Get(const std::string& path) {
  const Result<Buffer<uint8_t>> bytes = LoadFile(path, 1 << 20);
  return bytes.ok() ? std::string(bytes.value().begin(), bytes.value().end()) : ErrorName(bytes.error());
}

Bytes AsBytes(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

TEST(ReadsUpToTheLimit) {
  const Folder folder;
  Put(folder / "five", "12345");
  Put(folder / "empty", "");
  CHECK_EQ(Get(folder / "five"), "12345");
  CHECK_EQ(Get(folder / "empty"), "");
  CHECK(LoadFile(folder / "five", 5).ok());
  CHECK(LoadFile(folder / "five", 4).error() == Error::kLimitExceeded);
  CHECK(LoadFile("/dev/zero", 300000).error() == Error::kLimitExceeded);
  CHECK(LoadFile(folder / "none", 9).error() == Error::kIoError);
  CHECK(std::string(LoadFile(folder / "none", 9).failure().what).find("No such file") != std::string::npos);
  CHECK(LoadFile(folder.path.string(), 9).error() == Error::kIoError);
}

TEST(OutputAppearsOnCommitOnly) {
  const Folder folder;
  const std::string path = folder / "out";
  {
    Result<OutputFile> out = OutputFile::Create(path);
    if (!CHECK(out.ok())) return;
    CHECK(out.value().Write(AsBytes("abc")).ok());
    CHECK_EQ(folder.count(), 1);
    CHECK(!fs::exists(path));
  }
  CHECK_EQ(folder.count(), 0);
  Put(path, "old");
  {
    Result<OutputFile> out = OutputFile::Create(path);
    if (!CHECK(out.ok())) return;
    const std::string large(200001, 'x');
    CHECK(out.value().Write(AsBytes(large)).ok());
    CHECK_EQ(Get(path), "old");
    CHECK(out.value().Commit().ok());
    CHECK_EQ(out.value().bytes_written(), large.size());
    CHECK(Get(path) == large);
  }
  CHECK_EQ(folder.count(), 1);
}

TEST(OutputKeepsToTheUmask) {
  const Folder folder;
  const mode_t before = umask(027);
  {
    Result<OutputFile> out = OutputFile::Create(folder / "out");
    CHECK(out.ok() && out.value().Commit().ok());
  }
  umask(before);
  struct stat status = {};
  stat((folder / "out").c_str(), &status);
  CHECK_EQ(status.st_mode & 0777, 0640);
}

TEST(OutputThatCannotBe) {
  const Folder folder;
  CHECK(OutputFile::Create(folder / "none/out").error() == Error::kIoError);
  CHECK(OutputFile::Create(folder.path.string()).error() == Error::kIoError);
  Result<OutputFile> full = OutputFile::Create("/dev/full");
  if (!CHECK(full.ok())) return;
  CHECK(full.value().Write(AsBytes("abc")).ok());
  CHECK(full.value().Commit().error() == Error::kIoError);
}

TEST(LinksStay) {
  const Folder folder;
  Put(folder / "target", "old");
  fs::create_symlink("target", folder / "link");
  {
    Result<OutputFile> out = OutputFile::Create(folder / "link");
    if (!CHECK(out.ok())) return;
    CHECK(out.value().Write(AsBytes("new")).ok());
    CHECK(out.value().Commit().ok());
  }
  CHECK(fs::is_symlink(folder / "link"));
  CHECK_EQ(Get(folder / "target"), "new");
}

std::string Plan(const std::vector<Job>& jobs, const Folder& folder) {
  std::string text;
  for (const Job& job : jobs) {
    const auto relative = [&](const std::string& path) {
      return fs::path(path).lexically_relative(folder.path).string();
    };
    text += relative(job.input) +
            (job.failure.error == Error::kNone ? ">" + relative(job.output)
                                               : std::string("!") + ErrorName(job.failure.error)) +
            " ";
  }
  return text;
}

TEST(PlansTheTree) {
  const Folder folder;
  for (const char* name : {"in/b.PNG", "in/a.jpg", "in/deep/er/c.ppm", "in/text.txt", "x.png", "y.png"})
    Put(folder / name, "");
  const OutputOptions outputs = {"", folder / "out", ".lic"};
  const std::vector<std::string> extensions = {".png", ".jpg", ".ppm"};
  const auto plan = [&](std::vector<std::string> names, bool recursive) {
    for (std::string& name : names) name = folder / name;
    return Plan(PlanOutputs({names, recursive}, extensions, outputs), folder);
  };
  CHECK_EQ(plan({"in"}, true), "in/a.jpg>out/a.lic in/b.PNG>out/b.lic in/deep/er/c.ppm>out/deep/er/c.lic ");
  CHECK_EQ(plan({"in", "x.png"}, false), "in!invalid_argument x.png>out/x.lic ");
  CHECK_EQ(plan({"*.png"}, false), "x.png>out/x.lic y.png>out/y.lic ");
  CHECK_EQ(plan({"*.gif"}, false), "*.gif!io_error ");
  CHECK_EQ(plan({"in/text.txt", "none.png"}, false), "in/text.txt>out/text.lic none.png>out/none.lic ");
  CHECK_EQ(plan({"x.png", "in/b.PNG", "x.png"}, false), "x.png>out/x.lic in/b.PNG>out/b.lic x.png!invalid_argument ");
  const std::vector<Job> own = PlanOutputs({{folder / "x.png"}, false}, extensions, {folder / "in/../x.png", "", ""});
  CHECK(own.size() == 1 && own[0].failure.error == Error::kInvalidArgument);
}

TEST(OrientationInDamagedExif) {
  for (const bool big_endian : {false, true}) {
    test::File exif = test::MakeExif(6, big_endian);
    CHECK_EQ(ReadOrientation(exif), 6);
    for (size_t length = 0; length < 20; length++) CHECK_EQ(ReadOrientation(Bytes(exif).first(length)), kUpright);
    for (size_t bit = 0; bit < exif.size() * 8; bit++) {
      exif[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      const int orientation = ReadOrientation(exif);
      CHECK(orientation >= 1 && orientation <= 8);
      test::File reset = exif;
      ResetOrientation(reset);
      CHECK_EQ(ReadOrientation(reset), kUpright);
      exif[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    }
  }
  CHECK_EQ(ReadOrientation(test::MakeExif(0, true)), kUpright);
  CHECK_EQ(ReadOrientation(test::MakeExif(9, true)), kUpright);
}

// A TIFF structure with an orientation, sizes in Exif's own directory, and a small picture of `thumbnail` bytes that
// `behind` others follow.
test::File ExifWithThumbnail(size_t thumbnail, size_t behind) {
  test::File exif = {'I', 'I', 42, 0, 8, 0, 0, 0};
  const auto put = [&](uint32_t value, size_t count) {
    for (size_t i = 0; i < count; i++) exif.push_back(static_cast<uint8_t>(value >> 8 * i));
  };
  const auto entry = [&](uint32_t tag, uint32_t type, uint32_t value) {
    put(tag, 2), put(type, 2), put(1, 4), put(value, 4);
  };
  put(2, 2), entry(0x0112, 3, 6), entry(0x8769, 4, 38), put(68, 4);
  put(2, 2), entry(0xA002, 3, 192), entry(0xA003, 4, 128), put(0, 4);
  put(2, 2), entry(0x0201, 4, 98), entry(0x0202, 4, static_cast<uint32_t>(thumbnail)), put(0, 4);
  exif.insert(exif.end(), thumbnail, uint8_t{0xAB});
  exif.insert(exif.end(), behind, uint8_t{0xCD});
  return exif;
}

TEST(ExifDescribesTurnedPixels) {
  for (const size_t behind : {0, 3}) {
    test::File exif = ExifWithThumbnail(20, behind);
    StateSize(exif, 128, 192);
    CHECK_EQ(exif[38 + 2 + 8], 128);
    CHECK_EQ(exif[38 + 2 + 12 + 8], 192);
    CHECK_EQ(DropThumbnail(exif), 98 + (behind ? 20 + behind : 0));
    CHECK_EQ(exif[34], 0);
    CHECK_EQ(std::count(exif.begin(), exif.end(), 0xAB), 0);
    CHECK_EQ(std::count(exif.begin(), exif.end(), 0xCD), behind);
    CHECK_EQ(DropThumbnail(exif), 0);
  }
  // Damage of any kind stays within the structure.
  for (size_t bit = 0; bit < 98 * 8; bit++) {
    test::File exif = ExifWithThumbnail(20, 0);
    exif[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    StateSize(exif, 128, 192);
    CHECK(DropThumbnail(exif) <= exif.size());
  }
  for (size_t length = 0; length < 118; length++) {
    test::File exif = ExifWithThumbnail(20, 0);
    exif.resize(length);
    exif.shrink_to_fit();
    StateSize(exif, 1, 1);
    CHECK(DropThumbnail(exif) <= length);
  }
}

TEST(OrientationInXmp) {
  const auto reset = [](std::string text) {
    ResetXmpOrientation({reinterpret_cast<uint8_t*>(text.data()), text.size()});
    return text;
  };
  CHECK_EQ(reset("<x tiff:Orientation='8'/> 8"), "<x tiff:Orientation='1'/> 8");
  CHECK_EQ(reset("<tiff:Orientation>6</tiff:Orientation>6"), "<tiff:Orientation>1</tiff:Orientation>6");
  CHECK_EQ(reset("tiff:Orientation"), "tiff:Orientation");
  CHECK_EQ(reset("tiff:Orientation=\""), "tiff:Orientation=\"");
}

}  // namespace
}  // namespace lic::native
