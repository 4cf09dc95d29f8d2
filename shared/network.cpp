#include "network.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <vector>

#include "network_layers.h"
#include "try.h"

namespace lic {
namespace {

constexpr uint32_t kMaxInputSide = 65536;   // the largest picture, rounded up to whole hyper-latents
constexpr uint64_t kMaxPlaneSide = 1 << 20;
constexpr uint32_t kMaxChannels = 1024;
constexpr int kInput = 0;   // the planes that the caller fills
constexpr int kOutput = 1;  // and gets

// Rows [begin, end) of a plane; rows below 0 and from `height` on are its padding.
struct Rows {
  int32_t begin = INT_MAX;
  int32_t end = INT_MIN;
  bool empty() const { return begin >= end; }
  uint32_t count() const { return empty() ? 0 : static_cast<uint32_t>(end - begin); }
  void Include(const Rows& other) {
    begin = std::min(begin, other.begin);
    end = std::max(end, other.end);
  }
};

// What flows between layers. A plane holds the rows `held` of the whole one; those that the next strip needs stay at its front.
struct Plane {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  uint32_t factor = 1;    // of the shuffle or unshuffle for which the channels are blocked (network_layers.h)
  bool kept = false;      // some rows outlive a strip
  int last_use = -1;      // the last step that reads it
  int buffer = -1;        // its memory; the output has none
  uint32_t capacity = 0;  // rows
  Rows held = {};
  Rows wanted = {};  // by the layers behind it, in this strip
  float* data = nullptr;

  size_t row_floats() const { return size_t{width} * channels; }
  float* row(int32_t y) { return data + static_cast<size_t>(y - held.begin) * row_floats(); }
};

enum class Kind : uint8_t { kConvolution, kShuffle, kUnshuffle, kAdd, kClamp, kGate };

// One layer at work: `input` (and `other`) to `output`. The steps of all branches follow each other.
struct Step {
  Kind kind;
  int input;
  int output;
  int other = -1;           // add: the second summand
  bool accumulates = false; // adds to what another branch left in the output
  uint32_t kernel = 1;
  uint32_t stride = 1;
  uint32_t factor = 1;
  float lo = 0;
  float hi = 0;
  const FloatLayer* layer = nullptr;  // while building
  Convolution convolution = {};
  Rows made = {};              // rows of the output that this strip computes
  uint32_t max_made = 0;  // over all strips
};

Failure BadLayer(size_t branch, size_t layer, const char* what) {
  return Fail(Error::kBadModel, "branch %zu, layer %zu: %s", branch, layer, what);
}

bool IsFactor(uint32_t r) { return r == 2 || r == 4 || r == 8 || r == 16; }

int32_t RoundDown(int32_t value, uint32_t factor) { return value - value % static_cast<int32_t>(factor); }
int32_t RoundUp(int32_t value, uint32_t factor) { return RoundDown(value + static_cast<int32_t>(factor) - 1, factor); }

}  // namespace

struct Network::State {
  std::vector<Plane> planes;
  std::vector<Step> steps;
  std::vector<Buffer<float>> memory;
  uint32_t strip_rows = 0;
  int64_t next = -1;  // the row with which a Run goes on

  // Building, in this order.
  Status AddBranch(const std::vector<FloatLayer>& layers, size_t branch);
  Status AddLayer(const FloatLayer& layer, size_t branch, size_t index, int (&slots)[4], int& current);
  Status AddConvolution(const FloatLayer& layer, size_t branch, size_t index, Plane& out, Step& step);
  Status EndBranch(size_t branch, size_t first_step, int current);
  void BlockChannels();
  void MeasureStrips();
  Status ClaimMemory();

