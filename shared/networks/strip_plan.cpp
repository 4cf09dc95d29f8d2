#include "networks/strip_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "base/geometry.h"
#include "base/try.h"

namespace lic {
namespace {

constexpr uint32_t kMaxInputSide = 65536;  // the largest picture, rounded up to whole hyper-latents
constexpr uint32_t kMaxPlaneSide = 1 << 20;
// Of the largest plane, where the caller leaves the height of strips to us.
constexpr uint64_t kStripBytes = 256 * 1024;

// The layer that is being planned.
struct Place {
  size_t branch, layer;
};

[[gnu::format(printf, 2, 3)]] Failure BadLayer(const Place& place, const char* format, ...) {
  char what[sizeof(Failure::what)];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof(what), format, arguments);
  va_end(arguments);
  return Fail(Error::kBadModel, "branch %zu, layer %zu: %s", place.branch, place.layer, what);
}

bool IsFactor(uint32_t r) { return r == 2 || r == 4 || r == 8 || r == 16; }

bool SameShape(const Plane& a, const Plane& b) {
  return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

}  // namespace

// ---- Planes and steps -------------------------------------------------------------------------------------

Result<NetworkPlan> NetworkPlan::Create(const FloatNetwork& net, uint32_t in_height, uint32_t in_width,
                                        uint32_t strip_rows, bool taped) {
  if (in_height < 1 || in_height > kMaxInputSide || in_width < 1 || in_width > kMaxInputSide) {
    return Fail(Error::kInvalidArgument, "a network gets %u x %u values, allowed are sides of 1 to %u", in_width,
                in_height, kMaxInputSide);
  }
  if (net.in_channels < 1 || net.in_channels > kMaxChannels) {
    return Fail(Error::kBadModel, "a network takes %u channels, allowed are 1 to %u", net.in_channels, kMaxChannels);
  }
  if (net.branches.empty()) return Fail(Error::kBadModel, "a network has no branch");
  NetworkPlan plan;
  plan.taped_ = taped;
  plan.planes.resize(2);
  plan.planes[kInputPlane] = {.channels = net.in_channels, .height = in_height, .width = in_width};
  for (size_t b = 0; b < net.branches.size(); ++b) LIC_CHECK(plan.AddBranch(net.branches[b], b));
  if (plan.planes[kOutputPlane].channels != net.out_channels)
    return Fail(Error::kBadModel, "a network ends with %u channels, expected are %u",
                plan.planes[kOutputPlane].channels, net.out_channels);
  plan.BlockChannels();
  plan.ChooseStrips(strip_rows);
  plan.MeasureStrips();
  return plan;
}

Status NetworkPlan::AddBranch(const std::vector<FloatLayer>& layers, size_t branch) {
  const size_t first_step = steps.size();
  Slots slots;
  slots.fill(-1);
  int current = kInputPlane;
  for (size_t i = 0; i < layers.size(); ++i) LIC_CHECK(AddLayer(layers[i], branch, i, slots, current));
  return EndBranch(branch, first_step, current);
}

Status NetworkPlan::AddLayer(const FloatLayer& layer, size_t branch, size_t index, Slots& slots, int& current) {
  const Place place = {branch, index};
  if ((layer.op == Op::kSave || layer.op == Op::kAdd) && layer.slot >= kMaxSlots)
    return BadLayer(place, "slot is %u, allowed are 0 to %d", layer.slot, kMaxSlots - 1);
  if (layer.op == Op::kSave) {
    slots[layer.slot] = current;
    return {};
  }
  const Plane& in = planes[current];
  Plane out = {.channels = in.channels, .height = in.height, .width = in.width};
  Step step = {.kind = StepKind::kClamp, .input = current, .output = static_cast<int>(planes.size())};
  if (layer.op == Op::kAdd) {
    step.kind = StepKind::kAdd;
    step.other = slots[layer.slot];
    if (step.other < 0 || !SameShape(planes[step.other], in))
      return BadLayer(place, "slot %u holds no plane of %u channels, %u x %u", layer.slot, in.channels, in.width,
                      in.height);
  } else {
    LIC_CHECK(PlanLayer(layer, branch, index, out, step));
  }
  if (out.channels > kMaxChannels)
    return BadLayer(place, "it gives %u channels, allowed are %u", out.channels, kMaxChannels);
  if (std::max(out.height, out.width) > kMaxPlaneSide) {
    return Fail(Error::kInvalidArgument, "a plane has %u x %u values, allowed are sides of %u", out.width, out.height,
                kMaxPlaneSide);
  }
  current = step.output;
  planes.push_back(out);
  steps.push_back(step);
  return {};
}

// What a layer with one input makes of it: `out` is that input at first.
Status NetworkPlan::PlanLayer(const FloatLayer& layer, size_t branch, size_t index, Plane& out, Step& step) {
  switch (layer.op) {
    case Op::kConvolution:
    case Op::kDepthwise:
      LIC_CHECK(PlanConvolution(layer, branch, index, out, step));
      RecordRange(layer, out, step);
      return {};
    case Op::kShuffle:
    case Op::kUnshuffle:
      return PlanShuffle(layer, branch, index, out, step);
    case Op::kClamp:
      step.lo = layer.lo;
      step.hi = layer.hi;
      RecordRange(layer, out, step);
      return {};
    case Op::kGate:
      if (out.channels % 2) return BadLayer({branch, index}, "a gate gets %u channels, an odd number", out.channels);
      step.kind = StepKind::kGate;
      out.channels /= 2;
      if (taped_) step.tape = tape_planes_++;
      return {};
    case Op::kUngate:
      step.kind = StepKind::kUngate;
      step.tape = static_cast<int>(layer.slot);
      out.channels *= 2;
      return {};
    case Op::kMask:
      step.kind = StepKind::kMask;
      step.tape = static_cast<int>(layer.slot);
      return {};
    default:
      return BadLayer({branch, index}, "its type is %d, which is unknown", static_cast<int>(layer.op));
  }
}

Status NetworkPlan::PlanShuffle(const FloatLayer& layer, size_t branch, size_t index, Plane& out, Step& step) const {
  const uint32_t r = layer.factor;
  if (!IsFactor(r)) return BadLayer({branch, index}, "a shuffle's factor is %u, allowed are 2, 4, 8 and 16", r);
  step.factor = r;
  if (layer.op == Op::kShuffle) {
    if (out.channels % (r * r))
      return BadLayer({branch, index}, "a shuffle by %u does not divide %u channels", r, out.channels);
    step.kind = StepKind::kShuffle;
    out = {.channels = out.channels / (r * r), .height = out.height * r, .width = out.width * r};
  } else {
    if (out.height % r || out.width % r) {
      return Fail(Error::kInvalidArgument, "a plane has %u x %u values, allowed are multiples of %u", out.width,
                  out.height, r);
    }
    step.kind = StepKind::kUnshuffle;
    out = {.channels = out.channels * r * r, .height = out.height / r, .width = out.width / r};
  }
  return {};
}

Status NetworkPlan::PlanConvolution(const FloatLayer& layer, size_t branch, size_t index, Plane& out,
                                    Step& step) const {
  const Place place = {branch, index};
  const bool depthwise = layer.op == Op::kDepthwise;
  const uint32_t k = layer.kernel, stride = layer.stride;
  const bool known = depthwise ? (k == 3 || k == 5) && (stride == 1 || stride == 2) : (k == 1 || k == 3) && stride == 1;
  if (!known) {
    return BadLayer(place, "kernel and stride are %u and %u, allowed are %s", k, stride,
                    depthwise ? "3 or 5 and 1 or 2" : "1 or 3 and 1");
  }
  if (layer.in_channels != out.channels || layer.out_channels < 1 || layer.out_channels > kMaxChannels ||
      (depthwise && layer.out_channels != layer.in_channels)) {
    return BadLayer(place, "it makes %u channels of %u, the layer before gives %u", layer.out_channels,
                    layer.in_channels, out.channels);
  }
  const size_t weights = size_t{layer.out_channels} * (depthwise ? 1 : layer.in_channels) * k * k;
  if (layer.weight.size() != weights || layer.bias.size() != layer.out_channels) {
    return BadLayer(place, "it has %zu weights and %zu biases, expected are %zu and %u", layer.weight.size(),
                    layer.bias.size(), weights, layer.out_channels);
  }
  if (!(layer.lo < layer.hi))
    return BadLayer(place, "its range goes from %g to %g", static_cast<double>(layer.lo),
                    static_cast<double>(layer.hi));
  step.kind = StepKind::kConvolution;
  step.kernel = k;
  step.stride = stride;
  step.layer = &layer;
  out = {
      .channels = layer.out_channels, .height = (out.height - 1) / stride + 1, .width = (out.width - 1) / stride + 1};
  return {};
}

void NetworkPlan::RecordRange(const FloatLayer& layer, Plane& out, Step& step) {
  if (!taped_ || !layer.clamps()) return;
  step.lo = layer.lo;
  step.hi = layer.hi;
  step.tape = tape_planes_++;
  out.recorded = true;
}

// The first branch writes the output, the others add to it. A shuffle does so itself, elsewhere it takes a step.
Status NetworkPlan::EndBranch(size_t branch, size_t first_step, int current) {
  if (branch == 0) {
    planes[kOutputPlane] = planes[current];
  } else if (!SameShape(planes[current], planes[kOutputPlane])) {
    return Fail(Error::kBadModel, "branch %zu ends with %u channels, %u x %u, the first with %u, %u x %u", branch,
                planes[current].channels, planes[current].width, planes[current].height, planes[kOutputPlane].channels,
                planes[kOutputPlane].width, planes[kOutputPlane].height);
  }
  if (steps.size() > first_step && (branch == 0 || steps.back().kind == StepKind::kShuffle)) {
    steps.back().output = kOutputPlane;
    steps.back().accumulates = branch > 0;
  } else if (branch == 0) {
    steps.push_back(
        {.kind = StepKind::kClamp, .input = current, .output = kOutputPlane, .lo = -INFINITY, .hi = INFINITY});
  } else {
    steps.push_back({.kind = StepKind::kAdd, .input = current, .output = kOutputPlane, .accumulates = true});
  }
  return {};
}

// A plane between a convolution and a shuffle is blocked where nothing else reads it.
void NetworkPlan::BlockChannels() {
  std::vector<int> readers(planes.size()), writers(planes.size(), -1);
  for (size_t s = 0; s < steps.size(); ++s) {
    writers[steps[s].output] = static_cast<int>(s);
    for (const int read : {steps[s].input, steps[s].other}) {
      if (read < 0) continue;
      readers[read]++;
      planes[read].last_use = static_cast<int>(s);
    }
  }
  const auto is_dense = [](const Step& step) {
    return step.kind == StepKind::kConvolution && step.layer->op == Op::kConvolution;
  };
  for (const Step& step : steps) {
    if (readers[step.input] != 1 || writers[step.input] < 0 || planes[step.input].recorded) continue;
    const Step& before = steps[writers[step.input]];
    if (is_dense(before) && step.kind == StepKind::kShuffle) planes[step.input].factor = step.factor;
    if (before.kind == StepKind::kUnshuffle && is_dense(step)) planes[step.input].factor = before.factor;
  }
}

// ---- Strips -----------------------------------------------------------------------------------------------

void NetworkPlan::ChooseStrips(uint32_t wished_rows) {
  const uint32_t height = planes[kOutputPlane].height;
  if (wished_rows == 0) {
    uint64_t largest = 1;  // bytes of a whole plane
    for (const Plane& plane : planes)
      largest = std::max(largest, uint64_t{plane.height} * plane.row_floats() * sizeof(float));
    // Whole rows of the input, so that the layers take the same number of rows in every strip.
    const auto rows = static_cast<uint32_t>(std::clamp<uint64_t>(kStripBytes * height / largest, 1, height));
    wished_rows = RoundUp(rows, std::max(1u, height / planes[kInputPlane].height));
  }
  // A shuffle that writes the output gives its rows in groups, of which a strip must not end inside.
  uint32_t group = 1;
  for (const Step& step : steps) {
    if (step.output == kOutputPlane && step.kind == StepKind::kShuffle) group = std::max(group, step.factor);
  }
  strip_rows = std::min(RoundUp(std::min(wished_rows, height), group), height);
}

// Goes through all strips to find how many rows each plane and step needs at most, which is where strips begin afresh,
// and which planes keep rows where strips follow each other.
void NetworkPlan::MeasureStrips() {
  for (const bool fresh : {true, false}) {
    for (uint32_t first = 0; first < planes[kOutputPlane].height; first = StripEnd(first)) {
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

uint32_t NetworkPlan::StripEnd(uint32_t first) const {
  return static_cast<uint32_t>(std::min<uint64_t>(uint64_t{first} + strip_rows, planes[kOutputPlane].height));
}

void NetworkPlan::PlanStrip(uint32_t first, bool fresh) {
  for (Plane& plane : planes) {
    plane.wanted = {};
    if (fresh) plane.held = {};
  }
  planes[kOutputPlane].wanted = {static_cast<int32_t>(first), static_cast<int32_t>(StripEnd(first))};
  planes[kOutputPlane].held = {};
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    step->made = RowsToMake(*step);
    if (step->made.empty()) continue;
    planes[step->output].wanted.Include(step->made);
    planes[step->input].wanted.Include(RowsNeeded(*step));
    if (step->other >= 0) planes[step->other].wanted.Include(step->made);
  }
}

// Of the wanted rows those inside the plane that are not held yet, for a shuffle in whole groups.
Rows NetworkPlan::RowsToMake(const Step& step) const {
  const Plane& out = planes[step.output];
  const Rows rows = {std::max({out.wanted.begin, out.held.end, 0}),
                     std::min(out.wanted.end, static_cast<int32_t>(out.height))};
  if (rows.empty() || step.kind != StepKind::kShuffle) return rows;
  const auto r = static_cast<int32_t>(step.factor);
  return {rows.begin / r * r, (rows.end + r - 1) / r * r};
}

Rows NetworkPlan::RowsNeeded(const Step& step) const {
  const auto r = static_cast<int32_t>(step.factor), stride = static_cast<int32_t>(step.stride);
  const auto kernel = static_cast<int32_t>(step.kernel);
  const Rows made = step.made;
  if (step.kind == StepKind::kShuffle) return {made.begin / r, made.end / r};
  if (step.kind == StepKind::kUnshuffle) return {made.begin * r, made.end * r};
  const int32_t top = made.begin * stride - (kernel - 1) / 2;
  return {top, top + (static_cast<int32_t>(made.count()) - 1) * stride + kernel};
}

// Rows [first, last] of a branch's output, back to those of its input.
uint32_t InputReach(const FloatNetwork& net, uint32_t stride) {
  int64_t reach = 0;
  for (int64_t row = 0; row < stride; ++row) {
    const int64_t centre = 1 << 16;  // an input row, far from negative numbers
    for (const std::vector<FloatLayer>& branch : net.branches) {
      int64_t first = centre * stride + row, last = first;
      for (auto layer = branch.rbegin(); layer != branch.rend(); ++layer) {
        if (layer->op == Op::kConvolution || layer->op == Op::kDepthwise) {
          first -= (layer->kernel - 1) / 2;
          last += (layer->kernel - 1) / 2;
        } else if (layer->op == Op::kShuffle) {
          first /= layer->factor;
          last /= layer->factor;
        }
      }
      reach = std::max({reach, centre - first, last - centre});
    }
  }
  return static_cast<uint32_t>(reach);
}

}  // namespace lic
