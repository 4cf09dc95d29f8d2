#include "floating/float_network.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/try.h"
#include "floating/float_layers.h"
#include "networks/strip_plan.h"

namespace lic {

struct Network::State {
  NetworkPlan plan;
  std::vector<float*> data;               // of each plane: its row held.begin; rows follow each other
  std::vector<Convolution> convolutions;  // of each step; empty where the step is none
  // Of each step: multiplications of an output row. Steps without any count as what they move.
  std::vector<int64_t> row_work;
  std::vector<Buffer<float>> memory;
  int64_t next = -1;   // the output row with which a Run goes on
  uint32_t first = 0;  // the output row with which the present Run began
  size_t step = 0;     // of the plan, the next one
  Tape* tape = nullptr;

  Status ClaimMemory();
  Status MakeConvolutions();
  Status MakeTape();

  float* Row(int plane, int32_t y) {
    return data[plane] + static_cast<size_t>(y - plan.planes[plane].held.begin) * plan.planes[plane].row_floats();
  }
  void DropRows(int plane);
  void ZeroUntil(int plane, int32_t end);
  void FillInput(const RowFunction& source);
  Status RunStep(size_t index);
  void UseTape(const Step& step);
};

// ---- Building ---------------------------------------------------------------------------------------------

Result<Network> Network::Create(const FloatNetwork& net, uint32_t in_height, uint32_t in_width, uint32_t strip_rows,
                                Tape* tape) {
  std::unique_ptr<State> state(new (std::nothrow) State);
  if (!state) return Fail(Error::kOutOfMemory, "no memory for a network");
  LIC_TRY(state->plan, NetworkPlan::Create(net, in_height, in_width, strip_rows, tape != nullptr));
  state->tape = tape;
  LIC_CHECK(state->ClaimMemory());
  LIC_CHECK(state->MakeConvolutions());
  LIC_CHECK(state->MakeTape());
  return Network(std::move(state));
}

// Planes that keep rows have a buffer each; the others share those that are free when they are made.
Status Network::State::ClaimMemory() {
  struct Slot {
    uint64_t floats = 0;
    bool free = false;
  };
  std::vector<Slot> slots;
  std::vector<int> slot_of(plan.planes.size(), -1);
  const auto claim = [&](int index) {
    const Plane& plane = plan.planes[index];
    int best = -1;  // the largest
    for (size_t s = 0; s < slots.size() && !plane.kept; ++s) {
      if (slots[s].free && (best < 0 || slots[s].floats > slots[best].floats)) best = static_cast<int>(s);
    }
    if (best < 0) {
      best = static_cast<int>(slots.size());
      slots.push_back({});
    }
    slots[best] = {std::max(slots[best].floats, uint64_t{plane.capacity} * plane.row_floats()), false};
    slot_of[index] = best;
  };
  claim(kInputPlane);
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    if (step.output != kOutputPlane) claim(step.output);
    for (const int read : {step.input, step.other}) {
      if (read < 0) continue;
      const Plane& plane = plan.planes[read];
      if (!plane.kept && plane.last_use == static_cast<int>(s)) slots[slot_of[read]].free = true;
    }
  }
  for (const Slot& slot : slots) {
    // A quarter of what can be addressed: XNNPACK's own sums of sizes then hold, too.
    if (slot.floats > SIZE_MAX / 4 / sizeof(float)) return Fail(Error::kOutOfMemory, "a strip does not fit in memory");
    LIC_TRY(Buffer<float> buffer, Buffer<float>::Create(static_cast<size_t>(slot.floats)));
    memory.push_back(std::move(buffer));
  }
  for (const int slot : slot_of) data.push_back(slot < 0 ? nullptr : memory[slot].data());
  return {};
}

Status Network::State::MakeConvolutions() {
  convolutions.resize(plan.steps.size());
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    Step& step = plan.steps[s];
    row_work.push_back(static_cast<int64_t>(plan.planes[step.output].row_floats()));
    if (step.kind != StepKind::kConvolution) continue;
    const Plane& in = plan.planes[step.input];
    row_work.back() *= int64_t{step.kernel} * step.kernel * (step.layer->op == Op::kConvolution ? in.channels : 1);
    // At least as many pointers to pixels as XNNPACK writes for a strip.
    const uint64_t pointers = (uint64_t{step.max_made} + 1) * (in.width + 8) * step.kernel * step.kernel;
    if (pointers > SIZE_MAX / 4 / sizeof(void*)) return Fail(Error::kOutOfMemory, "a strip does not fit in memory");
    LIC_TRY(convolutions[s],
            Convolution::Create(*step.layer, in.factor, plan.planes[step.output].factor, in.width, step.max_made));
    step.layer = nullptr;
  }
  return {};
}

Status Network::State::MakeTape() {
  for (const Step& step : plan.steps) {
    if (step.tape < 0 || step.reads_tape()) continue;
    const bool gate = step.kind == StepKind::kGate;
    const Plane& plane = plan.planes[gate ? step.input : step.output];
    Tape::Plane recorded = {.row_bytes = gate ? plane.row_floats() * sizeof(float) : (plane.row_floats() + 7) / 8,
                            .rows = {}};
    LIC_TRY(recorded.rows, Buffer<uint8_t>::Create(recorded.row_bytes * plane.height));
    tape->planes.push_back(std::move(recorded));
  }
  return {};
}

// ---- Running ----------------------------------------------------------------------------------------------

Status Network::Run(uint32_t first, const RowFunction& source, float* out) {
  StartRun(first, source, out);
  int64_t work = INT64_MAX;
  LIC_TRY([[maybe_unused]] const bool through, StepRun(work));
  assert(through);
  return {};
}

