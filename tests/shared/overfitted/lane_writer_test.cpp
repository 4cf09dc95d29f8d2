// What the lanes' writer puts is what their reader takes.
#include <vector>

#include "overfitted/lane_reader.h"
#include "overfitted/lane_writer.h"
#include "support/check.h"
#include "support/random.h"

namespace lic::test {
namespace {

namespace of = lic::overfitted;

const of::LaplaceTables& Laplace() {
  static const of::LaplaceTables tables = of::LaplaceTables::Create().value();
  return tables;
}

// A band of a grid, with random latents and with random tables for each of its steps.
struct Band {
  of::BandPlace place;
  of::GridPlanes planes;
  std::vector<of::StepTables> tables;
  std::vector<uint32_t> frequencies;  // of the flags; none where the band has no flags
};

Band DrawBand(Random& random, uint32_t rows, uint32_t width, bool has_flags) {
  Band band;
  band.place = {.grid = 0, .y = 0, .rows = rows, .width = width};
  band.planes.plane[0] = of::GridPlane::Create(width, rows, rows).value();
  const int most = random.Within(0, 2) ? 3 : 128;
  for (int8_t& latent : band.planes.plane[0].latents)
    latent = int8_t(random.Within(0, 3) ? 0 : random.Within(-most, most - 1));
  for (uint32_t t = 0; t < band.place.steps(); ++t) {
    of::StepTables& step = band.tables.emplace_back();
    for (uint32_t lane = 0; lane < of::kLanes; ++lane) {
      step.table[lane] = int16_t(random.Within(0, kScaleCount * of::kFractions - 1));
      step.centre[lane] = int16_t(random.Within(-most, most));
    }
  }
  for (uint32_t k = 0; has_flags && k < band.place.chunks(); ++k)
    band.frequencies.push_back(uint32_t(128 * random.Within(1, 255)));
  return band;
}

// Lets a coder see a band, in the order of Wavefront. Returns the latents, row after row.
std::vector<int8_t> Code(const Band& band, of::LatentCoder& coder) {
  std::vector<bool> empty(band.place.chunks());
  for (uint32_t k = 0; k < band.frequencies.size(); ++k) empty[k] = coder.CodeFlag(band.place, k, band.frequencies[k]);
  std::vector<int8_t> latents(size_t{band.place.width} * band.place.rows);
  for (uint32_t t = 0; t < band.place.steps(); ++t) {
    if (empty[t / of::kChunkSteps]) continue;
    of::LaneRange lanes = {0, std::min(t / of::kLag + 1, band.place.rows)};
    if (t >= band.place.width) lanes.first = (t - band.place.width) / of::kLag + 1;
    alignas(16) int16_t step[of::kLanes] = {};
    coder.CodeStep(band.place, t, band.tables[t], lanes, step);
    for (uint32_t lane = lanes.first; lane < lanes.end; ++lane)
      latents[size_t{lane} * band.place.width + t - of::kLag * lane] = int8_t(step[lane]);
  }
  return latents;
}

}  // namespace

TEST(what_is_written_is_read_by_every_instruction_set) {
  Random random(11);
  for (int i = 0; i < 300; ++i) {
    const auto rows = uint32_t(random.Within(1, of::kLanes)), width = uint32_t(random.Within(1, 70));
    const Band band = DrawBand(random, rows, width, i % 2 == 0);
    of::LaneWriter writer(Laplace(), band.planes);
    const auto written = Code(band, writer);
    const auto& wanted = band.planes.plane[0].latents;
    CHECK(std::equal(written.begin(), written.end(), wanted.begin(), wanted.end()));
    const auto stream = writer.Finish();
    if (!CHECK(stream.ok())) return;
    CHECK_EQ(stream.value().size() % 2, 0u);
    for (const of::Kernels* kernels : of::AllKernels()) {
      auto reader = of::LaneReader::Create(stream.value(), Laplace(), *kernels);
      if (!CHECK(reader.ok())) return;
      CHECK(Code(band, reader.value()) == written);
      CHECK(reader.value().Finish().ok());
    }
  }
}

TEST(a_stream_of_nothing_has_its_eight_states) {
  const of::GridPlanes none;
  of::LaneWriter writer(Laplace(), none);
  const auto stream = writer.Finish();
  if (!CHECK(stream.ok())) return;
  CHECK_EQ(stream.value().size(), 32u);
  CHECK(of::LaneReader::Create(stream.value(), Laplace(), of::kPlainKernels).value().Finish().ok());
}

TEST(chunks_are_empty_where_all_their_latents_are) {
  Random random(12);
  for (int i = 0; i < 50; ++i) {
    Band band = DrawBand(random, uint32_t(random.Within(1, 8)), uint32_t(random.Within(1, 40)), false);
    of::GridPlane& plane = band.planes.plane[0];
    std::fill(plane.latents.begin(), plane.latents.end(), int8_t{0});
    for (uint32_t k = 0; k < band.place.chunks(); ++k) CHECK(of::IsEmptyChunk(plane, band.place, k));
    const auto y = uint32_t(random.Within(0, band.place.rows - 1)),
               x = uint32_t(random.Within(0, band.place.width - 1));
    plane.Row(y)[x] = 1;
    for (uint32_t k = 0; k < band.place.chunks(); ++k)
      CHECK_EQ(of::IsEmptyChunk(plane, band.place, k), k != (x + of::kLag * y) / of::kChunkSteps);
  }
}

}  // namespace lic::test
