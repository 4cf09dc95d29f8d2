// Parsing and validating model files, in the order of docs/format.md#model-files.
#include "weights.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "bytes.h"
#include "checksum.h"
#include "try.h"

namespace lic {
namespace {

constexpr uint32_t kMaxLayers = 64;
constexpr uint32_t kMaxBranches = 4;
constexpr uint32_t kMaxChannels = 1024;
constexpr uint32_t kMaxSupport = 4095;
constexpr int kSlotCount = 4;
constexpr int64_t kFullRange = 32768;

enum SectionType : uint8_t {
  kEntropySection = 16,
  kSynthesisSection = 17,
  kOwnerSection = 18,
  kAnalysisSection = 19,
  kHyperAnalysisSection = 20,
};

// A plane as it passes through a program: what the layers so far have made of it.
struct Plane {
  uint32_t channels = 0;
  uint32_t scale = 0;      // picture pixels per sample and side; 0: a slot that is not filled
  int64_t magnitude = 0;   // integer programs: the largest |value|
};

// Where a program lies: the plane it starts with, what it must end with and between which scales it stays.
struct ProgramRules {
  const char* name;
  Plane in;
  Plane out;
  uint32_t min_scale;
  uint32_t max_scale;
  Plane side;              // integer programs: slot 0
  uint32_t bias_sets = 1;  // integer programs: the other number of bias sets that is allowed
};

Failure BadModel(const ProgramRules& rules, size_t layer, const char* what) {
  return Fail(Error::kBadModel, "%s, layer %zu: %s", rules.name, layer, what);
}

template <class T>
Result<Buffer<T>> ReadArray(ByteReader& reader, size_t count) {
  const Bytes bytes = reader.Take(count * sizeof(T));
  if (reader.overrun()) return Fail(Error::kBadModel, "the section ends at byte %zu, inside an array", reader.position());
  LIC_TRY(auto array, Buffer<T>::Allocate(count));
  std::memcpy(array.data(), bytes.data(), bytes.size());
  return array;
}

// Shuffle and unshuffle change shape and scale alike in both kinds of program.
Status ApplyShuffle(Op op, uint32_t factor, const ProgramRules& rules, size_t index, Plane& plane) {
  if (op == Op::kShuffle) {
    if (plane.channels % (factor * factor) != 0 || plane.scale % factor != 0) return BadModel(rules, index, "shuffle does not divide the channels");
    plane.channels /= factor * factor;
    plane.scale /= factor;
  } else {
    plane.channels *= factor * factor;
    plane.scale *= factor;
  }
  if (plane.channels > kMaxChannels) return BadModel(rules, index, "too many channels");
  if (plane.scale < rules.min_scale || plane.scale > rules.max_scale) return BadModel(rules, index, "resolution out of range");
  return {};
}

Status ApplyAdd(uint32_t slot, const Plane* slots, const ProgramRules& rules, size_t index, const Plane& plane) {
  if (slot >= kSlotCount || slots[slot].scale == 0) return BadModel(rules, index, "add of a slot that is not filled");
  if (slots[slot].channels != plane.channels || slots[slot].scale != plane.scale) return BadModel(rules, index, "add of planes of different shapes");
  return {};
}

Status CheckEnd(const ProgramRules& rules, size_t layers, const Plane& plane) {
  if (plane.channels != rules.out.channels || plane.scale != rules.out.scale) return BadModel(rules, layers, "the program ends with a wrong shape");
  return {};
}

// ---- Integer programs --------------------------------------------------------------------------------------------------------

// No sum may leave 32 bits, whatever the input.
Status CheckSums(const IntegerLayer& layer, const ProgramRules& rules, size_t index, int64_t magnitude) {
  const size_t taps = layer.weight.size() / layer.out_channels;
  for (uint32_t o = 0; o < layer.out_channels; ++o) {
    int64_t weight_sum = 0;
    for (size_t t = 0; t < taps; ++t) weight_sum += std::abs(int{layer.weight[o * taps + t]});
    for (uint32_t set = 0; set < layer.bias_sets; ++set) {
      const int64_t bias = layer.bias[size_t{set} * layer.out_channels + o];
      if (weight_sum * magnitude + std::abs(bias) >= int64_t{1} << 31) return BadModel(rules, index, "a sum could leave 32 bits");
    }
    if (layer.multiplier[o] <= 0) return BadModel(rules, index, "multiplier not positive");
  }
  return {};
}

Status ReadWeightedLayer(ByteReader& reader, const ProgramRules& rules, size_t index, Plane& plane, IntegerLayer& layer) {
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

Status ReadIntegerLayer(ByteReader& reader, const ProgramRules& rules, size_t index, Plane& plane, Plane* slots, IntegerLayer& layer) {
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

Result<IntegerProgram> ReadIntegerProgram(ByteReader& reader, const ProgramRules& rules) {
  IntegerProgram program;
  program.in_channels = rules.in.channels;
  program.out_channels = rules.out.channels;
  const uint32_t count = reader.Read<uint8_t>();
  if (count < 1 || count > kMaxLayers) return BadModel(rules, 0, "number of layers");
  Plane plane = rules.in;
  Plane slots[kSlotCount] = {rules.side};
  for (size_t index = 0; index < count; ++index) {
    LIC_CHECK(ReadIntegerLayer(reader, rules, index, plane, slots, program.layers.emplace_back()));
    if (reader.overrun()) return BadModel(rules, index, "the section ends inside the layer");
  }
  LIC_CHECK(CheckEnd(rules, count, plane));
  return program;
}

// ---- Float programs ----------------------------------------------------------------------------------------------------------

template <class Stored>
Status ReadScaledWeights(ByteReader& reader, const Buffer<float>& scale, size_t taps, FloatLayer& layer) {
  LIC_TRY(const auto stored, ReadArray<Stored>(reader, scale.size() * taps));
  LIC_TRY(layer.weight, Buffer<float>::Allocate(stored.size()));
  for (size_t i = 0; i < stored.size(); ++i) layer.weight[i] = scale[i / taps] * static_cast<float>(stored[i]);
  return {};
}

bool AllFinite(const Buffer<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

Status ReadWeightedLayer(ByteReader& reader, const ProgramRules& rules, size_t index, Plane& plane, FloatLayer& layer) {
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

Status ReadFloatLayer(ByteReader& reader, const ProgramRules& rules, size_t index, Plane& plane, Plane* slots, FloatLayer& layer) {
  layer.op = static_cast<Op>(reader.Read<uint8_t>());
  switch (layer.op) {
    case Op::kConvolution:
    case Op::kDepthwise:
      return ReadWeightedLayer(reader, rules, index, plane, layer);
    case Op::kShuffle:
    case Op::kUnshuffle:
      layer.factor = reader.Read<uint8_t>();
      if (layer.factor != 2 && layer.factor != 4 && layer.factor != 8 && layer.factor != 16) return BadModel(rules, index, "shuffle factor");
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
    Plane plane = rules.in;
    Plane slots[kSlotCount] = {};
    for (size_t index = 0; index < count; ++index) {
      LIC_CHECK(ReadFloatLayer(reader, rules, index, plane, slots, layers.emplace_back()));
      if (reader.overrun()) return BadModel(rules, index, "the section ends inside the layer");
    }
    LIC_CHECK(CheckEnd(rules, count, plane));
  }
  if (reader.left() != 0) return Fail(Error::kBadModel, "%s: bytes behind the last layer", rules.name);
  return network;
}

// ---- The entropy section -----------------------------------------------------------------------------------------------------

Status ReadPasses(ByteReader& reader, EntropyModel& model) {
  model.latent_channels = reader.Read<uint16_t>();
  model.hyper_channels = reader.Read<uint16_t>();
  model.feature_channels = reader.Read<uint16_t>();
  model.passes = reader.Read<uint8_t>();
  model.groups = reader.Read<uint8_t>();
  const auto within = [](uint32_t value, uint32_t most) { return value >= 1 && value <= most; };
  if (!within(model.latent_channels, 512) || !within(model.hyper_channels, 256) || !within(model.feature_channels, 512)) {
    return Fail(Error::kBadModel, "entropy section: channel counts");
  }
  if (!within(model.passes, 8) || !within(model.groups, 8) || model.latent_channels % model.groups != 0) {
    return Fail(Error::kBadModel, "entropy section: passes or groups");
  }
  uint32_t seen[4] = {};  // bit g: the class has had group g
  for (uint32_t pass = 0; pass < model.passes; ++pass) {
    for (int s = 0; s < 4; ++s) {
      const uint8_t group = model.group[pass][s] = reader.Read<uint8_t>();
      if (group == kNoGroup) continue;
      if (group >= model.groups || (seen[s] & 1u << group)) return Fail(Error::kBadModel, "entropy section: pass %u codes a wrong group", pass);
      seen[s] |= 1u << group;
    }
  }
  for (const uint32_t groups : seen) {
    if (groups != (1u << model.groups) - 1) return Fail(Error::kBadModel, "entropy section: a group is never coded");
  }
  model.skip_below = reader.Read<uint8_t>();
  if (model.skip_below >= kScaleCount) return Fail(Error::kBadModel, "entropy section: skip_below");
  return {};
}

Status ReadPriors(ByteReader& reader, EntropyModel& model) {
  LIC_TRY(model.log2_gain, ReadArray<int16_t>(reader, size_t{kAnchorCount} * model.latent_channels));
  LIC_TRY(model.hyper_offset, ReadArray<int16_t>(reader, size_t{kAnchorCount} * model.hyper_channels));
  LIC_TRY(model.hyper_table, ReadArray<uint8_t>(reader, size_t{kAnchorCount} * model.hyper_channels));
  for (const int gain : model.log2_gain) {
    if (gain < -8192 || gain > 14336) return Fail(Error::kBadModel, "entropy section: gain out of range");
  }
  for (const int offset : model.hyper_offset) {
    if (std::abs(offset) > kHyperMax) return Fail(Error::kBadModel, "entropy section: hyper offset out of range");
  }
  for (const int table : model.hyper_table) {
    if (table >= kScaleCount) return Fail(Error::kBadModel, "entropy section: hyper table out of range");
  }
  return {};
}

Status ReadTable(ByteReader& reader, int index, ResidualTable& table) {
  table.support = reader.Read<uint16_t>();
  if (table.support < 1 || table.support > kMaxSupport) return Fail(Error::kBadModel, "table %d: support", index);
  const uint32_t support = table.support;
  LIC_TRY(const auto frequency, ReadArray<uint16_t>(reader, support + 1));
  const uint32_t escape = reader.Read<uint16_t>();
  LIC_TRY(table.cumulative, Buffer<uint16_t>::Allocate(2 * support + 3));
  uint32_t sum = 0;
  for (uint32_t symbol = 0; symbol <= 2 * support + 1; ++symbol) {
    const uint32_t distance = symbol > support ? symbol - support : support - symbol;
    const uint32_t own = symbol == 2 * support + 1 ? escape : frequency[distance];
    if (own == 0) return Fail(Error::kBadModel, "table %d: a frequency is 0", index);
    table.cumulative[symbol] = static_cast<uint16_t>(sum);
    sum += own;
    if (sum > 32768) break;
  }
  if (sum != 32768) return Fail(Error::kBadModel, "table %d: the frequencies do not add up to 32768", index);
  table.cumulative[2 * support + 2] = 32768;
  return {};
}

Status ReadEntropyModel(Bytes payload, EntropyModel& model) {
  ByteReader reader(payload);
  LIC_CHECK(ReadPasses(reader, model));
  LIC_CHECK(ReadPriors(reader, model));
  for (int index = 0; index < kScaleCount; ++index) LIC_CHECK(ReadTable(reader, index, model.tables[index]));
  const Plane latents = {model.latent_channels, 16, kFullRange};
  const Plane features = {model.feature_channels, 16, kFullRange};
  const ProgramRules hyper = {"hyper-synthesis", {model.hyper_channels, 64, kHyperMax}, features, 16, 64, {}};
  LIC_TRY(model.hyper_synthesis, ReadIntegerProgram(reader, hyper));
  const ProgramRules context = {"context", latents, {2 * model.latent_channels, 16, 0}, 16, 16, features, model.passes};
  LIC_TRY(model.context, ReadIntegerProgram(reader, context));
  if (reader.overrun() || reader.left() != 0) return Fail(Error::kBadModel, "entropy section: wrong length");
  return {};
}

// ---- The file ----------------------------------------------------------------------------------------------------------------

enum class ModelKind : uint8_t { kDecoder = 1, kEncoder = 2 };

struct ModelHead {
  std::string name;
  bool released = false;
};

Result<ModelHead> ReadModelHead(ByteReader& reader, ModelKind kind) {
  static constexpr uint8_t kMagic[4] = {0x89, 'L', 'I', 'M'};
  const Bytes magic = reader.Take(4);
  if (magic.empty() || !std::equal(magic.begin(), magic.end(), kMagic)) return Fail(Error::kBadModel, "not a model file");
  const uint8_t version = reader.Read<uint8_t>();
  if (version > 1) return Fail(Error::kUnsupportedVersion, "model file of version %u", version);
  if (reader.Read<uint8_t>() != static_cast<uint8_t>(kind)) {
    return Fail(Error::kBadModel, "not %s model file", kind == ModelKind::kDecoder ? "a decoder" : "an encoder");
  }
  const uint32_t length = reader.Read<uint16_t>();
  const Bytes name = reader.Take(length);
  const auto allowed = [](uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (length < 1 || length > 64 || name.empty() || !std::all_of(name.begin(), name.end(), allowed)) return Fail(Error::kBadModel, "name of the model");
  return ModelHead{std::string(name.begin(), name.end()), version == 1};
}

Result<Bytes> ReadModelSection(ByteReader& reader, SectionType type) {
  const Bytes head = reader.Take(9);
  if (head.empty()) return Fail(Error::kBadModel, "section %d is missing", type);
  ByteReader fields(head);
  const uint8_t found = fields.Read<uint8_t>();
  const uint32_t length = fields.Read<uint32_t>();
  const uint32_t crc = fields.Read<uint32_t>();
  if (found != type) return Fail(Error::kBadModel, "section %d where %d is due", found, type);
  const Bytes payload = reader.Take(length);
  if (reader.overrun()) return Fail(Error::kBadModel, "section %d reaches past the end", type);
  if (Crc32(payload, Crc32(head.first(5))) != crc) return Fail(Error::kBadChecksum, "checksum of model section %d", type);
  return payload;
}

Status CheckEndOfFile(const ByteReader& reader) {
  if (reader.left() != 0) return Fail(Error::kBadModel, "bytes behind the last section");
  return {};
}

}  // namespace

Result<std::unique_ptr<Model::Data>> ParseModel(Bytes file) {
  ByteReader reader(file);
  LIC_TRY(auto head, ReadModelHead(reader, ModelKind::kDecoder));
  LIC_TRY(const Bytes entropy, ReadModelSection(reader, kEntropySection));
  LIC_TRY(const Bytes synthesis, ReadModelSection(reader, kSynthesisSection));
  LIC_CHECK(CheckEndOfFile(reader));
  std::unique_ptr<Model::Data> model(new (std::nothrow) Model::Data);
  if (!model) return Fail(Error::kOutOfMemory, "no memory for a model");
  model->name = std::move(head.name);
  model->released = head.released;
  model->id = HashId(entropy);
  model->head_hash = HashId(synthesis);
  LIC_CHECK(ReadEntropyModel(entropy, model->entropy));
  const ProgramRules rules = {"synthesis", {model->entropy.latent_channels, 16, 0}, {3, 1, 0}, 1, 16, {}};
  LIC_TRY(model->synthesis, ReadFloatNetwork(synthesis, rules));
  return model;
}

Result<std::unique_ptr<EncoderModel::Data>> ParseEncoderModel(Bytes file, const Model::Data& decoder) {
  ByteReader reader(file);
  LIC_CHECK(ReadModelHead(reader, ModelKind::kEncoder));
  LIC_TRY(const Bytes owner, ReadModelSection(reader, kOwnerSection));
  LIC_TRY(const Bytes analysis, ReadModelSection(reader, kAnalysisSection));
  LIC_TRY(const Bytes hyper_analysis, ReadModelSection(reader, kHyperAnalysisSection));
  LIC_CHECK(CheckEndOfFile(reader));
  if (owner.size() != 16) return Fail(Error::kBadModel, "owner section of %zu bytes", owner.size());
  Id id;
  std::copy_n(owner.begin(), sizeof(id.bytes), id.bytes);
  if (id != decoder.id) {
    return Fail(Error::kModelMismatch, "encoder for model %s, decoder of model %s", ToHex(id).c_str(), ToHex(decoder.id).c_str());
  }
  std::unique_ptr<EncoderModel::Data> model(new (std::nothrow) EncoderModel::Data);
  if (!model) return Fail(Error::kOutOfMemory, "no memory for a model");
  const EntropyModel& entropy = decoder.entropy;
  const ProgramRules rules = {"analysis", {3, 1, 0}, {entropy.latent_channels, 16, 0}, 1, 16, {}};
  LIC_TRY(model->analysis, ReadFloatNetwork(analysis, rules));
  const ProgramRules hyper_rules = {"hyper-analysis", {entropy.latent_channels, 16, 0}, {entropy.hyper_channels, 64, 0}, 16, 64, {}};
  LIC_TRY(model->hyper_analysis, ReadFloatNetwork(hyper_analysis, hyper_rules));
  return model;
}

Model::Model(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;
const std::string& Model::name() const { return data_->name; }
const Id& Model::id() const { return data_->id; }
const Id& Model::head_hash() const { return data_->head_hash; }
bool Model::released() const { return data_->released; }

Result<Model> Model::Load(Bytes file) {
  LIC_TRY(auto data, ParseModel(file));
  return Model(std::move(data));
}

EncoderModel::EncoderModel(std::unique_ptr<Data> data) : data_(std::move(data)) {}
EncoderModel::EncoderModel(EncoderModel&&) noexcept = default;
EncoderModel& EncoderModel::operator=(EncoderModel&&) noexcept = default;
EncoderModel::~EncoderModel() = default;

Result<EncoderModel> EncoderModel::Load(Bytes file, const Model& decoder) {
  LIC_TRY(auto data, ParseEncoderModel(file, decoder.data()));
  return EncoderModel(std::move(data));
}

}  // namespace lic