  // Running.
  uint32_t StripEnd(uint32_t first) const { return std::min<uint64_t>(uint64_t{first} + strip_rows, planes[kOutput].height); }
  void PlanStrip(uint32_t first, bool fresh);
  Rows RowsToMake(const Step& step, const Plane& out) const;
  Rows RowsNeeded(const Step& step) const;
  void DropRows(Plane& plane);
  void ZeroUntil(Plane& plane, int32_t end);
  Status RunStep(Step& step);
};

// ---- Building: planes and steps ----------------------------------------------------------------------------------------------

Status Network::State::AddBranch(const std::vector<FloatLayer>& layers, size_t branch) {
  const size_t first_step = steps.size();
  int slots[4] = {-1, -1, -1, -1};
  int current = kInput;
  for (size_t i = 0; i < layers.size(); ++i) LIC_CHECK(AddLayer(layers[i], branch, i, slots, current));
  return EndBranch(branch, first_step, current);
}

Status Network::State::AddLayer(const FloatLayer& layer, size_t branch, size_t index, int (&slots)[4], int& current) {
  if (layer.slot > 3) return BadLayer(branch, index, "no such slot");
  if (layer.op == Op::kSave) {
    slots[layer.slot] = current;
    return {};
  }
  const Plane& in = planes[current];
  Plane out = {.channels = in.channels, .height = in.height, .width = in.width};
  Step step = {.kind = Kind::kClamp, .input = current, .output = static_cast<int>(planes.size())};
  const uint32_t r = layer.factor;
  switch (layer.op) {
    case Op::kConvolution:
    case Op::kDepthwise:
      LIC_CHECK(AddConvolution(layer, branch, index, out, step));
      break;
    case Op::kShuffle:
      if (!IsFactor(r) || in.channels % (r * r)) return BadLayer(branch, index, "the factor does not divide the channels");
      step.kind = Kind::kShuffle;
      step.factor = r;
      out = {.channels = in.channels / (r * r), .height = in.height * r, .width = in.width * r};
      break;
    case Op::kUnshuffle:
      if (!IsFactor(r)) return BadLayer(branch, index, "no such factor");
      if (in.height % r || in.width % r) return Fail(Error::kInvalidArgument, "a plane of %u x %u is no multiple of %u", in.width, in.height, r);
      step.kind = Kind::kUnshuffle;
      step.factor = r;
      out = {.channels = in.channels * r * r, .height = in.height / r, .width = in.width / r};
      break;
    case Op::kAdd: {
      step.kind = Kind::kAdd;
      step.other = slots[layer.slot];
      if (step.other < 0) return BadLayer(branch, index, "nothing was saved");
      const Plane& other = planes[step.other];
      if (other.channels != in.channels || other.height != in.height || other.width != in.width) return BadLayer(branch, index, "planes of different sizes");
      break;
    }
    case Op::kClamp:
      step.lo = layer.lo;
      step.hi = layer.hi;
      break;
    case Op::kGate:
      if (in.channels % 2) return BadLayer(branch, index, "an odd number of channels");
      step.kind = Kind::kGate;
      out.channels /= 2;
      break;
    default:
      return BadLayer(branch, index, "no such layer");
  }
  if (out.channels < 1 || out.channels > kMaxChannels) return BadLayer(branch, index, "too many channels");
  if (out.height > kMaxPlaneSide || out.width > kMaxPlaneSide) return Fail(Error::kInvalidArgument, "a plane of %u x %u is too large", out.width, out.height);
  current = step.output;
  planes.push_back(out);
  steps.push_back(std::move(step));
  return {};
}

Status Network::State::AddConvolution(const FloatLayer& layer, size_t branch, size_t index, Plane& out, Step& step) {
  const bool depthwise = layer.op == Op::kDepthwise;
  const bool known = depthwise ? (layer.kernel == 3 || layer.kernel == 5) && (layer.stride == 1 || layer.stride == 2) && layer.out_channels == layer.in_channels
                               : (layer.kernel == 1 || layer.kernel == 3) && layer.stride == 1;
  if (!known) return BadLayer(branch, index, "no such convolution");
  if (layer.in_channels != out.channels || layer.out_channels < 1 || layer.out_channels > kMaxChannels) return BadLayer(branch, index, "a wrong number of channels");
  const size_t weights = size_t{layer.out_channels} * (depthwise ? 1 : layer.in_channels) * layer.kernel * layer.kernel;
  if (layer.weight.size() != weights || layer.bias.size() != layer.out_channels) return BadLayer(branch, index, "a wrong number of weights");
  if (!(layer.lo < layer.hi)) return BadLayer(branch, index, "an empty range");
  step.kind = Kind::kConvolution;
  step.kernel = layer.kernel;
  step.stride = layer.stride;
  step.layer = &layer;
  out = {.channels = layer.out_channels, .height = (out.height - 1) / layer.stride + 1, .width = (out.width - 1) / layer.stride + 1};
  return {};
}

// The first branch writes the output, the others add to it. A shuffle does so itself, elsewhere it takes a step.
Status Network::State::EndBranch(size_t branch, size_t first_step, int current) {
  const Plane& result = planes[current];
  if (branch == 0) {
    planes[kOutput] = {.channels = result.channels, .height = result.height, .width = result.width};
  } else if (result.channels != planes[kOutput].channels || result.height != planes[kOutput].height || result.width != planes[kOutput].width) {
    return BadLayer(branch, 0, "the branches end in planes of different sizes");
  }
  if (steps.size() > first_step && (branch == 0 || steps.back().kind == Kind::kShuffle)) {
    steps.back().output = kOutput;
    steps.back().accumulates = branch > 0;
  } else if (branch == 0) {
    steps.push_back({.kind = Kind::kClamp, .input = current, .output = kOutput, .lo = -INFINITY, .hi = INFINITY});
  } else {
    steps.push_back({.kind = Kind::kAdd, .input = current, .output = kOutput, .accumulates = true});
  }
  return {};
}

// A plane between a convolution and a shuffle is blocked where nothing else reads or writes it.
void Network::State::BlockChannels() {
  std::vector<int> readers(planes.size()), writers(planes.size(), -1);
  for (size_t s = 0; s < steps.size(); ++s) {
    readers[steps[s].input]++;
    if (steps[s].other >= 0) readers[steps[s].other]++;
    writers[steps[s].output] = static_cast<int>(s);
    planes[steps[s].input].last_use = static_cast<int>(s);
    if (steps[s].other >= 0) planes[steps[s].other].last_use = static_cast<int>(s);
  }
  for (Step& step : steps) {
    if (readers[step.input] != 1 || writers[step.input] < 0) continue;
    const Step& before = steps[writers[step.input]];
    const auto is_dense = [](const Step& s) { return s.kind == Kind::kConvolution && s.layer->op == Op::kConvolution; };
    if (is_dense(before) && step.kind == Kind::kShuffle) planes[step.input].factor = step.factor;
    if (before.kind == Kind::kUnshuffle && is_dense(step)) planes[step.input].factor = before.factor;
  }
}

// ---- Building: memory --------------------------------------------------------------------------------------------------------

// Goes through all strips to find how many rows each plane and layer needs at most, where every strip begins afresh, and which
// planes keep rows where the strips follow each other.
void Network::State::MeasureStrips() {
  for (const bool fresh : {true, false}) {
    for (uint32_t first = 0; first < planes[kOutput].height; first = StripEnd(first)) {
      PlanStrip(first, fresh || first == 0);
      for (Step& step : steps) step.max_made = std::max(step.max_made, step.made.count());
      for (Plane& plane : planes) {
        if (plane.wanted.empty()) continue;
        if (!fresh && first > 0 && plane.wanted.begin < plane.held.end) plane.kept = true;
        plane.held = {plane.wanted.begin, std::max(plane.wanted.end, plane.held.end)};
        plane.capacity = std::max(plane.capacity, plane.held.count());
      }
    }
  }
}

Status Network::State::ClaimMemory() {
  struct Size {
    uint64_t floats = 0;
    bool free = false;
  };
  std::vector<Size> sizes;
  const auto claim = [&](Plane& plane) {
    const uint64_t floats = uint64_t{plane.capacity} * plane.row_floats();
    int best = -1;
    for (size_t b = 0; b < sizes.size() && !plane.kept; ++b) {
      if (sizes[b].free && (best < 0 || sizes[b].floats > sizes[best].floats)) best = static_cast<int>(b);
    }
    if (best < 0) {
      best = static_cast<int>(sizes.size());
      sizes.push_back({});
    }
    sizes[best] = {std::max(sizes[best].floats, floats), false};
    plane.buffer = best;
  };
  const auto release = [&](const Plane& plane, size_t step) {
    if (!plane.kept && plane.last_use == static_cast<int>(step)) sizes[plane.buffer].free = true;
  };
  claim(planes[kInput]);
  for (size_t s = 0; s < steps.size(); ++s) {
    if (steps[s].output != kOutput) claim(planes[steps[s].output]);
    release(planes[steps[s].input], s);
    if (steps[s].other >= 0) release(planes[steps[s].other], s);
  }
  for (const Size& size : sizes) {
    // A quarter of what can be addressed leaves room for XNNPACK's sums of sizes, too.
    if (size.floats > SIZE_MAX / 4 / sizeof(float)) return Fail(Error::kOutOfMemory, "a strip is larger than memory");
    LIC_TRY(Buffer<float> buffer, Buffer<float>::Allocate(static_cast<size_t>(size.floats)));
    memory.push_back(std::move(buffer));
  }
  for (Plane& plane : planes) {
    if (plane.buffer >= 0) plane.data = memory[plane.buffer].data();
  }
  for (Step& step : steps) {
    if (step.kind != Kind::kConvolution) continue;
    const Plane& in = planes[step.input];
    // As many pointers to pixels as XNNPACK writes for a strip.
    const uint64_t pointers = uint64_t{step.max_made + 1} * (in.width + 8) * step.kernel * step.kernel;
    if (pointers > SIZE_MAX / 4 / sizeof(void*)) return Fail(Error::kOutOfMemory, "a strip is larger than memory");
    LIC_TRY(step.convolution, Convolution::Create(*step.layer, in.factor, planes[step.output].factor, in.width, step.max_made));
    step.layer = nullptr;
  }
  return {};
}

Result<Network> Network::Build(const FloatNetwork& net, uint32_t in_height, uint32_t in_width, uint32_t strip_rows) {
  if (in_height < 1 || in_height > kMaxInputSide || in_width < 1 || in_width > kMaxInputSide || strip_rows < 1) {
    return Fail(Error::kInvalidArgument, "a network cannot run on %u x %u in strips of %u", in_width, in_height, strip_rows);
  }
  if (net.in_channels < 1 || net.in_channels > kMaxChannels || net.branches.empty()) return Fail(Error::kBadModel, "an empty network");
  auto state = std::make_unique<State>();
  state->planes.resize(2);
  state->planes[kInput] = {.channels = net.in_channels, .height = in_height, .width = in_width};
  for (size_t b = 0; b < net.branches.size(); ++b) LIC_CHECK(state->AddBranch(net.branches[b], b));
  if (state->planes[kOutput].channels != net.out_channels) return Fail(Error::kBadModel, "a wrong number of output channels");
  state->BlockChannels();

  // A shuffle that writes the output gives its rows in groups, of which a strip must not end inside.
  uint32_t group = 1;
  for (const Step& step : state->steps) {
    if (step.kind == Kind::kShuffle && step.output == kOutput) group = std::max(group, step.factor);
  }
  const uint32_t height = state->planes[kOutput].height;
  state->strip_rows = std::min((std::min(strip_rows, height) + group - 1) / group * group, height);
  state->MeasureStrips();
  LIC_CHECK(state->ClaimMemory());
  return Network(std::move(state));
}

// ---- Running -----------------------------------------------------------------------------------------------------------------

// Finds the rows that each step makes and each plane holds for a strip: from the output backwards, every layer asks the plane
// before it for the rows that it needs for those of its own that are not there yet. `fresh`: none are.
void Network::State::PlanStrip(uint32_t first, bool fresh) {
  for (Plane& plane : planes) {
    plane.wanted = {};
    if (fresh) plane.held = {};
  }
  planes[kOutput].wanted = {static_cast<int32_t>(first), static_cast<int32_t>(StripEnd(first))};
  planes[kOutput].held = {};
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    Plane& out = planes[step->output];
    step->made = RowsToMake(*step, out);
    if (step->made.empty()) continue;
    out.wanted.Include(step->made);
    planes[step->input].wanted.Include(RowsNeeded(*step));
    if (step->other >= 0) planes[step->other].wanted.Include(step->made);
  }
}

