// The kernels of the descent, from one source for every instruction set. To be included once, in a file that is
// compiled for an instruction set.
#pragma once

#include "overfitted/training/picture_simd.h"

namespace lic::overfitted {
namespace {

// ---- Latents -------------------------------------------------------------------------------------------------

inline WordVector Scrambled(WordVector w) {
  w ^= w >> 16;
  w *= 0x7feb352du;
  w ^= w >> 15;
  w *= 0x846ca68bu;
  return w ^ (w >> 16);
}

// The sum of the four bytes of a word, as a number of mean 0 and standard deviation 1: nearly Gaussian.
inline Vector Gaussian(WordVector w) {
  const WordVector sum = (w & 255) + ((w >> 8) & 255) + ((w >> 16) & 255) + (w >> 24);
  return (__builtin_convertvector(sum, Vector) - 510) * 6.7659e-3f;
}

// A staircase with soft steps, and its slope.
struct SoftRounding {
  float inverse;  // of the temperature
  float height;   // so that the staircase meets the integers' halves

  Vector operator()(Vector v, Vector& slope) const {
    const Vector floor = Floor(v), t = Tanh((v - floor - 0.5f) * inverse);
    slope *= height * inverse * (1 - t * t);
    return floor + 0.5f + height * t;
  }
};

void Soften(const float* latents, uint32_t count, const Softness& softness, uint32_t place, float* soft, float* slope) {
  const SoftRounding staircase = {1 / softness.temperature, 0.5f / __builtin_tanhf(0.5f / softness.temperature)};
  WordVector lane;
  for (int k = 0; k < kWidth; ++k) lane[k] = static_cast<uint32_t>(k);
  const uint32_t start = softness.seed * 2654435761u + place * 131071u;
  for (uint32_t x = 0; x < count; x += kWidth) {
    Vector s = Splat(1);
    const Vector once = staircase(Load(latents + x), s);
    const WordVector word = Scrambled(Scrambled(lane + x) + start);
    const Vector twice = staircase(once + softness.noise * Gaussian(word), s);
    if (x + kWidth <= count) {
      Store(soft + x, twice);
      Store(slope + x, s);
      continue;
    }
    for (int k = 0; x + k < count; ++k) {
      soft[x + k] = twice[k];
      slope[x + k] = s[k];
    }
  }
}

void Pull(const float* rounded, float strength, uint32_t count, float* gradient) {
  for (uint32_t x = 0; x < count; x += kWidth) {
    const Vector side = Min(Max(2 * Load(rounded + x), Splat(-1)), Splat(1));
    Store(gradient + x, Load(gradient + x) + strength * side);
  }
}

void Adam(const AdamStep& step, uint32_t count, const float* gradient, const float* slope, float* mean, float* square,
          float* latents) {
  for (uint32_t x = 0; x < count; x += kWidth) {
    const Vector g = Load(gradient + x) * Load(slope + x);
    const Vector m = step.beta1 * Load(mean + x) + (1 - step.beta1) * g;
    const Vector s = step.beta2 * Load(square + x) + (1 - step.beta2) * g * g;
    Store(mean + x, m);
    Store(square + x, s);
    Store(latents + x, Load(latents + x) - step.rate * m * step.scale1 / (Root(s * step.scale2) + step.epsilon));
  }
}

constexpr TrainingKernels MakeTrainingKernels(const char* name) {
  return {.name = name,
          .rate = Rate,
          .mix_forward = MixForward,
          .mix_backward = MixBackward,
          .convolve = Convolve,
          .convolve_back = ConvolveBack,
          .convolve_sums = ConvolveSums,
          .compare = Compare,
          .add_scaled = AddScaled,
          .dot = Dot,
          .double_row = DoubleRow,
          .double_back = DoubleBack,
          .soften = Soften,
          .pull = Pull,
          .adam = Adam};
}

}  // namespace
}  // namespace lic::overfitted
