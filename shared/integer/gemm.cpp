// The choice of a kernel at run time.
#include "integer/gemm.h"

#include <array>

#include "integer/cpu.h"

namespace lic {
namespace {

struct KernelList {
  std::array<const IntegerKernel*, 4> kernels = {};
  size_t count = 0;
  void Add(const IntegerKernel& kernel) { kernels[count++] = &kernel; }
};

const KernelList& Kernels() {
  static const KernelList list = [] {
    KernelList found;
    found.Add(kPlainKernel);
#if defined(__x86_64__)
    if (MachineHas(InstructionSet::kSse41)) found.Add(kSse41Kernel);
    if (MachineHas(InstructionSet::kAvx2)) found.Add(kAvx2Kernel);
    if (MachineHas(InstructionSet::kAvx512)) found.Add(kAvx512Kernel);
#elif defined(__wasm_simd128__)
    if (MachineHas(InstructionSet::kWasmSimd)) found.Add(kWasmKernel);
#endif
    return found;
  }();
  return list;
}

const IntegerKernel* chosen = nullptr;

}  // namespace

std::span<const IntegerKernel* const> AvailableKernels() { return {Kernels().kernels.data(), Kernels().count}; }

const IntegerKernel& CurrentKernel() { return chosen ? *chosen : *AvailableKernels().back(); }

void SetKernel(const IntegerKernel* kernel) { chosen = kernel; }

}  // namespace lic
