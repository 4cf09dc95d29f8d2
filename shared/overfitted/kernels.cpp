// Chooses the kernels for the machine at hand.
#include "overfitted/kernels.h"

#include "integer/cpu.h"

namespace lic::overfitted {

#if defined(__wasm_simd128__)
extern const Kernels kWasmKernels;
#elif defined(__x86_64__)
extern const Kernels kSse41Kernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#elif defined(__aarch64__)
extern const Kernels kNeonKernels;
#endif

#if defined(__wasm_simd128__)
// A module with SIMD starts nowhere else: the plain kernels would only make it larger.
std::span<const Kernels* const> AllKernels() {
  static constexpr const Kernels* kList[] = {&kWasmKernels};
  return kList;
}
#else
std::span<const Kernels* const> AllKernels() {
  struct Found {
    const Kernels* list[4] = {&kPlainKernels};
    size_t count = 1;

    Found() {
#if defined(__x86_64__)
      if (MachineHas(InstructionSet::kSse41)) list[count++] = &kSse41Kernels;
      if (MachineHas(InstructionSet::kAvx2)) list[count++] = &kAvx2Kernels;
      if (MachineHas(InstructionSet::kAvx512Vnni)) list[count++] = &kAvx512Kernels;
#elif defined(__aarch64__)
      if (MachineHas(InstructionSet::kNeon)) list[count++] = &kNeonKernels;
#endif
    }
  };
  static const Found found;
  return {found.list, found.count};
}
#endif

namespace {

const Kernels* chosen = nullptr;

}  // namespace

const Kernels& ChooseKernels() { return chosen ? *chosen : *AllKernels().back(); }

void SetKernels(const Kernels* kernels) { chosen = kernels; }

}  // namespace lic::overfitted
