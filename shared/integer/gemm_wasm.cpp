#include <wasm_simd128.h>

#include "integer/gemm_simd.h"

namespace lic {
namespace {

struct WasmVector {
  using Type = v128_t;
  static constexpr size_t kLanes = 4;
  static Type Zero() { return wasm_i32x4_const_splat(0); }
  static Type Load(const int16_t* from) { return wasm_v128_load(from); }
  static Type Splat(int32_t pair) { return wasm_i32x4_splat(pair); }
  static Type Dot(Type a, Type b) { return wasm_i32x4_dot_i16x8(a, b); }
  static Type Add(Type a, Type b) { return wasm_i32x4_add(a, b); }
  static void Store(int32_t* to, Type value) { wasm_v128_store(to, value); }
};

}  // namespace

const IntegerKernel kWasmKernel = {"wasm", WasmVector::kLanes, Gemm<WasmVector>, DepthwiseLoop, RequantiseLoop};

}  // namespace lic
