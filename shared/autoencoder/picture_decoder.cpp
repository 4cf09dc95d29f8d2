// A file becomes a picture. Read top to bottom; encoder.cpp is the mirror.
//
//   HYPER ──rANS──> hyper-latents ──> features ─┬──> preview
//   TILES ──rANS, tile by tile, pass by pass────┴──> latents ──gain, synthesis, strip by strip──> pixels
//
// As soon as a row of tiles is decoded, the strips that lie in it are made: latents and pixels need not be kept for the
// whole picture, and a file may still be coming in. decoder_state.h says what is kept from step to step,
// decoder_interface.cpp how a caller drives it.
#include "autoencoder/picture_decoder.h"

#include <algorithm>
#include <cmath>

#include "base/try.h"
#include "model/gains.h"
#include "networks/strip_plan.h"

namespace lic {
namespace {

// A row of the network's picture to bytes. One plain loop, so that compilers make SIMD of it. What is not a number, as
// a hostile model can make it, becomes 0: the order of max's arguments sees to that.
void ToBytes(const float* values, size_t count, uint8_t* bytes) {
  for (size_t i = 0; i < count; ++i) {
    const float value = std::min(std::max(0.0f, values[i] + 0.5f), 1.0f);
    bytes[i] = static_cast<uint8_t>(static_cast<int32_t>(value * 255 + 0.5f));
  }
}

Result<Buffer<uint8_t>> CopyOf(Bytes bytes) {
  LIC_TRY(auto copy, Buffer<uint8_t>::Create(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return copy;
}

}  // namespace

Failure AboutTile(const char* what, uint32_t tile, const Failure& failure) {
  return Fail(failure.error, "%stile %u: %s", what, tile, failure.what);
}

Status HyperDecoder::Start(const Container& file, const Model& model) {
  const Header& header = file.header;
  LIC_TRY(coder, EntropyCoder::Create(model.data().entropy));
  LIC_CHECK(hyper.Reshape(CeilDiv(header.height, kHyperStride), CeilDiv(header.width, kHyperStride),
                          model.data().entropy.hyper_channels));
  LIC_TRY(stream, CopyOf(file.hyper));
  coder.StartHyper(stream, header.quality256);
  return {};
}

Result<bool> HyperDecoder::Step(const Header& header, int64_t& work) {
  if (in_features)
    return coder.StepFeatures(CeilDiv(header.height, kLatentStride), CeilDiv(header.width, kLatentStride), features,
                              work);
  LIC_TRY(in_features, coder.StepHyper(hyper, work));
  if (in_features) coder.StartFeatures(hyper);
  return false;
}

// The region that was asked for, and what it takes.
Status Decoder::State::SetUp(const Header& header) {
  if (uint64_t{header.width} * header.height > options.max_pixels) {
    return Fail(Error::kLimitExceeded, "%u x %u pixels, the limit is %llu", header.width, header.height,
                static_cast<unsigned long long>(options.max_pixels));
  }
  LIC_CHECK(CheckModel(header, model));
  const Region& asked = options.region;
  const bool everything = asked.x == 0 && asked.y == 0 && asked.width == 0 && asked.height == 0;
  const bool inside = asked.width > 0 && asked.height > 0 && uint64_t{asked.x} + asked.width <= header.width &&
                      uint64_t{asked.y} + asked.height <= header.height;
  if (!everything && !inside) {
    return Fail(Error::kInvalidArgument, "region of %u x %u at %u, %u in a picture of %u x %u", asked.width,
                asked.height, asked.x, asked.y, header.width, header.height);
  }
  info = ToInfo(header);
  grid = TileGrid(header);
  region = everything ? Rect{0, 0, header.width, header.height} : Rect{asked.x, asked.y, asked.width, asked.height};
  reach = InputReach(model.data().synthesis, kLatentStride);
  const auto expand = [this](uint32_t first, uint32_t size, uint32_t whole, uint32_t& area_first, uint32_t& area_size) {
    const uint32_t begin = first / kLatentStride, end = CeilDiv(first + size, kLatentStride);
    area_first = begin - std::min(begin, reach);
    area_size = std::min(end + reach, CeilDiv(whole, kLatentStride)) - area_first;
  };
  expand(region.x, region.width, header.width, area.x, area.width);
  expand(region.y, region.height, header.height, area.y, area.height);
  const uint32_t side = grid.side / kLatentStride;
  tiles.x = area.x / side;
  tiles.y = area.y / side;
  tiles.width = CeilDiv(area.x + area.width, side) - tiles.x;
  tiles.height = CeilDiv(area.y + area.height, side) - tiles.y;
  return {};
}

Status Decoder::State::StepHyper(int64_t& work) {
  if (!started) {
    started = true;
    return entropy.Start(file(), model);
  }
  LIC_TRY(const bool through, entropy.Step(file().header, work));
  if (!through) return {};
  LIC_TRY(inverse_gains, Gains(model.data().entropy, file().header.quality256));
  for (float& gain : inverse_gains) gain = 1 / (gain * kMeanUnit);
  const bool is_worth_it = !reader.done() || tile_count() > 1;
  if (options.make_preview && is_worth_it && Preview::IsPossible(model.data())) return StartPreview();
  return StartPicture();
}

// ---- Preview ----------------------------------------------------------------------------------------------

Status Decoder::State::StartPreview() {
  const uint32_t channels = options.channels ? options.channels : info.channels();
  LIC_TRY(preview, Preview::Create(model.data(), inverse_gains, region, channels, info.is_grey));
  stage = Stage::kPreview;
  started = false;
  return {};
}

Status Decoder::State::StepPreview(int64_t& work) {
  const Rect tile = grid.Latents(TileNumber(taken));
  if (!started) {
    started = true;
    return entropy.coder.StartFirstPass(entropy.features, tile);
  }
  LIC_TRY(const bool through, entropy.coder.StepFirstPass(work));
  if (!through) return {};
  preview->PutTile(entropy.coder.first_pass(), tile);
  started = false;
  if (++taken < tile_count()) return {};
  preview_done = true;
  taken = 0;
  return StartPicture();
}

// ---- Tiles ------------------------------------------------------------------------------------------------

// Claims what the picture itself takes.
Status Decoder::State::StartPicture() {
  stage = Stage::kTiles;
  started = false;
  LIC_TRY(synthesis, Network::Create(model.data().synthesis, area.height, area.width));
  next_strip = first_pixel_row() / synthesis->strip_rows() * synthesis->strip_rows();
  LIC_TRY(strip,
          Buffer<float>::Create(synthesis->strip_rows() * size_t{synthesis->out_width()} * synthesis->out_channels()));
  LIC_TRY(row_bytes, Buffer<uint8_t>::Create(size_t{region.width} * 3));

  // Behind a row of tiles there are the latents and rows of the strip that is not ready yet, as StripIsReady says.
  const uint64_t strip_latents = CeilDiv(synthesis->strip_rows(), kLatentStride) + 1;
  const uint64_t held = grid.side / kLatentStride + strip_latents + 2 * uint64_t{reach} + 2;
  LIC_TRY(latents, LatentPlane::Create(
                       {area.x, area.y, area.width, static_cast<uint32_t>(std::min<uint64_t>(held, area.height))},
                       model.data().entropy.latent_channels));
  uint64_t rows = synthesis->strip_rows();
  if (has_alpha()) rows += grid.side + (uint64_t{reach} + 2) * kLatentStride;
  if (options.keep_picture) rows = region.height;
  picture.width = region.width;
  picture.height = static_cast<uint32_t>(std::min<uint64_t>(rows, region.height));
  picture.channels = options.channels ? options.channels : info.channels();
  LIC_TRY(picture.pixels, Buffer<uint8_t>::Create(size_t{picture.width} * picture.height * picture.channels));
  if (picture.channels == 4 && !has_alpha()) {
    for (size_t i = 3; i < picture.pixels.size(); i += 4) picture.pixels[i] = 255;
  }
  return {};
}

// Where the streams of a tile lie. Tiles are asked for in ascending order.
Result<TileStreams> Decoder::State::Locate(uint32_t tile) {
  for (; located < tile; ++located) NextTile(file(), located, location);
  size_t offset = location;
  return NextTile(file(), tile, offset);
}

Status Decoder::State::StartTile(uint32_t tile) {
  if (taken % tiles.width == 0) MakeRoom();
  LIC_TRY(const TileStreams streams, Locate(tile));
  LIC_TRY(stream, CopyOf(streams.latents));
  started = true;
  return entropy.coder.StartTile(stream, entropy.features, grid.Latents(tile));
}

// Lets go of the latents and rows above the next strip, before a row of tiles comes in.
void Decoder::State::MakeRoom() {
  const uint32_t latent_row = next_strip / kLatentStride;
  const uint32_t first_latent = area.y + latent_row - std::min(latent_row, reach);
  if (first_latent > latents.held.y) latents.MoveTo(std::min(first_latent, area.y + area.height - latents.held.height));
  if (options.keep_picture || !has_alpha()) return;
  const uint32_t first = std::min(rows_done, region.height - picture.height);
  std::copy(row(first), picture.pixels.end(), picture.pixels.begin());
  first_row = first;
}

Status Decoder::State::StepTile(int64_t& work) {
  const uint32_t tile = TileNumber(taken);
  if (!started) return StartTile(tile);
  if (in_alpha) return StepAlpha(tile, work);
  const auto through = entropy.coder.StepTile(latents, work);
  if (!through.ok()) return AboutTile("", tile, through.failure());
  if (!through.value()) return {};
  if (has_alpha()) return StartAlpha(tile);
  EndTile();
  return {};
}

Status Decoder::State::StartAlpha(uint32_t tile) {
  const Rect pixels = grid.Pixels(tile);
  LIC_TRY(const TileStreams streams, Locate(tile));
  LIC_TRY(stream, CopyOf(streams.alpha));
  LIC_TRY(tile_alpha, Buffer<uint8_t>::Create(size_t{pixels.width} * pixels.height));
  in_alpha = true;
  const Status status = alpha.Start(stream, model.data().entropy.tables);
  return status.ok() ? status : AboutTile("alpha of ", tile, status.failure());
}

Status Decoder::State::StepAlpha(uint32_t tile, int64_t& work) {
  const Rect pixels = grid.Pixels(tile);
  const auto through = alpha.Step({tile_alpha.data(), pixels.width, pixels.height, 1, pixels.width}, work);
  if (!through.ok()) return AboutTile("alpha of ", tile, through.failure());
  if (!through.value()) return {};
  const uint32_t left = std::max(pixels.x, region.x),
                 right = std::min(pixels.x + pixels.width, region.x + region.width);
  const uint32_t top = std::max(pixels.y, region.y + first_row),
                 bottom = std::min(pixels.y + pixels.height, region.y + region.height);
  for (uint32_t y = top; y < bottom; ++y) {
    const uint8_t* from = tile_alpha.data() + size_t{y - pixels.y} * pixels.width;
    uint8_t* to = row(y - region.y) + picture.channels - 1;
    for (uint32_t x = left; x < right; ++x) to[size_t{x - region.x} * picture.channels] = from[x - pixels.x];
  }
  tile_alpha = {};
  EndTile();
  return {};
}

void Decoder::State::EndTile() {
  started = in_alpha = false;
  ++taken;
}

// ---- Strips -----------------------------------------------------------------------------------------------

bool Decoder::State::StripIsReady() const {
  const uint32_t rows_taken = taken / tiles.width;
  if (rows_taken == tiles.height) return true;
  const uint64_t decoded_to = (tiles.y + rows_taken) * uint64_t{grid.side / kLatentStride};
  return uint64_t{area.y} + (strip_end() - 1) / kLatentStride + reach < decoded_to;
}

// A row of the network's picture, red, green and blue, to row y of the region.
void Decoder::State::PutRow(const float* colour, uint32_t y) {
  const uint32_t channels = picture.channels;
  uint8_t* to = row(y);
  ToBytes(colour, size_t{picture.width} * 3, row_bytes.data());
  const uint8_t* rgb = row_bytes.data();
  if (info.is_grey) {
    for (uint32_t x = 0; x < picture.width; ++x, rgb += 3, to += channels) {
      std::fill_n(to, channels <= 2 ? 1 : 3, static_cast<uint8_t>((rgb[0] + rgb[1] + rgb[2] + 1) / 3));
    }
  } else if (channels == 3) {
    std::copy_n(rgb, size_t{picture.width} * 3, to);
  } else {
    for (uint32_t x = 0; x < picture.width; ++x, rgb += 3, to += 4) std::copy_n(rgb, 3, to);
  }
}

Status Decoder::State::StepStrip(int64_t& work) {
  if (!started) {
    started = true;
    auto fill = [&](uint32_t row, float* to) {
      const int32_t* from = latents.at(area.x, area.y + row);
      for (uint32_t x = 0; x < area.width; ++x, from += latents.channels, to += latents.channels) {
        for (uint32_t c = 0; c < latents.channels; ++c) to[c] = static_cast<float>(from[c]) * inverse_gains[c];
      }
    };
    synthesis->StartRun(next_strip, RowFunction(fill), strip.data());
  }
  LIC_TRY(const bool through, synthesis->StepRun(work));
  if (!through) return {};
  started = false;
  const uint32_t top = first_pixel_row(), end = std::min(strip_end(), top + region.height);
  const size_t row_values = size_t{synthesis->out_width()} * synthesis->out_channels();
  const size_t left = size_t{region.x - area.x * kLatentStride} * synthesis->out_channels();
  if (!options.keep_picture && !has_alpha()) first_row = rows_done;
  for (uint32_t y = top + rows_done; y < end; ++y) PutRow(strip.data() + (y - next_strip) * row_values + left, y - top);
  rows_new = end - top - rows_done;
  rows_done = end - top;
  next_strip = strip_end();
  stage = rows_done == region.height ? Stage::kDone : Stage::kTiles;
  return {};
}

}  // namespace lic
