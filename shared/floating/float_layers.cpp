#include "floating/float_layers.h"

#include <xnnpack.h>

#include <algorithm>
#include <cstring>

#include "base/try.h"

namespace lic {
namespace {

// ---- XNNPACK's memory -------------------------------------------------------------------------------------

// XNNPACK's memory comes from the library's allocator. In front of each block stands its size, in 64 bytes for the
// alignment.
constexpr size_t kBlockHead = 64;

void* AllocateBlock(void*, size_t bytes) {
  if (bytes > SIZE_MAX / 2) return nullptr;
  auto* block = static_cast<uint8_t*>(internal::Allocate(kBlockHead + bytes));
  if (!block) return nullptr;
  std::memcpy(block, &bytes, sizeof(bytes));
  return block + kBlockHead;
}

void* AllocateAlignedBlock(void* context, size_t alignment, size_t bytes) {
  return alignment <= kBlockHead ? AllocateBlock(context, bytes) : nullptr;
}

void ReleaseBlock(void*, void* memory) {
  if (memory) internal::Release(static_cast<uint8_t*>(memory) - kBlockHead);
}

// Only shrinks, in place: an operator is reshaped for its largest size first, and so never allocates while it runs.
void* ReallocateBlock(void* context, void* memory, size_t bytes) {
  if (!memory) return AllocateBlock(context, bytes);
  size_t old_bytes = 0;
  std::memcpy(&old_bytes, static_cast<uint8_t*>(memory) - kBlockHead, sizeof(old_bytes));
  return bytes <= old_bytes ? memory : nullptr;
}

constexpr xnn_allocator kBlockAllocator = {nullptr,      AllocateBlock,        ReallocateBlock,
                                           ReleaseBlock, AllocateAlignedBlock, ReleaseBlock};

Status Check(xnn_status status, const char* what) {
  if (status == xnn_status_success) return {};
  if (status == xnn_status_out_of_memory) return Fail(Error::kOutOfMemory, "no memory to %s a convolution", what);
  return Fail(Error::kInternal, "XNNPACK cannot %s a convolution: status %d", what, static_cast<int>(status));
}

// ---- Weights ----------------------------------------------------------------------------------------------

// The channel of the format that stands at `position` of a plane that is blocked for `factor`.
uint32_t ChannelAt(uint32_t position, uint32_t channels, uint32_t factor) {
  const uint32_t block = factor * factor;
  const uint32_t plain = channels / block;
  return position % plain * block + position / plain;
}

struct PackedFilter {
  Buffer<float> bias;    // (out)
  Buffer<float> weight;  // (out, kernel, kernel, in), depthwise (kernel, kernel, c)
};

Result<PackedFilter> Pack(const FloatLayer& layer, uint32_t in_factor, uint32_t out_factor) {
  const size_t taps = size_t{layer.kernel} * layer.kernel;
  const bool depthwise = layer.op == Op::kDepthwise;
  const uint32_t inputs = depthwise ? 1 : layer.in_channels;
  PackedFilter packed;
  LIC_TRY(packed.bias, Buffer<float>::Create(layer.out_channels));
  LIC_TRY(packed.weight, Buffer<float>::Create(layer.out_channels * taps * inputs));
  for (uint32_t o = 0; o < layer.out_channels; ++o) {
    const uint32_t out_channel = ChannelAt(o, layer.out_channels, out_factor);
    packed.bias[o] = layer.bias[out_channel];
    for (uint32_t i = 0; i < inputs; ++i) {
      const float* from =
          &layer.weight[(size_t{out_channel} * inputs + (depthwise ? 0 : ChannelAt(i, inputs, in_factor))) * taps];
      for (size_t t = 0; t < taps; ++t) {
        packed.weight[depthwise ? t * layer.out_channels + o : (o * taps + t) * inputs + i] = from[t];
      }
    }
  }
  return packed;
}

}  // namespace

// ---- Convolution ------------------------------------------------------------------------------------------

Result<Convolution> Convolution::Create(const FloatLayer& layer, uint32_t in_factor, uint32_t out_factor,
                                        uint32_t in_width, uint32_t max_rows) {
  LIC_CHECK(Check(xnn_initialize(&kBlockAllocator), "initialise"));
  const bool depthwise = layer.op == Op::kDepthwise;
  LIC_TRY(const PackedFilter packed, Pack(layer, in_factor, out_factor));
  Convolution convolution;
  convolution.kernel_ = layer.kernel;
  convolution.stride_ = layer.stride;
  convolution.in_width_ = in_width;
  const uint32_t side = (layer.kernel - 1) / 2;
  const uint32_t groups = depthwise ? layer.out_channels : 1;
  LIC_CHECK(Check(xnn_create_convolution2d_nhwc_f32(
                      0, side, 0, side, layer.kernel, layer.kernel, layer.stride, layer.stride, 1, 1, groups,
                      layer.in_channels / groups, layer.out_channels / groups, layer.in_channels, layer.out_channels,
                      packed.weight.data(), packed.bias.data(), layer.lo, layer.hi,
                      depthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0, nullptr, nullptr, &convolution.operator_),
                  "create"));
  // XNNPACK reports success where the zeros for the padding could not be allocated, but gives no operator.
  if (!convolution.operator_) return Fail(Error::kOutOfMemory, "no memory for the padding of a convolution");
  LIC_CHECK(convolution.Reshape(max_rows));
  return convolution;
}

Convolution::Convolution(Convolution&& other) noexcept { *this = std::move(other); }

Convolution& Convolution::operator=(Convolution&& other) noexcept {
  std::swap(operator_, other.operator_);
  kernel_ = other.kernel_;
  stride_ = other.stride_;
  in_width_ = other.in_width_;
  rows_ = other.rows_;
  return *this;
}

Convolution::~Convolution() {
  if (operator_) xnn_delete_operator(operator_);
}

Status Convolution::Reshape(uint32_t rows) {
  size_t workspace_bytes = 0, workspace_alignment = 0;
  rows_ = 0;
  LIC_CHECK(Check(xnn_reshape_convolution2d_nhwc_f32(operator_, 1, size_t{rows - 1} * stride_ + kernel_, in_width_,
                                                     &workspace_bytes, &workspace_alignment, nullptr, nullptr, nullptr),
                  "reshape"));
  if (workspace_bytes) return Fail(Error::kInternal, "a convolution wants a workspace");
  rows_ = rows;
  return {};
}

Status Convolution::Run(const float* in, uint32_t rows, float* out) {
  if (rows != rows_) LIC_CHECK(Reshape(rows));
  LIC_CHECK(Check(xnn_setup_convolution2d_nhwc_f32(operator_, nullptr, in, out), "set up"));
  return Check(xnn_run_operator(operator_, nullptr), "run");
}

// ---- Shuffles ---------------------------------------------------------------------------------------------

namespace {

// Calls run(position in the planar side, position in the deep side, floats) for every run of floats that stays
// together.
template <class F>
void EachRun(const ShuffleShape& shape, F run) {
  const size_t length = size_t{shape.factor} * shape.channels;  // of a run
  const size_t depth = length * shape.factor;                   // channels of the deep side
  for (size_t y = 0; y < shape.rows; ++y) {
    for (size_t dy = 0; dy < shape.factor; ++dy) {
      const size_t wide = (y * shape.factor + dy) * shape.width * length;
      const size_t deep = y * shape.width * depth + dy * length;
      for (size_t x = 0; x < shape.width; ++x) run(wide + x * length, deep + x * depth, length);
    }
  }
}

// As EachRun for the format's own order: calls one(wide, deep) for single floats.
template <class F>
void EachFloat(const ShuffleShape& shape, F one) {
  const size_t r = shape.factor, channels = shape.channels, block = r * r;
  for (size_t y = 0; y < shape.rows * r; ++y) {
    for (size_t x = 0; x < shape.width * r; ++x) {
      const size_t wide = (y * shape.width * r + x) * channels;
      const size_t deep = (y / r * shape.width + x / r) * channels * block + y % r * r + x % r;
      for (size_t c = 0; c < channels; ++c) one(wide + c, deep + c * block);
    }
  }
}

// Runs are short: a loop that stays in place beats a call of memcpy.
[[clang::no_builtin("memcpy")]] inline void CopyRun(const float* __restrict from, float* __restrict to, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] = from[i];
}

inline void AddRun(const float* __restrict from, float* __restrict to, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] += from[i];
}

}  // namespace

