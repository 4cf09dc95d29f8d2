// The entropy coder: rANS (Duda 2013) with a 32-bit state, 16-bit words and 15-bit probabilities (docs/format.md#rans).
//
// Read me first: rANS is a stack. What is put last is taken first, so the writer is given its symbols in reverse:
// RansWriter keeps them and codes them backwards in Finish. The words then lie in the order in which the reader takes
// them.
#pragma once

#include "base/growing_buffer.h"
#include "symbols/residual_table.h"

namespace lic {

inline constexpr int kRansPrecision = 15;
inline constexpr uint32_t kRansTotal = 1u << kRansPrecision;
inline constexpr uint32_t kRansLow = 1u << 16;  // smallest state; also the state at the end of a stream
inline constexpr int kMaxResidual = 32767;
inline constexpr int kMaxEscapeBits = 15;

class RansWriter {
 public:
  // Codes q, |q| <= kMaxResidual, with a table (docs/format.md#residual-tables).
  Status PutResidual(const ResidualTable& table, int q);
  // `bits` raw bits, 1..15.
  Status PutBits(uint32_t value, int bits);
  // The whole stream. The writer is empty afterwards.
  Result<Buffer<uint8_t>> Finish();

 private:
  struct Interval {
    uint16_t start;
    uint16_t frequency;  // never kRansTotal: every table has two symbols at least
  };
  Status Put(uint32_t start, uint32_t frequency);

  GrowingBuffer<Interval> intervals_;
};

// Takes symbols from a stream. After a violation every further symbol is 0 and Finish reports it: the caller need not
// look in between, since nothing that is taken can lead out of bounds.
class RansReader {
 public:
  // `stream` must have an even length of at least 4, which its section promises.
  explicit RansReader(Bytes stream);
  int TakeResidual(const ResidualTable& table);
  // `bits` raw bits, 1..15.
  uint32_t TakeBits(int bits);
  // kBadStream unless the stream ended exactly here.
  Status Finish() const;

 private:
  void Advance(uint32_t start, uint32_t frequency);
  int TakeEscape(uint32_t support);

  uint32_t state_;
  const uint8_t* next_;
  const uint8_t* end_;
  bool bad_ = false;
};

}  // namespace lic
