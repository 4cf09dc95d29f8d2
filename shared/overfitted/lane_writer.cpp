#include "overfitted/lane_writer.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "symbols/rans.h"

namespace lic::overfitted {

void LaneWriter::Put(uint32_t lane, uint32_t start, uint32_t frequency) {
  if (!status_.ok()) return;
  status_ =
      symbols_.Append({static_cast<uint16_t>(start), static_cast<uint16_t>(frequency), static_cast<uint8_t>(lane)});
}

bool LaneWriter::CodeFlag(const BandPlace& place, uint32_t chunk, uint32_t frequency) {
  const bool empty = IsEmptyChunk(planes_.plane[place.grid], place, chunk);
  Put(chunk % kLanes, empty ? 0 : frequency, empty ? frequency : kRansTotal - frequency);
  return empty;
}

void LaneWriter::CodeStep(const BandPlace& place, size_t t, const StepTables& tables, LaneRange lanes,
                          int16_t* latents) {
  CopyStep(planes_.plane[place.grid], place, t, lanes, latents);
  uint32_t escapes = 0;
  for (uint32_t lane = lanes.first; lane < lanes.end; ++lane) {
    const int support = LaplaceTables::Support(tables.table[lane]);
    int symbol = latents[lane] - tables.centre[lane];
    if (std::abs(symbol) > support) {
      symbol = support + 1;
      escapes |= 1u << lane;
    }
    const uint16_t* starts = laplace_.StartsFrom0(tables.table[lane]) + symbol;
    Put(lane, starts[0], uint32_t{starts[1]} - starts[0]);
  }
  for (; escapes; escapes &= escapes - 1) {
    const auto lane = static_cast<uint32_t>(std::countr_zero(escapes));
    Put(lane, static_cast<uint32_t>(latents[lane] - kLeastLatent) << kEscapeShift, 1u << kEscapeShift);
  }
}

Result<Buffer<uint8_t>> LaneWriter::Finish() {
  if (!status_.ok()) return status_.failure();
  uint32_t states[kLanes];
  std::fill_n(states, kLanes, kRansLow);
  // Each symbol gives one word at most; they are laid down from the back.
  LIC_TRY(auto stream, Buffer<uint8_t>::Create(sizeof(states) + 2 * symbols_.size()));
  size_t at = stream.size();
  for (size_t i = symbols_.size(); i-- > 0;) {
    const Symbol& symbol = symbols_[i];
    uint32_t& state = states[symbol.lane];
    if (state >= uint64_t{symbol.frequency} << (32 - kRansPrecision)) {
      at -= 2;
      WriteAt(stream.data() + at, static_cast<uint16_t>(state));
      state >>= 16;
    }
    state = (state / symbol.frequency << kRansPrecision) + state % symbol.frequency + symbol.start;
  }
  symbols_ = {};
  at -= sizeof(states);
  std::memcpy(stream.data() + at, states, sizeof(states));
  std::memmove(stream.data(), stream.data() + at, stream.size() - at);
  stream.Shrink(stream.size() - at);
  return stream;
}

}  // namespace lic::overfitted
