// The kernels for 64-bit ARM.
#include "overfitted/kernels_simd.h"

namespace lic::overfitted {

extern const Kernels kNeonKernels;
const Kernels kNeonKernels = MakeKernels("neon");

}  // namespace lic::overfitted
