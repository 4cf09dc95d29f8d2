#include "overfitted/upsampling.h"

#include <algorithm>

#include "overfitted/noise.h"

namespace lic::overfitted {
namespace {

constexpr int kSampleUnit = 64;
constexpr int kGainShift = 6;
constexpr uint32_t kTaps = 4;
constexpr uint32_t kTapsBefore = 2;  // of an even row, above the one that it lies in
constexpr uint32_t kTapsAfter = 2;   // of an odd row, below the one that it lies in

int16_t Saturate(int32_t value) { return static_cast<int16_t>(std::clamp(value, INT16_MIN, INT16_MAX)); }

int16_t Amplified(int8_t latent, int16_t gain) {
  return Saturate((latent * gain + (1 << (kGainShift - 1))) >> kGainShift);
}

void MakeNoise(uint32_t plane, uint32_t y, Columns columns, int16_t* to) {
  for (uint32_t x = columns.first; x < columns.end; ++x) *to++ = NoiseAt(plane, y, x);
}

// The columns of the next coarser level, which has so many, of which some columns are made.
Columns ColumnsOfNext(Columns made, uint32_t width) {
  const uint32_t first = made.first / 2, last = (made.end - 1) / 2;
  return {first - std::min(first, kTapsBefore), std::min(last + kTapsAfter + 1, width)};
}

}  // namespace

void Channel::Place(RowPool& pool, const ChannelTask& task, uint32_t chain, uint32_t finest, uint32_t coarsest,
                    const int16_t* gains, const int16_t* taps) {
  kernels_ = task.kernels;
  taps_ = taps;
  has_gains_ = gains != nullptr;
  level_ = task.level;
  // A channel of a finer grid has rows of zeros.
  coarsest_ = std::max(coarsest, level_);
  Columns columns = task.columns;
  for (uint32_t l = level_; l <= coarsest_; ++l) {
    Level& level = levels_[l];
    const uint32_t doublings = l - level_;
    if (doublings > 0) columns = ColumnsOfNext(columns, CeilDiv(task.width, 1u << doublings));
    level.columns = columns;
    level.height = CeilDiv(task.height, 1u << doublings);
    level.rows.Place(pool, columns.width());
    if (l < finest || l > coarsest) continue;
    level.grid = task.architecture->Find(chain, l);
    if (gains) level.gain = gains[l - finest];
  }
  line_.Place(pool, levels_[std::min(level_ + 1, coarsest_)].columns.width());
}

void Channel::Start(uint32_t y) {
  for (uint32_t l = level_; l <= coarsest_; ++l) {
    levels_[l].next = y;
    y = y / 2 - std::min(y / 2, kTapsBefore);
  }
}

const int16_t* Channel::NextRow(const GridPlanes& planes) { return Row(level_, levels_[level_].next, planes); }

// A row that comes next or was made lately.
const int16_t* Channel::Row(uint32_t level, uint32_t y, const GridPlanes& planes) {
  while (levels_[level].next <= y) MakeRow(level, planes);
  return levels_[level].rows.Row(y);
}

void Channel::MakeRow(uint32_t l, const GridPlanes& planes) {
  Level& level = levels_[l];
  const uint32_t y = level.next;
  int16_t* to = level.rows.Row(y);
  if (l < coarsest_) DoubleInto(l, y, planes, to);
  ++level.next;
  if (level.grid == kNoGrid) return;
  const int8_t* latents = planes.plane[level.grid].Row(y) + level.columns.first;
  const uint32_t width = level.columns.width();
  if (!has_gains_) {
    for (uint32_t x = 0; x < width; ++x) to[x] = static_cast<int16_t>(latents[x] * kSampleUnit);
  } else if (l == coarsest_) {
    for (uint32_t x = 0; x < width; ++x) to[x] = Amplified(latents[x], level.gain);
  } else {
    for (uint32_t x = 0; x < width; ++x) to[x] = Saturate(to[x] + Amplified(latents[x], level.gain));
  }
}

// Row y of a level from the next coarser one.
void Channel::DoubleInto(uint32_t l, uint32_t y, const GridPlanes& planes, int16_t* to) {
  const Level& from = levels_[l + 1];
  const int16_t* taps = taps_ + kTaps * l;
  const bool odd = y % 2 == 1;
  const int16_t turned[kTaps] = {taps[3], taps[2], taps[1], taps[0]};
  const int64_t first = int64_t{y / 2} - kTapsBefore + odd;
  Row(l + 1, static_cast<uint32_t>(std::clamp<int64_t>(first + kTaps - 1, 0, from.height - 1)), planes);
  const int16_t* rows[kTaps];
  for (uint32_t i = 0; i < kTaps; ++i)
    rows[i] = levels_[l + 1].rows.Row(static_cast<uint32_t>(std::clamp<int64_t>(first + i, 0, from.height - 1)));
  int16_t* line = line_.Row(0);
  const uint32_t width = from.columns.width();
  kernels_->filter_columns(rows, odd ? turned : taps, width, line);
  // At an end that is not the picture's, what is made of the repeated values is not used.
  RepeatEnds(line, width, 2);
  kernels_->double_row(line, taps, width, to - (levels_[l].columns.first - 2 * from.columns.first));
}

void Channels::Place(RowPool& pool, const ChannelTask& task) {
  const Architecture& a = *task.architecture;
  columns_ = task.columns;
  noise_ = a.noise;
  level_ = task.level;
  count_ = 0;
  const GroupList groups(a);
  const int16_t* taps = task.parameters->Find(groups, GroupKind::kTaps);
  const int16_t* gains = task.parameters->Find(groups, GroupKind::kGain);
  for (uint32_t c = 0; c < a.chains; ++c) {
    const Chain& chain = a.chain[c];
    for (uint32_t level = chain.finest; level <= chain.joined; ++level) {
      const bool is_sum = level == chain.joined && chain.gains() > 0;
      const uint32_t coarsest = is_sum ? kLevels - 1 : level;
      channel_[count_++].Place(pool, task, c, level, coarsest, is_sum ? gains : nullptr, taps);
    }
    gains += chain.gains();
  }
  for (uint32_t i = 0; i < noise_; ++i) noise_rows_[i].Place(pool, columns_.width());
}

void Channels::Start(uint32_t y) {
  y_ = y;
  for (uint32_t i = 0; i < count_; ++i) channel_[i].Start(y);
}

const int16_t* const* Channels::NextRow(const GridPlanes& planes) {
  for (uint32_t i = 0; i < count_; ++i) rows_[i] = channel_[i].NextRow(planes);
  for (uint32_t i = 0; i < noise_; ++i) {
    int16_t* row = noise_rows_[i].Row(0);
    if (level_ == 0) MakeNoise(i, y_, columns_, row);  // its mean, 0, stays where there are fewer pixels
    rows_[count_ + i] = row;
  }
  ++y_;
  return rows_;
}

}  // namespace lic::overfitted
