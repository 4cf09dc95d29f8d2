#include "overfitted/synthesis.h"

#include <algorithm>

#include "base/try.h"

namespace lic::overfitted {

Result<Synthesis> Synthesis::Create(const Architecture& architecture, const Parameters& parameters,
                                    const Layers& layers, const Kernels& kernels, uint32_t width, uint32_t height) {
  Synthesis result;
  result.layers_ = &layers;
  result.kernels_ = &kernels;
  result.width_ = width;
  result.height_ = height;
  result.convolutions_ = architecture.convolutions;
  LIC_TRY(result.channels_, Channels::Create(architecture, parameters, kernels, width, height));
  for (uint32_t o = 0; o < kColours; ++o) {
    LIC_TRY(result.bypass_[o], RowRing<4>::Create(width));
    for (uint32_t stage = 0; stage <= result.convolutions_; ++stage) {
      LIC_TRY(result.stages_[stage].rows[o], RowRing<4>::Create(width));
    }
  }
  const uint32_t inputs = architecture.channels();
  const uint32_t filters = 12 * inputs, mixing = (inputs + kColours) * architecture.hidden + kColours * inputs;
  result.row_work_ = int64_t{width} * (filters + mixing + 81 * architecture.convolutions);
  return result;
}

void Synthesis::Start(uint32_t y) {
  for (uint32_t stage = convolutions_ + 1; stage-- > 0;) {
    stages_[stage].next = y;
    if (stage > 0) y -= std::min(y, 1u);
  }
  channels_.Start(y);
}

void Synthesis::NextRow(const GridPlanes& planes, uint8_t* rgb) {
  const uint32_t y = stages_[convolutions_].next;
  MakeRow(convolutions_, planes);
  const int16_t *mixed[kColours], *bypass[kColours];
  for (uint32_t o = 0; o < kColours; ++o) {
    mixed[o] = stages_[convolutions_].rows[o].Row(y);
    bypass[o] = bypass_[o].Row(y);
  }
  kernels_->to_samples(mixed, bypass, width_, rgb);
}

// The next row of a stage, and the rows of the stage before that it takes.
void Synthesis::MakeRow(uint32_t stage, const GridPlanes& planes) {
  if (stage == 0) return Mix(planes);
  const uint32_t last = std::min(stages_[stage].next + 1, height_ - 1);
  while (stages_[stage - 1].next <= last) MakeRow(stage - 1, planes);
  Convolve(stage);
}

void Synthesis::Mix(const GridPlanes& planes) {
  const uint32_t y = stages_[0].next++;
  int16_t *mixed[kColours], *bypass[kColours];
  for (uint32_t o = 0; o < kColours; ++o) {
    mixed[o] = stages_[0].rows[o].Row(y);
    bypass[o] = bypass_[o].Row(y);
  }
  kernels_->mix_row(layers_->mixing, channels_.NextRow(planes), width_, mixed, bypass);
  for (int16_t* row : mixed) RepeatEnds(row, width_, 1);
}

void Synthesis::Convolve(uint32_t stage) {
  const uint32_t y = stages_[stage].next++;
  const int16_t* rows[kColours][3];
  int16_t* to[kColours];
  for (uint32_t o = 0; o < kColours; ++o) {
    for (uint32_t r = 0; r < 3; ++r) {
      const uint32_t row = std::min(y + r - std::min(y + r, 1u), height_ - 1);
      rows[o][r] = stages_[stage - 1].rows[o].Row(row);
    }
    to[o] = stages_[stage].rows[o].Row(y);
  }
  kernels_->convolve_row(layers_->convolution[stage - 1], rows, stage < convolutions_, width_, to);
  for (int16_t* row : to) RepeatEnds(row, width_, 1);
}

}  // namespace lic::overfitted
