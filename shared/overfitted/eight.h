// Eight or sixteen numbers at once: the few SIMD operations that the kernels need, for each instruction set.
//
//   Short8    eight int16
//   Int8      eight int32: sums
//   Pairs8    eight pairs of int16: what is multiplied
//   Int4      four int32
//
// Short16, Int16 and Pairs16 are twice as many, where the registers are wide enough. The pixels of a row are computed
// with them: WideShort is Short16 there, and Short8 elsewhere.
#pragma once

#include <cstdint>
#include <cstring>

// Nothing here may be shared between files of different instruction sets.
namespace lic::overfitted {
namespace {

// Reads or repeats as many numbers as the type holds.
template <class Short>
Short Load(const int16_t* p);
template <class Short>
Short Splat(int16_t v);
template <class Int>
Int SplatInt(const int32_t* p);

}  // namespace
}  // namespace lic::overfitted

#if defined(__wasm_simd128__)
#include "overfitted/eight_wasm.h"
#elif defined(__aarch64__)
#include "overfitted/eight_neon.h"
#else
#include "overfitted/eight_x86.h"
#endif

namespace lic::overfitted {
namespace {

#if defined(__AVX2__)
using WideShort = Short16;
using WideInt = Int16;
using WidePairs = Pairs16;
#else
using WideShort = Short8;
using WideInt = Int8;
using WidePairs = Pairs8;
#endif
constexpr uint32_t kWide = sizeof(WideShort) / sizeof(int16_t);

}  // namespace
}  // namespace lic::overfitted
