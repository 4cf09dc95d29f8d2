#include "symbols/alpha.h"

#include <vector>

#include "model/model.h"
#include "support/check.h"
#include "support/files.h"
#include "support/random.h"

namespace lic {
namespace {

// In steps of a row.
Status DecodeAlpha(Bytes stream, const ResidualTable* tables, const AlphaView<uint8_t>& alpha) {
  AlphaDecoder decoder;
  if (const Status status = decoder.Start(stream, tables); !status.ok()) return status;
  for (;;) {
    int64_t work = 1;
    const auto through = decoder.Step(alpha, work);
    if (!through.ok()) return through.failure();
    if (through.value()) return {};
  }
}

using test::Random;

const Model& TestModel() {
  static const auto model = test::LoadTestModel("tiny");
  return *model;
}

struct Plane {
  uint32_t width, height;
  std::vector<uint8_t> samples;
};

void CheckRoundTrip(const Plane& plane, const ResidualTable* tables) {
  const auto stream = EncodeAlpha({plane.samples.data(), plane.width, plane.height, 1, plane.width}, tables);
  CHECK(stream.ok());
  std::vector<uint8_t> decoded(plane.samples.size());
  CHECK(DecodeAlpha(stream.value(), tables, {decoded.data(), plane.width, plane.height, 1, plane.width}).ok());
  CHECK(decoded == plane.samples);
}

template <class F>
Plane MakePlane(uint32_t width, uint32_t height, F value) {
  Plane plane{width, height, {}};
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) plane.samples.push_back(static_cast<uint8_t>(value(x, y)));
  }
  return plane;
}

TEST(AlphaComesBack) {
  const ResidualTable* tables = TestModel().data().entropy.tables;
  Random random(1);
  for (uint32_t width : {1u, 2u, 33u}) {
    for (uint32_t height : {1u, 2u, 31u}) {
      CheckRoundTrip(MakePlane(width, height, [](uint32_t, uint32_t) { return 77; }), tables);
      CheckRoundTrip(MakePlane(width, height, [&](uint32_t, uint32_t) { return random.Next(); }), tables);
      CheckRoundTrip(MakePlane(width, height, [](uint32_t x, uint32_t y) { return (x + y) % 2 * 255; }), tables);
      CheckRoundTrip(MakePlane(width, height, [](uint32_t x, uint32_t y) { return 3 * x + 2 * y; }), tables);
      CheckRoundTrip(MakePlane(width, height, [](uint32_t x, uint32_t) { return x < 5 ? 0 : 255; }), tables);
    }
  }
}

TEST(ConstantAlphaIsOneByte) {
  const Plane plane = MakePlane(40, 30, [](uint32_t, uint32_t) { return 12; });
  const auto stream = EncodeAlpha({plane.samples.data(), 40, 30, 1, 40}, TestModel().data().entropy.tables);
  CHECK_EQ(stream.value().size(), 1u);
}

TEST(AlphaLiesWithinPixels) {
  const ResidualTable* tables = TestModel().data().entropy.tables;
  Random random(2);
  std::vector<uint8_t> pixels(20 * 10 * 4), decoded;
  for (uint8_t& sample : pixels) sample = static_cast<uint8_t>(random.Next());
  decoded = pixels;
  for (size_t i = 3; i < decoded.size(); i += 4) decoded[i] = 0;
  const auto stream = EncodeAlpha({pixels.data() + 3, 20, 10, 4, 80}, tables);
  CHECK(DecodeAlpha(stream.value(), tables, {decoded.data() + 3, 20, 10, 4, 80}).ok());
  CHECK(decoded == pixels);
}

TEST(WrongTableIsRejected) {
  const uint8_t stream[8] = {0, 0, 64, 0, 0, 0, 1, 0};
  uint8_t sample;
  CHECK_EQ(DecodeAlpha(stream, TestModel().data().entropy.tables, {&sample, 1, 1, 1, 1}).error(), Error::kBadStream);
}

}  // namespace
}  // namespace lic
