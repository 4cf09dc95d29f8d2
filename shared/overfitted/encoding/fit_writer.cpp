// Two walks through the grids: the first measures the latents, so that maps can be chosen; the second writes them.
// What a latent is coded with depends on other latents alone, not on maps, so both see the same distributions.
#include "overfitted/encoding/fit_writer.h"

#include <algorithm>

#include "base/try.h"
#include "overfitted/grid_walk.h"
#include "overfitted/lane_writer.h"
#include "overfitted/latent_costs.h"
#include "overfitted/parameters_writer.h"

namespace lic::overfitted {
namespace {

// Chooses the maps. Returns the most symbols of each stream.
Result<Buffer<size_t>> ChooseMaps(const Fit& fit, const LaplaceTables& laplace, uint32_t width, GridWalk& walk,
                                  Parameters& parameters, double* grid_bits) {
  LIC_TRY(auto costs, LatentCosts::Create(laplace, fit.planes, width));
  LIC_TRY(auto symbols, Buffer<size_t>::Create(walk.streams()));
  for (uint32_t stream = 0; stream < walk.streams(); ++stream) {
    const size_t before = costs.symbols();
    costs.StartStream();
    walk.Run(stream, costs);
    symbols[stream] = costs.symbols() - before;
  }
  for (uint32_t g = 0; g < fit.architecture.grids; ++g) {
    const MapChoice choice = ChooseMap(costs.of(g));
    parameters.map[g] = choice.map;
    grid_bits[g] = choice.bits;
  }
  return symbols;
}

}  // namespace

Result<WrittenFit> WriteFit(const Fit& fit, const TileGrid& tiles, const LaplaceTables& laplace) {
  WrittenFit result;
  Parameters parameters;
  LIC_TRY(parameters.values, Buffer<int16_t>::Create(fit.parameters.size()));
  std::copy(fit.parameters.begin(), fit.parameters.end(), parameters.values.begin());
  LIC_TRY(const Layers layers, Layers::Create(fit.architecture, parameters));
  LIC_TRY(auto walk, GridWalk::Create(fit.architecture, parameters, layers, tiles));
  LIC_TRY(const auto symbols, ChooseMaps(fit, laplace, tiles.width, walk, parameters, result.grid_bits));
  for (uint32_t stream = 0; stream < walk.streams(); ++stream) {
    LaneWriter writer(laplace, fit.planes);
    LIC_CHECK(writer.Reserve(symbols[stream]));
    walk.Run(stream, writer);
    LIC_TRY(const auto bytes, writer.Finish());
    LIC_CHECK(result.grids.Add(bytes));
  }
  LIC_TRY(result.network, WriteParameters(fit.architecture, parameters, fit.step, laplace.residual));
  return result;
}

}  // namespace lic::overfitted
