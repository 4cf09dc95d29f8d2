// The passes of the descent: every gradient against differences of the loss, with the kernels of every instruction set,
// which must agree; and results that do not depend on the number of threads.
#include "overfitted/training/picture_pass.h"
#include "support/check.h"
#include "support/overfitted_writer.h"
#include "support/random.h"

namespace lic::test {
namespace {

constexpr uint32_t kWidth = 27, kHeight = 83;  // three bands of the picture
constexpr double kPrice = 2e-5;                // of a bit

// Every knob of an architecture once.
std::vector<Knobs> AllKnobs() {
  return {
      {.chains = {0x60}, .hidden = 5, .convolutions = 0, .networks = {{.spatial = 3, .coarser = 2, .depth = 1}}},
      {.chains = {0x60, 0x22, 0x22},
       .hidden = 7,
       .convolutions = 2,
       .networks = {{.spatial = 16, .coarser = 6, .width = 7, .depth = 2, .own_biases = true}}},
      {.chains = {0x31, 0x42},
       .hidden = 4,
       .convolutions = 1,
       .noise = 2,
       .network_of = 0 + 4 * 1 + 16 * 2,
       .networks = {{.spatial = 2, .coarser = 1, .width = 3, .depth = 1},
                    {.spatial = 10, .coarser = 4, .width = 14, .depth = 2},
                    {.spatial = 5, .coarser = 3, .width = 5, .depth = 2, .own_biases = true}}},
  };
}

float Uniform(Random& random) { return static_cast<float>(random.Within(-10000, 10000)) / 10000; }

// A picture, networks and latents, all drawn at random, and the passes over them.
class Drawn {
 public:
  explicit Drawn(const Knobs& knobs, uint32_t threads = 1) : random_(2), pixels_(kWidth * kHeight * 3) {
    const NetworksField field = knobs.Bytes();
    a_ = of::Architecture::Read(field).value();
    for (uint8_t& p : pixels_) p = static_cast<uint8_t>(random_.Next());
    const PictureView view = {
        .pixels = pixels_.data(), .width = kWidth, .height = kHeight, .channels = 3, .stride = size_t{kWidth} * 3};
    const Source source = ReadSource(view).value();
    workers_ = of::Workers::Create(threads).value();
    networks_.emplace(of::FloatNetworks::Create(a_).value());
    networks_->StartFromNothing();
    for (float& v : networks_->values()) v += 0.1f * Uniform(random_);
    networks_->Update();
    grids_ = of::FloatGrids::Create(a_, kWidth, kHeight).value();
    rate_ = of::RatePass::Create(a_, kHeight, workers_->workers()).value();
    picture_ = of::PicturePass::Create(a_, source, workers_->workers()).value();
    for (uint32_t g = 0; g < a_.grids; ++g) {
      ForEachLatent(g, [&](float& latent, size_t) { latent = 2 * Uniform(random_); });
    }
  }

  // The loss of the softly rounded latents, and its gradients.
  double Loss(of::Wanted wanted, const of::TrainingKernels& kernels) {
    gradient_.assign(networks_->values().size(), 0.f);
    grids_.ClearGradients();
    grids_.RoundSoftly({.first_temperature = 0.3f, .last_temperature = 0.3f, .noise = 0.2f, .seed = 3}, kernels,
                       *workers_);
    const double bits = rate_.Run(*networks_, grids_, float{kPrice}, wanted, {}, kernels, *workers_, gradient_);
    return picture_.Run(*networks_, grids_, wanted, {}, kernels, *workers_, gradient_) + kPrice * bits;
  }

  template <class Function>
  void ForEachLatent(uint32_t grid, const Function& function) {
    of::FloatPlane& latents = grids_[grid].latents;
    size_t i = 0;
    for (uint32_t y = 0; y < latents.height(); ++y) {
      for (uint32_t x = 0; x < latents.width(); ++x) function(latents.Row(y)[x], i++);
    }
  }

