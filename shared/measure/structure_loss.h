// The loss of MS-SSIM's structure term and of texture on one scale, and its gradient for the decoded luma.
//
//   rows of luma ──window──> means, variances, covariance
//                                       │
//                                       └──> loss, its derivatives ──window, mirrored──> gradient of the decoded luma
//
// Structure is that of SSIM (Wang, Bovik, Sheikh, Simoncelli 2004), of which MS-SSIM (Wang, Simoncelli, Bovik 2003)
// takes the contrast and structure part on every scale but the coarsest; the texture's loss is the squared difference
// of local standard deviations.
#pragma once

#include <span>

#include "measure/ssim.h"

namespace lic {

// What the windows of a scale count.
struct StructureWeights {
  float structure = 0;     // of 1 - SSIM
  bool luminance = false;  // whether SSIM has its luminance part, as on the coarsest scale
  float texture = 0;
};

// Takes two planes of luma, 0..1, row by row. Of the planes it keeps a window's rows, of the gradient all.
class StructureScale {
 public:
  // Planes without room for a window have no loss. Errors: kOutOfMemory.
  static Result<StructureScale> Create(uint32_t height, uint32_t width, const StructureWeights& weights);

  // Starts anew.
  void Begin();
  // The next row goes in here, both of (width), before AddRow.
  float* original() { return originals_.Row(rows_added_); }
  float* decoded() { return decodeds_.Row(rows_added_); }
  void AddRow();
  // The last two rows added, averaged over 2 x 2 pixels, both of (width / 2).
  void Halve(float* original, float* decoded);

  // The sum over the windows that lie in the rows added.
  double loss() const { return loss_; }
  // Half the gradient of the loss for a row of the decoded plane, (width). The kSsimWindow - 1 rows after it must have
  // been added, as far as the plane has them.
  const float* HalfGradient(uint32_t row) const { return gradient_.data() + size_t{row} * width_; }

  uint32_t width() const { return width_; }
  uint32_t height() const { return height_; }
  uint32_t rows_added() const { return rows_added_; }

 private:
  // The last rows of a plane or of several.
  struct Ring {
    Buffer<float> values;
    size_t row_values = 0;
    float* Row(uint32_t row) { return values.data() + row % kSsimWindow * row_values; }
  };
  // Windowed means of the original, the decoded, their squares and their product.
  static constexpr size_t kMoments = 5;
  // Of the loss for the mean and the mean square of the decoded, and for the mean product.
  static constexpr size_t kDerivatives = 3;

  StructureScale() = default;
  static Result<Ring> MakeRing(size_t row_values);
  void FilterAcross();
  void DeriveLoss(uint32_t window);
  void SpreadAcross(uint32_t window);
  void FinishRow(uint32_t row);

  uint32_t height_ = 0, width_ = 0;
  uint32_t columns_ = 0, windows_ = 0;  // of windows across and down
  uint32_t rows_added_ = 0;
  StructureWeights weights_;
  std::array<float, kSsimWindow> window_ = {};
  double loss_ = 0;
  Ring originals_, decodeds_;
  Ring moments_;            // (kMoments, columns), filtered across
  Ring spread_;             // (kDerivatives, width), of a row of windows, spread across
  Buffer<float> sums_;      // (kMoments, columns) of a row of windows; then, in the first rows of it, derivatives
  Buffer<float> padded_;    // (width + kSsimWindow - 1), a row of derivatives between zeros
  Buffer<float> gradient_;  // (height, width)
};

}  // namespace lic
