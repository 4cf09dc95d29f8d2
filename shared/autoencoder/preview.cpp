#include "autoencoder/preview.h"

#include <algorithm>

#include "base/try.h"
#include "picture/samples.h"

namespace lic {
namespace {

constexpr uint32_t kColours = 3;

// The branch that is linear in the latents and treats each by itself, or null.
const std::vector<FloatLayer>* LinearBranch(const FloatNetwork& synthesis) {
  for (const std::vector<FloatLayer>& branch : synthesis.branches) {
    if (branch.size() == 2 && branch[0].op == Op::kConvolution && branch[0].kernel == 1 && branch[1].op == Op::kShuffle)
      return &branch;
  }
  return nullptr;
}

// The row or column of a class (0 or 1) in the `block`-th pair of rows or columns of a tile; where the tile ends inside
// the pair, that of the pair before. -1: there is none.
int64_t PositionInBlock(uint32_t block, uint32_t parity, uint32_t size) {
  const int64_t position = int64_t{2} * block + parity;
  return position < size ? position : position - 2;
}

}  // namespace

bool Preview::IsPossible(const Model::Data& model) { return LinearBranch(model.synthesis) != nullptr; }

Result<Preview> Preview::Create(const Model::Data& model, std::span<const float> inverse_gains, const Rect& region,
                                uint32_t channels, bool is_grey) {
  const FloatLayer& layer = LinearBranch(model.synthesis)->front();
  const uint32_t samples = layer.out_channels / kColours, latents = layer.in_channels;
  Preview preview;
  preview.model_ = &model.entropy;
  preview.is_grey_ = is_grey;
  LIC_TRY(preview.weights_, Buffer<float>::Create(size_t{kColours} * latents));
  for (uint32_t o = 0; o < layer.out_channels; ++o) {
    const uint32_t colour = o / samples;
    preview.bias_.value[colour] += layer.bias[o] / static_cast<float>(samples);
    for (uint32_t i = 0; i < latents; ++i) {
      preview.weights_[colour * latents + i] +=
          layer.weight[size_t{o} * latents + i] * inverse_gains[i] / static_cast<float>(samples);
    }
  }
  Rect& blocks = preview.blocks_;
  blocks.x = region.x / kPreviewStride;
  blocks.y = region.y / kPreviewStride;
  blocks.width = CeilDiv(region.right(), kPreviewStride) - blocks.x;
  blocks.height = CeilDiv(region.bottom(), kPreviewStride) - blocks.y;
  Picture& picture = preview.picture_;
  picture.width = blocks.width;
  picture.height = blocks.height;
  picture.channels = channels;
  LIC_TRY(picture.pixels, Buffer<uint8_t>::Create(size_t{picture.width} * picture.height * channels));
  return preview;
}

void Preview::PutTile(const IntegerPlane& means, const Rect& tile) {
  const uint32_t left = tile.x / 2, top = tile.y / 2;
  const uint32_t right = std::min(left + CeilDiv(tile.width, 2), blocks_.right());
  const uint32_t bottom = std::min(top + CeilDiv(tile.height, 2), blocks_.bottom());
  for (uint32_t y = std::max(top, blocks_.y); y < bottom; ++y) {
    uint8_t* row = picture_.pixels.data() + size_t{y - blocks_.y} * picture_.width * picture_.channels;
    for (uint32_t x = std::max(left, blocks_.x); x < right; ++x)
      PutPixel(Mix(means, x - left, y - top), row + size_t{x - blocks_.x} * picture_.channels);
  }
}

// The colour of a block of a tile.
Preview::Colour Preview::Mix(const IntegerPlane& means, uint32_t block_x, uint32_t block_y) const {
  const uint32_t group_size = model_->latent_channels / model_->groups;
  Colour colour = bias_;
  for (uint32_t position_class = 0; position_class < 4; ++position_class) {
    const uint32_t group = model_->group[0][position_class];
    const int64_t y = PositionInBlock(block_y, position_class / 2, means.height);
    const int64_t x = PositionInBlock(block_x, position_class % 2, means.width);
    if (group == kNoGroup || y < 0 || x < 0) continue;
    const int16_t* group_means = means.at(static_cast<size_t>(y * means.width + x));
    for (uint32_t k = 0; k < kColours; ++k) {
      const float* weights = weights_.data() + size_t{k} * model_->latent_channels + size_t{group} * group_size;
      for (uint32_t i = 0; i < group_size; ++i) colour.value[k] += weights[i] * static_cast<float>(group_means[i]);
    }
  }
  return colour;
}

void Preview::PutPixel(const Colour& colour, uint8_t* to) const {
  const uint32_t channels = picture_.channels;
  const float grey = (colour.value[0] + colour.value[1] + colour.value[2]) / kColours;
  for (uint32_t k = 0; k < (channels < 3 ? 1 : kColours); ++k)
    to[k] = static_cast<uint8_t>(ToSample(is_grey_ ? grey : colour.value[k]));
  if (channels % 2 == 0) to[channels - 1] = 255;
}

}  // namespace lic
