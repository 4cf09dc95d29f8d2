// Parsing and validating model files, in the order of docs/format.md#model-files.
#include "model/model.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/try.h"
#include "networks/programs.h"

namespace lic {
namespace {

constexpr uint32_t kMaxSupport = 4095;
constexpr float kMaxLossWeight = 1000;

enum SectionType : uint8_t {
  kEntropySection = 16,
  kSynthesisSection = 17,
  kOwnerSection = 18,
  kAnalysisSection = 19,
  kHyperAnalysisSection = 20,
  kLossSection = 21,
};

// ---- The entropy section ----------------------------------------------------------------------------------

Status ReadPasses(ByteReader& reader, EntropyModel& model) {
  model.latent_channels = reader.Read<uint16_t>();
  model.hyper_channels = reader.Read<uint16_t>();
  model.feature_channels = reader.Read<uint16_t>();
  model.passes = reader.Read<uint8_t>();
  model.groups = reader.Read<uint8_t>();
  const auto within = [](uint32_t value, uint32_t most) { return value >= 1 && value <= most; };
  if (!within(model.latent_channels, 512) || !within(model.hyper_channels, 256) ||
      !within(model.feature_channels, 512)) {
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
      if (group >= model.groups || (seen[s] & 1u << group))
        return Fail(Error::kBadModel, "entropy section: pass %u codes a wrong group", pass);
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
  LIC_TRY(table.cumulative, Buffer<uint16_t>::Create(2 * support + 3));
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
  const PlaneShape latents = {model.latent_channels, 16, kFullRange};
  const PlaneShape features = {model.feature_channels, 16, kFullRange};
  const ProgramRules hyper = {"hyper-synthesis", {model.hyper_channels, 64, kHyperMax}, features, 16, 64, {}};
  LIC_TRY(model.hyper_synthesis, ReadIntegerProgram(reader, hyper));
  const ProgramRules context = {"context", latents, {2 * model.latent_channels, 16, 0}, 16, 16, features, model.passes};
  LIC_TRY(model.context, ReadIntegerProgram(reader, context));
  if (reader.overrun() || reader.left() != 0) return Fail(Error::kBadModel, "entropy section: wrong length");
  return {};
}

// ---- The file ---------------------------------------------------------------------------------------------

enum class ModelKind : uint8_t { kDecoder = 1, kEncoder = 2 };

struct ModelHead {
  std::string name;
  bool released = false;
};

Result<ModelHead> ReadModelHead(ByteReader& reader, ModelKind kind) {
  static constexpr uint8_t kMagic[4] = {0x89, 'L', 'I', 'M'};
  const Bytes magic = reader.Take(4);
  if (magic.empty() || !std::equal(magic.begin(), magic.end(), kMagic))
    return Fail(Error::kBadModel, "not a model file");
  const uint8_t version = reader.Read<uint8_t>();
  if (version > 1) return Fail(Error::kUnsupportedVersion, "model file of version %u", version);
  if (reader.Read<uint8_t>() != static_cast<uint8_t>(kind)) {
    return Fail(Error::kBadModel, "not %s model file", kind == ModelKind::kDecoder ? "a decoder" : "an encoder");
  }
  const uint32_t length = reader.Read<uint16_t>();
  const Bytes name = reader.Take(length);
  const auto allowed = [](uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (length < 1 || length > 64 || name.empty() || !std::all_of(name.begin(), name.end(), allowed))
    return Fail(Error::kBadModel, "name of the model");
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
  if (Crc32(payload, Crc32(head.first(5))) != crc)
    return Fail(Error::kBadChecksum, "checksum of model section %d", type);
  return payload;
}

Status CheckEndOfFile(const ByteReader& reader) {
  if (reader.left() != 0) return Fail(Error::kBadModel, "bytes behind the last section");
  return {};
}

Result<VisualLoss> ReadVisualLoss(Bytes payload) {
  ByteReader reader(payload);
  VisualLoss loss;
  for (float* weight : {&loss.structure, &loss.detail, &loss.colour, &loss.fidelity}) {
    *weight = reader.Read<float>();
    if (!(*weight >= 0 && *weight <= kMaxLossWeight))
      return Fail(Error::kBadModel, "loss section: a weight is not within 0 and %g",
                  static_cast<double>(kMaxLossWeight));
  }
  if (reader.overrun() || reader.left() != 0) return Fail(Error::kBadModel, "loss section: wrong length");
  if (loss.fidelity == 0) return Fail(Error::kBadModel, "loss section: errors of red, green and blue weigh nothing");
  return loss;
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
  std::optional<VisualLoss> visual_loss;
  if (reader.left() != 0) {
    LIC_TRY(const Bytes loss, ReadModelSection(reader, kLossSection));
    LIC_TRY(visual_loss, ReadVisualLoss(loss));
  }
  LIC_CHECK(CheckEndOfFile(reader));
  if (owner.size() != 16) return Fail(Error::kBadModel, "owner section of %zu bytes", owner.size());
  Id id;
  std::copy_n(owner.begin(), sizeof(id.bytes), id.bytes);
  if (id != decoder.id) {
    return Fail(Error::kModelMismatch, "encoder for model %s, decoder of model %s", ToHex(id).c_str(),
                ToHex(decoder.id).c_str());
  }
  std::unique_ptr<EncoderModel::Data> model(new (std::nothrow) EncoderModel::Data);
  if (!model) return Fail(Error::kOutOfMemory, "no memory for a model");
  model->visual_loss = visual_loss;
  const EntropyModel& entropy = decoder.entropy;
  const ProgramRules rules = {"analysis", {3, 1, 0}, {entropy.latent_channels, 16, 0}, 1, 16, {}};
  LIC_TRY(model->analysis, ReadFloatNetwork(analysis, rules));
  const ProgramRules hyper_rules = {
      "hyper-analysis", {entropy.latent_channels, 16, 0}, {entropy.hyper_channels, 64, 0}, 16, 64, {}};
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
