// Distortions: equal to the plain definition below, their gradients to differences of the loss and to what PyTorch
// says.
#include "measure/distortion.h"

#include <algorithm>
#include <cstring>

#include "support/check.h"
#include "support/files.h"
#include "support/random.h"

namespace lic {
namespace {

using namespace test;

constexpr VisualLoss kLoss = {0.016f, 0.08f, 0.15f, 0.2f};

// ---- The definition ---------------------------------------------------------------------------------------

struct Plane {
  uint32_t height, width;
  std::vector<double> values;
  double at(uint32_t y, uint32_t x) const { return values[size_t{y} * width + x]; }
};

Plane LumaOf(const PictureView& view) {
  Plane plane = {view.height, view.width, {}};
  for (uint32_t y = 0; y < view.height; ++y) {
    for (uint32_t x = 0; x < view.width; ++x) {
      const uint8_t* p = view.pixels + y * view.stride + size_t{x} * 3;
      plane.values.push_back((0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]) / 255);
    }
  }
  return plane;
}

Plane HalfOf(const Plane& from) {
  Plane to = {from.height / 2, from.width / 2, {}};
  for (uint32_t y = 0; y < to.height; ++y) {
    for (uint32_t x = 0; x < to.width; ++x) {
      to.values.push_back((from.at(2 * y, 2 * x) + from.at(2 * y, 2 * x + 1) + from.at(2 * y + 1, 2 * x) +
                           from.at(2 * y + 1, 2 * x + 1)) /
                          4);
    }
  }
  return to;
}

struct Similarity {
  double whole, part, texture;  // means over the windows
};

Similarity Compare(const Plane& a, const Plane& b) {
  const auto window = SsimWindow();
  Similarity sums = {};
  const uint32_t rows = a.height - kSsimWindow + 1, columns = a.width - kSsimWindow + 1;
  for (uint32_t top = 0; top < rows; ++top) {
    for (uint32_t left = 0; left < columns; ++left) {
      const auto mean = [&](auto value) {
        double sum = 0;
        for (uint32_t i = 0; i < kSsimWindow * kSsimWindow; ++i) {
          const uint32_t y = i / kSsimWindow, x = i % kSsimWindow;
          sum += window[y] * window[x] * value(a.at(top + y, left + x), b.at(top + y, left + x));
        }
        return sum;
      };
      const double mean_a = mean([](double p, double) { return p; }), mean_b = mean([](double, double q) { return q; });
      const double variance_a = mean([](double p, double) { return p * p; }) - mean_a * mean_a,
                   variance_b = mean([](double, double q) { return q * q; }) - mean_b * mean_b;
      const double covariance = mean([](double p, double q) { return p * q; }) - mean_a * mean_b;
      const double part = (2 * covariance + 0.0009) / (variance_a + variance_b + 0.0009);
      sums.part += part / (rows * columns);
      sums.whole +=
          part * (2 * mean_a * mean_b + 0.0001) / (mean_a * mean_a + mean_b * mean_b + 0.0001) / (rows * columns);
      sums.texture += std::pow(std::sqrt(variance_a + 0.0009) - std::sqrt(variance_b + 0.0009), 2) / (rows * columns);
    }
  }
  return sums;
}

// In units of a mean squared error of samples 0..1.
double VisualOf(const PictureView& original, const PictureView& decoded) {
  const double weights[] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  Plane a = LumaOf(original), b = LumaOf(decoded);
  const uint32_t side = std::min(original.width, original.height);
  uint32_t count = 1;
  while (count < 5 && side >> count >= kSsimWindow) ++count;
  double sum = 0, loss = 0;
  for (uint32_t scale = 0; scale < count; ++scale) sum += weights[scale];
  for (uint32_t scale = 0; scale < count; ++scale) {
    if (scale) a = HalfOf(a), b = HalfOf(b);
    const Similarity found = Compare(a, b);
    loss += kLoss.structure * weights[scale] / sum * (1 - (scale + 1 == count ? found.whole : found.part));
    if (scale < 2) loss += kLoss.detail / 2 * found.texture;
  }
  const double pixels = double(original.width) * original.height;
  for (size_t i = 0; i < size_t{original.width} * original.height; ++i) {
    double e[3];
    for (int c = 0; c < 3; ++c) e[c] = (decoded.pixels[3 * i + c] - double(original.pixels[3 * i + c])) / 255;
    const double luma = 0.299 * e[0] + 0.587 * e[1] + 0.114 * e[2];
    loss += kLoss.fidelity * (e[0] * e[0] + e[1] * e[1] + e[2] * e[2]) / 3 / pixels;
    loss += kLoss.colour * (std::pow((e[2] - luma) / 1.772, 2) + std::pow((e[0] - luma) / 1.402, 2)) / 2 / pixels;
  }
  return loss;
}

// ---- Pictures ---------------------------------------------------------------------------------------------

// Waves of all lengths, and the same with errors.
struct Pair {
  uint32_t width, height;
  std::vector<uint8_t> original, decoded;
  PictureView View(const std::vector<uint8_t>& pixels) const {
    return {pixels.data(), width, height, 3, size_t{width} * 3};
  }
};

Pair MakePair(uint32_t width, uint32_t height) {
  Pair pair = {width, height, {}, {}};
  Random random(3);
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (uint32_t c = 0; c < 3; ++c) {
        const double wave = 120 + 40 * std::sin(0.05 * x + c) * std::cos(0.03 * y) + 30 * std::sin(0.002 * x * y + c);
        pair.original.push_back(static_cast<uint8_t>(wave + static_cast<double>(random.Within(-6, 6))));
        pair.decoded.push_back(static_cast<uint8_t>(wave + static_cast<double>(random.Within(-9, 9))));
      }
    }
  }
  return pair;
}

