// Files of the overfitted coding for tests: random networks, and latents that these networks find likely. It is no
// encoder: nothing is fitted to a picture.
#pragma once

#include <algorithm>
#include <vector>

#include "coding/tile_alpha.h"
#include "container/container.h"
#include "overfitted/grid_walk.h"
#include "overfitted/lane_writer.h"
#include "overfitted/parameters_writer.h"
#include "support/random.h"

namespace lic::test {

namespace of = lic::overfitted;

// The field `networks` of the header.
using NetworksField = std::array<uint8_t, of::kArchitectureBytes>;

struct NetworkKnobs {
  uint8_t spatial = 4, coarser = 2, width = 6, depth = 2;
  bool own_biases = false;
};

struct Knobs {
  uint8_t base_set = 0;
  std::vector<uint8_t> chains = {0x60};  // finest + 16 * joined
  uint8_t hidden = 8;
  uint8_t convolutions = 1;
  uint8_t noise = 0;
  uint8_t network_of = 0;
  std::vector<NetworkKnobs> networks = {{}};

  NetworksField Bytes() const {
    NetworksField bytes = {base_set, 255, 255, 255, hidden, uint8_t(convolutions + 4 * noise), network_of};
    std::copy(chains.begin(), chains.end(), bytes.begin() + 1);
    for (size_t i = 0; i < networks.size(); ++i) {
      const NetworkKnobs& n = networks[i];
      bytes[7 + 3 * i] = uint8_t(n.spatial + 32 * n.coarser);
      bytes[8 + 3 * i] = n.width;
      bytes[9 + 3 * i] = uint8_t(n.depth + 4 * n.own_biases);
    }
    return bytes;
  }
};

// What a drawn file is like.
struct Drawing {
  uint32_t width = 1, height = 1;
  uint32_t tile_units = 16;
  Knobs knobs;
  uint64_t seed = 1;
  bool has_alpha = false, is_grey = false, is_mapped = true;
  int difference = 40;  // largest of a parameter, in steps
  int step = 4;         // their logarithm
  int restless = 30;    // latents in a hundred that are not the likeliest
  int wild = 300;       // one latent in so many is any number
  int empty = 33;       // empty chunks in a hundred, where a grid is mapped
  std::vector<uint8_t> icc, exif, xmp;
};

// Draws the latents that random networks ask for. They lie in the planes of the walk, and are kept in `planes`.
class LatentDrawer final : public of::LatentCoder {
 public:
  LatentDrawer(const Drawing& drawing, Random& random, of::GridPlanes& planes)
      : drawing_(drawing), random_(random), planes_(planes) {}

  bool CodeFlag(const of::BandPlace&, uint32_t, uint32_t) override { return random_.Within(1, 100) <= drawing_.empty; }
  void CodeStep(const of::BandPlace& place, size_t t, const of::StepTables& tables, of::LaneRange lanes,
                int16_t* latents) override {
    for (uint32_t lane = lanes.first; lane < lanes.end; ++lane) {
      latents[lane] = int16_t(DrawLatent(tables.centre[lane]));
      planes_.plane[place.grid].Row(place.y + lane)[t - of::kLag * lane] = int8_t(latents[lane]);
    }
  }

 private:
  int DrawLatent(int centre) {
    if (random_.Within(1, drawing_.wild) == 1) return int(random_.Within(-128, 127));
    const bool is_restless = random_.Within(1, 100) <= drawing_.restless;
    return std::clamp(is_restless ? centre + (random_.Within(0, 1) ? 1 : -1) : centre, -128, 127);
  }

  const Drawing& drawing_;
  Random& random_;
  of::GridPlanes& planes_;
};

// Draws one file.
class FileDrawer {
 public:
  explicit FileDrawer(const Drawing& drawing)
      : drawing_(drawing),
        random_(drawing.seed),
        a_(of::Architecture::Read(drawing.knobs.Bytes()).value()),
        laplace_(of::LaplaceTables::Create().value()),
        tiles_(drawing.width, drawing.height, drawing.tile_units) {}

