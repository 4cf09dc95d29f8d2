#include "overfitted/lane_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "base/try.h"

namespace lic::overfitted {
namespace {

constexpr uint32_t kSlotMask = kRansTotal - 1;

int16_t ToLatent(int value) { return static_cast<int16_t>(std::clamp(value, kLeastLatent, kMostLatent)); }

}  // namespace

void LaneStates::Renormalise(uint32_t lane) {
  if (state[lane] >= kRansLow) return;
  uint16_t word = 0;
  if (next == end) {
    bad = true;
  } else {
    std::memcpy(&word, next, sizeof(word));
    next += sizeof(word);
  }
  state[lane] = state[lane] << 16 | word;
}

int TakeSymbol(const LaplaceTables& laplace, int table, uint32_t& state) {
  const uint16_t* starts = laplace.StartsFrom0(table);
  const uint32_t slot = state & kSlotMask;
  int symbol = 0;
  while (slot < starts[symbol]) --symbol;
  while (slot >= starts[symbol + 1]) ++symbol;
  state = (starts[symbol + 1] - starts[symbol]) * (state >> kRansPrecision) + slot - starts[symbol];
  return symbol;
}

Status LaneReader::Fill(Bytes stream, const LaplaceTables& laplace, const Kernels& kernels) {
  lanes_ = {};
  LIC_TRY(stream_, CopyOf(stream));
  laplace_ = &laplace;
  kernels_ = &kernels;
  std::memcpy(lanes_.state, stream_.data(), sizeof(lanes_.state));
  lanes_.next = stream_.data() + sizeof(lanes_.state);
  lanes_.end = stream_.end();
  for (const uint32_t state : lanes_.state) {
    if (state < kRansLow) return Fail(Error::kBadStream, "a lane begins with the state %u, below %u", state, kRansLow);
  }
  return {};
}

bool LaneReader::CodeFlag(const BandPlace&, uint32_t chunk, uint32_t frequency) {
  const uint32_t lane = chunk % kLanes;
  uint32_t& state = lanes_.state[lane];
  const uint32_t slot = state & kSlotMask;
  const bool empty = slot < frequency;
  state = empty ? frequency * (state >> kRansPrecision) + slot
                : (kRansTotal - frequency) * (state >> kRansPrecision) + slot - frequency;
  lanes_.Renormalise(lane);
  return empty;
}

void LaneReader::CodeStep(const BandPlace&, size_t, const StepTables& tables, LaneRange lanes, int16_t* latents) {
  uint32_t escapes = 0;
  if (lanes.first == 0 && lanes.end == kLanes) {
    escapes = kernels_->take_symbols(*laplace_, tables, lanes_, latents);
  } else {
    for (uint32_t lane = lanes.first; lane < lanes.end; ++lane) {
      const int symbol = TakeSymbol(*laplace_, tables.table[lane], lanes_.state[lane]);
      latents[lane] = ToLatent(tables.centre[lane] + symbol);
      if (symbol > LaplaceTables::Support(tables.table[lane])) escapes |= 1u << lane;
    }
    for (uint32_t lane = lanes.first; lane < lanes.end; ++lane) lanes_.Renormalise(lane);
  }
  if (escapes) TakeEscapes(escapes, latents);
}

void LaneReader::TakeEscapes(uint32_t escapes, int16_t* latents) {
  for (; escapes; escapes &= escapes - 1) {
    const auto lane = static_cast<uint32_t>(std::countr_zero(escapes));
    uint32_t& state = lanes_.state[lane];
    const uint32_t slot = state & kSlotMask, value = slot >> kEscapeShift;
    state = (state >> kRansPrecision << kEscapeShift) + (slot & ((1u << kEscapeShift) - 1));
    latents[lane] = static_cast<int16_t>(static_cast<int>(value) + kLeastLatent);
    lanes_.Renormalise(lane);
  }
}

Status LaneReader::Finish() const {
  if (lanes_.bad) return Fail(Error::kBadStream, "the stream ends inside a symbol");
  if (lanes_.next != lanes_.end) {
    return Fail(Error::kBadStream, "%zu bytes are left after the last symbol",
                static_cast<size_t>(lanes_.end - lanes_.next));
  }
  for (const uint32_t state : lanes_.state) {
    if (state != kRansLow) return Fail(Error::kBadStream, "a lane ends with the state %u, not %u", state, kRansLow);
  }
  return {};
}

}  // namespace lic::overfitted
