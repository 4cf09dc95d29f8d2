#include "measure/distortion.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/try.h"
#include "measure/appearance.h"
#include "picture/samples.h"

namespace lic {
namespace {

// Of MS-SSIM (Wang, Simoncelli, Bovik 2003), from the finest scale to the coarsest.
constexpr float kScaleWeights[] = {0.0448f, 0.2856f, 0.3001f, 0.2363f, 0.1333f};
constexpr uint32_t kTextureScales = 2;

constexpr float kRed = kRedShare, kGreen = kGreenShare, kBlue = kBlueShare;
constexpr float kBlueRange = 2 - 2 * kBlue, kRedRange = 2 - 2 * kRed;

// A value of the synthesis as the decoder's sample.
float Rounded(float pixel) { return static_cast<float>(ToSample(pixel)); }

bool Moves(float pixel) { return pixel + 0.5f >= 0 && pixel + 0.5f <= 1; }

// ---- Squared error ----------------------------------------------------------------------------------------

class SquaredError : public Distortion {
 public:
  SquaredError(const Source& source, uint32_t first, Buffer<float> original)
      : source_(&source), first_(first), original_(std::move(original)) {}
  uint32_t ahead() const override { return 0; }
  double loss() const override { return squares_; }

  void Begin() override {
    next_ = 0;
    squares_ = 0;
  }

  void Put(const float* pixels) override {
    source_->FillRow(first_ + next_++, source_->view.width, original_.data());
    float squares = 0;
    for (size_t i = 0; i < original_.size(); ++i) {
      const float difference = Rounded(pixels[i]) - (original_[i] + 0.5f) * 255;
      squares += difference * difference;
    }
    squares_ += static_cast<double>(squares);
  }

  void ToGradient(uint32_t row, float* pixels) override {
    source_->FillRow(first_ + row, source_->view.width, original_.data());
    for (size_t i = 0; i < original_.size(); ++i)
      pixels[i] = Moves(pixels[i]) ? (pixels[i] + 0.5f) - (original_[i] + 0.5f) : 0;
  }

 private:
  const Source* source_;
  uint32_t first_, next_ = 0;
  Buffer<float> original_;  // a row of the picture
  double squares_ = 0;
};

// ---- What people see --------------------------------------------------------------------------------------

// Of a pixel; its luma and colour differences as in BT.601.
struct PixelError {
  float red, green, blue;
  float luma() const { return kRed * red + kGreen * green + kBlue * blue; }
  float blue_difference() const { return (blue - luma()) / kBlueRange; }
  float red_difference() const { return (red - luma()) / kRedRange; }
};

// models/training/learning/losses.py defines it. MS-SSIM is a product over scales of means over the picture. Here it is
// the sum of the scales' losses, which comes near to it for small losses: so every window counts by itself, and a part
// of the picture has a loss of its own. Scales and windows are those of the whole picture. Only windows that lie in the
// rows count.
class VisualError : public Distortion {
 public:
  static Result<std::unique_ptr<Distortion>> Create(const Source& source, const VisualLoss& weights, uint32_t first,
                                                    uint32_t height);

  uint32_t ahead() const override { return (kSsimWindow << (scales_.size() - 1)) - 1; }
  void Begin() override;
  void Put(const float* pixels) override;
  void ToGradient(uint32_t row, float* pixels) override;
  double loss() const override;

 private:
  VisualError(const Source& source, const VisualLoss& weights, uint32_t first)
      : source_(&source), first_(first), fidelity_(weights.fidelity), colour_(weights.colour * 3 / 2) {}
  Status AddScales(const VisualLoss& weights, uint32_t height);
  void AddLuma();

