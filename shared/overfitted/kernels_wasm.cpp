// The kernels for WebAssembly.
#include "overfitted/kernels_simd.h"

namespace lic::overfitted {

extern const Kernels kWasmKernels;
const Kernels kWasmKernels = MakeKernels("wasm");

}  // namespace lic::overfitted