void Shuffle(const ShuffleShape& shape, const float* in, float* out) {
  if (shape.blocked)
    return EachRun(shape, [&](size_t wide, size_t deep, size_t count) { CopyRun(in + deep, out + wide, count); });
  EachFloat(shape, [&](size_t wide, size_t deep) { out[wide] = in[deep]; });
}

void ShuffleAdd(const ShuffleShape& shape, const float* in, float* out) {
  if (shape.blocked)
    return EachRun(shape, [&](size_t wide, size_t deep, size_t count) { AddRun(in + deep, out + wide, count); });
  EachFloat(shape, [&](size_t wide, size_t deep) { out[wide] += in[deep]; });
}

void Unshuffle(const ShuffleShape& shape, const float* in, float* out) {
  if (shape.blocked)
    return EachRun(shape, [&](size_t wide, size_t deep, size_t count) { CopyRun(in + wide, out + deep, count); });
  EachFloat(shape, [&](size_t wide, size_t deep) { out[deep] = in[wide]; });
}

// ---- Elementwise ------------------------------------------------------------------------------------------

void Add(size_t count, const float* a, const float* b, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

void Clamp(size_t count, float lo, float hi, const float* in, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = std::min(std::max(in[i], lo), hi);
}

void Gate(size_t positions, uint32_t channels, const float* in, float* out) {
  for (size_t p = 0; p < positions; ++p, in += 2 * size_t{channels}, out += channels) {
    for (size_t c = 0; c < channels; ++c) out[c] = in[c] * in[channels + c];
  }
}

void Ungate(size_t positions, uint32_t channels, const float* halves, const float* in, float* out) {
  for (size_t p = 0; p < positions; ++p, in += channels, halves += 2 * size_t{channels}, out += 2 * size_t{channels}) {
    for (size_t c = 0; c < channels; ++c) {
      out[c] = in[c] * halves[channels + c];
      out[channels + c] = in[c] * halves[c];
    }
  }
}

void RecordRange(size_t count, float lo, float hi, const float* in, uint8_t* bits) {
  for (; count > 0; ++bits) {
    const size_t run = std::min<size_t>(count, 8);
    unsigned byte = 0;
    for (size_t i = 0; i < run; ++i) byte |= static_cast<unsigned>(in[i] > lo && in[i] < hi) << i;
    *bits = static_cast<uint8_t>(byte);
    in += run;
    count -= run;
  }
}

void MaskRange(size_t count, const uint8_t* bits, const float* in, float* out) {
  for (; count >= 8; count -= 8, ++bits, in += 8, out += 8) {
    const uint32_t byte = *bits;
    uint32_t values[8];  // all are read, whatever the bits: so compilers make vectors of it
    std::memcpy(values, in, sizeof(values));
    for (uint32_t i = 0; i < 8; ++i) values[i] &= (byte & 1u << i) ? UINT32_MAX : 0;
    std::memcpy(out, values, sizeof(values));
  }
  for (uint32_t i = 0; i < count; ++i) out[i] = *bits >> i & 1 ? in[i] : 0.0f;
}

}  // namespace lic
