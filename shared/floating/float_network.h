// Runs the float networks of a model (docs/format.md#float-programs): synthesis, analysis, hyper-analysis.
#pragma once

#include <memory>
#include <type_traits>
#include <vector>

#include "networks/layers.h"

namespace lic {

// A reference to a callable `void(uint32_t row, float* values)` that is called once for each row of a plane. `values`
// are the (width, channels) floats of row `row`. A source writes them, a sink reads them, and a filter does both; the
// function that takes a RowFunction says which it expects. The callable must outlive the call that it is handed to.
class RowFunction {
 public:
  template <class F>
    requires(!std::is_same_v<F, RowFunction>)
  RowFunction(F& callable)
      : callable_(&callable),
        call_([](void* object, uint32_t row, float* values) { (*static_cast<F*>(object))(row, values); }) {}
  void operator()(uint32_t row, float* values) const { call_(callable_, row, values); }

 private:
  void* callable_;
  void (*call_)(void*, uint32_t, float*);
};

// What its gradient needs to know of a network's run: which outputs of clamping layers lay inside their ranges, a bit
// each, and the inputs of gates. A plane for each such layer, in the order of branches and layers.
struct Tape {
  struct Plane {
    size_t row_bytes = 0;
    Buffer<uint8_t> rows;  // (height, row_bytes)
    uint8_t* Row(int32_t y) { return rows.data() + static_cast<size_t>(y) * row_bytes; }
  };
  std::vector<Plane> planes;
};

// A network made ready for planes of one size. It computes its output in horizontal strips, from the top; the value of
// an output is the same for every height of the strips, since each layer sees zeros outside the plane and nowhere else.
//
// Strips that follow each other share their work: every plane keeps the few rows that the next strip needs again (two
// for a 3x3 layer), so no value is computed twice. Memory is bounded by the strip: for each layer one plane of the rows
// that a strip takes there, planes that are dead sharing theirs, the rows that a strip needs above and below itself,
// XNNPACK's pointers to pixels, and the packed weights. A synthesis of 3 kMAC a pixel takes 1.6 MB of weights and, with
// strip_rows 0, 3 MB for a width of 768 pixels, 12 MB for 4096.
//
// A network runs on one thread at a time; several networks run at once.
class Network {
 public:
  // Packs the weights of `net`, which may go afterwards. (in_height, in_width) is the plane at the input. `strip_rows`
  // is rounded up to a multiple of what the network's shuffles need; 0, the recommended value, leaves the height to the
  // network, which then keeps a strip's planes small enough for the second-level cache (32 rows of a picture 768 pixels
  // wide). See strip_rows(). Errors: kOutOfMemory; kInvalidArgument (an input that is empty, above 65536 a side or,
  // where the network has unshuffle layers, not a multiple of their factor); kBadModel (layers that do not fit
  // together); kInternal (no support for the machine). With a `tape`, which must outlive the network, clamping layers
  // and gates record there, and mask and ungate layers read what another network has recorded: the rows that they need
  // must have been made by then.
  static Result<Network> Create(const FloatNetwork& net, uint32_t in_height, uint32_t in_width, uint32_t strip_rows = 0,
                                Tape* tape = nullptr);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  uint32_t out_height() const;
  uint32_t out_width() const;
  uint32_t out_channels() const;
  // Rows of a strip, the last one's excepted.
  uint32_t strip_rows() const;

  // Writes output rows [first, min(first + strip_rows(), out_height())) to `out`: (rows, out_width, out_channels)
  // floats. `first` must be a multiple of strip_rows(). Where it does not go on from the previous Run, the rows of the
  // layers that it needs above itself are computed again. Each input row in the plane is asked for at most once, in
  // ascending order. Errors: kInternal. After one the next Run must not go on from this one.
  Status Run(uint32_t first, const RowFunction& source, float* out);

  // The same in steps: StartRun, which asks for the input rows, then StepRun until it gives true. A step does whole
  // layers, one at least, until about `work` multiplications are done, and takes from `work` what it did. `out` must
  // stay where it is.
  void StartRun(uint32_t first, const RowFunction& source, float* out);
  Result<bool> StepRun(int64_t& work);

 private:
  struct State;
  explicit Network(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lic
