// Chooses the kernels for the machine at hand.
#include "overfitted/kernels.h"

namespace lic::overfitted {

#if defined(__EMSCRIPTEN__)
extern const Kernels kWasmKernels;
#elif defined(__x86_64__)
extern const Kernels kSse41Kernels;
extern const Kernels kAvx2Kernels;
#endif

std::span<const Kernels* const> AllKernels() {
  struct Found {
    const Kernels* list[3] = {&kPlainKernels};
    size_t count = 1;

    Found() {
#if defined(__EMSCRIPTEN__)
      list[count++] = &kWasmKernels;
#elif defined(__x86_64__)
      if (__builtin_cpu_supports("sse4.1")) list[count++] = &kSse41Kernels;
      if (__builtin_cpu_supports("avx2")) list[count++] = &kAvx2Kernels;
#endif
    }
  };
  static const Found found;
  return {found.list, found.count};
}

const Kernels& ChooseKernels() { return *AllKernels().back(); }

}  // namespace lic::overfitted