// Of the rows that are wanted: those inside the plane that it does not hold yet.
Rows Network::State::RowsToMake(const Step& step, const Plane& out) const {
  Rows rows = {std::max({out.wanted.begin, out.held.end, 0}), std::min(out.wanted.end, static_cast<int32_t>(out.height))};
  if (rows.empty()) return {};
  if (step.kind == Kind::kShuffle) rows = {RoundDown(rows.begin, step.factor), RoundUp(rows.end, step.factor)};
  return rows;
}

Rows Network::State::RowsNeeded(const Step& step) const {
  const auto r = static_cast<int32_t>(step.factor), stride = static_cast<int32_t>(step.stride), kernel = static_cast<int32_t>(step.kernel);
  const Rows made = step.made;
  if (step.kind == Kind::kShuffle) return {made.begin / r, made.end / r};
  if (step.kind == Kind::kUnshuffle) return {made.begin * r, made.end * r};
  const int32_t top = made.begin * stride - (kernel - 1) / 2;
  return {top, top + (made.end - 1 - made.begin) * stride + kernel};
}

// Moves the rows that are still wanted to the front.
void Network::State::DropRows(Plane& plane) {
  if (plane.wanted.empty()) return;
  if (plane.held.empty() || plane.held.end <= plane.wanted.begin) {
    plane.held = {plane.wanted.begin, plane.wanted.begin};
    return;
  }
  float* from = plane.row(plane.wanted.begin);
  if (from != plane.data) std::copy(from, plane.row(plane.held.end), plane.data);
  plane.held.begin = plane.wanted.begin;
}

