// `lic encode --coding overfitted`: its options, its progress and what is said of the result.
#pragma once

#include "native/commands/options.h"

namespace lic::native {

struct CodingOptions {
  Coding coding = Coding::kAutoencoder;
  uint32_t threads = 0;  // of a picture; 0: what the processors give
};

// --coding, --overfit and --threads.
void AddCodingOptions(CLI::App& app, CodingOptions& options);

struct OverfitEncoding {
  Buffer<uint8_t> file;
  OverfitReport report;
};

// Encodes with what both codings' options have. Reports the part that is done, and size and PSNR by then.
Result<OverfitEncoding> EncodeWithOwnNetworks(const PictureView& picture, const EncodeOptions& options,
                                              uint32_t threads, const ReportPart& report);

// Threads for a picture, where `jobs` of them are encoded at a time.
uint32_t ThreadsFor(const CodingOptions& options, size_t jobs);

// Iterations, seconds, bytes of the networks and of each grid, for Outcome::fields.
nlohmann::ordered_json OverfitFields(const OverfitReport& report);

}  // namespace lic::native
