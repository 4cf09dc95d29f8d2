# XNNPACK, single-threaded, for the f32 convolutions of shared/floating/: target lic::xnnpack.
#
# scripts/setup.sh keeps it built outside the checkout, in LIC_XNNPACK_BUILT/{native,wasm,wasm-relaxed}. Where that is not, it is built here.
# Sources: XNNPACK_DIR, PTHREADPOOL_DIR and FXDIV_DIR (scripts/setup.sh unpacks Debian's), or else FetchContent.
# Upstream's own lists of source files are reused; kernels that nothing calls are left out by the linker.

set(XNNPACK_DIR "$ENV{XNNPACK_DIR}" CACHE PATH "unpacked XNNPACK source; empty: fetched")
set(PTHREADPOOL_DIR "$ENV{PTHREADPOOL_DIR}" CACHE PATH "unpacked pthreadpool source")
set(FXDIV_DIR "$ENV{FXDIV_DIR}" CACHE PATH "unpacked FXdiv source")
option(LIC_RELAXED_SIMD "use wasm relaxed SIMD kernels" OFF)
set(LIC_XNNPACK_BUILT "" CACHE PATH "installed XNNPACK; empty: built here")

if(LIC_RELAXED_SIMD)
  set(_built ${LIC_XNNPACK_BUILT}/wasm-relaxed)
elseif(EMSCRIPTEN)
  set(_built ${LIC_XNNPACK_BUILT}/wasm)
else()
  set(_built ${LIC_XNNPACK_BUILT}/native)
endif()
if(EXISTS ${_built}/lib/libXNNPACK.a)
  message(STATUS "XNNPACK: ${_built}")
  add_library(lic::xnnpack STATIC IMPORTED GLOBAL)
  set_target_properties(lic::xnnpack PROPERTIES
    IMPORTED_LOCATION ${_built}/lib/libXNNPACK.a
    INTERFACE_LINK_LIBRARIES ${_built}/lib/libpthreadpool.a
    INTERFACE_INCLUDE_DIRECTORIES ${_built}/include)
  return()
endif()

