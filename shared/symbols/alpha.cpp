#include "symbols/alpha.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/try.h"
#include "symbols/residual_costs.h"

namespace lic {
namespace {

constexpr int kClassCount = 4;
constexpr int kFirstPrediction = 255;
constexpr size_t kTableBytes = kClassCount;
constexpr int64_t kSampleWork = 100;  // a sample takes about as long as so many multiplications of a network

struct Prediction {
  int value;
  int activity_class;
};

template <class Sample>
Prediction Predict(const AlphaView<Sample>& alpha, uint32_t x, uint32_t y) {
  if (x == 0 && y == 0) return {kFirstPrediction, 0};
  if (y == 0) return {alpha.at(x - 1, 0), 0};
  if (x == 0) return {alpha.at(0, y - 1), 0};
  const int west = alpha.at(x - 1, y), north = alpha.at(x, y - 1), corner = alpha.at(x - 1, y - 1);
  const int gradient = std::clamp(west + north - corner, std::min(west, north), std::max(west, north));
  const int activity = std::abs(west - corner) + std::abs(north - corner);
  return {gradient, activity == 0 ? 0 : activity < 8 ? 1 : activity < 32 ? 2 : 3};
}

int Residual(int value, int prediction) { return ((value - prediction + 128) & 255) - 128; }

// The table that codes a histogram of residuals -128..127 with the fewest bits.
uint8_t ChooseTable(const uint32_t* histogram, const ResidualTable* tables) {
  CountedResidual residuals[256];
  size_t count = 0;
  for (int q = -128; q < 128; ++q) {
    if (histogram[q + 128]) residuals[count++] = {q, histogram[q + 128]};
  }
  return CheapestTable({residuals, count}, tables).table;
}

bool IsConstant(const AlphaView<const uint8_t>& alpha) {
  for (uint32_t y = 0; y < alpha.height; ++y) {
    for (uint32_t x = 0; x < alpha.width; ++x) {
      if (alpha.at(x, y) != alpha.at(0, 0)) return false;
    }
  }
  return true;
}

}  // namespace

Result<Buffer<uint8_t>> EncodeAlpha(const AlphaView<const uint8_t>& alpha, const ResidualTable* tables) {
  if (IsConstant(alpha)) {
    LIC_TRY(auto stream, Buffer<uint8_t>::Create(1));
    stream[0] = alpha.at(0, 0);
    return stream;
  }
  uint32_t histogram[kClassCount][256] = {};
  for (uint32_t y = 0; y < alpha.height; ++y) {
    for (uint32_t x = 0; x < alpha.width; ++x) {
      const Prediction prediction = Predict(alpha, x, y);
      ++histogram[prediction.activity_class][Residual(alpha.at(x, y), prediction.value) + 128];
    }
  }
  uint8_t chosen[kClassCount];
  for (int c = 0; c < kClassCount; ++c) chosen[c] = ChooseTable(histogram[c], tables);
  RansWriter writer;
  for (uint32_t y = 0; y < alpha.height; ++y) {
    for (uint32_t x = 0; x < alpha.width; ++x) {
      const Prediction prediction = Predict(alpha, x, y);
      LIC_CHECK(
          writer.PutResidual(tables[chosen[prediction.activity_class]], Residual(alpha.at(x, y), prediction.value)));
    }
  }
  LIC_TRY(const auto coded, writer.Finish());
  LIC_TRY(auto stream, Buffer<uint8_t>::Create(kTableBytes + coded.size()));
  std::copy(chosen, chosen + kClassCount, stream.begin());
  std::copy(coded.begin(), coded.end(), stream.begin() + kTableBytes);
  return stream;
}

Status AlphaDecoder::Start(Bytes stream, const ResidualTable* tables) {
  stream_ = stream;
  tables_ = tables;
  row_ = 0;
  reader_.reset();
  if (stream.size() == 1) return {};
  for (int c = 0; c < kClassCount; ++c) {
    if (stream[c] >= kScaleCount)
      return Fail(Error::kBadStream, "a table is %u, allowed are 0 to %d", stream[c], kScaleCount - 1);
  }
  reader_.emplace(stream.subspan(kTableBytes));
  return {};
}

Status AlphaDecoder::FillRow(const AlphaView<uint8_t>& alpha) {
  for (uint32_t x = 0; x < alpha.width; ++x) {
    if (!reader_) {
      alpha.at(x, row_) = stream_[0];
      continue;
    }
    const Prediction prediction = Predict(alpha, x, row_);
    const int residual = reader_->TakeResidual(tables_[stream_[prediction.activity_class]]);
    if (residual < -128 || residual > 127)
      return Fail(Error::kBadStream, "a residual is %d, allowed are -128 to 127", residual);
    alpha.at(x, row_) = static_cast<uint8_t>(prediction.value + residual);
  }
  return {};
}

Result<bool> AlphaDecoder::Step(const AlphaView<uint8_t>& alpha, int64_t& work) {
  for (; row_ < alpha.height && work > 0; ++row_) {
    LIC_CHECK(FillRow(alpha));
    work -= int64_t{alpha.width} * kSampleWork;
  }
  if (row_ < alpha.height) return false;
  if (reader_) LIC_CHECK(reader_->Finish());
  return true;
}

}  // namespace lic
