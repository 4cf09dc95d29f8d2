// Which instruction sets the machine at hand has. Every choice between kernels is made by it.
#pragma once

#include <cstdint>

namespace lic {

enum class InstructionSet : uint8_t { kSse41, kAvx2, kFma, kAvx512, kAvx512Vnni, kNeon, kWasmSimd };

inline bool MachineHas([[maybe_unused]] InstructionSet set) {
#if defined(__x86_64__)
  switch (set) {
    case InstructionSet::kSse41:
      return __builtin_cpu_supports("sse4.1");
    case InstructionSet::kAvx2:
      return __builtin_cpu_supports("avx2");
    case InstructionSet::kFma:
      return __builtin_cpu_supports("fma");
    case InstructionSet::kAvx512:
      return __builtin_cpu_supports("avx512bw");
    case InstructionSet::kAvx512Vnni:
      return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512vnni");
    case InstructionSet::kNeon:
    case InstructionSet::kWasmSimd:
      return false;
  }
  return false;
#elif defined(__aarch64__)
  return set == InstructionSet::kNeon;
#elif defined(__wasm_simd128__)
  return set == InstructionSet::kWasmSimd;
#else
  return false;
#endif
}

}  // namespace lic
