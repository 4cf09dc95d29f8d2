// The layers of float networks: each computes whole rows of one plane from rows of others. Planes are (rows, width,
// channels).
//
// NHWC makes a shuffle of the format's channel order, c * r * r + dy * r + dx, a gather of single floats. In the order
// (dy * r + dx) * channels + c, called `blocked` here, it copies runs of r * channels floats. So the convolution before
// a shuffle gives its outputs, and that after an unshuffle takes its inputs, in blocked order, by a permutation of its
// weights.
#pragma once

#include "networks/layers.h"

struct xnn_operator;

namespace lic {

// A convolution or depthwise layer. Rows above and below are the caller's duty, columns left and right are padded with
// zeros.
class Convolution {
 public:
  // The factors say that the outputs or inputs are blocked for a shuffle or unshuffle of that factor; 1: they are not.
  // Claims all memory that a Run with up to `max_rows` rows of output needs.
  // Errors: kOutOfMemory, kInternal.
  static Result<Convolution> Create(const FloatLayer& layer, uint32_t in_factor, uint32_t out_factor, uint32_t in_width,
                                    uint32_t max_rows);
  Convolution() = default;
  Convolution(Convolution&& other) noexcept;
  Convolution& operator=(Convolution&& other) noexcept;
  ~Convolution();

  // in: ((rows - 1) * stride + kernel, in_width, in_channels), and 64 readable bytes; out: (rows, out_width,
  // out_channels).
  Status Run(const float* in, uint32_t rows, float* out);

 private:
  Status Reshape(uint32_t rows);

  xnn_operator* operator_ = nullptr;
  uint32_t kernel_ = 1;
  uint32_t stride_ = 1;
  uint32_t in_width_ = 0;
  uint32_t rows_ = 0;  // for which the operator is set up
};

// in: (rows, width, factor * factor * channels) to out: (rows * factor, width * factor, channels).
struct ShuffleShape {
  uint32_t rows;
  uint32_t width;
  uint32_t channels;
  uint32_t factor;
  bool blocked;
};
void Shuffle(const ShuffleShape& shape, const float* in, float* out);
// Likewise, but adds to what is in `out`.
void ShuffleAdd(const ShuffleShape& shape, const float* in, float* out);
// The inverse: in: (rows * factor, width * factor, channels) to out: (rows, width, factor * factor * channels).
void Unshuffle(const ShuffleShape& shape, const float* in, float* out);

// out[i] = a[i] + b[i]; out may be b.
void Add(size_t count, const float* a, const float* b, float* out);
void Clamp(size_t count, float lo, float hi, const float* in, float* out);
// in: (positions, 2 * channels) to out: (positions, channels), product of the halves.
void Gate(size_t positions, uint32_t channels, const float* in, float* out);

// The gradient of a gate whose input was `halves`: in, out, (positions, channels) and (positions, 2 * channels).
void Ungate(size_t positions, uint32_t channels, const float* halves, const float* in, float* out);

// Bit i of `bits` (the lowest of a byte first) says whether lo < in[i] < hi.
void RecordRange(size_t count, float lo, float hi, const float* in, uint8_t* bits);
// out[i] = in[i] where bit i is set, else 0.
void MaskRange(size_t count, const uint8_t* bits, const float* in, float* out);

}  // namespace lic
