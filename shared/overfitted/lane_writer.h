// Puts latents into a grid's stream: the mirror of LaneReader (docs/format.md#lanes).
#pragma once

#include "base/growing_buffer.h"
#include "overfitted/latent_steps.h"

namespace lic::overfitted {

// rANS is a stack, so the symbols are kept, six bytes each, until Finish codes them from the last to the first.
class LaneWriter final : public LatentCoder {
 public:
  // Writes the latents of `planes`, which must hold all rows that are asked for. Both must outlive the writer.
  LaneWriter(const LaplaceTables& laplace, const GridPlanes& planes) : laplace_(laplace), planes_(planes) {}

  // Makes room for the symbols of a stream: its latents, escapes and flags.
  Status Reserve(size_t symbols) { return symbols_.Reserve(symbols); }

  bool CodeFlag(const BandPlace& place, uint32_t chunk, uint32_t frequency) override;
  void CodeStep(const BandPlace& place, size_t t, const StepTables& tables, LaneRange lanes, int16_t* latents) override;

  // The whole stream. Nothing can be put after it. Errors: kOutOfMemory, of what was put too.
  Result<Buffer<uint8_t>> Finish();

 private:
  struct Symbol {
    uint16_t start;
    uint16_t frequency;  // never kRansTotal: every distribution has two symbols at least
    uint8_t lane;
  };
  void Put(uint32_t lane, uint32_t start, uint32_t frequency);

  const LaplaceTables& laplace_;
  const GridPlanes& planes_;
  GrowingBuffer<Symbol> symbols_;
  Status status_;
};

}  // namespace lic::overfitted