// Appends padding.
void Network::State::ZeroUntil(Plane& plane, int32_t end) {
  if (end <= plane.held.end) return;
  std::fill(plane.row(plane.held.end), plane.row(end), 0.0f);
  plane.held.end = end;
}

Status Network::State::RunStep(Step& step) {
  Plane& in = planes[step.input];
  Plane& out = planes[step.output];
  if (!step.made.empty()) {
    if (step.output != kOutput) ZeroUntil(out, step.made.begin);
    const float* from = in.row(RowsNeeded(step).begin);
    float* to = out.row(step.made.begin);
    const uint32_t rows = step.made.count();
    const size_t positions = size_t{rows} * out.width;
    switch (step.kind) {
      case Kind::kConvolution:
        LIC_CHECK(step.convolution.Run(from, rows, to));
        break;
      case Kind::kShuffle:
        (step.accumulates ? ShuffleAdd : Shuffle)({rows / step.factor, in.width, out.channels, step.factor, in.factor > 1}, from, to);
        break;
      case Kind::kUnshuffle:
        Unshuffle({rows, out.width, in.channels, step.factor, out.factor > 1}, from, to);
        break;
      case Kind::kAdd:
        Add(positions * out.channels, from, step.accumulates ? to : planes[step.other].row(step.made.begin), to);
        break;
      case Kind::kClamp:
        Clamp(positions * out.channels, step.lo, step.hi, from, to);
        break;
      case Kind::kGate:
        Gate(positions, out.channels, from, to);
        break;
    }
    if (step.output != kOutput) out.held.end = step.made.end;
  }
  if (step.output != kOutput) ZeroUntil(out, out.wanted.end);
  return {};
}

