// Parsing and validating model files, in the order of docs/format.md#model-files.
#include "model/model.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/try.h"
#include "container/sections.h"
#include "networks/programs.h"
#include "symbols/rans.h"

namespace lic {
namespace {

constexpr uint32_t kMaxSupport = 4095;
constexpr float kMaxLossWeight = 1000;

enum ModelSection : uint8_t {
  kEntropySection = 16,
  kSynthesisSection = 17,
  kOwnerSection = 18,
  kAnalysisSection = 19,
  kHyperAnalysisSection = 20,
  kLossSection = 21,
};

// ---- The entropy section ----------------------------------------------------------------------------------

Status CheckCount(const char* name, uint32_t count, uint32_t most) {
  if (count >= 1 && count <= most) return {};
  return Fail(Error::kBadModel, "ENTROPY: %s is %u, allowed are 1 to %u", name, count, most);
}

Status ReadPasses(ByteReader& reader, EntropyModel& model) {
  model.latent_channels = reader.Read<uint16_t>();
  model.hyper_channels = reader.Read<uint16_t>();
  model.feature_channels = reader.Read<uint16_t>();
  model.passes = reader.Read<uint8_t>();
  model.groups = reader.Read<uint8_t>();
  LIC_CHECK(CheckCount("latent_channels", model.latent_channels, 512));
  LIC_CHECK(CheckCount("hyper_channels", model.hyper_channels, 256));
  LIC_CHECK(CheckCount("feature_channels", model.feature_channels, 512));
  LIC_CHECK(CheckCount("passes", model.passes, 8));
  LIC_CHECK(CheckCount("groups", model.groups, 8));
  if (model.latent_channels % model.groups != 0) {
    return Fail(Error::kBadModel, "ENTROPY: %u groups do not divide %u latent_channels", model.groups,
                model.latent_channels);
  }
  uint32_t seen[4] = {};  // bit g: the class has had group g
  for (uint32_t pass = 0; pass < model.passes; ++pass) {
    for (int s = 0; s < 4; ++s) {
      const uint8_t group = model.group[pass][s] = reader.Read<uint8_t>();
      if (group == kNoGroup) continue;
      if (group >= model.groups)
        return Fail(Error::kBadModel, "ENTROPY: pass %u codes group %u of %u", pass, group, model.groups);
      if (seen[s] & 1u << group)
        return Fail(Error::kBadModel, "ENTROPY: pass %u codes group %u, which an earlier pass has coded", pass, group);
      seen[s] |= 1u << group;
    }
  }
  for (const uint32_t groups : seen) {
    if (groups != (1u << model.groups) - 1) return Fail(Error::kBadModel, "ENTROPY: a group is coded in no pass");
  }
  model.skip_below = reader.Read<uint8_t>();
  if (model.skip_below >= kScaleCount) {
    return Fail(Error::kBadModel, "ENTROPY: skip_below is %u, allowed are 0 to %d", model.skip_below, kScaleCount - 1);
  }
  return {};
}

Status CheckValue(const char* name, int value, int least, int most) {
  if (value >= least && value <= most) return {};
  return Fail(Error::kBadModel, "ENTROPY: a value of %s is %d, allowed are %d to %d", name, value, least, most);
}

Status ReadPriors(ByteReader& reader, EntropyModel& model) {
  LIC_TRY(model.log2_gain, ReadArray<int16_t>(reader, size_t{kAnchorCount} * model.latent_channels));
  LIC_TRY(model.hyper_offset, ReadArray<int16_t>(reader, size_t{kAnchorCount} * model.hyper_channels));
  LIC_TRY(model.hyper_table, ReadArray<uint8_t>(reader, size_t{kAnchorCount} * model.hyper_channels));
  for (const int gain : model.log2_gain) LIC_CHECK(CheckValue("log2_gain", gain, -8192, 14336));
  for (const int offset : model.hyper_offset) LIC_CHECK(CheckValue("hyper_offset", offset, -kHyperMax, kHyperMax));
  for (const int table : model.hyper_table) LIC_CHECK(CheckValue("hyper_table", table, 0, kScaleCount - 1));
  return {};
}

Status ReadTable(ByteReader& reader, int index, ResidualTable& table) {
  table.support = reader.Read<uint16_t>();
  if (table.support < 1 || table.support > kMaxSupport) {
    return Fail(Error::kBadModel, "ENTROPY, table %d: support is %u, allowed are 1 to %u", index, table.support,
                kMaxSupport);
  }
  const uint32_t support = table.support;
  LIC_TRY(const auto frequency, ReadArray<uint16_t>(reader, support + 1));
  const uint32_t escape = reader.Read<uint16_t>();
  LIC_TRY(table.cumulative, Buffer<uint16_t>::Create(2 * support + 3));
  uint32_t sum = 0;
  for (uint32_t symbol = 0; symbol <= 2 * support + 1; ++symbol) {
    const uint32_t distance = symbol > support ? symbol - support : support - symbol;
    const uint32_t own = symbol == 2 * support + 1 ? escape : frequency[distance];
    if (own == 0) return Fail(Error::kBadModel, "ENTROPY, table %d: a frequency is 0, allowed are 1 and above", index);
    table.cumulative[symbol] = static_cast<uint16_t>(sum);
    sum += own;
    if (sum > kRansTotal) break;
  }
  if (sum != kRansTotal) {
    return Fail(Error::kBadModel, "ENTROPY, table %d: the frequencies add up to %u%s, expected are %u", index, sum,
                sum > kRansTotal ? " or more" : "", kRansTotal);
  }
  table.cumulative[2 * support + 2] = kRansTotal;
  return {};
}

Status ReadEntropyModel(Bytes payload, EntropyModel& model) {
  ByteReader reader(payload);
  LIC_CHECK(ReadPasses(reader, model));
  LIC_CHECK(ReadPriors(reader, model));
  for (int index = 0; index < kScaleCount; ++index) LIC_CHECK(ReadTable(reader, index, model.tables[index]));
  const PlaneShape features = {.channels = model.feature_channels, .scale = kLatentStride, .magnitude = kFullRange};
  const ProgramRules hyper = {
      .name = "hyper-synthesis",
      .in = {.channels = model.hyper_channels, .scale = kHyperStride, .magnitude = kHyperMax},
      .out = features,
      .min_scale = kLatentStride,
      .max_scale = kHyperStride,
  };
  LIC_TRY(model.hyper_synthesis, ReadIntegerProgram(reader, hyper));
  const ProgramRules context = {
      .name = "context",
      .in = {.channels = model.latent_channels, .scale = kLatentStride, .magnitude = kFullRange},
      .out = {.channels = 2 * model.latent_channels, .scale = kLatentStride},
      .min_scale = kLatentStride,
      .max_scale = kLatentStride,
      .side = features,
      .bias_sets = model.passes,
  };
  LIC_TRY(model.context, ReadIntegerProgram(reader, context));
  if (reader.overrun()) return Fail(Error::kBadModel, "ENTROPY ends inside its last field");
  if (reader.left() != 0) return Fail(Error::kBadModel, "ENTROPY: %zu bytes follow the last field", reader.left());
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
    return Fail(Error::kBadModel, "the file does not begin like a model file");
  const uint8_t version = reader.Read<uint8_t>();
  if (version > 1)
    return Fail(Error::kUnsupportedVersion, "the model file's version is %u, known are 0 and 1", version);
  if (const uint8_t found = reader.Read<uint8_t>(); found != static_cast<uint8_t>(kind)) {
    return Fail(Error::kBadModel, "the model file is of kind %u, %s is kind %d", found,
                kind == ModelKind::kDecoder ? "a decoder's" : "an encoder's", static_cast<int>(kind));
  }
  const uint32_t length = reader.Read<uint16_t>();
  const Bytes name = reader.Take(length);
  const auto allowed = [](uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (length < 1 || length > 64 || name.empty() || !std::all_of(name.begin(), name.end(), allowed)) {
    return Fail(Error::kBadModel, "the name has %u characters, allowed are 1 to 64 of a-z, 0-9 and -", length);
  }
  return ModelHead{std::string(name.begin(), name.end()), version == 1};
}

Result<Bytes> ReadModelSection(ByteReader& reader, ModelSection type) {
  const Bytes bytes = reader.Take(kSectionHeadBytes);
  if (bytes.empty()) return Fail(Error::kBadModel, "section %d is missing", type);
  const SectionHead head = ReadSectionHead(bytes);
  if (head.type != type) return Fail(Error::kBadModel, "section %d stands where %d is due", head.type, type);
  const size_t left = reader.left();
  const Bytes payload = reader.Take(head.length);
  if (reader.overrun())
    return Fail(Error::kBadModel, "section %d has %u bytes, the file has %zu more", type, head.length, left);
  if (SectionChecksum(head, payload) != head.checksum)
    return Fail(Error::kBadChecksum, "the checksum of section %d is wrong", type);
  return payload;
}

Status CheckEndOfFile(const ByteReader& reader) {
  if (reader.left() != 0) return Fail(Error::kBadModel, "%zu bytes follow the last section", reader.left());
  return {};
}

Result<VisualLoss> ReadVisualLoss(Bytes payload) {
  ByteReader reader(payload);
  VisualLoss loss;
  for (float* weight : {&loss.structure, &loss.detail, &loss.colour, &loss.fidelity}) {
    *weight = reader.Read<float>();
    if (!(*weight >= 0 && *weight <= kMaxLossWeight)) {
      return Fail(Error::kBadModel, "LOSS: a weight is %g, allowed are 0 to %g", static_cast<double>(*weight),
                  static_cast<double>(kMaxLossWeight));
    }
  }
  if (reader.overrun() || reader.left() != 0)
    return Fail(Error::kBadModel, "LOSS has %zu bytes, expected are %zu", payload.size(), sizeof(VisualLoss));
  if (loss.fidelity == 0) return Fail(Error::kBadModel, "LOSS: fidelity is 0, allowed is above 0");
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
  const ProgramRules rules = {
      .name = "synthesis",
      .in = {.channels = model->entropy.latent_channels, .scale = kLatentStride},
      .out = {.channels = 3, .scale = 1},
      .min_scale = 1,
      .max_scale = kLatentStride,
  };
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
  if (owner.size() != 16) return Fail(Error::kBadModel, "OWNER has %zu bytes, expected are 16", owner.size());
  Id id;
  std::copy_n(owner.begin(), sizeof(id.bytes), id.bytes);
  if (id != decoder.id) {
    return Fail(Error::kModelMismatch, "the encoder is for model %s, the decoder is model %s", ToHex(id).c_str(),
                ToHex(decoder.id).c_str());
  }
  std::unique_ptr<EncoderModel::Data> model(new (std::nothrow) EncoderModel::Data);
  if (!model) return Fail(Error::kOutOfMemory, "no memory for a model");
  model->decoder = id;
  model->visual_loss = visual_loss;
  const PlaneShape latents = {.channels = decoder.entropy.latent_channels, .scale = kLatentStride};
  const ProgramRules rules = {
      .name = "analysis",
      .in = {.channels = 3, .scale = 1},
      .out = latents,
      .min_scale = 1,
      .max_scale = kLatentStride,
  };
  LIC_TRY(model->analysis, ReadFloatNetwork(analysis, rules));
  const ProgramRules hyper_rules = {
      .name = "hyper-analysis",
      .in = latents,
      .out = {.channels = decoder.entropy.hyper_channels, .scale = kHyperStride},
      .min_scale = kLatentStride,
      .max_scale = kHyperStride,
      .shuffles = false,
  };
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
