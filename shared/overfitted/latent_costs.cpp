#include "overfitted/latent_costs.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>

#include "symbols/rans.h"

namespace lic::overfitted {
namespace {

constexpr uint32_t kProbabilityUnit = 1u << kProbabilityBits;

double FlagBits(uint64_t full, uint64_t empty, uint32_t probability) {
  const double p = static_cast<double>(probability) / kProbabilityUnit;
  return -static_cast<double>(empty) * std::log2(p) - static_cast<double>(full) * std::log2(1 - p);
}

}  // namespace

MapChoice ChooseMap(const GridCost& cost) {
  MapChoice mapped = {.map = {.mapped = true}, .bits = cost.bits - cost.empty_bits};
  for (uint32_t n = 0; n <= kEmptyNeighbours; ++n) {
    const uint64_t full = cost.chunks[n][0], empty = cost.chunks[n][1], all = full + empty;
    // The best of all real numbers lies between two that can be written.
    const auto below = all > 0 ? static_cast<uint32_t>(kProbabilityUnit * empty / all) : kProbabilityUnit / 2;
    const uint32_t low = std::clamp(below, 1u, kProbabilityUnit - 1), high = std::min(low + 1, kProbabilityUnit - 1);
    const double low_bits = FlagBits(full, empty, low), high_bits = FlagBits(full, empty, high);
    mapped.map.probability[n] = static_cast<uint8_t>(high_bits < low_bits ? high : low);
    mapped.bits += std::min(low_bits, high_bits);
  }
  constexpr double kMapBits = (kEmptyNeighbours + 1) * kProbabilityBits;
  return mapped.bits + kMapBits < cost.bits ? mapped : MapChoice{.map = {}, .bits = cost.bits};
}

Result<LatentCosts> LatentCosts::Create(const LaplaceTables& laplace, const GridPlanes& planes, uint32_t width) {
  LatentCosts result;
  result.laplace_ = &laplace;
  result.planes_ = &planes;
  LIC_TRY(result.flags_, ChunkFlags::Create(BandPlace{.rows = kLanes, .width = width}.chunks()));
  return result;
}

bool LatentCosts::CodeFlag(const BandPlace&, uint32_t, uint32_t) {
  assert(false);
  return false;
}

void LatentCosts::StartBand(const BandPlace& place) {
  if (place.grid != grid_) flags_.StartPart();
  grid_ = place.grid;
  flags_.StartBand(place.chunks());
  for (uint32_t k = 0; k < flags_.count(); ++k) {
    const bool is_empty = IsEmptyChunk(planes_->plane[grid_], place, k);
    ++costs_[grid_].chunks[flags_.EmptyNeighbours(k)][is_empty];
    flags_.Put(k, is_empty);
  }
  symbols_ += flags_.count();
}

void LatentCosts::CodeStep(const BandPlace& place, size_t t, const StepTables& tables, LaneRange lanes,
                           int16_t* latents) {
  if (t == 0) StartBand(place);
  CopyStep(planes_->plane[grid_], place, t, lanes, latents);
  double probability = 1;  // of all latents of the step
  for (uint32_t lane = lanes.first; lane < lanes.end; ++lane) {
    const int support = LaplaceTables::Support(tables.table[lane]), wanted = latents[lane] - tables.centre[lane];
    const bool fits = std::abs(wanted) <= support;
    const uint16_t* starts = laplace_->StartsFrom0(tables.table[lane]) + (fits ? wanted : support + 1);
    probability *= static_cast<double>(starts[1] - starts[0]) / kRansTotal;
    if (!fits) {
      probability /= 1u << kEscapeBits;
      ++symbols_;
    }
    ++symbols_;
  }
  const double bits = -std::log2(probability);
  costs_[grid_].bits += bits;
  if (flags_.IsEmpty(static_cast<uint32_t>(t / kChunkSteps))) costs_[grid_].empty_bits += bits;
}

}  // namespace lic::overfitted
