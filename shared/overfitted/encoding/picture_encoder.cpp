// A picture becomes a file. Read top to bottom; overfitted/picture_decoder.cpp is the mirror.
//
//   pixels ──descent──> Fit: parameters ──rANS──> NETWORK
//                            latents of the grids ──rANS, eight lanes──> TILES
#include "overfitted/encoding/picture_encoder.h"

#include <algorithm>
#include <new>

#include "base/try.h"
#include "coding/tile_alpha.h"
#include "container/container.h"

namespace lic::overfitted {
namespace {

// A quality so far from the last one takes as many iterations as a first descent.
constexpr uint32_t kFarQuality256 = 64 * 256;

}  // namespace

Result<std::unique_ptr<OverfittedEncoder>> OverfittedEncoder::Create(const PictureView& picture,
                                                                     const EncodingTask& task,
                                                                     MakeFitting make_fitting) {
  std::unique_ptr<OverfittedEncoder> result(new (std::nothrow) OverfittedEncoder(task));
  if (!result) return Fail(Error::kOutOfMemory, "no memory for an encoder");
  LIC_TRY(result->laplace_, LaplaceTables::Create());
  LIC_TRY(result->source_, ReadSource(picture));
  if (result->source_.has_alpha) {
    const TileGrid tiles(picture.width, picture.height, task.tile_units);
    LIC_TRY(result->alpha_streams_, EncodeTileAlpha(result->source_, tiles, result->laplace_.residual));
  }
  LIC_TRY(result->fitting_, make_fitting(result->source_, task.fitting));
  return result;
}

Header OverfittedEncoder::MakeHeader(uint32_t quality256, const Architecture& architecture) const {
  Header header;
  header.version = kOverfittedVersion;
  header.has_alpha = source_.has_alpha;
  header.is_grey = source_.is_grey;
  header.quality256 = quality256;
  header.width = source_.view.width;
  header.height = source_.view.height;
  header.networks = architecture.Write();
  header.tile_units = task_.tile_units;
  return header;
}

// The farther from the last quality, the more.
uint32_t OverfittedEncoder::IterationsFor(uint32_t quality256) const {
  const uint32_t first = task_.fitting.iterations, later = task_.later_iterations;
  if (figures_.iterations == 0 || later >= first) return figures_.iterations == 0 ? first : later;
  const uint64_t way = std::max(quality256, figures_.quality256) - std::min(quality256, figures_.quality256);
  return static_cast<uint32_t>(std::clamp<uint64_t>(first * way / kFarQuality256, later, first));
}

Result<Buffer<uint8_t>> OverfittedEncoder::Encode(uint32_t quality256, Trial) {
  const uint32_t iterations = IterationsFor(quality256);
  LIC_TRY(const Fit fit, fitting_->Run(quality256, iterations, task_.observer));
  const Header header = MakeHeader(fit.quality256, fit.architecture);
  LIC_TRY(const WrittenFit written, WriteFit(fit, header.grid(), laplace_));
  figures_.architecture = fit.architecture;
  figures_.quality256 = fit.quality256;
  figures_.iterations += iterations;
  figures_.network_bytes = written.network.size();
  std::copy_n(written.grid_bits, kMaxGrids, figures_.grid_bits);

  ContainerParts parts;
  parts.header = header;
  parts.latents = &written.grids;
  if (header.has_alpha) parts.alpha = &alpha_streams_;
  parts.SetMetadata(task_.metadata);
  parts.payloads[SectionType::kNetwork] = written.network;
  return WriteContainer(parts);
}

}  // namespace lic::overfitted
