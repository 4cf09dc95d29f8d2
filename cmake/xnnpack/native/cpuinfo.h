// What XNNPACK asks of the cpuinfo library on x86-64, answered by the compiler's own CPU detection, so that the library
// itself is not needed. XNN_MAX_ISA=sse or avx2 in the environment caps the instruction set, for tests.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { kCapSse, kCapAvx2, kCapNone };

static inline int lic_isa_cap(void) {
  const char* cap = getenv("XNN_MAX_ISA");
  if (cap == NULL) return kCapNone;
  return cap[0] == 's' ? kCapSse : kCapAvx2;
}

static inline bool cpuinfo_initialize(void) {
  __builtin_cpu_init();
  return true;
}
static inline bool cpuinfo_has_x86_sse2(void) { return true; }
static inline bool cpuinfo_has_x86_ssse3(void) { return __builtin_cpu_supports("ssse3"); }
static inline bool cpuinfo_has_x86_sse4_1(void) { return __builtin_cpu_supports("sse4.1"); }
static inline bool cpuinfo_has_x86_avx(void) { return lic_isa_cap() >= kCapAvx2 && __builtin_cpu_supports("avx"); }
static inline bool cpuinfo_has_x86_f16c(void) { return lic_isa_cap() >= kCapAvx2 && __builtin_cpu_supports("f16c"); }
static inline bool cpuinfo_has_x86_fma3(void) { return lic_isa_cap() >= kCapAvx2 && __builtin_cpu_supports("fma"); }
static inline bool cpuinfo_has_x86_avx2(void) { return lic_isa_cap() >= kCapAvx2 && __builtin_cpu_supports("avx2"); }
static inline bool cpuinfo_has_x86_gfni(void) { return false; }
static inline bool cpuinfo_has_x86_avxvnni(void) { return false; }
static inline bool cpuinfo_has_x86_avx_vnni_int8(void) { return false; }
static inline bool cpuinfo_has_x86_avx512f(void) {
  return lic_isa_cap() == kCapNone && __builtin_cpu_supports("avx512f");
}
static inline bool cpuinfo_has_x86_avx512dq(void) {
  return lic_isa_cap() == kCapNone && __builtin_cpu_supports("avx512dq");
}
static inline bool cpuinfo_has_x86_avx512bw(void) {
  return lic_isa_cap() == kCapNone && __builtin_cpu_supports("avx512bw");
}
static inline bool cpuinfo_has_x86_avx512vl(void) {
  return lic_isa_cap() == kCapNone && __builtin_cpu_supports("avx512vl");
}
static inline bool cpuinfo_has_x86_avx512vbmi(void) { return false; }
static inline bool cpuinfo_has_x86_avx512vnni(void) { return false; }
static inline bool cpuinfo_has_x86_avx512fp16(void) { return false; }
static inline bool cpuinfo_has_x86_amx_int8(void) { return false; }
static inline bool cpuinfo_has_x86_avx10(void) { return false; }

// A tuning hint only.
enum cpuinfo_uarch { cpuinfo_uarch_unknown = 0, cpuinfo_uarch_zen, cpuinfo_uarch_dhyana, cpuinfo_uarch_zen4 };
struct cpuinfo_core {
  enum cpuinfo_uarch uarch;
};
static inline const struct cpuinfo_core* cpuinfo_get_core(uint32_t index) {
  static const struct cpuinfo_core core = {cpuinfo_uarch_unknown};
  (void)index;
  return &core;
}
