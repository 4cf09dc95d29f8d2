// The kernels for AVX-512 with VNNI, whose instruction for a product of pairs and a sum is what all layers are made of.
#include "overfitted/kernels_simd.h"

namespace lic::overfitted {

extern const Kernels kAvx512Kernels;
const Kernels kAvx512Kernels = MakeKernels("avx512");

}  // namespace lic::overfitted