Status Network::Run(uint32_t first, RowSource source, float* out) {
  State& s = *state_;
  assert(first % s.strip_rows == 0 && first < s.planes[kOutput].height);
  s.PlanStrip(first, first != s.next);
  s.next = -1;
  for (Plane& plane : s.planes) s.DropRows(plane);
  s.planes[kOutput].data = out;
  s.planes[kOutput].held = s.planes[kOutput].wanted;

  Plane& input = s.planes[kInput];
  const int32_t height = static_cast<int32_t>(input.height);
  s.ZeroUntil(input, std::min(input.wanted.end, 0));
  for (; input.held.end < std::min(input.wanted.end, height); input.held.end++) source.Fill(input.held.end, input.row(input.held.end));
  s.ZeroUntil(input, input.wanted.end);

  for (Step& step : s.steps) LIC_CHECK(s.RunStep(step));
  s.next = s.StripEnd(first);
  return {};
}

Network::Network(std::unique_ptr<State> state) : state_(std::move(state)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

uint32_t Network::out_height() const { return state_->planes[kOutput].height; }
uint32_t Network::out_width() const { return state_->planes[kOutput].width; }
uint32_t Network::out_channels() const { return state_->planes[kOutput].channels; }
uint32_t Network::strip_rows() const { return state_->strip_rows; }

}  // namespace lic
