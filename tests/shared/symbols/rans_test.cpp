#include "symbols/rans.h"

#include <cmath>
#include <vector>

#include "support/check.h"
#include "support/random.h"

namespace lic {
namespace {

using test::Random;

// A table with the given frequencies of 0..support; the escape takes the rest.
ResidualTable MakeTable(const std::vector<uint32_t>& frequency) {
  ResidualTable table;
  table.support = static_cast<uint32_t>(frequency.size() - 1);
  table.cumulative = Buffer<uint16_t>::Create(2 * table.support + 3).value();
  uint32_t sum = 0;
  for (uint32_t symbol = 0; symbol <= 2 * table.support; ++symbol) {
    table.cumulative[symbol] = static_cast<uint16_t>(sum);
    sum += frequency[symbol > table.support ? symbol - table.support : table.support - symbol];
  }
  table.cumulative[2 * table.support + 1] = static_cast<uint16_t>(sum);
  table.cumulative[2 * table.support + 2] = kRansTotal;
  return table;
}

const std::vector<std::vector<uint32_t>> kShapes = {
    {32765, 1}, {1, 1}, {16000, 4000, 2000, 1000, 500}, {32000, 100, 50, 1, 1, 1}};

std::vector<int> RandomResiduals(Random& random, size_t count) {
  std::vector<int> residuals(count);
  for (int& q : residuals) {
    const int64_t bits = random.Within(0, 15);
    q = static_cast<int>(random.Within(-((1 << bits) - 1), (1 << bits) - 1));
  }
  return residuals;
}

TEST(EveryResidualComesBack) {
  for (const auto& shape : kShapes) {
    const ResidualTable table = MakeTable(shape);
    RansWriter writer;
    for (int q = -kMaxResidual; q <= kMaxResidual; ++q) CHECK(writer.PutResidual(table, q).ok());
    const auto stream = writer.Finish();
    RansReader reader(stream.value());
    for (int q = -kMaxResidual; q <= kMaxResidual; ++q) CHECK_EQ(reader.TakeResidual(table), q);
    CHECK(reader.Finish().ok());
  }
}

TEST(TablesMixInOneStream) {
  Random random(1);
  std::vector<ResidualTable> tables;
  for (const auto& shape : kShapes) tables.push_back(MakeTable(shape));
  for (size_t count : {0, 1, 2, 1000}) {
    const std::vector<int> residuals = RandomResiduals(random, count);
    RansWriter writer;
    for (size_t i = 0; i < count; ++i) CHECK(writer.PutResidual(tables[i % tables.size()], residuals[i]).ok());
    const auto stream = writer.Finish();
    RansReader reader(stream.value());
    for (size_t i = 0; i < count; ++i) CHECK_EQ(reader.TakeResidual(tables[i % tables.size()]), residuals[i]);
    CHECK(reader.Finish().ok());
  }
}

TEST(EmptyStreamIsTheInitialState) {
  RansWriter writer;
  const auto stream = writer.Finish();
  CHECK_EQ(stream.value().size(), 4u);
  RansReader reader(stream.value());
  CHECK(reader.Finish().ok());
}

// What a stream costs is what its probabilities say, but for the state and rounding.
TEST(LengthIsTheEntropy) {
  Random random(2);
  const ResidualTable table = MakeTable(kShapes[2]);
  RansWriter writer;
  double bits = 0;
  for (int i = 0; i < 20000; ++i) {
    const int q = static_cast<int>(random.Within(-4, 4));
    CHECK(writer.PutResidual(table, q).ok());
    bits -= std::log2((table.cumulative[q + 5] - table.cumulative[q + 4]) / 32768.0);
  }
  const double actual = 8.0 * static_cast<double>(writer.Finish().value().size());
  CHECK(actual < bits * 1.0005 + 48);
  CHECK(actual > bits - 48);
}

TEST(WrongEndsAreReported) {
  const ResidualTable table = MakeTable(kShapes[2]);
  RansWriter writer;
  for (int i = 0; i < 500; ++i) CHECK(writer.PutResidual(table, i % 5 - 2).ok());
  const auto finished = writer.Finish();
  const auto& stream = finished.value();
  const auto status_after = [&](Bytes bytes, int symbols) {
    RansReader reader(bytes);
    for (int i = 0; i < symbols; ++i) reader.TakeResidual(table);
    return reader.Finish().error();
  };
  CHECK_EQ(status_after(stream, 500), Error::kNone);
  CHECK_EQ(status_after(stream, 499), Error::kBadStream);
  CHECK_EQ(status_after(stream, 501), Error::kBadStream);
  for (size_t length = 4; length < stream.size(); length += 2)
    CHECK_EQ(status_after(Bytes(stream).first(length), 500), Error::kBadStream);
}

TEST(StateBelowTheLowestIsRejected) {
  const uint8_t stream[4] = {0xFF, 0xFF, 0, 0};
  RansReader reader(stream);
  CHECK_EQ(reader.Finish().error(), Error::kBadStream);
}

// Any bytes are taken without harm, and a symbol after a violation is 0.
TEST(NoiseDoesNoHarm) {
  Random random(3);
  std::vector<ResidualTable> tables;
  for (const auto& shape : kShapes) tables.push_back(MakeTable(shape));
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> noise(static_cast<size_t>(random.Within(2, 40)) * 2);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random.Next());
    RansReader reader(noise);
    for (int i = 0; i < 200; ++i) {
      const int q = reader.TakeResidual(tables[static_cast<size_t>(random.Within(0, 3))]);
      CHECK(q >= -kMaxResidual && q <= kMaxResidual);
    }
  }
}

}  // namespace
}  // namespace lic
