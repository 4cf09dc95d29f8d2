// Some of XNNPACK's wasm kernels include <arm_neon.h>, which upstream's SDK maps to SIMDe; what they need of it is
// this.
#include <wasm_simd128.h>
