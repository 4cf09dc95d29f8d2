// The kernels of the descent for the vectors that every machine of its kind has.
#include "overfitted/training/training_kernels_simd.h"

namespace lic::overfitted {

extern const TrainingKernels kPlainTrainingKernels;
const TrainingKernels kPlainTrainingKernels = MakeTrainingKernels("plain");

}  // namespace lic::overfitted