if(NOT XNNPACK_DIR)
  include(FetchContent)
  foreach(source
      "XNNPACK google/XNNPACK 4ea82e595b36106653175dcb04b2aa532660d0d8"
      "PTHREADPOOL Maratyszcza/pthreadpool 4fe0e1e183925bf8cfa6aae24237e724a96479b8"
      "FXDIV Maratyszcza/FXdiv b408327ac2a15ec3e43352421954f5b1967701d1")
    separate_arguments(source)
    list(GET source 0 name)
    list(GET source 1 repository)
    list(GET source 2 commit)
    string(TOLOWER ${name} content)
    FetchContent_Declare(${content} GIT_REPOSITORY https://github.com/${repository}.git GIT_TAG ${commit} SOURCE_SUBDIR none)
    FetchContent_MakeAvailable(${content})
    set(${name}_DIR ${${content}_SOURCE_DIR})
  endforeach()
endif()

# What the codec calls is f32 convolution, regular and depthwise. Only that is compiled: 70 to 100 files of upstream's 900. Functions
# for other types stay in the files below with references to kernels that are not there; the linker drops both (lld reports an
# undefined symbol only where something alive refers to it).
set(_sources
  src/allocator.c src/cache.c src/enums/microkernel-type.c src/enums/operator-type.c src/indirection.c src/init.c src/memory.c
  src/microkernel-utils.c src/microparams-init.c src/mutex.c src/operator-delete.c src/operator-run.c src/operator-utils.c src/params.c
  src/configs/dwconv-config.c src/configs/gemm-config.c src/configs/hardware-config.c src/configs/vmulcaddc-config.c
  src/operators/convolution-nhwc.c src/reference/packing.cc)
list(TRANSFORM _sources PREPEND ${XNNPACK_DIR}/)

set(_kernels)
macro(lic_xnnpack_kernels file variable)
  include(${XNNPACK_DIR}/cmake/gen/${file}_microkernels.cmake)
  set(_files ${PROD_${variable}_MICROKERNEL_SRCS})
  list(FILTER _files INCLUDE REGEX "/f32-(gemm|igemm|dwconv|vmulcaddc)/|/x32-packw/")
  list(TRANSFORM _files PREPEND ${XNNPACK_DIR}/)
  set_source_files_properties(${_files} PROPERTIES COMPILE_OPTIONS "-fno-math-errno;${ARGN}")
  list(APPEND _kernels ${_files})
endmacro()

lic_xnnpack_kernels(scalar SCALAR)
if(EMSCRIPTEN)
  lic_xnnpack_kernels(wasm WASM)
  lic_xnnpack_kernels(wasmsimd WASMSIMD -msimd128)
  if(LIC_RELAXED_SIMD)
    lic_xnnpack_kernels(wasmrelaxedsimd WASMRELAXEDSIMD -msimd128 -mrelaxed-simd)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  lic_xnnpack_kernels(sse SSE)
  lic_xnnpack_kernels(sse2 SSE2 -msse2)
  lic_xnnpack_kernels(avx AVX -mavx)
  lic_xnnpack_kernels(fma3 FMA3 -mf16c -mfma)
  lic_xnnpack_kernels(avx2 AVX2 -mf16c -mfma -mavx2)
  lic_xnnpack_kernels(avx512f AVX512F -mavx512f)
endif()
list(REMOVE_DUPLICATES _kernels)

# pthreadpool's shim runs every task on the caller's thread.
add_library(pthreadpool STATIC ${PTHREADPOOL_DIR}/src/shim.c)
target_include_directories(pthreadpool PUBLIC ${PTHREADPOOL_DIR}/include ${FXDIV_DIR}/include PRIVATE ${PTHREADPOOL_DIR}/src)

add_library(XNNPACK STATIC ${_sources} ${_kernels})
add_library(lic::xnnpack ALIAS XNNPACK)
set_target_properties(XNNPACK pthreadpool PROPERTIES C_STANDARD 99 C_EXTENSIONS YES CXX_STANDARD 17)
if(EMSCRIPTEN)
  target_include_directories(XNNPACK BEFORE PRIVATE ${CMAKE_CURRENT_LIST_DIR}/xnnpack/wasm)
  set(_cpuinfo 0)
else()
  target_include_directories(XNNPACK PRIVATE ${CMAKE_CURRENT_LIST_DIR}/xnnpack/native)
  set(_cpuinfo 1)
endif()
target_include_directories(XNNPACK SYSTEM PUBLIC ${XNNPACK_DIR}/include PRIVATE ${XNNPACK_DIR}/src)
target_link_libraries(XNNPACK PUBLIC pthreadpool)
if(LIC_RELAXED_SIMD)
  target_compile_options(XNNPACK PRIVATE -mrelaxed-simd)  # the configurations ask for it when they choose kernels
endif()
# Third-party code is not ours to warn about, and is optimised in every preset.
target_compile_options(XNNPACK PRIVATE -O2 -w -ffunction-sections -fdata-sections)
target_compile_options(pthreadpool PRIVATE -O2 -w)
target_compile_definitions(XNNPACK PRIVATE XNN_LOG_LEVEL=0 XNN_ENABLE_CPUINFO=${_cpuinfo} XNN_ENABLE_MEMOPT=1 XNN_ENABLE_SPARSE=0
  XNN_ENABLE_GEMM_M_SPECIALIZATION=1 XNN_ENABLE_DWCONV_MULTIPASS=0 XNN_ENABLE_ASSEMBLY=0 XNN_ENABLE_HVX=0 XNN_ENABLE_KLEIDIAI=0
  XNN_ENABLE_ARM_FP16_VECTOR=0 XNN_ENABLE_ARM_FP16_SCALAR=0 XNN_ENABLE_ARM_BF16=0 XNN_ENABLE_ARM_DOTPROD=0 XNN_ENABLE_ARM_I8MM=0
  XNN_ENABLE_ARM_SME=0 XNN_ENABLE_ARM_SME2=0 XNN_ENABLE_RISCV_VECTOR=0 XNN_ENABLE_VSX=0
  XNN_ENABLE_AVXVNNI=0 XNN_ENABLE_AVX512F=1 XNN_ENABLE_AVX512SKX=0 XNN_ENABLE_AVX512VBMI=0 XNN_ENABLE_AVX512VNNI=0 XNN_ENABLE_AVX512VNNIGFNI=0
  XNN_ENABLE_AVXVNNIINT8=0 XNN_ENABLE_AVX256SKX=0 XNN_ENABLE_AVX256VNNI=0 XNN_ENABLE_AVX256VNNIGFNI=0 XNN_ENABLE_AVX512AMX=0 XNN_ENABLE_AVX512FP16=0)

# In WebAssembly XNNPACK guesses the processor from what the page tells and often takes the slower of two equal kernels, always
# in Node 20. The other one, which loads and spreads a value in one instruction, is 21 % faster over our synthesis on x86-64.
if(EMSCRIPTEN AND NOT LIC_RELAXED_SIMD)
  set(_renamed)
  foreach(kind gemm igemm)
    foreach(rows 1 4)
      foreach(name
          xnn_f32_${kind}_ukernel_${rows}x8__wasmsimd
          xnn_f32_${kind}_relu_ukernel_${rows}x8__wasmsimd
          xnn_f32_${kind}_minmax_ukernel_${rows}x8__wasmsimd_x86)
        list(APPEND _renamed ${name}_splat=${name}_loadsplat)
      endforeach()
    endforeach()
  endforeach()
  set_source_files_properties(${XNNPACK_DIR}/src/configs/gemm-config.c PROPERTIES COMPILE_DEFINITIONS "${_renamed}")
endif()
