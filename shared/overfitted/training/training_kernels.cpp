// Chooses the kernels of the descent for the machine at hand.
#include "overfitted/training/training_kernels.h"

#include "integer/cpu.h"

namespace lic::overfitted {

extern const TrainingKernels kPlainTrainingKernels;
#if defined(__x86_64__)
extern const TrainingKernels kAvx2TrainingKernels;
extern const TrainingKernels kAvx512TrainingKernels;
#endif

std::span<const TrainingKernels* const> AllTrainingKernels() {
  struct Found {
    const TrainingKernels* list[3] = {&kPlainTrainingKernels};
    size_t count = 1;

    Found() {
#if defined(__x86_64__)
      if (MachineHas(InstructionSet::kAvx2) && MachineHas(InstructionSet::kFma)) list[count++] = &kAvx2TrainingKernels;
      if (MachineHas(InstructionSet::kAvx512)) list[count++] = &kAvx512TrainingKernels;
#endif
    }
  };
  static const Found found;
  return {found.list, found.count};
}

namespace {

const TrainingKernels* chosen = nullptr;

}  // namespace

const TrainingKernels& ChooseTrainingKernels() { return chosen ? *chosen : *AllTrainingKernels().back(); }

void SetTrainingKernels(const TrainingKernels* kernels) { chosen = kernels; }

}  // namespace lic::overfitted
