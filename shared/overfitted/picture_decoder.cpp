// A file becomes a picture. Read top to bottom.
//
//   NETWORK ──> parameters ──> layers
//   stream of the coarse grids ──> latents
//   for each stripe:  its stream ──> latents of the levels 0 and 1 ──> rows of pixels
//                     streams of alpha ─────────────────────────────────┘
//
// Latents of the two finest levels are kept for one stripe and a little more, those of the others for the whole
// picture: a twelfth of a byte a pixel.
#include "overfitted/picture_decoder.h"

#include <algorithm>
#include <new>

#include "base/try.h"

namespace lic::overfitted {
namespace {

constexpr uint32_t kStripRows = 64;         // rows that a step makes at most
constexpr uint32_t kHeldRows = 2 * kReach;  // of a cut grid, besides those of a stripe

}  // namespace

Result<std::unique_ptr<PictureDecoder>> OverfittedDecoder::Create(const DecodingTask& task, const Model*) {
  LIC_TRY(const Architecture architecture, Architecture::Read(task.header().networks));
  std::unique_ptr<PictureDecoder> decoder(new (std::nothrow) OverfittedDecoder(task, architecture));
  if (!decoder) return Fail(Error::kOutOfMemory, "no memory for a decoder");
  return decoder;
}

OverfittedDecoder::OverfittedDecoder(const DecodingTask& task, const Architecture& architecture)
    : PictureDecoder(task),
      architecture_(architecture),
      tiles_(task.header().grid()),
      order_(task.header()),
      in_common_(order_.has_common()) {
  const uint32_t top = task.region.y - std::min(task.region.y, kReach);
  const uint32_t bottom = std::min(task.region.bottom() + kReach, task.header().height);
  stripe_ = top / tiles_.side;
  end_stripe_ = CeilDiv(bottom, tiles_.side);
}

bool OverfittedDecoder::waits() const {
  if (begun_ || stage_ == Stage::kPreview || stage_ == Stage::kRows) return false;
  if (stage_ == Stage::kNetwork) return !task_.reader->has(SectionType::kNetwork);
  return task_.reader->streams_read() <= stream();
}

float OverfittedDecoder::progress() const {
  const uint64_t rows = rows_.region().height, stripes = stripes_done_ + (end_stripe_ - stripe_);
  const uint64_t permille = 500 * rows_.done() / rows + (stripes > 0 ? 500 * stripes_done_ / stripes : 0);
  return static_cast<float>(permille) / 1000;
}

Status OverfittedDecoder::DoStep(int64_t work) {
  last_stage_ = stage_;
  switch (stage_) {
    case Stage::kNetwork:
      return StepNetwork();
    case Stage::kGrids:
      return StepGrids(work);
    case Stage::kPreview:
      StepPreview(work);
      return {};
    case Stage::kAlpha:
      return StepAlpha(work);
    case Stage::kRows:
      return StepRows(work);
  }
  return {};
}

Status OverfittedDecoder::StepNetwork() {
  LIC_CHECK(laplace_.Fill());
  const Bytes payload = task_.file().payloads[SectionType::kNetwork];
  LIC_CHECK(parameters_.Fill(payload, architecture_, laplace_.residual));
  LIC_CHECK(layers_.Fill(architecture_, parameters_));
  LIC_CHECK(ClaimMemory());
  stage_ = Stage::kGrids;
  return {};
}

Status OverfittedDecoder::ClaimMemory() {
  const uint32_t width = task_.header().width, height = task_.header().height;
  LIC_CHECK(planes_.Fill(architecture_, width, height, tiles_.side, kHeldRows));
  const Kernels& kernels = ChooseKernels();
  LIC_CHECK(wavefront_.Fill(architecture_, parameters_, layers_, kernels, width));
  LIC_CHECK(synthesis_.Fill(AllChannels(), layers_));
  synthesis_.Start(rows_.region().y);
  LIC_TRY(row_, Buffer<uint8_t>::Create(size_t{rows_.region().width} * kColours));
  const uint64_t alpha_rows = rows_.has_alpha() ? uint64_t{tiles_.side} + kReach : 0;
  return rows_.Claim(kStripRows + alpha_rows);
}

// What the rows of the region are made with.
ChannelTask OverfittedDecoder::AllChannels() const {
  const Rect& region = rows_.region();
  return {.architecture = &architecture_,
          .parameters = &parameters_,
          .kernels = &ChooseKernels(),
          .width = task_.header().width,
          .height = task_.header().height,
          .columns = {region.x, region.right()}};
}

// ---- Grids ---------------------------------------------------------------------------------------------------

RowRange OverfittedDecoder::PixelsOf(uint32_t stripe) const {
  const uint32_t first = stripe * tiles_.side;
  return {first, std::min(first + tiles_.side, tiles_.height)};
}

Status OverfittedDecoder::StartGrids() {
  begun_ = true;
  const Status begun = lanes_.Fill(finder_.Find(task_.file(), stream()), laplace_, ChooseKernels());
  if (!begun.ok()) return AboutGrids(begun.failure());
  grid_ = 0;
  StartNextGrid();
  return {};
}

// A failure of the present stream, with the tile that it comes before.
Failure OverfittedDecoder::AboutGrids(const Failure& failure) const {
  return AboutTile("grids of ", in_common_ ? 0 : stripe_ * tiles_.columns, failure);
}

// Starts with the grid `grid_`, or with the first after it that is in the stream.
void OverfittedDecoder::StartNextGrid() {
  const bool has_coarse = in_common_ || !order_.has_common(), has_fine = !in_common_;
  for (; grid_ < architecture_.grids; ++grid_) {
    const uint32_t level = architecture_.grid[grid_].level;
    if (level < kStripeLevels ? !has_fine : !has_coarse) continue;
    const RowRange pixels = in_common_ ? RowRange{0, tiles_.height} : PixelsOf(stripe_);
    return wavefront_.Start(grid_, RowsOfLevel(pixels, level), pixels);
  }
}

Status OverfittedDecoder::StepGrids(int64_t& work) {
  if (!begun_) LIC_CHECK(StartGrids());
  while (grid_ < architecture_.grids) {
    const bool through = wavefront_.Step(planes_, lanes_, work);
    if (lanes_.bad()) break;
    if (!through) return {};
    ++grid_;
    StartNextGrid();
  }
  return EndGrids();
}

Status OverfittedDecoder::EndGrids() {
  begun_ = false;
  if (const Status end = lanes_.Finish(); !end.ok()) return AboutGrids(end.failure());
  if (in_common_) {
    in_common_ = false;
    return task_.options.make_preview ? StartPreview() : Status();
  }
  stage_ = Stage::kAlpha;
  alpha_tile_ = stripe_ * tiles_.columns;
  rows_.MakeRoom();
  NextAlphaTile();
  return {};
}

// ---- Preview -------------------------------------------------------------------------------------------------

Status OverfittedDecoder::StartPreview() {
  stage_ = Stage::kPreview;
  return preview_.Fill(AllChannels(), layers_, task_.header(), rows_);
}

void OverfittedDecoder::StepPreview(int64_t& work) {
  if (!preview_.Step(planes_, work)) return;
  has_preview_ = true;
  stage_ = Stage::kGrids;
}

// ---- Alpha ---------------------------------------------------------------------------------------------------

// Goes on to the next tile of the stripe whose alpha the region takes, or to the rows.
void OverfittedDecoder::NextAlphaTile() {
  const Rect& region = rows_.region();
  for (; rows_.has_alpha() && alpha_tile_ < (stripe_ + 1) * tiles_.columns; ++alpha_tile_) {
    const Rect pixels = tiles_.Pixels(alpha_tile_);
    const bool across = pixels.x < region.right() && pixels.right() > region.x;
    if (across && pixels.y < region.bottom() && pixels.bottom() > region.y) return;
  }
  stage_ = Stage::kRows;
}

Status OverfittedDecoder::StepAlpha(int64_t& work) {
  if (!begun_) {
    begun_ = true;
    const Bytes bytes = finder_.Find(task_.file(), stream());
    return alpha_.Start(alpha_tile_, tiles_.Pixels(alpha_tile_), bytes, laplace_.residual);
  }
  LIC_TRY(const bool through, alpha_.Step(rows_, work));
  if (!through) return {};
  begun_ = false;
  ++alpha_tile_;
  NextAlphaTile();
  return {};
}

// ---- Rows ----------------------------------------------------------------------------------------------------

uint32_t OverfittedDecoder::rows_ready() const {
  const uint32_t end = PixelsOf(stripe_).end;
  return end == tiles_.height ? end : end - kReach;
}

Status OverfittedDecoder::StepRows(int64_t& work) {
  const Rect& region = rows_.region();
  const uint32_t end = std::min(rows_ready(), region.bottom());
  for (uint32_t made = 0; region.y + rows_.done() < end; ++made) {
    if (made == kStripRows || (made > 0 && work <= 0)) return {};
    synthesis_.NextRow(planes_, row_.data());
    rows_.PutRow(row_.data());
    work -= synthesis_.row_work();
  }
  ++stripe_;
  ++stripes_done_;
  stage_ = Stage::kGrids;
  return {};
}

}  // namespace lic::overfitted
