// The plan of a float network for planes of one size: which planes there are, which steps make them, and which rows of
// each a strip of the output needs. It moves no data; floating/float_network.cpp does.
#pragma once

#include <array>
#include <climits>
#include <vector>

#include "networks/layers.h"

namespace lic {

// Rows [begin, end) of a plane; rows below 0 and from its height on are padding.
struct Rows {
  int32_t begin = INT_MAX;
  int32_t end = INT_MIN;
  bool empty() const { return begin >= end; }
  uint32_t count() const { return empty() ? 0 : static_cast<uint32_t>(end - begin); }
  void Include(const Rows& other) {
    begin = other.begin < begin ? other.begin : begin;
    end = other.end > end ? other.end : end;
  }
};

// What flows between layers. Of the whole plane only the rows `held` are in memory.
struct Plane {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  uint32_t factor = 1;    // of the shuffle or unshuffle for which the channels are blocked (floating/float_layers.h)
  bool kept = false;      // some rows outlive a strip
  bool recorded = false;  // on a tape, in the format's order of channels
  int last_use = -1;      // the last step that reads it
  uint32_t capacity = 0;  // the most rows held at a time
  Rows held = {};         // after the last strip
  Rows wanted = {};       // by the layers after it in this strip

  size_t row_floats() const { return size_t{width} * channels; }
};

enum class StepKind : uint8_t { kConvolution, kShuffle, kUnshuffle, kAdd, kClamp, kGate, kUngate, kMask };

// A layer at work: from plane `input` (and `other`) to plane `output`.
struct Step {
  StepKind kind = StepKind::kClamp;
  int input = 0;
  int output = 0;
  int other = -1;            // add: the second summand
  bool accumulates = false;  // adds to what another branch left in the output
  uint32_t kernel = 1;
  uint32_t stride = 1;
  uint32_t factor = 1;
  float lo = 0;
  float hi = 0;
  int tape = -1;                      // the plane of the tape that it records or, as a mask or ungate, reads
  const FloatLayer* layer = nullptr;  // convolution: its weights, which go after building
  Rows made = {};                     // rows of the output that this strip computes
  uint32_t max_made = 0;              // over all strips

  bool reads_tape() const { return kind == StepKind::kUngate || kind == StepKind::kMask; }
};

// The planes that the caller fills and gets.
inline constexpr int kInputPlane = 0;
inline constexpr int kOutputPlane = 1;

// How far an output looks around itself: from an output row that lies in input row i, layers reach input rows i - reach
// to i + reach, and likewise columns. `net` must be one that enlarges, by `stride` in all.
uint32_t InputReach(const FloatNetwork& net, uint32_t stride);

// Slots of a branch: three in files, but one for each addition in a gradient.
inline constexpr int kMaxSlots = 65;
using Slots = std::array<int, kMaxSlots>;  // the plane that each holds, -1: none

class NetworkPlan {
 public:
  // As Network::Create. `net` must outlive the building of the network. `taped`: clamping layers and gates record.
  static Result<NetworkPlan> Create(const FloatNetwork& net, uint32_t in_height, uint32_t in_width, uint32_t strip_rows,
                                    bool taped);

  // Finds Plane::wanted and Step::made for the strip that begins at output row `first`: from the output backwards,
  // every step asks the plane before it for the rows that it needs for those of its own that are not held yet. `fresh`:
  // none are held.
  void PlanStrip(uint32_t first, bool fresh);
  // Rows of a step's input that it needs for the rows that it makes.
  Rows RowsNeeded(const Step& step) const;
  uint32_t StripEnd(uint32_t first) const;

  std::vector<Plane> planes;
  std::vector<Step> steps;  // those of the first branch, then those of the second, ...
  uint32_t strip_rows = 0;

 private:
  bool taped_ = false;
  int tape_planes_ = 0;

  Status AddBranch(const std::vector<FloatLayer>& layers, size_t branch);
  Status AddLayer(const FloatLayer& layer, size_t branch, size_t index, Slots& slots, int& current);
  Status PlanLayer(const FloatLayer& layer, size_t branch, size_t index, Plane& out, Step& step);
  Status PlanShuffle(const FloatLayer& layer, size_t branch, size_t index, Plane& out, Step& step) const;
  Status PlanConvolution(const FloatLayer& layer, size_t branch, size_t index, Plane& out, Step& step) const;
  void RecordRange(const FloatLayer& layer, Plane& out, Step& step);
  Status EndBranch(size_t branch, size_t first_step, int current);
  void BlockChannels();
  void ChooseStrips(uint32_t wished_rows);
  void MeasureStrips();
  Rows RowsToMake(const Step& step) const;
};

}  // namespace lic
