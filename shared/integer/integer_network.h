// Runs the integer programs of a model (docs/format.md#integer-programs): the exact half of the codec.
#pragma once

#include <vector>

#include "integer/gemm.h"
#include "networks/layers.h"

namespace lic {

// A plane of 16-bit numbers, channels innermost: values[(y * width + x) * channels + c].
struct IntegerPlane {
  uint32_t height = 0;
  uint32_t width = 0;
  uint32_t channels = 0;
  Buffer<int16_t> values;

  size_t positions() const { return size_t{height} * width; }
  int16_t* at(size_t position) { return values.data() + position * channels; }
  const int16_t* at(size_t position) const { return values.data() + position * channels; }
  // Gives the plane a shape; its memory is kept where it suffices, and its contents are then undefined.
  Status Reshape(uint32_t new_height, uint32_t new_width, uint32_t new_channels);
};

// A convolution or depthwise layer made ready to run.
struct PackedLayer {
  const IntegerLayer* layer = nullptr;
  PackedWeights gemm;         // convolution
  Buffer<int16_t> depthwise;  // (taps, channels)
};

class IntegerNetwork {
 public:
  // Packs the weights for the current kernel. `layers` must outlive the network.
  static Result<IntegerNetwork> Create(std::span<const IntegerLayer> layers);

  // output = layers(input), with the biases of `bias_set` where a layer has several. `side` is what slot 0 adds, or
  // null.
  Status Run(const IntegerPlane& input, const IntegerPlane* side, uint32_t bias_set, IntegerPlane& output);

  // The same in steps: Start, Step until done(), TakeOutput. Both planes must outlive the steps.
  void Start(const IntegerPlane& input, const IntegerPlane* side, uint32_t bias_set);
  // Goes on for about as many multiplications as `work` allows, but for a row of a layer at least; takes from `work`
  // what it did.
  Status Step(int64_t& work);
  bool done() const { return layer_ == layers_.size(); }
  Status TakeOutput(IntegerPlane& output);

 private:
  const IntegerPlane& Current() const { return current_ < 0 ? *input_ : work_[current_]; }
  Status Shape(const IntegerLayer& layer, const IntegerPlane& in, IntegerPlane& out) const;
  Status RunRows(const IntegerPlane& in, uint32_t first, uint32_t end, IntegerPlane& out);
  void Convolve(const PackedLayer& packed, const IntegerPlane& in, size_t first, size_t end, IntegerPlane& out);
  void Depthwise(const PackedLayer& packed, const IntegerPlane& in, size_t first, size_t end, IntegerPlane& out);
  void GatherRows(const IntegerPlane& in, uint32_t kernel, size_t first, size_t count);

  std::vector<PackedLayer> layers_;
  const IntegerKernel* kernel_ = nullptr;
  Buffer<int16_t> zeros_;        // an input outside the plane
  Buffer<const int16_t*> rows_;  // (taps, positions of a chunk)
  Buffer<int32_t> sums_;         // (positions of a chunk, outputs)
  IntegerPlane slots_[4];
  IntegerPlane work_[2];

  // Where a run in steps stands.
  const IntegerPlane* input_ = nullptr;
  const IntegerPlane* side_ = nullptr;
  uint32_t bias_set_ = 0;
  int current_ = -1;  // the plane that the layer reads: work_[current_], or the input
  size_t layer_ = 0;
  uint32_t row_ = 0;  // of the layer's input
};

}  // namespace lic
