#include "networks/programs.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "base/try.h"

namespace lic {
namespace {

constexpr uint32_t kMaxLayers = 64;
constexpr uint32_t kMaxBranches = 4;
constexpr int kSlotCount = 4;
constexpr uint32_t kMaxIntegerShift = 46;
constexpr uint32_t kMaxGateShift = 30;

// The layer that is being read.
struct Place {
  const ProgramRules& rules;
  size_t layer;
};

[[gnu::format(printf, 2, 3)]] Failure BadLayer(const Place& place, const char* format, ...) {
  char what[sizeof(Failure::what)];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof(what), format, arguments);
  va_end(arguments);
  return Fail(Error::kBadModel, "%s, layer %zu: %s", place.rules.name, place.layer, what);
}

// ---- What both kinds of program have alike ----------------------------------------------------------------

Status CheckScale(const Place& place, const PlaneShape& plane) {
  if (plane.scale >= place.rules.min_scale && plane.scale <= place.rules.max_scale) return {};
  return BadLayer(place, "a sample has %u pixels a side, allowed are %u to %u", plane.scale, place.rules.min_scale,
                  place.rules.max_scale);
}

Status ApplyShuffle(Op op, uint32_t factor, const Place& place, PlaneShape& plane) {
  if (op == Op::kShuffle) {
    if (plane.channels % (factor * factor) != 0 || plane.scale % factor != 0) {
      return BadLayer(place, "a shuffle by %u does not divide %u channels of %u pixels a side", factor, plane.channels,
                      plane.scale);
    }
    plane.channels /= factor * factor;
    plane.scale /= factor;
  } else {
    plane.channels *= factor * factor;
    plane.scale *= factor;
  }
  if (plane.channels > kMaxChannels)
    return BadLayer(place, "it gives %u channels, allowed are %u", plane.channels, kMaxChannels);
  return CheckScale(place, plane);
}

Status ReadSave(ByteReader& reader, const Place& place, const PlaneShape& plane, PlaneShape* slots, uint32_t& slot) {
  slot = reader.Read<uint8_t>();
  if (slot < 1 || slot >= kSlotCount) return BadLayer(place, "slot is %u, allowed are 1 to %d", slot, kSlotCount - 1);
  slots[slot] = plane;
  return {};
}

Status ReadAdd(ByteReader& reader, const Place& place, PlaneShape& plane, const PlaneShape* slots, uint32_t& slot) {
  slot = reader.Read<uint8_t>();
  if (slot >= kSlotCount || slots[slot].scale == 0)
    return BadLayer(place, "it adds slot %u, which is not filled", slot);
  const PlaneShape& added = slots[slot];
  if (added.channels != plane.channels || added.scale != plane.scale) {
    return BadLayer(place, "it adds %u channels of %u pixels a side to %u of %u", added.channels, added.scale,
                    plane.channels, plane.scale);
  }
  plane.magnitude = kFullRange;
  return {};
}

Status HalveChannels(const Place& place, PlaneShape& plane) {
  if (plane.channels % 2 != 0) return BadLayer(place, "a gate gets %u channels, an odd number", plane.channels);
  plane.channels /= 2;
  plane.magnitude = kFullRange;
  return {};
}

Status CheckChannels(const Place& place, const PlaneShape& plane, uint32_t in_channels, uint32_t out_channels) {
  if (in_channels != plane.channels) {
    return BadLayer(place, "it takes %u channels, the layer before gives %u", in_channels, plane.channels);
  }
  if (out_channels < 1 || out_channels > kMaxChannels)
    return BadLayer(place, "it gives %u channels, allowed are 1 to %u", out_channels, kMaxChannels);
  return {};
}

Status CheckEnd(const Place& place, const PlaneShape& plane) {
  const PlaneShape& due = place.rules.out;
  if (plane.channels == due.channels && plane.scale == due.scale) return {};
  return BadLayer(place, "the program ends with %u channels of %u pixels a side, expected are %u of %u", plane.channels,
                  plane.scale, due.channels, due.scale);
}

// ---- Integer programs -------------------------------------------------------------------------------------

int64_t MagnitudeOf(const IntegerLayer& layer) { return std::max(std::abs(int{layer.lo}), std::abs(int{layer.hi})); }

// No sum may leave 32 bits, whatever the input.
Status CheckSums(const IntegerLayer& layer, const Place& place, int64_t magnitude) {
  const size_t taps = layer.weight.size() / layer.out_channels;
  for (uint32_t o = 0; o < layer.out_channels; ++o) {
    int64_t weight_sum = 0;
    for (size_t t = 0; t < taps; ++t) weight_sum += std::abs(int{layer.weight[o * taps + t]});
    for (uint32_t set = 0; set < layer.bias_sets; ++set) {
      const int64_t bias = layer.bias[size_t{set} * layer.out_channels + o];
      if (weight_sum * magnitude + std::abs(bias) >= int64_t{1} << 31)
        return BadLayer(place, "a sum of output %u could leave 32 bits", o);
    }
    if (layer.multiplier[o] <= 0)
      return BadLayer(place, "the multiplier of output %u is %d, allowed are 1 and above", o, layer.multiplier[o]);
  }
  return {};
}

Status CheckRange(const Place& place, const IntegerLayer& layer) {
  if (layer.lo <= layer.hi) return {};
  return BadLayer(place, "its range goes from %d to %d", layer.lo, layer.hi);
}

Status CheckShift(const Place& place, uint32_t shift, uint32_t most) {
  if (shift >= 1 && shift <= most) return {};
  return BadLayer(place, "shift is %u, allowed are 1 to %u", shift, most);
}

Status CheckFactor(const Place& place, const IntegerLayer& layer) {
  if (layer.factor == 2 || layer.factor == 4) return {};
  return BadLayer(place, "a shuffle's factor is %u, allowed are 2 and 4", layer.factor);
}

void ReadRange(ByteReader& reader, IntegerLayer& layer) {
  layer.lo = reader.Read<int16_t>();
  layer.hi = reader.Read<int16_t>();
}

Status ReadGate(ByteReader& reader, const Place& place, IntegerLayer& layer) {
  layer.shift = reader.Read<uint8_t>();
  return CheckShift(place, layer.shift, kMaxGateShift);
}

Status ReadWeights(ByteReader& reader, const Place& place, PlaneShape& plane, IntegerLayer& layer) {
  const bool depthwise = layer.op == Op::kDepthwise;
  layer.kernel = reader.Read<uint8_t>();
  const uint32_t stride = depthwise ? reader.Read<uint8_t>() : 1;
  layer.in_channels = reader.Read<uint16_t>();
  layer.out_channels = depthwise ? layer.in_channels : reader.Read<uint16_t>();
  layer.bias_sets = reader.Read<uint8_t>();
  layer.shift = reader.Read<uint8_t>();
  ReadRange(reader, layer);
  if (layer.kernel != 3 && (depthwise || layer.kernel != 1)) {
    return BadLayer(place, "kernel is %u, allowed %s", layer.kernel, depthwise ? "is 3" : "are 1 and 3");
  }
  if (stride != 1) return BadLayer(place, "stride is %u, allowed is 1", stride);
  LIC_CHECK(CheckChannels(place, plane, layer.in_channels, layer.out_channels));
  if (layer.bias_sets != 1 && layer.bias_sets != place.rules.bias_sets)
    return BadLayer(place, "it has %u sets of biases, allowed are 1 and %u", layer.bias_sets, place.rules.bias_sets);
  LIC_CHECK(CheckShift(place, layer.shift, kMaxIntegerShift));
  LIC_CHECK(CheckRange(place, layer));
  const size_t taps = size_t{layer.kernel} * layer.kernel * (depthwise ? 1 : layer.in_channels);
  LIC_TRY(layer.multiplier, ReadArray<int32_t>(reader, layer.out_channels));
  LIC_TRY(layer.bias, ReadArray<int32_t>(reader, size_t{layer.bias_sets} * layer.out_channels));
  LIC_TRY(layer.weight, ReadArray<int8_t>(reader, layer.out_channels * taps));
  LIC_CHECK(CheckSums(layer, place, plane.magnitude));
  plane.channels = layer.out_channels;
  plane.magnitude = MagnitudeOf(layer);
  return {};
}

// ---- Float programs ---------------------------------------------------------------------------------------

// Floats have no bound that would matter.
int64_t MagnitudeOf(const FloatLayer&) { return 0; }

Status CheckRange(const Place& place, const FloatLayer& layer) {
  if (layer.lo < layer.hi) return {};
  return BadLayer(place, "its range goes from %g to %g", static_cast<double>(layer.lo), static_cast<double>(layer.hi));
}

Status CheckFactor(const Place& place, const FloatLayer& layer) {
  const uint32_t r = layer.factor;
  if (r != 2 && r != 4 && r != 8 && r != 16)
    return BadLayer(place, "a shuffle's factor is %u, allowed are 2, 4, 8 and 16", r);
  if (!place.rules.shuffles) return BadLayer(place, "this network may not have a shuffle");
  return {};
}

void ReadRange(ByteReader& reader, FloatLayer& layer) {
  layer.lo = reader.Read<float>();
  layer.hi = reader.Read<float>();
}

Status ReadGate(ByteReader&, const Place&, FloatLayer&) { return {}; }

template <class Stored>
Status ReadScaledWeights(ByteReader& reader, const Buffer<float>& scale, size_t taps, FloatLayer& layer) {
  LIC_TRY(const auto stored, ReadArray<Stored>(reader, scale.size() * taps));
  LIC_TRY(layer.weight, Buffer<float>::Create(stored.size()));
  for (size_t i = 0; i < stored.size(); ++i) layer.weight[i] = scale[i / taps] * static_cast<float>(stored[i]);
  return {};
}

bool AllFinite(const Buffer<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

Status ReadWeights(ByteReader& reader, const Place& place, PlaneShape& plane, FloatLayer& layer) {
  const bool depthwise = layer.op == Op::kDepthwise;
  layer.kernel = reader.Read<uint8_t>();
  layer.stride = depthwise ? reader.Read<uint8_t>() : 1;
  layer.in_channels = reader.Read<uint16_t>();
  layer.out_channels = depthwise ? layer.in_channels : reader.Read<uint16_t>();
  const uint32_t bits = reader.Read<uint8_t>();
  ReadRange(reader, layer);
  if (layer.kernel != 3 && layer.kernel != (depthwise ? 5 : 1)) {
    return BadLayer(place, "kernel is %u, allowed are %s", layer.kernel, depthwise ? "3 and 5" : "1 and 3");
  }
  if (layer.stride != 1 && layer.stride != 2) return BadLayer(place, "stride is %u, allowed are 1 and 2", layer.stride);
  LIC_CHECK(CheckChannels(place, plane, layer.in_channels, layer.out_channels));
  if (bits != 8 && bits != 16) return BadLayer(place, "weights have %u bits, allowed are 8 and 16", bits);
  LIC_CHECK(CheckRange(place, layer));
  plane.scale *= layer.stride;
  LIC_CHECK(CheckScale(place, plane));
  const size_t taps = size_t{layer.kernel} * layer.kernel * (depthwise ? 1 : layer.in_channels);
  LIC_TRY(const auto scale, ReadArray<float>(reader, layer.out_channels));
  LIC_TRY(layer.bias, ReadArray<float>(reader, layer.out_channels));
  if (!AllFinite(scale) || !AllFinite(layer.bias)) return BadLayer(place, "a scale or bias is not finite");
  if (bits == 8) LIC_CHECK(ReadScaledWeights<int8_t>(reader, scale, taps, layer));
  if (bits == 16) LIC_CHECK(ReadScaledWeights<int16_t>(reader, scale, taps, layer));
  if (!AllFinite(layer.weight)) return BadLayer(place, "a weight is not finite");
  plane.channels = layer.out_channels;
  return {};
}

// ---- Programs ---------------------------------------------------------------------------------------------

// An unshuffle is a layer of float programs alone.
bool IsKnown(Op op, const IntegerLayer&) { return op != Op::kUnshuffle; }
bool IsKnown(Op, const FloatLayer&) { return true; }

// A layer of either kind. `plane` becomes what the layer makes of it.
template <class Layer>
Status ReadLayer(ByteReader& reader, const Place& place, PlaneShape& plane, PlaneShape* slots, Layer& layer) {
  layer.op = static_cast<Op>(reader.Read<uint8_t>());
  if (!IsKnown(layer.op, layer)) return BadLayer(place, "its type is %d, which is unknown", static_cast<int>(layer.op));
  switch (layer.op) {
    case Op::kConvolution:
    case Op::kDepthwise:
      return ReadWeights(reader, place, plane, layer);
    case Op::kShuffle:
    case Op::kUnshuffle:
      layer.factor = reader.Read<uint8_t>();
      LIC_CHECK(CheckFactor(place, layer));
      return ApplyShuffle(layer.op, layer.factor, place, plane);
    case Op::kSave:
      return ReadSave(reader, place, plane, slots, layer.slot);
    case Op::kAdd:
      return ReadAdd(reader, place, plane, slots, layer.slot);
    case Op::kClamp:
      ReadRange(reader, layer);
      plane.magnitude = MagnitudeOf(layer);
      return CheckRange(place, layer);
    case Op::kGate:
      LIC_CHECK(ReadGate(reader, place, layer));
      return HalveChannels(place, plane);
    default:
      return BadLayer(place, "its type is %d, which is unknown", static_cast<int>(layer.op));
  }
}

// The layers of a program or branch, after their number.
template <class Layer>
Status ReadLayers(ByteReader& reader, const ProgramRules& rules, std::vector<Layer>& layers) {
  const uint32_t count = reader.Read<uint8_t>();
  if (count < 1 || count > kMaxLayers) {
    return Fail(Error::kBadModel, "%s: it has %u layers, allowed are 1 to %u", rules.name, count, kMaxLayers);
  }
  PlaneShape plane = rules.in;
  PlaneShape slots[kSlotCount] = {rules.side};
  for (size_t index = 0; index < count; ++index) {
    const Place place = {rules, index};
    LIC_CHECK(ReadLayer(reader, place, plane, slots, layers.emplace_back()));
    if (reader.overrun()) return BadLayer(place, "the section ends inside the layer");
  }
  return CheckEnd({rules, count}, plane);
}

}  // namespace

Result<IntegerProgram> ReadIntegerProgram(ByteReader& reader, const ProgramRules& rules) {
  IntegerProgram program;
  program.in_channels = rules.in.channels;
  program.out_channels = rules.out.channels;
  LIC_CHECK(ReadLayers(reader, rules, program.layers));
  return program;
}

Result<FloatNetwork> ReadFloatNetwork(Bytes payload, const ProgramRules& rules) {
  ByteReader reader(payload);
  FloatNetwork network;
  network.in_channels = rules.in.channels;
  network.out_channels = rules.out.channels;
  const uint32_t branches = reader.Read<uint8_t>();
  if (branches < 1 || branches > kMaxBranches) {
    return Fail(Error::kBadModel, "%s: it has %u branches, allowed are 1 to %u", rules.name, branches, kMaxBranches);
  }
  for (uint32_t branch = 0; branch < branches; ++branch)
    LIC_CHECK(ReadLayers(reader, rules, network.branches.emplace_back()));
  if (reader.left() != 0)
    return Fail(Error::kBadModel, "%s: %zu bytes follow the last layer", rules.name, reader.left());
  return network;
}

}  // namespace lic
