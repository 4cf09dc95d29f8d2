// A file becomes a picture. Read top to bottom; picture_encoder.cpp is the mirror.
//
//   HYPER ──rANS──> hyper-latents ──> features ─┬──> preview
//   TILES ──rANS, tile by tile, pass by pass────┴──> latents ──gain, synthesis, strip by strip──> rows of pixels
//                                └──> alpha ──────────────────────────────────────────────────────┘
//
// As soon as a row of tiles is decoded, the strips that lie in it are made: latents and pixels need not be kept for the
// whole picture, and a file may still be coming in.
#include "autoencoder/picture_decoder.h"

#include <algorithm>
#include <new>

#include "base/try.h"
#include "model/gains.h"
#include "networks/strip_plan.h"
#include "picture/samples.h"

namespace lic {
namespace {

// Latents [first, first + size) of `whole`, in one direction, that take part in pixels [pixel, pixel + pixels).
struct Span {
  uint32_t first, size;
};
Span LatentsFor(uint32_t pixel, uint32_t pixels, uint32_t whole, uint32_t reach) {
  const uint32_t begin = pixel / kLatentStride, end = CeilDiv(pixel + pixels, kLatentStride);
  const uint32_t first = begin - std::min(begin, reach);
  return {first, std::min(end + reach, CeilDiv(whole, kLatentStride)) - first};
}

// Squares of `side` that a rectangle touches.
Rect SquaresOf(const Rect& rect, uint32_t side) {
  const uint32_t x = rect.x / side, y = rect.y / side;
  return {x, y, CeilDiv(rect.right(), side) - x, CeilDiv(rect.bottom(), side) - y};
}

}  // namespace

Result<std::unique_ptr<PictureDecoder>> AutoencoderDecoder::Create(const DecodingTask& task, const Model* model) {
  LIC_CHECK(CheckModel(task.header(), model));
  std::unique_ptr<PictureDecoder> decoder(new (std::nothrow) AutoencoderDecoder(task, model->data()));
  if (!decoder) return Fail(Error::kOutOfMemory, "no memory for a decoder");
  return decoder;
}

AutoencoderDecoder::AutoencoderDecoder(const DecodingTask& task, const Model::Data& model)
    : PictureDecoder(task),
      model_(model),
      grid_(task.header().grid()),
      order_(task.header()),
      reach_(InputReach(model.synthesis, kLatentStride)) {
  const Span across = LatentsFor(task.region.x, task.region.width, grid_.width, reach_);
  const Span down = LatentsFor(task.region.y, task.region.height, grid_.height, reach_);
  area_ = {across.first, down.first, across.size, down.size};
  tiles_ = SquaresOf(area_, grid_.side / kLatentStride);
}

bool AutoencoderDecoder::waits() const {
  if (begun_) return false;
  if (stage_ == Stage::kHyper) return !task_.reader->has(SectionType::kHyper);
  return stage_ == Stage::kLatents && !StripIsReady() && task_.reader->streams_read() < order_.Latents(tile() + 1);
}

float AutoencoderDecoder::progress() const {
  const float entropy = stage_ == Stage::kPreview ? 0 : static_cast<float>(taken_) / static_cast<float>(tile_count());
  const float synthesis = static_cast<float>(rows_.done()) / static_cast<float>(rows_.region().height);
  return 0.4f * entropy + 0.6f * synthesis;
}

const Picture* AutoencoderDecoder::preview() const {
  return preview_ && stage_ != Stage::kPreview ? &preview_->picture() : nullptr;
}

Status AutoencoderDecoder::DoStep(int64_t work) {
  if (stage_ == Stage::kLatents && !begun_ && StripIsReady()) stage_ = Stage::kStrip;
  last_stage_ = stage_;
  switch (stage_) {
    case Stage::kHyper:
      return StepHyper(work);
    case Stage::kPreview:
      return StepPreview(work);
    case Stage::kLatents:
      return StepLatents(work);
    case Stage::kAlpha:
      return StepAlpha(work);
    case Stage::kStrip:
      return StepStrip(work);
  }
  return {};
}

Status AutoencoderDecoder::StepHyper(int64_t& work) {
  if (!begun_) {
    begun_ = true;
    LIC_TRY(symbols_, SymbolDecoder::Create(task_.file(), model_.entropy));
    return {};
  }
  LIC_TRY(const bool through, symbols_->StepHyper(work));
  if (!through) return {};
  begun_ = false;
  LIC_TRY(inverse_gains_, Gains(model_.entropy, task_.header().quality256));
  for (float& gain : inverse_gains_) gain = 1 / (gain * kMeanUnit);
  const bool is_worth_it = !task_.reader->done() || tile_count() > 1;
  return task_.options.make_preview && is_worth_it && Preview::IsPossible(model_) ? StartPreview() : StartPicture();
}

// ---- Preview ----------------------------------------------------------------------------------------------

Status AutoencoderDecoder::StartPreview() {
  stage_ = Stage::kPreview;
  LIC_TRY(preview_, Preview::Create(model_, inverse_gains_, rows_.region(), rows_.channels(), task_.header().is_grey));
  return {};
}

Status AutoencoderDecoder::StepPreview(int64_t& work) {
  if (!begun_) {
    begun_ = true;
    return symbols_->StartFirstPass(tile());
  }
  LIC_TRY(const bool through, symbols_->StepFirstPass(work));
  if (!through) return {};
  preview_->PutTile(symbols_->first_pass(), LatentsOf(grid_, tile()));
  EndTile();
  if (taken_ < tile_count()) return {};
  taken_ = 0;
  return StartPicture();
}

// ---- Tiles ------------------------------------------------------------------------------------------------

// Claims what the picture itself takes.
Status AutoencoderDecoder::StartPicture() {
  stage_ = Stage::kLatents;
  LIC_TRY(synthesis_, Network::Create(model_.synthesis, area_.height, area_.width));
  const uint32_t strip_rows = synthesis_->strip_rows();
  next_strip_ = first_pixel_row() / strip_rows * strip_rows;
  LIC_TRY(strip_, Buffer<float>::Create(strip_rows * size_t{synthesis_->out_width()} * synthesis_->out_channels()));
  LIC_TRY(row_, Buffer<uint8_t>::Create(size_t{rows_.region().width} * 3));

  // Besides one row of tiles, memory holds the latents that the next strip still needs: its own rows and `reach_` on
  // each side.
  const uint64_t strip_latents = CeilDiv(strip_rows, kLatentStride) + 1;
  const uint64_t held = grid_.side / kLatentStride + strip_latents + 2 * uint64_t{reach_} + 2;
  const auto held_rows = static_cast<uint32_t>(std::min<uint64_t>(held, area_.height));
  LIC_TRY(latents_, LatentPlane::Create({area_.x, area_.y, area_.width, held_rows}, model_.entropy.latent_channels));
  const uint64_t alpha_rows = rows_.has_alpha() ? grid_.side + (uint64_t{reach_} + 2) * kLatentStride : 0;
  return rows_.Claim(strip_rows + alpha_rows);
}

Status AutoencoderDecoder::StartTile(uint32_t tile) {
  if (taken_ % tiles_.width == 0) MakeRoom();
  begun_ = true;
  return symbols_->StartTile(tile, finder_.Find(task_.file(), order_.Latents(tile)));
}

// Lets go of the latents and rows above the next strip, before a row of tiles comes in.
void AutoencoderDecoder::MakeRoom() {
  const uint32_t latent_row = next_strip_ / kLatentStride;
  const uint32_t first = area_.y + latent_row - std::min(latent_row, reach_);
  if (first > latents_.held.y) latents_.MoveTo(std::min(first, area_.bottom() - latents_.held.height));
  rows_.MakeRoom();
}

Status AutoencoderDecoder::StepLatents(int64_t& work) {
  if (!begun_) return StartTile(tile());
  LIC_TRY(const bool through, symbols_->StepTile(latents_, work));
  if (!through) return {};
  if (!rows_.has_alpha()) {
    EndTile();
    return {};
  }
  stage_ = Stage::kAlpha;
  const Bytes stream = finder_.Find(task_.file(), order_.Alpha(tile()));
  return alpha_.Start(tile(), grid_.Pixels(tile()), stream, model_.entropy.tables);
}

Status AutoencoderDecoder::StepAlpha(int64_t& work) {
  LIC_TRY(const bool through, alpha_.Step(rows_, work));
  if (!through) return {};
  stage_ = Stage::kLatents;
  EndTile();
  return {};
}

void AutoencoderDecoder::EndTile() {
  begun_ = false;
  ++taken_;
}

// ---- Strips -----------------------------------------------------------------------------------------------

bool AutoencoderDecoder::StripIsReady() const {
  const uint32_t rows_taken = taken_ / tiles_.width;
  if (rows_taken == tiles_.height) return true;
  const uint64_t decoded_to = (tiles_.y + rows_taken) * uint64_t{grid_.side / kLatentStride};
  return uint64_t{area_.y} + (strip_end() - 1) / kLatentStride + reach_ < decoded_to;
}

// Hands the latents to the synthesis, without gain.
void AutoencoderDecoder::StartStrip() {
  auto fill = [&](uint32_t row, float* to) {
    const int32_t* from = latents_.at(area_.x, area_.y + row);
    for (uint32_t x = 0; x < area_.width; ++x, from += latents_.channels, to += latents_.channels) {
      for (uint32_t c = 0; c < latents_.channels; ++c) to[c] = static_cast<float>(from[c]) * inverse_gains_[c];
    }
  };
  synthesis_->StartRun(next_strip_, RowFunction(fill), strip_.data());
}

Status AutoencoderDecoder::StepStrip(int64_t& work) {
  if (!begun_) {
    begun_ = true;
    StartStrip();
  }
  LIC_TRY(const bool through, synthesis_->StepRun(work));
  if (!through) return {};
  begun_ = false;
  stage_ = Stage::kLatents;
  const Rect& region = rows_.region();
  const uint32_t top = first_pixel_row(), end = std::min(strip_end(), top + region.height);
  const size_t row_values = size_t{synthesis_->out_width()} * synthesis_->out_channels();
  const size_t left = size_t{region.x - area_.x * kLatentStride} * synthesis_->out_channels();
  for (uint32_t y = top + rows_.done(); y < end; ++y) {
    ToSamples(strip_.data() + (y - next_strip_) * row_values + left, row_.size(), row_.data());
    rows_.PutRow(row_.data());
  }
  next_strip_ = strip_end();
  return {};
}

}  // namespace lic
