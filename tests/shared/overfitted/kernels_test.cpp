// The kernels of every instruction set against the plain ones: random networks and rows with the extremes of int16, so
// that sums wrap and everything saturates.
#include "overfitted/kernels.h"

#include <algorithm>

#include "support/check.h"
#include "support/overfitted_writer.h"
#include "support/random.h"

namespace lic::test {
namespace {

constexpr int kRounds = 200;

int16_t DrawShort(Random& random) {
  switch (random.Within(0, 7)) {
    case 0:
      return INT16_MIN;
    case 1:
      return INT16_MAX;
    case 2:
      return 0;
    default:
      return int16_t(random.Within(INT16_MIN, INT16_MAX));
  }
}

// Networks whose parameters are any numbers.
struct RandomNetworks {
  of::Architecture architecture;
  of::Parameters parameters;
  of::Layers layers;

  RandomNetworks(Random& random, const Knobs& knobs) : architecture(of::Architecture::Read(knobs.Bytes()).value()) {
    parameters.values = Buffer<int16_t>::Create(of::GroupList(architecture).parameters()).value();
    for (int16_t& value : parameters.values) value = DrawShort(random);
    layers = of::Layers::Create(architecture, parameters).value();
  }
};

Knobs DrawKnobs(Random& random) {
  Knobs knobs;
  knobs.chains = {uint8_t(16 * random.Within(0, 6)), uint8_t(16 * random.Within(2, 6) + 2)};
  knobs.hidden = uint8_t(random.Within(1, 64));
  knobs.convolutions = 2;
  knobs.noise = uint8_t(random.Within(0, 3));
  knobs.networks[0] = {.spatial = uint8_t(random.Within(1, 16)),
                       .coarser = uint8_t(random.Within(0, 6)),
                       .width = uint8_t(random.Within(1, 32)),
                       .depth = uint8_t(random.Within(1, 2))};
  return knobs;
}

// Rows of one length, with the room around them that kernels count on.
class Rows {
 public:
  Rows(uint32_t count, uint32_t width) : stride_(RoundUp(width, of::kRowPad) + 2 * of::kRowPad) {
    values_.resize(size_t{count} * stride_);
    for (uint32_t i = 0; i < count; ++i) rows_.push_back(values_.data() + i * stride_ + of::kRowPad);
  }
  Rows(const Rows&) = delete;

  void Fill(Random& random) {
    for (int16_t& value : values_) value = DrawShort(random);
  }
  int16_t* const* rows() const { return rows_.data(); }
  bool Equals(const Rows& other, uint32_t width) const {
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (!std::equal(rows_[i], rows_[i] + width, other.rows_[i])) return false;
    }
    return true;
  }

 private:
  size_t stride_;
  std::vector<int16_t> values_;
  std::vector<int16_t*> rows_;
};

// Calls run(kernels, random, rows for the result) for the plain kernels and each of the others, with the same numbers.
template <class Run>
void CompareRows(uint32_t count, Run run) {
  Random widths(3);
  for (int round = 0; round < kRounds; ++round) {
    const auto width = uint32_t(widths.Within(1, 70));
    Rows plain(count, 2 * width);
    for (const of::Kernels* kernels : of::AllKernels()) {
      Rows rows(count, 2 * width);
      Random random(uint64_t(round) + 1);
      const uint32_t values = run(*kernels, random, width, rows);
      if (kernels == &of::kPlainKernels) {
        Random again(uint64_t(round) + 1);
        run(*kernels, again, width, plain);
      }
      if (!CHECK(rows.Equals(plain, values))) return void(std::printf("  %s, width %u\n", kernels->name, width));
    }
  }
}

}  // namespace

TEST(filters_are_those_of_the_plain_kernels) {
  CompareRows(1, [](const of::Kernels& kernels, Random& random, uint32_t width, Rows& to) {
    Rows from(4, width), taps(1, 4);
    from.Fill(random);
    taps.Fill(random);
    kernels.filter_columns(from.rows(), taps.rows()[0], width, to.rows()[0]);
    return width;
  });
  CompareRows(1, [](const of::Kernels& kernels, Random& random, uint32_t width, Rows& to) {
    Rows from(1, width), taps(1, 4);
    from.Fill(random);
    taps.Fill(random);
    kernels.double_row(from.rows()[0], taps.rows()[0], width, to.rows()[0]);
    return 2 * width;
  });
}

TEST(mixing_is_that_of_the_plain_kernels) {
  CompareRows(6, [](const of::Kernels& kernels, Random& random, uint32_t width, Rows& to) {
    const RandomNetworks networks(random, DrawKnobs(random));
    Rows channels(networks.architecture.channels(), width);
    channels.Fill(random);
    kernels.mix_row(networks.layers.mixing, channels.rows(), width, to.rows(), to.rows() + 3);
    return width;
  });
}