  std::vector<uint8_t> Draw() {
    DrawParameters();
    layers_ = of::Layers::Create(a_, parameters_).value();
    planes_ = of::GridPlanes::Create(a_, drawing_.width, drawing_.height, drawing_.height).value();
    auto walk = of::GridWalk::Create(a_, parameters_, layers_, tiles_).value();
    LatentDrawer drawer(drawing_, random_, planes_);
    for (uint32_t stream = 0; stream < walk.streams(); ++stream) walk.Run(stream, drawer);
    StreamList grids;
    for (uint32_t stream = 0; stream < walk.streams(); ++stream) {
      of::LaneWriter writer(laplace_, planes_);
      walk.Run(stream, writer);
      (void)grids.Add(writer.Finish().value());
    }
    return Write(grids);
  }

  // Of the last drawing.
  const of::Architecture& architecture() const { return a_; }
  const of::Parameters& parameters() const { return parameters_; }
  const of::GridPlanes& planes() const { return planes_; }
  const std::vector<uint8_t>& alpha() const { return alpha_; }
  // Of each group, the logarithm of the unit of its differences.
  const std::vector<uint8_t>& steps() const { return steps_; }

 private:
  void DrawParameters() {
    for (uint32_t g = 0; g < a_.grids; ++g) {
      of::ChunkMap& map = parameters_.map[g];
      map.mapped = drawing_.is_mapped && (g % 2 == 0 || g + 1 == a_.grids);
      for (uint8_t& probability : map.probability) probability = uint8_t(random_.Within(1, 255));
    }
    parameters_.values = of::BaseParameters(a_).value();
    steps_.clear();
    for (const of::Group& group : of::GroupList(a_)) {
      steps_.push_back(uint8_t(random_.Within(0, 7) == 0 ? of::kNoDifferences : drawing_.step));
      if (steps_.back() == of::kNoDifferences) continue;
      const int most = LargestDifference(group.kind);
      for (size_t i = 0; i < group.count; ++i)
        parameters_.values[group.first + i] += int16_t(random_.Within(-most, most) * (1 << drawing_.step));
    }
  }

  // Context networks feed on what they have made, and filters must not amplify: theirs are smaller.
  int LargestDifference(of::GroupKind kind) const {
    if (kind == of::GroupKind::kTaps) return std::min(drawing_.difference, 5);
    return kind < of::GroupKind::kTaps ? CeilDiv(uint32_t(drawing_.difference), 4) : drawing_.difference;
  }

  Result<StreamList> DrawAlpha() {
    alpha_.resize(size_t{drawing_.width} * drawing_.height);
    for (size_t i = 0; i < alpha_.size(); ++i)
      alpha_[i] = uint8_t(i % drawing_.width < 9 ? 255 : 100 + random_.Within(0, 20));
    std::vector<uint8_t> pixels(2 * alpha_.size());
    for (size_t i = 0; i < alpha_.size(); ++i) pixels[2 * i + 1] = alpha_[i];
    Source source;
    source.view = {pixels.data(), drawing_.width, drawing_.height, 2, size_t{2} * drawing_.width};
    return EncodeTileAlpha(source, tiles_, laplace_.residual);
  }

  std::vector<uint8_t> Write(const StreamList& grids) {
    ContainerParts parts;
    parts.header.version = kOverfittedVersion;
    parts.header.has_alpha = drawing_.has_alpha;
    parts.header.is_grey = drawing_.is_grey;
    parts.header.quality256 = 12800;
    parts.header.width = drawing_.width;
    parts.header.height = drawing_.height;
    parts.header.networks = drawing_.knobs.Bytes();
    parts.header.tile_units = drawing_.tile_units;
    StreamList alpha;
    if (drawing_.has_alpha) alpha = DrawAlpha().value();
    parts.latents = &grids;
    parts.alpha = drawing_.has_alpha ? &alpha : nullptr;
    parts.SetMetadata({drawing_.icc, drawing_.exif, drawing_.xmp});
    const auto network = of::WriteParameters(a_, parameters_, steps_, laplace_.residual).value();
    parts.payloads[SectionType::kNetwork] = network;
    const auto file = WriteContainer(parts).value();
    return {file.begin(), file.end()};
  }

  Drawing drawing_;
  Random random_;
  of::Architecture a_;
  of::LaplaceTables laplace_;
  TileGrid tiles_;
  std::vector<uint8_t> steps_;
  of::Parameters parameters_;
  of::Layers layers_;
  of::GridPlanes planes_;
  std::vector<uint8_t> alpha_;
};

inline std::vector<uint8_t> DrawFile(const Drawing& drawing) { return FileDrawer(drawing).Draw(); }

}  // namespace lic::test
