// The kernels for SSE4.1.
#include "overfitted/kernels_simd.h"

namespace lic::overfitted {

extern const Kernels kSse41Kernels;
const Kernels kSse41Kernels = MakeKernels("sse41");

}  // namespace lic::overfitted
