// What an encoder lowers where that is not the squared error.
#pragma once

namespace lic {

// A weighted sum that stands for what people see (docs/format.md#loss).
struct VisualLoss {
  float structure = 0;  // of 1 - MS-SSIM of luma
  float detail = 0;     // of the squared difference of luma's standard deviations
  float colour = 0;     // of the mean squared error of the colour differences
  float fidelity = 0;   // of the mean squared error of red, green and blue
};

}  // namespace lic
