// Costs of latents are those of the streams, and maps are chosen where they save bytes.
#include "overfitted/latent_costs.h"

#include "support/check.h"
#include "support/overfitted_drawings.h"

namespace lic::test {
namespace {

// The latents of a drawn file, and the streams that they take with one choice of maps or another.
class Latents {
 public:
  explicit Latents(const Drawing& drawing)
      : drawer_(drawing), tiles_(drawing.width, drawing.height, drawing.tile_units) {
    (void)drawer_.Draw();
    const auto& drawn = drawer_.parameters().values;
    parameters_.values = Buffer<int16_t>::Create(drawn.size()).value();
    std::copy(drawn.begin(), drawn.end(), parameters_.values.begin());
    layers_ = of::Layers::Create(a(), parameters_).value();
    walk_ = of::GridWalk::Create(a(), parameters_, layers_, tiles_).value();
  }

  const of::Architecture& a() const { return drawer_.architecture(); }
  of::ChunkMap& map(uint32_t grid) { return parameters_.map[grid]; }

  of::LatentCosts Measure() {
    auto costs = of::LatentCosts::Create(laplace_, drawer_.planes(), tiles_.width).value();
    for (uint32_t stream = 0; stream < walk_.streams(); ++stream) {
      costs.StartStream();
      walk_.Run(stream, costs);
    }
    return costs;
  }

  // Bytes of all streams, but for what every stream has.
  size_t Write() {
    size_t bytes = 0;
    for (uint32_t stream = 0; stream < walk_.streams(); ++stream) {
      of::LaneWriter writer(laplace_, drawer_.planes());
      walk_.Run(stream, writer);
      bytes += writer.Finish().value().size() - 32;
    }
    return bytes;
  }

 private:
  FileDrawer drawer_;
  TileGrid tiles_;
  of::LaplaceTables laplace_ = of::LaplaceTables::Create().value();
  of::Parameters parameters_;
  of::Layers layers_;
  of::GridWalk walk_;
};

Drawing Calm(int restless) {
  Drawing drawing;
  drawing.width = 150;
  drawing.height = 200;
  drawing.tile_units = 1;
  drawing.difference = 0;
  drawing.is_mapped = false;
  drawing.restless = restless;
  drawing.wild = 500;
  return drawing;
}

}  // namespace

TEST(costs_are_the_bits_of_the_streams) {
  for (const NamedDrawing& named : Drawings()) {
    Latents latents(named.drawing);
    const of::LatentCosts costs = latents.Measure();
    double bits = 0;
    for (uint32_t g = 0; g < latents.a().grids; ++g) bits += costs.of(g).bits;
    // Eight states hold 16 bits of what a stream is for, each or less.
    const double streams = named.drawing.height / (64.0 * named.drawing.tile_units) + 2;
    if (!CHECK_NEAR(8.0 * double(latents.Write()), bits, 8 * 16 * streams + 0.002 * bits))
      std::printf("  %s\n", named.name);
  }
}

TEST(a_map_is_chosen_where_it_saves_bytes) {
  bool saved = false, refused = false;
  for (const int restless : {0, 1, 5, 40, 100}) {
    Latents latents(Calm(restless));
    const of::LatentCosts costs = latents.Measure();
    const uint32_t finest = latents.a().grids - 1;
    const size_t without = latents.Write();
    const of::MapChoice choice = of::ChooseMap(costs.of(finest));
    // A map that suits any grid stands in for one that was not chosen.
    latents.map(finest) = choice.map.mapped ? choice.map : of::ChunkMap{true, {128, 192, 250}};
    const size_t with = latents.Write();
    const double change = 8 * (double(with) - double(without));
    if (choice.map.mapped) {
      CHECK_NEAR(change, choice.bits - costs.of(finest).bits, 16 * 8);
      CHECK(choice.bits + 24 < costs.of(finest).bits);
    }
    (choice.map.mapped ? saved : refused) = true;
    CHECK(choice.map.mapped ? change < 0 : change > 0);
  }
  CHECK(saved);
  CHECK(refused);
}

TEST(probabilities_are_the_best_of_all) {
  Random random(8);
  for (int i = 0; i < 200; ++i) {
    of::GridCost cost;
    for (auto& of_neighbours : cost.chunks) {
      for (uint64_t& count : of_neighbours) count = uint64_t(random.Within(0, random.Within(0, 1) ? 3 : 1000));
    }
    cost.bits = cost.empty_bits = 1e6;
    const of::MapChoice choice = of::ChooseMap(cost);
    CHECK(choice.map.mapped);
    double least = 0;
    for (uint32_t n = 0; n < 3; ++n) {
      const auto bits = [&](double p) {
        return -double(cost.chunks[n][1]) * std::log2(p / 256) - double(cost.chunks[n][0]) * std::log2(1 - p / 256);
      };
      double best = bits(1);
      for (int p = 2; p < 256; ++p) best = std::min(best, bits(p));
      CHECK_NEAR(bits(choice.map.probability[n]), best, 1e-6);
      least += best;
    }
    CHECK_NEAR(choice.bits, least, 1e-6);
  }
}

}  // namespace lic::test