  const Source* source_;
  uint32_t first_, next_ = 0;
  float fidelity_, colour_;  // what a squared error weighs
  std::vector<StructureScale> scales_;
  Buffer<float> original_;  // a row of the picture
  Buffer<float> luma_;      // (width), of the gradient
  double squares_ = 0;      // weighed
};

Result<std::unique_ptr<Distortion>> VisualError::Create(const Source& source, const VisualLoss& weights, uint32_t first,
                                                        uint32_t height) {
  std::unique_ptr<VisualError> error(new (std::nothrow) VisualError(source, weights, first));
  if (!error) return Fail(Error::kOutOfMemory, "no memory for a distortion");
  LIC_CHECK(error->AddScales(weights, height));
  LIC_TRY(error->original_, Buffer<float>::Create(size_t{source.view.width} * 3));
  LIC_TRY(error->luma_, Buffer<float>::Create(source.view.width));
  return std::unique_ptr<Distortion>(std::move(error));
}

// Weights are means over the windows of a scale, times the samples of the picture.
Status VisualError::AddScales(const VisualLoss& weights, uint32_t height) {
  const uint32_t picture_width = source_->view.width, picture_height = source_->view.height;
  const uint32_t side = std::min(picture_width, picture_height);
  uint32_t count = 1;
  while (count < std::size(kScaleWeights) && side >> count >= kSsimWindow) ++count;
  float sum = 0;
  for (uint32_t scale = 0; scale < count; ++scale) sum += kScaleWeights[scale];
  for (uint32_t scale = 0; scale < count; ++scale) {
    const float windows = static_cast<float>((picture_width >> scale) - kSsimWindow + 1) *
                          static_cast<float>((picture_height >> scale) - kSsimWindow + 1);
    const float samples = static_cast<float>(picture_width) * static_cast<float>(picture_height) * 3 / windows;
    const StructureWeights own = {.structure = weights.structure * samples * kScaleWeights[scale] / sum,
                                  .luminance = scale + 1 == count,
                                  .texture = scale < kTextureScales ? weights.detail * samples / kTextureScales : 0};
    LIC_TRY(auto added, StructureScale::Create(height >> scale, picture_width >> scale, own));
    scales_.push_back(std::move(added));
  }
  return {};
}

void VisualError::Begin() {
  next_ = 0;
  squares_ = 0;
  for (StructureScale& scale : scales_) scale.Begin();
}

void VisualError::Put(const float* pixels) {
  source_->FillRow(first_ + next_++, source_->view.width, original_.data());
  float *original = scales_[0].original(), *decoded = scales_[0].decoded();
  float squares = 0;
  for (uint32_t x = 0; x < source_->view.width; ++x, pixels += 3) {
    const float* wanted = &original_[3 * x];
    float value[3];
    for (int c = 0; c < 3; ++c) value[c] = Rounded(pixels[c]) / 255 - 0.5f;
    original[x] = kRed * wanted[0] + kGreen * wanted[1] + kBlue * wanted[2] + 0.5f;
    decoded[x] = kRed * value[0] + kGreen * value[1] + kBlue * value[2] + 0.5f;
    const PixelError e = {value[0] - wanted[0], value[1] - wanted[1], value[2] - wanted[2]};
    const float blue = e.blue_difference(), red = e.red_difference();
    squares += fidelity_ * (e.red * e.red + e.green * e.green + e.blue * e.blue) + colour_ * (blue * blue + red * red);
  }
  squares_ += static_cast<double>(squares);
  AddLuma();
}

// The row of the finest scale, and every other row of a scale as half the size to the next.
void VisualError::AddLuma() {
  scales_[0].AddRow();
  for (size_t s = 1; s < scales_.size() && scales_[s - 1].rows_added() % 2 == 0; ++s) {
    StructureScale &finer = scales_[s - 1], &scale = scales_[s];
    finer.Halve(scale.original(), scale.decoded());
    scale.AddRow();
  }
}

void VisualError::ToGradient(uint32_t row, float* pixels) {
  const uint32_t width = source_->view.width;
  std::fill_n(luma_.data(), width, 0.0f);
  float share = 1;  // of a pixel in a pixel of the scale
  for (size_t s = 0; s < scales_.size() && row >> s < scales_[s].height(); ++s, share /= 4) {
    const float* gradient = scales_[s].HalfGradient(row >> s);
    for (uint32_t x = 0; x < scales_[s].width() << s; ++x) luma_[x] += share * gradient[x >> s];
  }
  source_->FillRow(first_ + row, width, original_.data());
  for (uint32_t x = 0; x < width; ++x, pixels += 3) {
    const float* wanted = &original_[3 * x];
    const PixelError e = {pixels[0] - wanted[0], pixels[1] - wanted[1], pixels[2] - wanted[2]};
    const float blue = colour_ * e.blue_difference() / kBlueRange, red = colour_ * e.red_difference() / kRedRange;
    const float luma = luma_[x] - blue - red;
    pixels[0] = Moves(pixels[0]) ? fidelity_ * e.red + red + kRed * luma : 0;
    pixels[1] = Moves(pixels[1]) ? fidelity_ * e.green + kGreen * luma : 0;
    pixels[2] = Moves(pixels[2]) ? fidelity_ * e.blue + blue + kBlue * luma : 0;
  }
}

double VisualError::loss() const {
  double loss = squares_;
  for (const StructureScale& scale : scales_) loss += scale.loss();
  return loss * 255 * 255;
}

}  // namespace

Result<std::unique_ptr<Distortion>> Distortion::Create(const Source& source, const VisualLoss* visual, uint32_t first,
                                                       uint32_t height) {
  if (visual && std::min(source.view.width, source.view.height) >= kSsimWindow)
    return VisualError::Create(source, *visual, first, height);
  LIC_TRY(auto original, Buffer<float>::Create(size_t{source.view.width} * 3));
  std::unique_ptr<Distortion> error(new (std::nothrow) SquaredError(source, first, std::move(original)));
  if (!error) return Fail(Error::kOutOfMemory, "no memory for a distortion");
  return error;
}

}  // namespace lic
