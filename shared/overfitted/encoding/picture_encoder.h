// Encodes a picture with networks of its own: fits them by descent, for one quality or for several, and writes files.
#pragma once

#include <memory>

#include "coding/picture_encoder.h"
#include "container/header.h"
#include "overfitted/encoding/fit_writer.h"

namespace lic::overfitted {

struct EncodingTask {
  FittingOptions fitting;         // its iterations are those of the first descent
  uint32_t later_iterations = 0;  // of those that go on from it for a quality nearby
  uint32_t tile_units = 0;
  Metadata metadata;
  FittingObserver* observer = nullptr;  // may be null
};

// What the last file is made of.
struct EncodingFigures {
  Architecture architecture;
  uint32_t quality256 = 0;  // that its header says: the observer may have changed it
  uint32_t iterations = 0;  // of all descents so far
  size_t network_bytes = 0;
  double grid_bits[kMaxGrids] = {};
};

// Fitting::Create, or what a test has in its place.
using MakeFitting = Result<std::unique_ptr<Fitting>> (*)(const Source& source, const FittingOptions& options);

class OverfittedEncoder : public PictureEncoder {
 public:
  // The pixels and the metadata must outlive the encoder. Errors: kOutOfMemory, and those of the fitting.
  static Result<std::unique_ptr<OverfittedEncoder>> Create(const PictureView& picture, const EncodingTask& task,
                                                           MakeFitting make_fitting);
  // Goes on from the fit of the last quality. Errors: those of the observer, too.
  Result<Buffer<uint8_t>> Encode(uint32_t quality256, Trial trial) override;

  const EncodingFigures& figures() const { return figures_; }

 private:
  explicit OverfittedEncoder(const EncodingTask& task) : task_(task) {}
  uint32_t IterationsFor(uint32_t quality256) const;
  Header MakeHeader(uint32_t quality256, const Architecture& architecture) const;

  EncodingTask task_;
  LaplaceTables laplace_;
  Source source_;
  StreamList alpha_streams_;  // of each tile, if the picture has alpha
  std::unique_ptr<Fitting> fitting_;
  EncodingFigures figures_;
};

}  // namespace lic::overfitted