  // Of the latents of a grid, not of their rounded values.
  std::vector<float> LatentGradient(uint32_t grid) const {
    const of::FloatGrid& g = grids_[grid];
    std::vector<float> result;
    for (uint32_t y = 0; y < g.latents.height(); ++y) {
      for (uint32_t x = 0; x < g.latents.width(); ++x) result.push_back(g.gradient.Row(y)[x] * g.slope.Row(y)[x]);
    }
    return result;
  }

  // The gradients of the rounded latents of a grid, before and after a pull towards 0 of strength 1.
  std::array<std::vector<float>, 2> GradientsOfPull(uint32_t grid, const of::TrainingKernels& kernels) {
    std::array<std::vector<float>, 2> result;
    result[0] = Copy(grids_[grid].gradient);
    grids_.PullToZero(1, kernels, *workers_);
    result[1] = Copy(grids_[grid].gradient);
    return result;
  }
  std::vector<float> Rounded(uint32_t grid) const { return Copy(grids_[grid].rounded); }

  const of::Architecture& a() const { return a_; }
  of::FloatNetworks& networks() { return *networks_; }
  const std::vector<float>& gradient() const { return gradient_; }

 private:
  static std::vector<float> Copy(const of::FloatPlane& plane) {
    std::vector<float> result;
    for (uint32_t y = 0; y < plane.height(); ++y)
      result.insert(result.end(), plane.Row(y), plane.Row(y) + plane.width());
    return result;
  }

