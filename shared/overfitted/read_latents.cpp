// All latents of a file, and what they take: the way of a decoder, without pixels.
#include "overfitted/read_latents.h"

#include "base/try.h"
#include "container/container.h"
#include "overfitted/grid_walk.h"
#include "overfitted/lane_reader.h"

namespace lic::overfitted {
namespace {

static_assert(LatentGrids::kMost == kMaxGrids);

// Keeps what a reader takes. A walk holds no more than a stripe of the finest grids.
class LatentKeeper final : public LatentCoder {
 public:
  LatentKeeper(LaneReader& reader, LatentGrids& grids) : reader_(reader), grids_(grids) {}

  bool CodeFlag(const BandPlace& place, uint32_t chunk, uint32_t frequency) override {
    const size_t left = reader_.bytes_left();
    const bool is_empty = reader_.CodeFlag(place, chunk, frequency);
    grids_.grid[place.grid].bytes += left - reader_.bytes_left();
    return is_empty;
  }

  void CodeStep(const BandPlace& place, size_t t, const StepTables& tables, LaneRange lanes,
                int16_t* latents) override {
    const size_t left = reader_.bytes_left();
    reader_.CodeStep(place, t, tables, lanes, latents);
    LatentGrid& grid = grids_.grid[place.grid];
    grid.bytes += left - reader_.bytes_left();
    for (uint32_t lane = lanes.first; lane < lanes.end; ++lane) {
      const size_t y = place.y + lane, x = t - kLag * lane;
      grid.latents[y * grid.width + x] = static_cast<int8_t>(latents[lane]);
    }
  }

 private:
  LaneReader& reader_;
  LatentGrids& grids_;
};

Status MakeGrids(const Architecture& architecture, const Header& header, LatentGrids& grids) {
  grids.grids = architecture.grids;
  for (uint32_t g = 0; g < architecture.grids; ++g) {
    const Grid& from = architecture.grid[g];
    LatentGrid& grid = grids.grid[g];
    grid.chain = from.chain;
    grid.level = from.level;
    grid.width = from.Size(header.width);
    grid.height = from.Size(header.height);
    LIC_TRY(grid.latents, Buffer<int8_t>::Create(size_t{grid.width} * grid.height));
  }
  return {};
}

Status ReadStreams(const Container& file, const LaplaceTables& laplace, GridWalk& walk, LatentGrids& grids) {
  const StreamOrder order(file.header);
  const uint32_t common = order.has_common() ? 1 : 0;
  StreamFinder finder;
  LaneReader reader;
  LatentKeeper keeper(reader, grids);
  for (uint32_t stream = 0; stream < walk.streams(); ++stream) {
    const uint32_t row = stream - std::min(stream, common);
    const auto about = [&](const Failure& failure) {
      return AboutTile("grids of ", row * file.header.grid().columns, failure);
    };
    const Bytes bytes = finder.Find(file, stream < common ? 0 : order.Grids(row));
    if (const Status begun = reader.Fill(bytes, laplace, ChooseKernels()); !begun.ok()) return about(begun.failure());
    walk.Run(stream, keeper);
    if (const Status end = reader.Finish(); !end.ok()) return about(end.failure());
  }
  return {};
}

}  // namespace

Result<LatentGrids> ReadLatents(Bytes file) {
  LIC_TRY(const Container container, ReadContainer(file));
  const Header& header = container.header;
  if (header.coding() != Coding::kOverfitted)
    return Fail(Error::kInvalidArgument, "the file names a model and has no grids");
  LIC_TRY(const Architecture architecture, Architecture::Read(header.networks));
  LaplaceTables laplace;
  Parameters parameters;
  Layers layers;
  LIC_CHECK(laplace.Fill());
  LIC_CHECK(parameters.Fill(container.payloads[SectionType::kNetwork], architecture, laplace.residual));
  LIC_CHECK(layers.Fill(architecture, parameters));
  LatentGrids grids;
  LIC_CHECK(MakeGrids(architecture, header, grids));
  LIC_TRY(GridWalk walk, GridWalk::Create(architecture, parameters, layers, header.grid()));
  LIC_CHECK(ReadStreams(container, laplace, walk, grids));
  return grids;
}

}  // namespace lic::overfitted
