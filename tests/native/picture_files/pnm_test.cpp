// PGM, PPM and PAM files, damaged ones, and what is written.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "native/picture_files/image_file.h"
#include "support/check.h"

namespace lic::native {
namespace {

Bytes AsBytes(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

Result<PictureFile> Read(const std::string& text) { return ReadPicture(AsBytes(text), {}); }

std::vector<int> Pixels(const std::string& text) {
  const Result<PictureFile> read = Read(text);
  if (!CHECK(read.ok())) return {};
  const Buffer<uint8_t>& pixels = read.value().picture.pixels;
  return {pixels.begin(), pixels.end()};
}

TEST(KindsOfPnm) {
  CHECK((Pixels("P5 2 1 255\n\x07\xFF") == std::vector<int>{7, 255}));
  CHECK((Pixels("P6\n# a comment\n1 #another\n1\n255\nabc") == std::vector<int>{'a', 'b', 'c'}));
  CHECK((Pixels(std::string("P5 3 1 15\n\0\x07\x0F", 13)) == std::vector<int>{0, 119, 255}));
  CHECK((Pixels(std::string("P5 3 1 1\n\0\1\0", 12)) == std::vector<int>{0, 255, 0}));
  CHECK((Pixels(std::string("P5 2 1 65535\n\x80\0\xFF\xFF", 17)) == std::vector<int>{128, 255}));
  CHECK((Pixels(std::string("P5 2 1 1000\n\x01\xF4\x03\xE8", 16)) == std::vector<int>{128, 255}));
  CHECK((Pixels("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd") ==
         std::vector<int>{'a', 'b', 'c', 'd'}));
  CHECK((Pixels("P7\n# x\nDEPTH 2\nMAXVAL 255\nWIDTH 1\nHEIGHT 2\nENDHDR\nabcd") ==
         std::vector<int>{'a', 'b', 'c', 'd'}));
  const Result<PictureFile> two = Read("P5 1 1 255\naP5 1 1 255\nb");
  if (CHECK(two.ok())) CHECK_EQ(two.value().warnings.size(), 1);
}

std::string Pam(int depth, const std::string& words, const std::string& samples) {
  return "P7\nWIDTH 1\nHEIGHT 1\nDEPTH " + std::to_string(depth) + "\nMAXVAL 255\n" + words + "ENDHDR\n" + samples;
}

TEST(TupleTypes) {
  const std::vector<int> abc = {'a', 'b', 'c'};
  CHECK(Pixels(Pam(3, "TUPLTYPE RGB\nTUPLTYPE of a scanner\n", "abc")) == abc);
  CHECK(Pixels(Pam(3, "TUPLTYPE\n", "abc")) == abc);
  CHECK(Pixels(Pam(3, "\n  # TUPLTYPE X\n\tTUPLTYPE   RGB  \r\n", "abc")) == abc);
  CHECK((Pixels(Pam(4, "TUPLTYPE CMYK\n", std::string("\0\xFF\0\0", 4))) == std::vector<int>{255, 0, 255}));
  CHECK((Pixels(Pam(4, "TUPLTYPE CMYK\n", std::string("\0\0\0\xFF", 4))) == std::vector<int>{0, 0, 0}));
  for (const char* const type : {"YCbCr", "CMYK_ALPHA", "rgb", "UNKNOWN RGB"})
    CHECK(Read(Pam(3, "TUPLTYPE " + std::string(type) + "\n", "abc")).error() == Error::kUnsupportedImage);
  CHECK(Read(Pam(4, "TUPLTYPE RGB\n", "abcd")).error() == Error::kBadImage);
  CHECK(Read(Pam(3, "TUPLTYPE CMYK\n", "abc")).error() == Error::kBadImage);
}

TEST(CommentsInPnm) {
  const std::vector<int> abc = {'a', 'b', 'c'};
  for (const char* const text :
       {"P6\n1# pixels\n1\n255\nabc", "P6 1 1\n255# largest\nabc", "P6#a\n#b\n1#\n#\n1 255\nabc", "P6 1 1 255# x\rabc"})
    CHECK(Pixels(text) == abc);
  CHECK(Pixels("P7\nWIDTH 1 # pixels\nHEIGHT 1#\nDEPTH 3\nMAXVAL 255\nENDHDR\nabc") == abc);
  CHECK((Pixels("P5 1 1 255\n#") == std::vector<int>{'#'}));  // no comment, but a sample
}

TEST(PnmThatLacksPixels) {
  for (const char* const text : {"P5 2 2 255\nabc", "P5 2 2 100\nab\x7F\x7F"}) {
    CHECK(Read(text).error() == Error::kBadImage);
    const Result<PictureFile> lenient = ReadPicture(AsBytes(text), {.lenient = true});
    if (!CHECK(lenient.ok())) continue;
    CHECK_EQ(lenient.value().warnings.size(), 1);
    CHECK_EQ(lenient.value().picture.height, 2);
  }
  CHECK(ReadPicture(AsBytes("P5 2 2 255\na"), {.lenient = true}).error() == Error::kBadImage);
}

TEST(DamagedPnm) {
  const char* const bad[] = {"P5 1 1 0\na",
                             "P5 1 1 65536\naa",
                             "P5 0 1 255\n",
                             "P5 1 0 255\n",
                             "P5 x 1 255\na",
                             "P5 -1 1 255\na",
                             "P5 1 1 1\n\x02",
                             "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\n",
                             "P7\nCOLOUR 1\nENDHDR\n",
                             "P5 99999999999 1 255\na",
                             "P5 16384 16384 255\na",
                             "P5 #",
                             "P5 1 1 255\n"};
  for (const char* text : bad) CHECK(Read(text).error() == Error::kBadImage);
  const char* const unsupported[] = {"P1 1 1\n1",
                                     "P3 1 1 255 1 2 3",
                                     "P5 65536 1 255\n",
                                     "P5 65535 65535 255\n",
                                     "P8 1 1 255\na",
                                     "GIF89a",
                                     "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde",
                                     "\x89LIC"};
  for (const char* text : unsupported) CHECK(Read(text).error() == Error::kUnsupportedImage);
  const std::string whole = "P7\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nabcdefghijkl";
  CHECK(Read(whole).ok());
  for (size_t length = 0; length < whole.size(); length++) CHECK(!Read(whole.substr(0, length)).ok());
}

std::string Written(const Picture& picture, const Metadata& metadata, FileFormat format) {
  const std::string path =
      (std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "written.pnm")).string();
  std::vector<std::string> warnings;
  {
    Result<OutputFile> out = OutputFile::Create(path);
    if (!CHECK(out.ok())) return "";
    const Status status = WritePicture(picture, metadata, format, out.value(), warnings);
    if (!status.ok()) return ErrorName(status.error());
    CHECK(out.value().Commit().ok());
  }
  std::ifstream file(path, std::ios::binary);
  std::filesystem::remove(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(WrittenPnm) {
  const auto picture = [](const std::string& pam) { return std::move(Read(pam).value().picture); };
  const Picture grey = picture("P5 2 1 255\nab"), colour = picture("P6 1 1 255\nabc");
  const Picture alpha = picture("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nENDHDR\nabcd");
  CHECK_EQ(Written(grey, {}, FileFormat::kPnm), "P5\n2 1\n255\nab");
  CHECK_EQ(Written(colour, {}, FileFormat::kPnm), "P6\n1 1\n255\nabc");
  CHECK_EQ(Written(alpha, {}, FileFormat::kPnm), "invalid_argument");
  CHECK_EQ(Written(alpha, {}, FileFormat::kPam),
           "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd");
  // There is no place for a profile: colours become sRGB.
  const Result<ColourProfile> linear = ColourProfile::FromPrimaries(kSrgbPrimaries, {Transfer::kPower, 1.0}, false);
  const Buffer<uint8_t> icc = std::move(linear.value().ToIcc()).value();
  Metadata metadata;
  metadata.icc = icc;
  CHECK_EQ(Written(picture(std::string("P6 1 1 255\n\0\x80\xFF", 14)), metadata, FileFormat::kPnm),
           std::string("P6\n1 1\n255\n\0\xBC\xFF", 14));
}

TEST(FormatsByName) {
  CHECK(FormatOfName("a.PNG").value() == FileFormat::kPng);
  CHECK(FormatOfName("-").value() == FileFormat::kPng);
  CHECK(FormatOfName("a.b/c.ppm").value() == FileFormat::kPnm);
  CHECK(FormatOfName("x.pam").value() == FileFormat::kPam);
  CHECK(FormatOfName("x.jpg").error() == Error::kInvalidArgument);
  CHECK(FormatOfName("png").error() == Error::kInvalidArgument);
}

}  // namespace
}  // namespace lic::native