// As a network gives it.
std::vector<float> RowOf(const Pair& pair, uint32_t y) {
  std::vector<float> row;
  for (size_t i = 0; i < size_t{pair.width} * 3; ++i)
    row.push_back(static_cast<float>(pair.decoded[y * size_t{pair.width} * 3 + i]) / 255 - 0.5f);
  return row;
}

struct Found {
  double loss;
  std::vector<float> gradient;  // half of it, (height, width, 3)
};

// Rows are asked for as late as `ahead` allows.
Found Measure(const Pair& pair, Distortion& distortion) {
  Found found;
  const auto give = [&](uint32_t row) {
    auto pixels = RowOf(pair, row);
    distortion.ToGradient(row, pixels.data());
    found.gradient.insert(found.gradient.end(), pixels.begin(), pixels.end());
  };
  distortion.Begin();
  uint32_t given = 0;
  for (uint32_t y = 0; y < pair.height; ++y) {
    distortion.Put(RowOf(pair, y).data());
    if (y >= distortion.ahead()) give(given++);
  }
  while (given < pair.height) give(given++);
  found.loss = distortion.loss();
  return found;
}

Found Measure(const Pair& pair, const VisualLoss* loss) {
  const Source source = ReadSource(pair.View(pair.original)).value();
  auto distortion = Distortion::Create(source, loss, 0, pair.height);
  if (!CHECK(distortion.ok())) return {};
  const Found found = Measure(pair, *distortion.value()), again = Measure(pair, *distortion.value());
  CHECK(found.loss == again.loss && found.gradient == again.gradient);  // nothing is left of the first time
  return found;
}

// ---- Tests ------------------------------------------------------------------------------------------------

TEST(SquaredErrors) {
  const Pair pair = MakePair(40, 30);
  const Found found = Measure(pair, nullptr);
  double squares = 0;
  for (size_t i = 0; i < pair.original.size(); ++i) {
    const double error = pair.decoded[i] - double(pair.original[i]);
    squares += error * error;
    CHECK(std::fabs(found.gradient[i] - error / 255) < 1e-5);
  }
  CHECK(std::fabs(found.loss - squares) < 1e-5 * squares);
}

TEST(VisualLossesByTheirDefinition) {
  for (const auto& [width, height] : {std::pair{11u, 11u}, {50u, 12u}, {45u, 47u}, {91u, 100u}}) {
    const Pair pair = MakePair(width, height);
    const double samples = 3.0 * width * height * 255 * 255;
    const double expected = VisualOf(pair.View(pair.original), pair.View(pair.decoded)) * samples;
    const double got = Measure(pair, &kLoss).loss;
    CHECK(std::fabs(got - expected) < 1e-4 * expected);
  }
}

