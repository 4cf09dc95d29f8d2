#include "overfitted/synthesis.h"

#include <algorithm>

#include "base/try.h"

namespace lic::overfitted {

Status Synthesis::Fill(const ChannelTask& task, const Layers& layers) {
  const Architecture& a = *task.architecture;
  layers_ = &layers;
  kernels_ = task.kernels;
  columns_ = task.columns;
  height_ = task.height;
  convolutions_ = a.convolutions;
  RowPool count;
  Place(count, task);
  LIC_TRY(memory_, Buffer<int16_t>::Create(count.taken()));
  RowPool rows(memory_.data());
  Place(rows, task);
  const uint32_t inputs = a.channels();
  const uint32_t filters = 12 * inputs, mixing = (inputs + kColours) * a.hidden + kColours * inputs;
  row_work_ = int64_t{width_} * (filters + mixing + 81 * a.convolutions);
  return {};
}

void Synthesis::Place(RowPool& pool, ChannelTask task) {
  before_ = std::min(columns_.first, convolutions_);
  task.columns = {columns_.first - before_, std::min(columns_.end + convolutions_, task.width)};
  width_ = task.columns.width();
  channels_.Place(pool, task);
  for (uint32_t o = 0; o < kColours; ++o) {
    bypass_[o].Place(pool, width_);
    for (uint32_t stage = 0; stage <= convolutions_; ++stage) stages_[stage].rows[o].Place(pool, width_);
  }
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
    mixed[o] = stages_[convolutions_].rows[o].Row(y) + before_;
    bypass[o] = bypass_[o].Row(y) + before_;
  }
  kernels_->to_samples(mixed, bypass, columns_.width(), rgb);
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
  // As with channels: at an end that is not the picture's, what is made of repeated values is not used.
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
