// The derivative of a float network: how its input would have to change to change its output (backpropagation,
// Rumelhart, Hinton and Williams 1986).
//
//   latents ──synthesis──> picture ──(turned into errors)──> transposed synthesis ──> gradient of the latents
//
// The gradient of a convolution's input is a convolution with transposed and mirrored weights, that of a shuffle is an
// unshuffle, and a clamp lets through what lay inside its range; a gate weighs each half by the other. So a gradient is
// a network of the same layers, and runs in the same strips.
#pragma once

#include "floating/float_network.h"

namespace lic {

// Whether a network consists of layers that can be transposed: all but those with a stride, which no synthesis of ours
// has.
bool HasGradient(const FloatNetwork& net);

// The network that takes the gradient of `net`'s output to that of its input; its masks read what `net` has recorded.
// HasGradient must hold.
Result<FloatNetwork> Transpose(const FloatNetwork& net);

// A network and its transpose at work side by side, for planes of one size. The network runs a few strips ahead of the
// transpose, and memory holds only these strips of its output, and the tape (1.25 bytes a pixel for lic-photo).
class Gradient {
 public:
  // As Network::Create. HasGradient must hold. `ahead`: how many rows the network runs ahead of those that `error` is
  // handed (Run).
  static Result<Gradient> Create(const FloatNetwork& net, uint32_t in_height, uint32_t in_width, uint32_t ahead = 0);

  // Fills the input by `source`, then hands each row of the output, in ascending order, to `visit`, and to `error`,
  // which replaces it by the gradient there, and each row of the input's gradient, likewise ascending, to `sink`.
  // `visit` runs ahead of `error` by `ahead` rows or more, where the picture has them, and `error` of `sink` by the
  // reach of the layers.
  Status Run(RowFunction source, RowFunction visit, RowFunction error, RowFunction sink);
  // The network alone: hands each row of the output to `visit`, in ascending order.
  Status RunNetwork(RowFunction source, RowFunction visit);

  uint32_t out_height() const { return network_.out_height(); }
  uint32_t out_width() const { return network_.out_width(); }

 private:
  Gradient(std::unique_ptr<Tape> tape, Network network, Network transposed);

  std::unique_ptr<Tape> tape_;
  Network network_;
  Network transposed_;
  uint32_t ahead_ = 0;
  Buffer<float> strips_;  // (rows kept, out width, out channels) of the network: whole strips, a ring
  uint32_t kept_strips_ = 1;
  Buffer<float> gradient_;  // (strip rows, in width, in channels) of the transpose
};

}  // namespace lic