// Moves many values by one step of a byte at once, up and down: the difference of the losses is the gradient's product
// with the move.
void CheckDifferences(uint32_t width, uint32_t height, uint32_t seed) {
  const Pair pair = MakePair(width, height);
  const Found found = Measure(pair, &kLoss);
  Random random(seed);
  for (const uint32_t share : {1u, 7u, 50u}) {  // one of so many values moves
    Pair up = pair, down = pair;
    double slope = 0;
    for (size_t i = 0; i < pair.decoded.size(); ++i) {
      if (random.Within(1, share) != 1) continue;
      // With the gradient's sign, so that the sum does not vanish.
      const int sign = found.gradient[i] > 0 ? 1 : -1;
      up.decoded[i] = static_cast<uint8_t>(pair.decoded[i] + sign);
      down.decoded[i] = static_cast<uint8_t>(pair.decoded[i] - sign);
      slope += sign * 2 * double(found.gradient[i]) * 255;  // of losses in squares of 0..255, by a move of 1
    }
    const double difference = (Measure(up, &kLoss).loss - Measure(down, &kLoss).loss) / 2;
    CHECK(slope > 0 && std::fabs(difference - slope) < 0.02 * slope);
  }
}

TEST(VisualGradientsAreDifferences) {
  CheckDifferences(11, 12, 1);
  CheckDifferences(33, 90, 2);    // two scales, odd sides
  CheckDifferences(190, 177, 3);  // all five
}

// A value that a decoder clamps does not move.
TEST(ClampedValuesHaveNoGradient) {
  const Pair pair = MakePair(24, 24);
  const Source source = ReadSource(pair.View(pair.original)).value();
  for (const VisualLoss* loss : {static_cast<const VisualLoss*>(nullptr), &kLoss}) {
    auto distortion = Distortion::Create(source, loss, 0, 24).value();
    std::vector<float> row(24 * 3, 0.1f);
    row[6] = 0.6f;
    row[7] = -0.7f;
    distortion->Begin();
    for (uint32_t y = 0; y < 24; ++y) distortion->Put(row.data());
    distortion->ToGradient(3, row.data());
    CHECK(row[6] == 0 && row[7] == 0 && row[8] != 0);
  }
}

// The rows of a part of the picture have the loss that the picture has there.
TEST(PartsOfAPicture) {
  Pair pair = MakePair(64, 96);
  const double whole = Measure(pair, &kLoss).loss;
  const Source source = ReadSource(pair.View(pair.original)).value();
  auto part = Distortion::Create(source, &kLoss, 32, 64).value();
  // Equal above the part and in its first rows: what is lost lies in windows of the part alone.
  std::copy_n(pair.original.begin(), size_t{72} * 64 * 3, pair.decoded.begin());
  const double expected = Measure(pair, &kLoss).loss;
  part->Begin();
  for (uint32_t y = 32; y < 96; ++y) part->Put(RowOf(pair, y).data());
  CHECK(expected > 0 && expected < whole);
  CHECK(std::fabs(part->loss() - expected) < 1e-3 * expected);
}

// tests/models/visual_gradient.f32 holds what PyTorch makes of the same picture (tests/models/make_gradient.py).
TEST(VisualGradientOfPyTorch) {
  Pair pair = {44, 33, {}, {}};
  for (uint32_t i = 0; i < 44 * 33 * 3; ++i) {
    pair.original.push_back(static_cast<uint8_t>(128 + 100 * std::sin(0.37 * i)));
    pair.decoded.push_back(static_cast<uint8_t>(128 + 90 * std::sin(0.37 * i + 0.2)));
  }
  const auto bytes = ReadFile(kRoot + "/tests/models/visual_gradient.f32");
  std::vector<float> expected(pair.original.size());
  if (!CHECK_EQ(bytes.size(), expected.size() * sizeof(float))) return;
  std::memcpy(expected.data(), bytes.data(), bytes.size());
  const Found found = Measure(pair, &kLoss);
  float most = 0;
  for (const float value : expected) most = std::max(most, std::fabs(value));
  for (size_t i = 0; i < expected.size(); ++i) CHECK(std::fabs(found.gradient[i] - expected[i]) < 1e-4f * most);
}

}  // namespace
}  // namespace lic
