// From channels to samples and back: pointwise layers, 3x3 layers, doubling. To be included in files that are compiled
// for an instruction set, and in no others.
#pragma once

#include "overfitted/training/rate_simd.h"

namespace lic::overfitted {
namespace {

// ---- Pointwise layers ----------------------------------------------------------------------------------------

void MixForward(const MixWeights& w, const float* const* channels, uint32_t lanes, float* const* mixed,
                float* const* bypass, float* scratch) {
  Rows memory(scratch);
  float* hidden[kMaxHidden];
  memory.Take(w.hidden, hidden);
  Multiply<Ending::kRectify>(
      {.weights = w.mix1, .bias = w.mix_bias1, .outputs = w.hidden, .inputs = w.channels, .x = channels, .y = hidden},
      lanes);
  Multiply<Ending::kNone>(
      {.weights = w.mix2, .bias = w.mix_bias2, .outputs = kColours, .inputs = w.hidden, .x = hidden, .y = mixed},
      lanes);
  Multiply<Ending::kNone>({.weights = w.bypass,
                           .bias = w.bypass_bias,
                           .outputs = kColours,
                           .inputs = w.channels,
                           .x = channels,
                           .y = bypass},
                          lanes);
}

void MixBackward(const MixWeights& w, const float* const* channels, const float* const* d_mixed,
                 const float* const* d_bypass, uint32_t lanes, float* const* d_channels, float* sums, float* scratch) {
  Rows memory(scratch);
  float* hidden[kMaxHidden];
  // Gradients of the hidden layer and of the bypass lie side by side, as back1 takes them.
  float* d_hidden[kMaxHidden];
  const float* d_layers[kMaxHidden + kColours];
  memory.Take(w.hidden, hidden);
  memory.Take(w.hidden, d_hidden);
  Multiply<Ending::kRectify>(
      {.weights = w.mix1, .bias = w.mix_bias1, .outputs = w.hidden, .inputs = w.channels, .x = channels, .y = hidden},
      lanes);
  Multiply<Ending::kMask>(
      {.weights = w.back2, .outputs = w.hidden, .inputs = kColours, .x = d_mixed, .y = d_hidden, .mask = hidden},
      lanes);
  for (uint32_t i = 0; i < w.hidden; ++i) d_layers[i] = d_hidden[i];
  for (uint32_t i = 0; i < kColours; ++i) d_layers[w.hidden + i] = d_bypass[i];
  Multiply<Ending::kNone>(
      {.weights = w.back1, .outputs = w.channels, .inputs = w.hidden + kColours, .x = d_layers, .y = d_channels},
      lanes);
  if (!sums) return;
  const auto add = [&](const float* const* d, uint32_t outputs, const float* const* x, uint32_t inputs) {
    AddOuter({d, x, outputs, inputs, sums}, lanes);
    sums += size_t{outputs} * inputs * kParts;
    AddLanes(d, outputs, lanes, sums);
    sums += outputs * kParts;
  };
  add(d_hidden, w.hidden, channels, w.channels);
  add(d_mixed, kColours, hidden, w.hidden);
  add(d_bypass, kColours, channels, w.channels);
}

// ---- 3x3 layers ----------------------------------------------------------------------------------------------

constexpr uint32_t kTaps = 3;

template <int kColumns, Ending kEnding>
inline void ConvolveTile(const float* weights, const float* const (*rows)[3], const float* const* mask, uint32_t x,
                         float* const* to) {
  Vector sums[kColours][kColumns];
  Repeat<kColours>([&](auto o) {
    const Vector start = Splat(weights[kColours * kConvolutionTaps + o]);
    Repeat<kColumns>([&](auto c) { sums[o][c] = start; });
  });
  for (uint32_t i = 0; i < kColours; ++i) {
    for (uint32_t row = 0; row < kTaps; ++row) {
      const float* from = rows[i][row] + x - 1;
      const float* w = weights + (i * kTaps + row) * kTaps;
      Repeat<kTaps>([&](auto column) {
        Vector v[kColumns];
        Repeat<kColumns>([&](auto c) { v[c] = Load(from + column + c * kWidth); });
        Repeat<kColours>([&](auto o) {
          const float weight = w[o * kConvolutionTaps + column];
          Repeat<kColumns>([&](auto c) { sums[o][c] += weight * v[c]; });
        });
      });
    }
  }
  Repeat<kColours>([&](auto o) {
    Repeat<kColumns>([&](auto c) {
      Vector sum = sums[o][c];
      if (kEnding == Ending::kRectify) sum = Max(sum, Vector{});
      if (kEnding == Ending::kMask) sum = Load(mask[o] + x + c * kWidth) > 0.f ? sum : Vector{};
      Store(to[o] + x + c * kWidth, sum);
    });
  });
}

template <Ending kEnding>
inline void ConvolveRow(const float* weights, const float* const (*rows)[3], const float* const* mask, uint32_t lanes,
                        float* const* to) {
  constexpr int kColumns = kRegisters == 32 ? 4 : 2;
  uint32_t x = 0;
  for (; x + kColumns * kWidth <= lanes; x += kColumns * kWidth)
    ConvolveTile<kColumns, kEnding>(weights, rows, mask, x, to);
  for (; x < lanes; x += kWidth) ConvolveTile<1, kEnding>(weights, rows, mask, x, to);
}

void Convolve(const float* weights, const float* const (*rows)[3], bool rectify, uint32_t lanes, float* const* to) {
  if (rectify) {
    ConvolveRow<Ending::kRectify>(weights, rows, nullptr, lanes, to);
  } else {
    ConvolveRow<Ending::kNone>(weights, rows, nullptr, lanes, to);
  }
}

// The same with colours swapped and the taps turned round, without biases.
void ConvolveBack(const float* weights, const float* const (*rows)[3], const float* const* mask, uint32_t lanes,
                  float* const* to) {
  float turned[kConvolutionParameters] = {};
  for (uint32_t o = 0; o < kColours; ++o) {
    for (uint32_t i = 0; i < kColours; ++i) {
      for (uint32_t tap = 0; tap < 9; ++tap)
        turned[i * kConvolutionTaps + o * 9 + 8 - tap] = weights[o * kConvolutionTaps + i * 9 + tap];
    }
  }
  if (mask) {
    ConvolveRow<Ending::kMask>(turned, rows, mask, lanes, to);
  } else {
    ConvolveRow<Ending::kNone>(turned, rows, nullptr, lanes, to);
  }
}

void ConvolveSums(const float* const (*rows)[3], const float* const* gradient, uint32_t lanes, float* sums) {
  for (uint32_t i = 0; i < kColours; ++i) {
    for (uint32_t row = 0; row < kTaps; ++row) {
      const float* from = rows[i][row] - 1;
      Vector products[kColours][kTaps] = {};
      for (uint32_t x = 0; x < lanes; x += kWidth) {
        const Vector v[kTaps] = {Load(from + x), Load(from + x + 1), Load(from + x + 2)};
        Repeat<kColours>([&](auto o) {
          const Vector d = Load(gradient[o] + x);
          Repeat<kTaps>([&](auto column) { products[o][column] += d * v[column]; });
        });
      }
      Repeat<kColours>([&](auto o) {
        Repeat<kTaps>([&](auto column) {
          float* sum = sums + (o * kConvolutionTaps + (i * kTaps + row) * kTaps + column) * kParts;
          Store(sum, Load(sum) + products[o][column]);
        });
      });
    }
  }
  AddLanes(gradient, kColours, lanes, sums + size_t{kColours} * kConvolutionTaps * kParts);
}

// ---- Squared error -------------------------------------------------------------------------------------------

float Compare(const float* made, const float* bypass, const uint8_t* target, uint32_t count, bool as_samples,
              float slope, float* gradient) {
  constexpr float kLargest = 255, kMiddle = 128;
  Vector sum = {};
  uint32_t x = 0;
  const auto add = [&](Vector v, Vector sample) {
    if (as_samples) v = Min(Max(Round(v * kLargest), Splat(-kMiddle)), Splat(kLargest - kMiddle)) / kLargest;
    const Vector error = v - (sample - kMiddle) * (1 / kLargest);
    sum += error * error;
    return slope * error;
  };
  for (; x + kWidth <= count; x += kWidth)
    Store(gradient + x, add(Load(made + x) + Load(bypass + x), Load(target + x)));
  if (x == count) return Sum(sum);
  // The last lanes: what lies beyond the picture is no error.
  Vector v = {}, sample = Splat(kMiddle);
  for (int k = 0; x + k < count; ++k) {
    v[k] = made[x + k] + bypass[x + k];
    sample[k] = target[x + k];
  }
  Store(gradient + x, add(v, sample));
  return Sum(sum);
}

// ---- Rows ----------------------------------------------------------------------------------------------------

void AddScaled(const float* from, float factor, uint32_t count, float* to) {
  for (uint32_t x = 0; x < count; x += kWidth) Store(to + x, Load(to + x) + factor * Load(from + x));
}

float Dot(const float* a, const float* b, uint32_t count) {
  Vector sum = {};
  for (uint32_t x = 0; x < count; x += kWidth) sum += Load(a + x) * Load(b + x);
  return Sum(sum);
}

// ---- Doubling ------------------------------------------------------------------------------------------------

inline void RepeatEnds(uint32_t width, float* line) {
  for (int i = 1; i <= 2; ++i) {
    line[-i] = line[0];
    line[width - 1 + i] = line[width - 1];
  }
}

inline void FilterColumns(const float* const* rows, const float* taps, uint32_t width, float* line) {
  const float t0 = taps[0], t1 = taps[1], t2 = taps[2], t3 = taps[3];
  for (uint32_t x = 0; x < width; x += kWidth)
    Store(line + x, t0 * Load(rows[0] + x) + t1 * Load(rows[1] + x) + t2 * Load(rows[2] + x) + t3 * Load(rows[3] + x));
  RepeatEnds(width, line);
}

void DoubleRow(const float* const* rows, const float* taps, uint32_t width, float* line, float* to) {
  FilterColumns(rows, taps, width, line);
  const float t0 = taps[0], t1 = taps[1], t2 = taps[2], t3 = taps[3];
  for (int x = 0; x < int(width); ++x) {
    to[2 * x] = t0 * line[x - 2] + t1 * line[x - 1] + t2 * line[x] + t3 * line[x + 1];
    to[2 * x + 1] = t3 * line[x - 1] + t2 * line[x] + t1 * line[x + 1] + t0 * line[x + 2];
  }
}

void DoubleBack(const float* const* rows, const float* taps, uint32_t width, const float* gradient, uint32_t to_width,
                float* const* d_rows, float* d_taps, float* scratch) {
  constexpr uint32_t kEnd = 32;
  const size_t room = (width + 3 * kEnd) / 16 * 16;
  float *line = scratch + kEnd, *even = line + room, *odd = even + room, *d_line = odd + room;
  std::memset(even - kEnd, 0, 2 * room * sizeof(float));
  for (uint32_t x = 0; x < to_width / 2; ++x) {
    even[x] = gradient[2 * x];
    odd[x] = gradient[2 * x + 1];
  }
  if (to_width % 2) even[width - 1] = gradient[to_width - 1];
  const float t0 = taps[0], t1 = taps[1], t2 = taps[2], t3 = taps[3];
  const int ends = 2;
  for (int x = -ends; x < int(width) + ends; ++x) {
    d_line[x] = t0 * (even[x + 2] + odd[x - 2]) + t1 * (even[x + 1] + odd[x - 1]) + t2 * (even[x] + odd[x]) +
                t3 * (even[x - 1] + odd[x + 1]);
  }
  d_line[0] += d_line[-1] + d_line[-2];
  d_line[width - 1] += d_line[width] + d_line[width + 1];
  for (uint32_t x = width; x < width + kWidth; ++x) d_line[x] = 0;
  if (d_taps) {
    FilterColumns(rows, taps, width, line);
    Vector sums[4] = {};
    for (uint32_t x = 0; x < width; x += kWidth) {
      const Vector e = Load(even + x), o = Load(odd + x), d = Load(d_line + x);
      sums[0] += e * Load(line + x - 2) + o * Load(line + x + 2) + d * Load(rows[0] + x);
      sums[1] += e * Load(line + x - 1) + o * Load(line + x + 1) + d * Load(rows[1] + x);
      sums[2] += (e + o) * Load(line + x) + d * Load(rows[2] + x);
      sums[3] += e * Load(line + x + 1) + o * Load(line + x - 1) + d * Load(rows[3] + x);
    }
    for (int i = 0; i < 4; ++i) d_taps[i] += Sum(sums[i]);
  }
  for (int i = 0; i < 4; ++i) {
    const float tap = taps[i];
    for (uint32_t x = 0; x < width; x += kWidth) Store(d_rows[i] + x, Load(d_rows[i] + x) + tap * Load(d_line + x));
  }
}

}  // namespace
}  // namespace lic::overfitted
