#include "floating/gradient.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/geometry.h"
#include "base/try.h"

namespace lic {
namespace {

FloatLayer Plain(Op op, uint32_t number) {
  FloatLayer layer;
  layer.op = op;
  layer.factor = op == Op::kShuffle || op == Op::kUnshuffle ? number : 1;
  layer.slot = layer.factor == 1 ? number : 0;
  return layer;
}

Result<FloatLayer> TransposeConvolution(const FloatLayer& layer) {
  const bool depthwise = layer.op == Op::kDepthwise;
  FloatLayer result;
  result.op = layer.op;
  result.kernel = layer.kernel;
  result.in_channels = layer.out_channels;
  result.out_channels = layer.in_channels;
  result.lo = -INFINITY;
  result.hi = INFINITY;
  LIC_TRY(result.bias, Buffer<float>::Create(result.out_channels));
  LIC_TRY(result.weight, Buffer<float>::Create(layer.weight.size()));
  const size_t taps = size_t{layer.kernel} * layer.kernel;
  const size_t inputs = depthwise ? 1 : layer.in_channels;
  for (size_t o = 0; o < layer.out_channels; ++o) {
    for (size_t i = 0; i < inputs; ++i) {
      const float* from = &layer.weight[(o * inputs + i) * taps];
      std::reverse_copy(from, from + taps, &result.weight[(depthwise ? o : i * layer.out_channels + o) * taps]);
    }
  }
  return result;
}

// Layer by layer from the end. What an addition has read of a slot gets the addition's gradient, too: it is kept, in a
// slot of its own, until the place where the slot was filled. `tape` is the first plane of the tape that belongs to the
// branch, and is left after its last.
Result<std::vector<FloatLayer>> TransposeBranch(const std::vector<FloatLayer>& layers, uint32_t& tape) {
  std::vector<size_t> read(layers.size());     // of an addition: the layer that filled the slot
  std::vector<uint32_t> plane(layers.size());  // of a layer that records: its plane on the tape
  size_t filled[4] = {};
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].op == Op::kSave) filled[layers[i].slot] = i;
    if (layers[i].op == Op::kAdd) read[i] = filled[layers[i].slot];
    if (layers[i].clamps() || layers[i].op == Op::kGate) plane[i] = tape++;
  }
  std::vector<FloatLayer> result;
  for (size_t i = layers.size(); i-- > 0;) {
    const FloatLayer& layer = layers[i];
    if (layer.clamps()) result.push_back(Plain(Op::kMask, plane[i]));
    switch (layer.op) {
      case Op::kConvolution:
      case Op::kDepthwise: {
        LIC_TRY(auto transposed, TransposeConvolution(layer));
        result.push_back(std::move(transposed));
        break;
      }
      case Op::kShuffle:
        result.push_back(Plain(Op::kUnshuffle, layer.factor));
        break;
      case Op::kUnshuffle:
        result.push_back(Plain(Op::kShuffle, layer.factor));
        break;
      case Op::kAdd:
        result.push_back(Plain(Op::kSave, static_cast<uint32_t>(i)));
        break;
      case Op::kSave:
        for (size_t add = i + 1; add < layers.size(); ++add) {
          if (layers[add].op == Op::kAdd && read[add] == i)
            result.push_back(Plain(Op::kAdd, static_cast<uint32_t>(add)));
        }
        break;
      case Op::kGate:
        result.push_back(Plain(Op::kUngate, plane[i]));
        break;
      default:  // a clamp: its mask is there already
        break;
    }
  }
  return result;
}

}  // namespace

bool HasGradient(const FloatNetwork& net) {
  for (const auto& layers : net.branches) {
    for (const FloatLayer& layer : layers) {
      if (layer.stride != 1) return false;
    }
  }
  return true;
}

Result<FloatNetwork> Transpose(const FloatNetwork& net) {
  assert(HasGradient(net));
  FloatNetwork result;
  result.in_channels = net.out_channels;
  result.out_channels = net.in_channels;
  uint32_t tape = 0;
  for (const auto& layers : net.branches) {
    LIC_TRY(auto branch, TransposeBranch(layers, tape));
    result.branches.push_back(std::move(branch));
  }
  return result;
}

Gradient::Gradient(std::unique_ptr<Tape> tape, Network network, Network transposed)
    : tape_(std::move(tape)), network_(std::move(network)), transposed_(std::move(transposed)) {}

Result<Gradient> Gradient::Create(const FloatNetwork& net, uint32_t in_height, uint32_t in_width, uint32_t ahead) {
  LIC_TRY(const FloatNetwork transpose, Transpose(net));
  std::unique_ptr<Tape> tape(new (std::nothrow) Tape);
  if (!tape) return Fail(Error::kOutOfMemory, "no memory for a tape");
  LIC_TRY(auto network, Network::Create(net, in_height, in_width, /*strip_rows=*/0, tape.get()));
  LIC_TRY(auto transposed,
          Network::Create(transpose, network.out_height(), network.out_width(), /*strip_rows=*/0, tape.get()));
  Gradient gradient(std::move(tape), std::move(network), std::move(transposed));
  const Network &forward = gradient.network_, &backward = gradient.transposed_;
  gradient.ahead_ = std::min(ahead, forward.out_height());
  gradient.kept_strips_ = CeilDiv(gradient.ahead_, forward.strip_rows()) + 1;
  LIC_TRY(gradient.strips_, Buffer<float>::Create(size_t{gradient.kept_strips_} * forward.strip_rows() *
                                                  forward.out_width() * forward.out_channels()));
  LIC_TRY(gradient.gradient_,
          Buffer<float>::Create(size_t{backward.strip_rows()} * backward.out_width() * backward.out_channels()));
  return gradient;
}

Status Gradient::Run(RowFunction source, RowFunction visit, RowFunction error, RowFunction sink) {
  const size_t out_row = size_t{network_.out_width()} * network_.out_channels();
  const size_t in_row = size_t{transposed_.out_width()} * transposed_.out_channels();
  const uint32_t strip_rows = network_.strip_rows(), height = network_.out_height();
  const auto kept = [&](uint32_t row) { return strips_.data() + row % (kept_strips_ * strip_rows) * out_row; };
  Status run;
  uint32_t made = 0;
  auto errors = [&](uint32_t row, float* to) {  // rows come in ascending order
    while (made < height && made <= row + ahead_ && run.ok()) {
      run = network_.Run(made, source, kept(made));
      for (const uint32_t end = std::min(made + strip_rows, height); made < end; ++made) visit(made, kept(made));
    }
    std::copy_n(kept(row), out_row, to);
    error(row, to);
  };
  for (uint32_t first = 0; first < transposed_.out_height(); first += transposed_.strip_rows()) {
    LIC_CHECK(transposed_.Run(first, RowFunction(errors), gradient_.data()));
    LIC_CHECK(run);
    const uint32_t end = std::min(first + transposed_.strip_rows(), transposed_.out_height());
    for (uint32_t row = first; row < end; ++row) sink(row, gradient_.data() + (row - first) * in_row);
  }
  return {};
}

Status Gradient::RunNetwork(RowFunction source, RowFunction visit) {
  const size_t row_values = size_t{network_.out_width()} * network_.out_channels();
  for (uint32_t first = 0; first < network_.out_height(); first += network_.strip_rows()) {
    LIC_CHECK(network_.Run(first, source, strips_.data()));
    const uint32_t end = std::min(first + network_.strip_rows(), network_.out_height());
    for (uint32_t row = first; row < end; ++row) visit(row, strips_.data() + (row - first) * row_values);
  }
  return {};
}

}  // namespace lic