  Random random_;
  std::vector<uint8_t> pixels_;
  of::Architecture a_;
  std::unique_ptr<of::Workers> workers_;
  std::optional<of::FloatNetworks> networks_;
  of::FloatGrids grids_;
  of::RatePass rate_;
  of::PicturePass picture_;
  std::vector<float> gradient_;
};

// A direction in which a loss grows, at random but for that.
std::vector<float> Direction(std::span<const float> gradient) {
  Random random(11);
  std::vector<float> direction;
  double square = 0;
  for (const float g : gradient) {
    direction.push_back(Uniform(random) + (g > 0 ? 0.5f : -0.5f));
    square += double{direction.back()} * direction.back();
  }
  for (float& d : direction) d /= static_cast<float>(std::sqrt(square));
  return direction;
}

double Product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

// The slope of a loss along a line, by differences. `at` sets a place on the line.
template <class Function>
double Slope(double step, const Function& at) {
  return (at(step) - at(-step)) / (2 * step);
}

constexpr double kTolerance = 0.06;

// Of all latents of a grid, or of those of its last rows: the gradients of the rows at the end of a walk through the
// picture are made in another order than the others.
void CheckLatents(Drawn& drawn, const of::TrainingKernels& kernels, uint32_t grid, bool last_rows) {
  drawn.Loss(of::Wanted::kAllGradients, kernels);
  const std::vector<float> gradient = drawn.LatentGradient(grid);
  std::vector<float> direction = Direction(gradient), before;
  const uint32_t level = drawn.a().grid[grid].level, width = of::Grid{.level = level}.Size(kWidth);
  const size_t last = std::min(gradient.size(), size_t{width} * std::max(1u, 6u >> level));
  if (last_rows) std::fill(direction.begin(), direction.end() - static_cast<ptrdiff_t>(last), 0.f);
  drawn.ForEachLatent(grid, [&](float& latent, size_t) { before.push_back(latent); });
  const double step = 5e-4 * std::sqrt(double(before.size()));
  const double slope = Slope(step, [&](double t) {
    drawn.ForEachLatent(grid, [&](float& latent, size_t i) { latent = before[i] + float(t) * direction[i]; });
    return drawn.Loss(of::Wanted::kLossOnly, kernels);
  });
  drawn.ForEachLatent(grid, [&](float& latent, size_t i) { latent = before[i]; });
  if (!CHECK_NEAR(slope / Product(gradient, direction), 1, kTolerance))
    std::printf("  %s, grid %u, %s\n", kernels.name, grid, last_rows ? "its last rows" : "all of it");
}

}  // namespace

TEST(gradients_of_the_parameters_are_the_slopes_of_the_loss) {
  for (const Knobs& knobs : AllKnobs()) {
    Drawn drawn(knobs);
    for (const of::TrainingKernels* kernels : of::AllTrainingKernels()) {
      drawn.Loss(of::Wanted::kAllGradients, *kernels);
      const std::vector<float> gradient = drawn.gradient();
      for (const of::Group& group : drawn.networks().groups()) {
        const std::span<float> values = drawn.networks().Values(group);
        const std::vector<float> before(values.begin(), values.end());
        const auto of_group = std::span(gradient).subspan(group.first, group.count);
        const std::vector<float> direction = Direction(of_group);
        const double slope = Slope(5e-4, [&](double t) {
          for (size_t i = 0; i < values.size(); ++i) values[i] = before[i] + float(t) * direction[i];
          drawn.networks().Update();
          return drawn.Loss(of::Wanted::kLossOnly, *kernels);
        });
        std::copy(before.begin(), before.end(), values.begin());
        drawn.networks().Update();
        const double expected = Product(of_group, direction);
        if (!CHECK_NEAR(slope / expected, 1, kTolerance)) {
          std::printf("  %s, group %d of network %u: %g\n", kernels->name, int(group.kind), group.number, expected);
        }
      }
    }
  }
}

TEST(gradients_of_the_latents_are_the_slopes_of_the_loss) {
  for (const Knobs& knobs : AllKnobs()) {
    Drawn drawn(knobs);
    for (const of::TrainingKernels* kernels : of::AllTrainingKernels()) {
      for (uint32_t grid = 0; grid < drawn.a().grids; ++grid) {
        for (const bool last_rows : {false, true}) CheckLatents(drawn, *kernels, grid, last_rows);
      }
    }
  }
}

// A pull costs the magnitude of a latent, less a quarter; near 0 its square, so that the slope has no step.
TEST(a_pull_adds_the_slope_of_the_magnitudes) {
  constexpr float kStep = 1.f / 64;
  const auto cost = [](float v) { return std::abs(v) < 0.5f ? v * v : std::abs(v) - 0.25f; };
  Drawn drawn(AllKnobs()[0]);
  for (const of::TrainingKernels* kernels : of::AllTrainingKernels()) {
    for (uint32_t grid = 0; grid < drawn.a().grids; ++grid) {
      drawn.Loss(of::Wanted::kAllGradients, *kernels);
      const auto [before, after] = drawn.GradientsOfPull(grid, *kernels);
      const std::vector<float> rounded = drawn.Rounded(grid);
      for (size_t i = 0; i < rounded.size(); ++i) {
        const float slope = (cost(rounded[i] + kStep) - cost(rounded[i] - kStep)) / (2 * kStep);
        CHECK_NEAR(after[i] - before[i], slope, 0.01);
      }
    }
  }
}

TEST(every_instruction_set_finds_the_same) {
  for (const Knobs& knobs : AllKnobs()) {
    Drawn drawn(knobs);
    const auto all = of::AllTrainingKernels();
    const double loss = drawn.Loss(of::Wanted::kAllGradients, *all[0]);
    const std::vector<float> gradient = drawn.gradient();
    const double length = std::sqrt(Product(gradient, gradient));
    for (const of::TrainingKernels* kernels : all) {
      CHECK_NEAR(drawn.Loss(of::Wanted::kAllGradients, *kernels) / loss, 1, 1e-5);
      for (size_t i = 0; i < gradient.size(); ++i) CHECK_NEAR(drawn.gradient()[i], gradient[i], 1e-4 * length);
    }
  }
}

TEST(every_number_of_threads_finds_the_same_bits) {
  for (const Knobs& knobs : AllKnobs()) {
    Drawn one(knobs);
    const of::TrainingKernels& kernels = of::ChooseTrainingKernels();
    const double loss = one.Loss(of::Wanted::kAllGradients, kernels);
    for (const uint32_t threads : {2u, 3u, 8u}) {
      Drawn several(knobs, threads);
      CHECK_EQ(several.Loss(of::Wanted::kAllGradients, kernels), loss);
      CHECK(several.gradient() == one.gradient());
      for (uint32_t grid = 0; grid < one.a().grids; ++grid)
        CHECK(several.LatentGradient(grid) == one.LatentGradient(grid));
    }
  }
}

}  // namespace lic::test