TEST(convolutions_are_those_of_the_plain_kernels) {
  CompareRows(3, [](const of::Kernels& kernels, Random& random, uint32_t width, Rows& to) {
    const RandomNetworks networks(random, DrawKnobs(random));
    Rows from(9, width);
    from.Fill(random);
    const int16_t* rows[of::kColours][3];
    for (uint32_t i = 0; i < 9; ++i) rows[i / 3][i % 3] = from.rows()[i];
    kernels.convolve_row(networks.layers.convolution[0], rows, random.Within(0, 1) == 1, width, to.rows());
    return width;
  });
}

// A kernel may not write behind the last sample.
TEST(samples_are_those_of_the_plain_kernels) {
  Random random(4);
  for (int round = 0; round < kRounds; ++round) {
    const auto width = uint32_t(random.Within(1, 70));
    Rows colours(6, width);
    colours.Fill(random);
    std::vector<uint8_t> plain(3 * width);
    of::kPlainKernels.to_samples(colours.rows(), colours.rows() + 3, width, plain.data());
    for (const of::Kernels* kernels : of::AllKernels()) {
      std::vector<uint8_t> rgb(3 * width + 1, 77);
      kernels->to_samples(colours.rows(), colours.rows() + 3, width, rgb.data());
      CHECK_EQ(rgb.back(), 77);
      rgb.pop_back();
      if (!CHECK(rgb == plain)) return void(std::printf("  %s, width %u\n", kernels->name, width));
    }
  }
}

TEST(tables_are_those_of_the_plain_kernels) {
  Random random(5);
  constexpr size_t kSteps = 9;
  for (int round = 0; round < kRounds; ++round) {
    const RandomNetworks networks(random, DrawKnobs(random));
    const of::ContextNetwork& network = networks.layers.context[0];
    Rows memory(1, 64 + 16 * uint32_t{kSteps});
    if (round % 8 > 0) memory.Fill(random);
    of::ContextTask task;
    task.network = &network;
    task.bias1 = network.bias1;
    for (int16_t& bias : task.grid_bias) bias = DrawShort(random);
    for (uint32_t i = 0; i < network.shape.contexts(); ++i) {
      of::ContextSource& source = task.sources[i];
      const auto place = [&] { return memory.rows()[0] + random.Within(0, 40); };
      if (i < network.shape.spatial) source.direct = place();
      source.direct_stride = 16;
      for (int parity = 0; parity < 2; ++parity) source.even[parity] = place(), source.odd[parity] = place();
    }
    for (size_t t = 0; t < kSteps; ++t) {
      of::StepTables plain;
      of::kPlainKernels.context_step(task, t, plain);
      for (const of::Kernels* kernels : of::AllKernels()) {
        of::ContextTask own = task;
        of::StepTables tables;
        kernels->context_step(own, t, tables);
        CHECK(std::ranges::equal(tables.table, plain.table));
        if (!CHECK(std::ranges::equal(tables.centre, plain.centre))) return void(std::printf("  %s\n", kernels->name));
      }
    }
  }
}

TEST(symbols_are_those_of_the_plain_kernels) {
  Random random(6);
  const of::LaplaceTables laplace = of::LaplaceTables::Create().value();
  for (int round = 0; round < 20 * kRounds; ++round) {
    std::vector<uint8_t> words(size_t(2 * random.Within(0, 8)));
    for (uint8_t& byte : words) byte = uint8_t(random.Within(0, 255));
    of::StepTables tables;
    of::LaneStates lanes = {.state = {}, .next = words.data(), .end = words.data() + words.size(), .bad = false};
    for (uint32_t lane = 0; lane < of::kLanes; ++lane) {
      tables.table[lane] = int16_t(random.Within(0, kScaleCount * of::kFractions - 1));
      tables.centre[lane] = int16_t(random.Within(-2048, 2048));
      lanes.state[lane] = uint32_t(random.Within(1, 60000) << 16 | random.Within(0, 65535));
      lanes.state[lane] = std::max(lanes.state[lane] >> random.Within(0, 14), uint32_t{kRansLow});
    }
    of::LaneStates plain = lanes;
    int16_t plain_latents[of::kLanes];
    const uint32_t plain_escapes = of::kPlainKernels.take_symbols(laplace, tables, plain, plain_latents);
    for (const of::Kernels* kernels : of::AllKernels()) {
      of::LaneStates own = lanes;
      alignas(16) int16_t latents[of::kLanes];
      CHECK_EQ(kernels->take_symbols(laplace, tables, own, latents), plain_escapes);
      CHECK(std::ranges::equal(own.state, plain.state));
      CHECK(own.next == plain.next && own.bad == plain.bad);
      for (uint32_t lane = 0; lane < of::kLanes; ++lane) {
        if (!(plain_escapes >> lane & 1)) CHECK_EQ(latents[lane], plain_latents[lane]);
      }
    }
  }
}

}  // namespace lic::test
