// The kernels for AVX2.
#include "overfitted/kernels_simd.h"

namespace lic::overfitted {

extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels = MakeKernels("avx2");

}  // namespace lic::overfitted
