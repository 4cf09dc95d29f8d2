// The descent: soft rounding of the latents, less soft from step to step, then hard rounding while the networks alone
// go on (Ladune et al., COOL-CHIC, arXiv 2212.05458; Kim et al., C3, arXiv 2312.02753).
#pragma once

#include "overfitted/laplace_tables.h"
#include "overfitted/training/fitting.h"
#include "overfitted/training/network_steps.h"
#include "overfitted/training/picture_pass.h"

namespace lic::overfitted {

class Descent {
 public:
  // Latents begin at 0, and the bypass with the mean colour. `architecture` must outlive the descent; the source is not
  // kept. `threads`: as many as the machine has where it is 0. Errors: kOutOfMemory.
  static Result<std::unique_ptr<Descent>> Create(const Source& source, FloatNetworks networks, uint32_t threads);

  // Says how many iterations there will be: the settings depend on it.
  void Plan(uint32_t iterations);
  // From now on the loss is mse + bits per pixel / (255^2 * Lambda(quality256)), of samples in 0..1.
  void SetQuality(uint32_t quality256);
  // A step of latents and networks. `part`, 0..1, is the place in the schedule.
  void StepSoftly(float part);
  // Rounds the latents for good; steps of the networks alone follow.
  void Harden();
  void StepHard(float part);
  // Rounds everything; the floats stay as they are. Errors: kOutOfMemory.
  Result<Fit> TakeFit();

  FloatNetworks& networks() { return networks_; }
  double pixels() const { return pixels_; }
  // Bits of the latents and the mean squared error in the last step.
  double bits() const { return bits_; }
  double error() const { return error_; }

 private:
  explicit Descent(FloatNetworks networks);

  const Architecture& a() const { return networks_.architecture(); }
  void Pass();
  void StepNetworks(double rate);
  double PartOfLoss(GroupKind kind);

  FloatNetworks networks_;
  NetworkSteps steps_;
  const TrainingKernels& kernels_;
  std::unique_ptr<Workers> workers_;
  LaplaceTables laplace_;
  FloatGrids grids_;
  RatePass rate_;
  PicturePass picture_;
  Buffer<float> gradient_;
  double pixels_ = 0;
  double price_ = 0;  // what the loss grows by for a bit
  double bits_ = 0;
  double error_ = 0;
  float planned_ = 1;  // 0: short, 1: long
  uint32_t iteration_ = 0;
};

}  // namespace lic::overfitted
