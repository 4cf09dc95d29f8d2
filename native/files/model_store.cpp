#include "native/files/model_store.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "native/files/file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDecoderSuffix = ".dec.licm", kEncoderSuffix = ".enc.licm", kCalibrationSuffix = ".qa.json";

std::vector<std::string> ModelFolders() {
  std::vector<std::string> folders;
  const char* variable = std::getenv("LIC_MODEL_PATH");
  const std::string path = variable ? variable : "";
  for (size_t start = 0; start < path.size();) {
    const size_t end = std::min(path.find(':', start), path.size());
    if (end > start) folders.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    folders.push_back((executable.parent_path() / "models").string());
    folders.push_back((executable.parent_path().parent_path() / "share/lic/models").string());
  }
  folders.push_back(LIC_SOURCE_MODELS);
  return folders;
}

bool IsPath(const std::string& model) { return model.find('/') != model.npos || model.ends_with(".licm"); }

// Makes NAME of NAME, NAME.dec.licm and NAME.enc.licm.
std::string WithoutSuffix(std::string path) {
  for (const std::string_view suffix : {kDecoderSuffix, kEncoderSuffix}) {
    if (path.ends_with(suffix)) return path.substr(0, path.size() - suffix.size());
  }
  return path;
}

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Names the model file in its failure, so that it is not taken for one of the picture.
Failure InModel(const std::string& path, const Failure& failure) {
  return Fail(failure.error, "%.48s: %s", fs::path(path).filename().c_str(), failure.what);
}

}  // namespace

ModelStore::ModelStore(std::string chosen) : chosen_(std::move(chosen)), folders_(ModelFolders()) {}

Result<ModelStore::Files> ModelStore::Find() const {
  const std::string name = chosen_.empty() ? kDefaultModel : chosen_;
  const auto files = [](const std::string& stem) {
    return Files{stem + std::string(kDecoderSuffix), stem + std::string(kEncoderSuffix)};
  };
  if (IsPath(name)) return files(WithoutSuffix(name));
  for (const std::string& folder : folders_) {
    const Files candidate = files((fs::path(folder) / name).string());
    if (Exists(candidate.decoder)) return candidate;
  }
  return Fail(Error::kUnknownModel, "no model \"%.64s\"", name.c_str());
}

Result<std::shared_ptr<const Model>> ModelStore::LoadDecoder(const std::string& path) {
  if (const auto known = decoders_.find(path); known != decoders_.end()) return known->second;
  const auto load = [&]() -> Result<std::shared_ptr<const Model>> {
    LIC_TRY(const Buffer<uint8_t> bytes, LoadFile(path, kMaxModelFileBytes));
    LIC_TRY(Model model, Model::Load(bytes));
    return std::shared_ptr<const Model>(std::make_shared<Model>(std::move(model)));
  };
  auto model = load();
  if (!model.ok()) model = InModel(path, model.failure());
  return decoders_.emplace(path, std::move(model)).first->second;
}

Result<EncodingModel> ModelStore::ForEncoding() {
  const std::lock_guard lock(mutex_);
  const auto load = [&]() -> Result<EncodingModel> {
    LIC_TRY(const Files files, Find());
    LIC_TRY(std::shared_ptr<const Model> decoder, LoadDecoder(files.decoder));
    const Result<Buffer<uint8_t>> bytes = LoadFile(files.encoder, kMaxModelFileBytes);
    if (!bytes.ok()) return InModel(files.encoder, bytes.failure());
    Result<EncoderModel> encoder = EncoderModel::Load(bytes.value(), *decoder);
    if (!encoder.ok()) return InModel(files.encoder, encoder.failure());
    return EncodingModel{decoder, std::make_shared<EncoderModel>(std::move(encoder).value())};
  };
  if (!encoding_) encoding_ = load();
  return *encoding_;
}

std::vector<std::string> ModelStore::AllDecoders() const {
  std::vector<std::string> paths;
  for (const std::string& folder : folders_) {
    const size_t first = paths.size();
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().native().ends_with(kDecoderSuffix)) paths.push_back(entry.path().string());
    }
    std::sort(paths.begin() + static_cast<ptrdiff_t>(first), paths.end());
  }
  return paths;
}

Result<std::shared_ptr<const Model>> ModelStore::ForDecoding(const Info& info) {
  if (info.coding != Coding::kAutoencoder) return std::shared_ptr<const Model>();
  const std::lock_guard lock(mutex_);
  if (!chosen_.empty()) {
    LIC_TRY(const Files files, Find());
    LIC_TRY(std::shared_ptr<const Model> model, LoadDecoder(files.decoder));
    if (model->id() == info.model_id) return model;
    return Fail(Error::kModelMismatch, "the file needs model %s, the chosen one is %s", ToHex(info.model_id).c_str(),
                ToHex(model->id()).c_str());
  }
  std::shared_ptr<const Model> match;
  for (const std::string& path : AllDecoders()) {
    // A broken model file is no failure here, because the file may need another model.
    const Result<std::shared_ptr<const Model>> loaded = LoadDecoder(path);
    if (!loaded.ok() || loaded.value()->id() != info.model_id) continue;
    if (loaded.value()->head_hash() == info.head_hash) return loaded.value();
    if (!match) match = loaded.value();
  }
  if (!match) return Fail(Error::kUnknownModel, "no model %s", ToHex(info.model_id).c_str());
  return match;
}

std::string ModelStore::CalibrationPath(const Model& model) {
  const std::lock_guard lock(mutex_);
  for (const auto& [path, loaded] : decoders_) {
    if (loaded.ok() && loaded.value().get() == &model) return WithoutSuffix(path) + std::string(kCalibrationSuffix);
  }
  assert(false);
  return {};
}

std::string ModelStore::Searched() const {
  std::string text = "; looked in ";
  for (const std::string& folder : folders_) text += (&folder == folders_.data() ? "" : ", ") + folder;
  return text;
}

}  // namespace lic::native
