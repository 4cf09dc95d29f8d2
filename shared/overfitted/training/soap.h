// SOAP: Adam in the eigenbasis of the gradients' running covariances (Vyas et al. 2024, arXiv 2409.11321), for one
// small matrix of parameters.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lic::overfitted {

struct SoapSettings {
  double rate = 0;
  double beta1 = 0.95, beta2 = 0.95;
  double decay = 0.01;          // of what differs from the base set, times the rate
  uint32_t refresh_every = 10;  // steps; the first 20 steps refresh the bases each
};

class Soap {
 public:
  // With `rotates` false it is Adam.
  Soap(uint32_t rows, uint32_t columns, bool rotates);

  // Subtracts a step from `values` (rows, columns). `base`: what they decay to.
  void Step(const SoapSettings& settings, std::span<const float> gradient, std::span<const float> base,
            std::span<float> values);

 private:
  using Matrix = std::vector<double>;

  Matrix ToBasis(const Matrix& m) const;
  Matrix FromBasis(const Matrix& m) const;
  void UpdateCovariances(const Matrix& gradient);
  void Refresh(const Matrix& covariance, uint32_t size, bool of_rows, Matrix& basis);

  uint32_t rows_, columns_;
  bool rotates_;
  uint32_t steps_ = 0;
  Matrix row_covariance_, column_covariance_;  // (rows, rows), (columns, columns)
  Matrix row_basis_, column_basis_;            // a vector in every column
  Matrix mean_;                                // of gradients (rows, columns)
  Matrix square_;                              // of gradients in the bases
};

}  // namespace lic::overfitted
