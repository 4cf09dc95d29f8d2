#include "base/checksum.h"

#include <string>

#include "support/check.h"
#include "support/files.h"

namespace lic {
namespace {

Bytes Text(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

TEST(Crc32OfCheckString) {
  CHECK_EQ(Crc32(Text("123456789")), 0xCBF43926u);
  CHECK_EQ(Crc32({}), 0u);
}

TEST(Crc32InPieces) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += static_cast<char>(i * 37);
  for (size_t cut = 0; cut <= text.size(); ++cut)
    CHECK_EQ(Crc32(Text(text.substr(cut)), Crc32(Text(text.substr(0, cut)))), Crc32(Text(text)));
}

// FIPS 180-4's examples.
TEST(Sha256OfPublishedExamples) {
  CHECK_EQ(test::ToHex(Sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_EQ(test::ToHex(Sha256(Text("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_EQ(test::ToHex(Sha256(Text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK_EQ(test::ToHex(Sha256(Text(std::string(1000000, 'a')))),
           "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256InPieces) {
  const std::string text(200, 'x');
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256Hasher hasher;
    hasher.Update(Text(text.substr(0, cut)));
    hasher.Update(Text(text.substr(cut)));
    CHECK_EQ(test::ToHex(hasher.Finish()), test::ToHex(Sha256(Text(text))));
  }
}

}  // namespace
}  // namespace lic
