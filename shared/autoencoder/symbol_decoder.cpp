#include "autoencoder/symbol_decoder.h"

#include "base/bytes.h"
#include "base/try.h"

namespace lic {

Status CheckModel(const Header& header, const Model* model) {
  if (!model) {
    return Fail(Error::kUnknownModel, "the file is of model %s, no model was handed in",
                ToHex(header.model_id).c_str());
  }
  if (header.model_id == model->id()) return {};
  return Fail(Error::kModelMismatch, "the file is of model %s, the model handed in is %s",
              ToHex(header.model_id).c_str(), ToHex(model->id()).c_str());
}

Result<SymbolDecoder> SymbolDecoder::Create(const Container& file, const EntropyModel& model) {
  const Header& header = file.header;
  SymbolDecoder decoder;
  decoder.grid_ = header.grid();
  LIC_TRY(decoder.coder_, LatentCoder::Create(model));
  LIC_CHECK(decoder.hyper_.Reshape(CeilDiv(header.height, kHyperStride), CeilDiv(header.width, kHyperStride),
                                   model.hyper_channels));
  LIC_TRY(decoder.stream_, CopyOf(file.payloads[SectionType::kHyper]));
  decoder.coder_.StartHyper(decoder.stream_, header.quality256);
  return decoder;
}

Result<bool> SymbolDecoder::StepHyper(int64_t& work) {
  if (in_features_) {
    return coder_.StepFeatures(CeilDiv(grid_.height, kLatentStride), CeilDiv(grid_.width, kLatentStride), features_,
                               work);
  }
  LIC_TRY(in_features_, coder_.StepHyper(hyper_, work));
  if (in_features_) coder_.StartFeatures(hyper_);
  return false;
}

Status SymbolDecoder::StartTile(uint32_t tile, Bytes stream) {
  tile_ = tile;
  LIC_TRY(stream_, CopyOf(stream));
  return coder_.StartTile(stream_, features_, LatentsOf(grid_, tile));
}

Result<bool> SymbolDecoder::StepTile(LatentPlane& latents, int64_t& work) {
  auto through = coder_.StepTile(latents, work);
  if (!through.ok()) return AboutTile("", tile_, through.failure());
  return through;
}

}  // namespace lic