void Network::StartRun(uint32_t first, const RowFunction& source, float* out) {
  State& s = *state_;
  NetworkPlan& plan = s.plan;
  assert(first % plan.strip_rows == 0 && first < plan.planes[kOutputPlane].height);
  plan.PlanStrip(first, first != s.next);
  s.next = -1;
  s.first = first;
  s.step = 0;
  for (size_t p = 0; p < plan.planes.size(); ++p) s.DropRows(static_cast<int>(p));
  s.data[kOutputPlane] = out;
  s.FillInput(source);
}

Result<bool> Network::StepRun(int64_t& work) {
  State& s = *state_;
  do {
    LIC_CHECK(s.RunStep(s.step));
    work -= s.plan.steps[s.step].made.count() * s.row_work[s.step];
  } while (++s.step < s.plan.steps.size() && work > 0);
  if (s.step < s.plan.steps.size()) return false;
  s.next = s.plan.StripEnd(s.first);
  return true;
}

// Moves the rows that are still wanted to the front.
void Network::State::DropRows(int index) {
  Plane& plane = plan.planes[index];
  if (plane.wanted.empty()) return;
  if (plane.held.empty() || plane.held.end <= plane.wanted.begin) {
    plane.held = {plane.wanted.begin, plane.wanted.begin};
    return;
  }
  assert(plane.held.begin <= plane.wanted.begin);
  const float* from = Row(index, plane.wanted.begin);
  if (from != data[index]) std::copy(from, static_cast<const float*>(Row(index, plane.held.end)), data[index]);
  plane.held.begin = plane.wanted.begin;
}

// Appends padding.
void Network::State::ZeroUntil(int index, int32_t end) {
  Plane& plane = plan.planes[index];
  if (end <= plane.held.end) return;
  std::fill(Row(index, plane.held.end), Row(index, end), 0.0f);
  plane.held.end = end;
}

void Network::State::FillInput(const RowFunction& source) {
  Plane& input = plan.planes[kInputPlane];
  ZeroUntil(kInputPlane, std::min(input.wanted.end, 0));
  const int32_t end = std::min(input.wanted.end, static_cast<int32_t>(input.height));
  for (int32_t& row = input.held.end; row < end; ++row) source(static_cast<uint32_t>(row), Row(kInputPlane, row));
  ZeroUntil(kInputPlane, input.wanted.end);
}

Status Network::State::RunStep(size_t index) {
  const Step& step = plan.steps[index];
  const Plane& in = plan.planes[step.input];
  Plane& out = plan.planes[step.output];
  if (!step.made.empty()) {
    ZeroUntil(step.output, step.made.begin);
    const uint32_t rows = step.made.count();
    const size_t positions = size_t{rows} * out.width;
    const float* from = Row(step.input, plan.RowsNeeded(step).begin);
    float* to = Row(step.output, step.made.begin);
    switch (step.kind) {
      case StepKind::kConvolution:
        LIC_CHECK(convolutions[index].Run(from, rows, to));
        break;
      case StepKind::kShuffle:
        (step.accumulates ? ShuffleAdd : Shuffle)({.rows = rows / step.factor,
                                                   .width = in.width,
                                                   .channels = out.channels,
                                                   .factor = step.factor,
                                                   .blocked = in.factor > 1},
                                                  from, to);
        break;
      case StepKind::kUnshuffle:
        Unshuffle({.rows = rows,
                   .width = out.width,
                   .channels = in.channels,
                   .factor = step.factor,
                   .blocked = out.factor > 1},
                  from, to);
        break;
      case StepKind::kAdd:
        Add(positions * out.channels, from, step.accumulates ? to : Row(step.other, step.made.begin), to);
        break;
      case StepKind::kClamp:
        Clamp(positions * out.channels, step.lo, step.hi, from, to);
        break;
      case StepKind::kGate:
        Gate(positions, out.channels, from, to);
        break;
      case StepKind::kUngate:
      case StepKind::kMask:
        break;  // by the tape
    }
    if (step.tape >= 0) UseTape(step);
    out.held.end = step.made.end;
  }
  ZeroUntil(step.output, out.wanted.end);
  return {};
}

// Records the rows that a step has made, or makes them of what is recorded.
void Network::State::UseTape(const Step& step) {
  const Plane &in = plan.planes[step.input], &out = plan.planes[step.output];
  for (int32_t y = step.made.begin; y < step.made.end; ++y) {
    uint8_t* recorded = tape->planes[step.tape].Row(y);
    const float* from = Row(step.input, y);
    float* to = Row(step.output, y);
    if (step.kind == StepKind::kMask) {
      MaskRange(out.row_floats(), recorded, from, to);
    } else if (step.kind == StepKind::kUngate) {
      Ungate(in.width, in.channels, reinterpret_cast<const float*>(recorded), from, to);
    } else if (step.kind == StepKind::kGate) {
      std::memcpy(recorded, from, in.row_floats() * sizeof(float));
    } else {
      RecordRange(out.row_floats(), step.lo, step.hi, to, recorded);
    }
  }
}

Network::Network(std::unique_ptr<State> state) : state_(std::move(state)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

uint32_t Network::out_height() const { return state_->plan.planes[kOutputPlane].height; }
uint32_t Network::out_width() const { return state_->plan.planes[kOutputPlane].width; }
uint32_t Network::out_channels() const { return state_->plan.planes[kOutputPlane].channels; }
uint32_t Network::strip_rows() const { return state_->plan.strip_rows; }

}  // namespace lic
