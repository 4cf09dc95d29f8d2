// The kernels of the descent for AVX-512.
#include "overfitted/training/training_kernels_simd.h"

namespace lic::overfitted {

extern const TrainingKernels kAvx512TrainingKernels;
const TrainingKernels kAvx512TrainingKernels = MakeTrainingKernels("avx512");

}  // namespace lic::overfitted
