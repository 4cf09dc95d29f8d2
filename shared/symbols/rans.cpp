#include "symbols/rans.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "base/try.h"

namespace lic {

Status RansWriter::Put(uint32_t start, uint32_t frequency) {
  return intervals_.Append({static_cast<uint16_t>(start), static_cast<uint16_t>(frequency)});
}

Status RansWriter::PutBits(uint32_t value, int bits) {
  const int shift = kRansPrecision - bits;
  return Put(value << shift, 1u << shift);
}

Status RansWriter::PutResidual(const ResidualTable& table, int q) {
  const int support = static_cast<int>(table.support);
  const uint16_t* cumulative = table.cumulative.data();
  const int symbol = std::abs(q) <= support ? q + support : 2 * support + 1;
  LIC_CHECK(Put(cumulative[symbol], cumulative[symbol + 1] - cumulative[symbol]));
  if (std::abs(q) <= support) return {};
  const auto excess = static_cast<uint32_t>(std::abs(q) - support);
  const int bits = std::bit_width(excess) - 1;
  for (int i = 0; i < bits; ++i) LIC_CHECK(PutBits(1, 1));
  LIC_CHECK(PutBits(0, 1));
  if (bits > 0) LIC_CHECK(PutBits(excess & ((1u << bits) - 1), bits));
  return PutBits(q < 0, 1);
}

Result<Buffer<uint8_t>> RansWriter::Finish() {
  // Each interval gives one word at most; they are laid down from the back.
  LIC_TRY(auto stream, Buffer<uint8_t>::Create(4 + 2 * intervals_.size()));
  uint32_t state = kRansLow;
  size_t at = stream.size();
  for (size_t i = intervals_.size(); i-- > 0;) {
    const Interval interval = intervals_[i];
    if (state >= uint64_t{interval.frequency} << (32 - kRansPrecision)) {
      at -= 2;
      WriteAt(stream.data() + at, static_cast<uint16_t>(state));
      state >>= 16;
    }
    state = (state / interval.frequency << kRansPrecision) + state % interval.frequency + interval.start;
  }
  at -= 4;
  WriteAt(stream.data() + at, state);
  std::memmove(stream.data(), stream.data() + at, stream.size() - at);
  stream.Shrink(stream.size() - at);
  intervals_ = {};
  return stream;
}

RansReader::RansReader(Bytes stream) : next_(stream.data() + 4), end_(stream.data() + stream.size()) {
  assert(stream.size() >= 4 && stream.size() % 2 == 0);
  std::memcpy(&state_, stream.data(), 4);
  bad_ = state_ < kRansLow;
}

void RansReader::Advance(uint32_t start, uint32_t frequency) {
  state_ = frequency * (state_ >> kRansPrecision) + (state_ & (kRansTotal - 1)) - start;
  if (state_ >= kRansLow) return;
  if (next_ == end_) {
    bad_ = true;
    return;
  }
  uint16_t word;
  std::memcpy(&word, next_, 2);
  next_ += 2;
  state_ = state_ << 16 | word;
}

uint32_t RansReader::TakeBits(int bits) {
  const int shift = kRansPrecision - bits;
  const uint32_t value = (state_ & (kRansTotal - 1)) >> shift;
  Advance(value << shift, 1u << shift);
  return value;
}

int RansReader::TakeEscape(uint32_t support) {
  int bits = 0;
  while (TakeBits(1) == 1) {
    if (++bits > kMaxEscapeBits || bad_) {
      bad_ = true;
      return 0;
    }
  }
  const uint32_t excess = 1u << bits | (bits > 0 ? TakeBits(bits) : 0);
  const auto magnitude = static_cast<int>(support + excess);
  const bool negative = TakeBits(1);
  if (magnitude > kMaxResidual) bad_ = true;
  if (bad_) return 0;
  return negative ? -magnitude : magnitude;
}

int RansReader::TakeResidual(const ResidualTable& table) {
  if (bad_) return 0;
  const uint32_t slot = state_ & (kRansTotal - 1);
  const uint16_t* cumulative = table.cumulative.data();
  // Residuals are small: walk from 0 outwards.
  uint32_t symbol = table.support;
  while (slot < cumulative[symbol]) --symbol;
  while (slot >= cumulative[symbol + 1]) ++symbol;
  Advance(cumulative[symbol], cumulative[symbol + 1] - cumulative[symbol]);
  if (symbol == 2 * table.support + 1) return TakeEscape(table.support);
  return static_cast<int>(symbol) - static_cast<int>(table.support);
}

Status RansReader::Finish() const {
  if (bad_)
    return Fail(Error::kBadStream,
                "the stream is cut off or damaged: it ends inside its symbols, or holds one that no encoder writes");
  if (state_ != kRansLow || next_ != end_) {
    return Fail(Error::kBadStream, "%zu bytes and state %u are left after the last symbol, expected are none and %u",
                static_cast<size_t>(end_ - next_), state_, kRansLow);
  }
  return {};
}

}  // namespace lic
