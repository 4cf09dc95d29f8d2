// The kernels of the descent for AVX2.
#include "overfitted/training/training_kernels_simd.h"

namespace lic::overfitted {

extern const TrainingKernels kAvx2TrainingKernels;
const TrainingKernels kAvx2TrainingKernels = MakeTrainingKernels("avx2");

}  // namespace lic::overfitted
