// Takes latents from a grid's stream: eight rANS states, which share the words (docs/format.md#lanes).
#pragma once

#include "overfitted/kernels.h"
#include "overfitted/wavefront.h"

namespace lic::overfitted {

class LaneReader final : public LatentCoder {
 public:
  LaneReader() = default;
  // The stream, of an even length of at least 32, is copied. The others must outlive the reader. Errors: kBadStream.
  Status Fill(Bytes stream, const LaplaceTables& laplace, const Kernels& kernels);
  static Result<LaneReader> Create(Bytes stream, const LaplaceTables& laplace, const Kernels& kernels) {
    return Made<LaneReader>(stream, laplace, kernels);
  }

  bool CodeFlag(const BandPlace& place, uint32_t chunk, uint32_t frequency) override;
  void CodeStep(const BandPlace& place, size_t t, const StepTables& tables, LaneRange lanes, int16_t* latents) override;

  // Whether a word was missing. What has been taken since means nothing; the caller need not look after every step.
  bool bad() const { return lanes_.bad; }
  size_t bytes_left() const { return static_cast<size_t>(lanes_.end - lanes_.next); }
  // To be asked when everything is taken, or where the stream is bad. Errors: kBadStream.
  Status Finish() const;

 private:
  void TakeEscapes(uint32_t escapes, int16_t* latents);

  Buffer<uint8_t> stream_;
  LaneStates lanes_ = {};
  const LaplaceTables* laplace_ = nullptr;
  const Kernels* kernels_ = nullptr;
};

}  // namespace lic::overfitted
