#include "networks/programs.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lic {
namespace {

constexpr uint32_t kMaxLayers = 64;
constexpr uint32_t kMaxBranches = 4;
constexpr uint32_t kMaxChannels = 1024;
constexpr int kSlotCount = 4;

Failure BadModel(const ProgramRules& rules, size_t layer, const char* what) {
  return Fail(Error::kBadModel, "%s, layer %zu: %s", rules.name, layer, what);
}

// Shuffle and unshuffle change shape and scale alike in both kinds of program.
Status ApplyShuffle(Op op, uint32_t factor, const ProgramRules& rules, size_t index, PlaneShape& plane) {
  if (op == Op::kShuffle) {
    if (plane.channels % (factor * factor) != 0 || plane.scale % factor != 0)
      return BadModel(rules, index, "shuffle does not divide the channels");
    plane.channels /= factor * factor;
    plane.scale /= factor;
  } else {
    plane.channels *= factor * factor;
    plane.scale *= factor;
  }
  if (plane.channels > kMaxChannels) return BadModel(rules, index, "too many channels");
  if (plane.scale < rules.min_scale || plane.scale > rules.max_scale)
    return BadModel(rules, index, "resolution out of range");
  return {};
}

Status ApplyAdd(uint32_t slot, const PlaneShape* slots, const ProgramRules& rules, size_t index,
                const PlaneShape& plane) {
  if (slot >= kSlotCount || slots[slot].scale == 0) return BadModel(rules, index, "add of a slot that is not filled");
  if (slots[slot].channels != plane.channels || slots[slot].scale != plane.scale)
    return BadModel(rules, index, "add of planes of different shapes");
  return {};
}

Status CheckEnd(const ProgramRules& rules, size_t layers, const PlaneShape& plane) {
  if (plane.channels != rules.out.channels || plane.scale != rules.out.scale)
    return BadModel(rules, layers, "the program ends with a wrong shape");
  return {};
}

// ---- Integer programs -------------------------------------------------------------------------------------

// No sum may leave 32 bits, whatever the input.
Status CheckSums(const IntegerLayer& layer, const ProgramRules& rules, size_t index, int64_t magnitude) {
  const size_t taps = layer.weight.size() / layer.out_channels;
  for (uint32_t o = 0; o < layer.out_channels; ++o) {
    int64_t weight_sum = 0;
    for (size_t t = 0; t < taps; ++t) weight_sum += std::abs(int{layer.weight[o * taps + t]});
    for (uint32_t set = 0; set < layer.bias_sets; ++set) {
      const int64_t bias = layer.bias[size_t{set} * layer.out_channels + o];
      if (weight_sum * magnitude + std::abs(bias) >= int64_t{1} << 31)
        return BadModel(rules, index, "a sum could leave 32 bits");
    }
    if (layer.multiplier[o] <= 0) return BadModel(rules, index, "multiplier not positive");
  }
  return {};
}

Status ReadWeightedLayer(ByteReader& reader, const ProgramRules& rules, size_t index, PlaneShape& plane,
                         IntegerLayer& layer) {
  const bool depthwise = layer.op == Op::kDepthwise;
  layer.kernel = reader.Read<uint8_t>();
  const uint32_t stride = depthwise ? reader.Read<uint8_t>() : 1;
  layer.in_channels = reader.Read<uint16_t>();
  layer.out_channels = depthwise ? layer.in_channels : reader.Read<uint16_t>();
  layer.bias_sets = reader.Read<uint8_t>();
  layer.shift = reader.Read<uint8_t>();
  layer.lo = reader.Read<int16_t>();
  layer.hi = reader.Read<int16_t>();
  if (layer.kernel != 3 && (depthwise || layer.kernel != 1)) return BadModel(rules, index, "kernel size");
  if (stride != 1) return BadModel(rules, index, "stride");
  if (layer.in_channels != plane.channels) return BadModel(rules, index, "input channels differ from the layer before");
  if (layer.out_channels < 1 || layer.out_channels > kMaxChannels) return BadModel(rules, index, "output channels");
  if (layer.bias_sets != 1 && layer.bias_sets != rules.bias_sets) return BadModel(rules, index, "number of bias sets");
  if (layer.shift < 1 || layer.shift > 46) return BadModel(rules, index, "shift");
  if (layer.lo > layer.hi) return BadModel(rules, index, "empty range");
  const size_t taps = size_t{layer.kernel} * layer.kernel * (depthwise ? 1 : layer.in_channels);
  LIC_TRY(layer.multiplier, ReadArray<int32_t>(reader, layer.out_channels));
  LIC_TRY(layer.bias, ReadArray<int32_t>(reader, size_t{layer.bias_sets} * layer.out_channels));
  LIC_TRY(layer.weight, ReadArray<int8_t>(reader, layer.out_channels * taps));
  LIC_CHECK(CheckSums(layer, rules, index, plane.magnitude));
  plane.channels = layer.out_channels;
  plane.magnitude = std::max(std::abs(int{layer.lo}), std::abs(int{layer.hi}));
  return {};
}

Status ReadIntegerLayer(ByteReader& reader, const ProgramRules& rules, size_t index, PlaneShape& plane,
                        PlaneShape* slots, IntegerLayer& layer) {
  layer.op = static_cast<Op>(reader.Read<uint8_t>());
  switch (layer.op) {
    case Op::kConvolution:
    case Op::kDepthwise:
      return ReadWeightedLayer(reader, rules, index, plane, layer);
    case Op::kShuffle:
      layer.factor = reader.Read<uint8_t>();
      if (layer.factor != 2 && layer.factor != 4) return BadModel(rules, index, "shuffle factor");
      return ApplyShuffle(layer.op, layer.factor, rules, index, plane);
    case Op::kSave:
      layer.slot = reader.Read<uint8_t>();
      if (layer.slot < 1 || layer.slot >= kSlotCount) return BadModel(rules, index, "slot");
      slots[layer.slot] = plane;
      return {};
    case Op::kAdd:
      layer.slot = reader.Read<uint8_t>();
      LIC_CHECK(ApplyAdd(layer.slot, slots, rules, index, plane));
      plane.magnitude = kFullRange;
      return {};
    case Op::kClamp:
      layer.lo = reader.Read<int16_t>();
      layer.hi = reader.Read<int16_t>();
      if (layer.lo > layer.hi) return BadModel(rules, index, "empty range");
      plane.magnitude = std::max(std::abs(int{layer.lo}), std::abs(int{layer.hi}));
      return {};
    case Op::kGate:
      layer.shift = reader.Read<uint8_t>();
      if (layer.shift < 1 || layer.shift > 30) return BadModel(rules, index, "shift");
      if (plane.channels % 2 != 0) return BadModel(rules, index, "gate of an odd number of channels");
      plane.channels /= 2;
      plane.magnitude = kFullRange;
      return {};
    default:
      return BadModel(rules, index, "unknown layer");
  }
}

// ---- Float programs ---------------------------------------------------------------------------------------

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

Status ReadWeightedLayer(ByteReader& reader, const ProgramRules& rules, size_t index, PlaneShape& plane,
                         FloatLayer& layer) {
  const bool depthwise = layer.op == Op::kDepthwise;
  layer.kernel = reader.Read<uint8_t>();
  layer.stride = depthwise ? reader.Read<uint8_t>() : 1;
  layer.in_channels = reader.Read<uint16_t>();
  layer.out_channels = depthwise ? layer.in_channels : reader.Read<uint16_t>();
  const uint32_t bits = reader.Read<uint8_t>();
  layer.lo = reader.Read<float>();
  layer.hi = reader.Read<float>();
  if (layer.kernel != 3 && layer.kernel != (depthwise ? 5 : 1)) return BadModel(rules, index, "kernel size");
  if (layer.stride != 1 && layer.stride != 2) return BadModel(rules, index, "stride");
  if (layer.in_channels != plane.channels) return BadModel(rules, index, "input channels differ from the layer before");
  if (layer.out_channels < 1 || layer.out_channels > kMaxChannels) return BadModel(rules, index, "output channels");
  if (bits != 8 && bits != 16) return BadModel(rules, index, "weight bits");
  if (!(layer.lo < layer.hi)) return BadModel(rules, index, "empty range");
  plane.scale *= layer.stride;
  if (plane.scale > rules.max_scale) return BadModel(rules, index, "resolution out of range");
  const size_t taps = size_t{layer.kernel} * layer.kernel * (depthwise ? 1 : layer.in_channels);
  LIC_TRY(const auto scale, ReadArray<float>(reader, layer.out_channels));
  LIC_TRY(layer.bias, ReadArray<float>(reader, layer.out_channels));
  if (!AllFinite(scale) || !AllFinite(layer.bias)) return BadModel(rules, index, "a scale or bias is not finite");
  if (bits == 8) LIC_CHECK(ReadScaledWeights<int8_t>(reader, scale, taps, layer));
  if (bits == 16) LIC_CHECK(ReadScaledWeights<int16_t>(reader, scale, taps, layer));
  if (!AllFinite(layer.weight)) return BadModel(rules, index, "a weight is not finite");
  plane.channels = layer.out_channels;
  return {};
}

Status ReadFloatLayer(ByteReader& reader, const ProgramRules& rules, size_t index, PlaneShape& plane, PlaneShape* slots,
                      FloatLayer& layer) {
  layer.op = static_cast<Op>(reader.Read<uint8_t>());
  switch (layer.op) {
    case Op::kConvolution:
    case Op::kDepthwise:
      return ReadWeightedLayer(reader, rules, index, plane, layer);
    case Op::kShuffle:
    case Op::kUnshuffle:
      layer.factor = reader.Read<uint8_t>();
      if (layer.factor != 2 && layer.factor != 4 && layer.factor != 8 && layer.factor != 16)
        return BadModel(rules, index, "shuffle factor");
      if (rules.max_scale > 16) return BadModel(rules, index, "shuffle in the hyper-analysis");
      return ApplyShuffle(layer.op, layer.factor, rules, index, plane);
    case Op::kSave:
      layer.slot = reader.Read<uint8_t>();
      if (layer.slot < 1 || layer.slot >= kSlotCount) return BadModel(rules, index, "slot");
      slots[layer.slot] = plane;
      return {};
    case Op::kAdd:
      layer.slot = reader.Read<uint8_t>();
      return ApplyAdd(layer.slot, slots, rules, index, plane);
    case Op::kClamp:
      layer.lo = reader.Read<float>();
      layer.hi = reader.Read<float>();
      if (!(layer.lo < layer.hi)) return BadModel(rules, index, "empty range");
      return {};
    case Op::kGate:
      if (plane.channels % 2 != 0) return BadModel(rules, index, "gate of an odd number of channels");
      plane.channels /= 2;
      return {};
    default:
      return BadModel(rules, index, "unknown layer");
  }
}

}  // namespace

