#include <string>

#include "support/check.h"
#include "support/files.h"

extern "C" int CheckCInterface(const uint8_t* decoder, size_t decoder_size, const uint8_t* encoder,
                               size_t encoder_size);
extern "C" int CheckOverfittedInC();

namespace lic {
namespace {

TEST(VersionIsThatOfTheHeaders) {
  const std::string headers = std::to_string(LIC_VERSION_MAJOR) + "." + std::to_string(LIC_VERSION_MINOR) + "." +
                              std::to_string(LIC_VERSION_PATCH);
  CHECK_EQ(std::string(Version()), headers);
}

TEST(CInterfaceWorksFromC) {
  const auto decoder = test::ReadFile(test::kRoot + "/tests/models/tiny.dec.licm");
  const auto encoder = test::ReadFile(test::kRoot + "/tests/models/tiny.enc.licm");
  CHECK_EQ(CheckCInterface(decoder.data(), decoder.size(), encoder.data(), encoder.size()), 0);
}

TEST(OverfittingWorksFromC) { CHECK_EQ(CheckOverfittedInC(), 0); }

}  // namespace
}  // namespace lic
