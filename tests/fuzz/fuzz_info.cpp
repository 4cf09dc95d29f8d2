// ReadInfo and ReadLayout on any bytes: what one says, the other confirms.
#include "mutate.h"

using namespace lic;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return test::MutateAndMend(data, size, max_size, seed, [](auto& file, auto&) { test::MendPicture(file); });
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes file(data, size);
  const auto info = ReadInfo(file);
  const auto layout = ReadLayout(file);
  REQUIRE(info.ok() || info.error() == layout.error());
  if (info.ok()) REQUIRE(ReadInfo(file.first(kHeaderBytes)).ok());
  if (layout.ok()) {
    const Layout& found = layout.value();
    REQUIRE(found.hyper_bytes + found.index_bytes + found.latent_bytes + found.alpha_bytes < size);
    REQUIRE(found.metadata.icc.size() + found.metadata.exif.size() + found.metadata.xmp.size() < size);
    REQUIRE(found.info.width == info.value().width && found.tiles > 0);
    // What lies behind the last section changes nothing.
    REQUIRE(found.bytes <= size && ReadLayout(file.first(found.bytes)).ok());
  }
  return 0;
}