Result<IntegerProgram> ReadIntegerProgram(ByteReader& reader, const ProgramRules& rules) {
  IntegerProgram program;
  program.in_channels = rules.in.channels;
  program.out_channels = rules.out.channels;
  const uint32_t count = reader.Read<uint8_t>();
  if (count < 1 || count > kMaxLayers) return BadModel(rules, 0, "number of layers");
  PlaneShape plane = rules.in;
  PlaneShape slots[kSlotCount] = {rules.side};
  for (size_t index = 0; index < count; ++index) {
    LIC_CHECK(ReadIntegerLayer(reader, rules, index, plane, slots, program.layers.emplace_back()));
    if (reader.overrun()) return BadModel(rules, index, "the section ends inside the layer");
  }
  LIC_CHECK(CheckEnd(rules, count, plane));
  return program;
}

Result<FloatNetwork> ReadFloatNetwork(Bytes payload, const ProgramRules& rules) {
  ByteReader reader(payload);
  FloatNetwork network;
  network.in_channels = rules.in.channels;
  network.out_channels = rules.out.channels;
  const uint32_t branches = reader.Read<uint8_t>();
  if (branches < 1 || branches > kMaxBranches) return BadModel(rules, 0, "number of branches");
  for (uint32_t branch = 0; branch < branches; ++branch) {
    const uint32_t count = reader.Read<uint8_t>();
    if (count < 1 || count > kMaxLayers) return BadModel(rules, 0, "number of layers");
    auto& layers = network.branches.emplace_back();
    PlaneShape plane = rules.in;
    PlaneShape slots[kSlotCount] = {};
    for (size_t index = 0; index < count; ++index) {
      LIC_CHECK(ReadFloatLayer(reader, rules, index, plane, slots, layers.emplace_back()));
      if (reader.overrun()) return BadModel(rules, index, "the section ends inside the layer");
    }
    LIC_CHECK(CheckEnd(rules, count, plane));
  }
  if (reader.left() != 0) return Fail(Error::kBadModel, "%s: bytes behind the last layer", rules.name);
  return network;
}

}  // namespace lic
