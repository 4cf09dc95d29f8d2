#include "overfitted/training/soap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lic::overfitted {
namespace {

constexpr double kEpsilon = 1e-8;
constexpr double kCovarianceRate = 0.05;
constexpr uint32_t kFirstSteps = 20;

std::vector<double> Identity(uint32_t size) {
  std::vector<double> m(size_t{size} * size, 0);
  for (uint32_t i = 0; i < size; ++i) m[i * size + i] = 1;
  return m;
}

// Makes the columns of a matrix orthonormal, from the first to the last (modified Gram-Schmidt).
void Orthonormalise(std::vector<double>& m, uint32_t size) {
  const auto dot = [&](uint32_t a, uint32_t b) {
    double sum = 0;
    for (uint32_t i = 0; i < size; ++i) sum += m[i * size + a] * m[i * size + b];
    return sum;
  };
  for (uint32_t column = 0; column < size; ++column) {
    const double length = std::sqrt(dot(column, column));
    for (uint32_t i = 0; i < size; ++i) m[i * size + column] *= length > 0 ? 1 / length : 0;
    for (uint32_t later = column + 1; later < size; ++later) {
      const double shared = dot(column, later);
      for (uint32_t i = 0; i < size; ++i) m[i * size + later] -= shared * m[i * size + column];
    }
  }
}

}  // namespace

Soap::Soap(uint32_t rows, uint32_t columns, bool rotates)
    : rows_(rows),
      columns_(columns),
      rotates_(rotates && columns > 1),
      mean_(size_t{rows} * columns, 0),
      square_(size_t{rows} * columns, 0) {
  if (!rotates_) return;
  row_covariance_.assign(size_t{rows} * rows, 0);
  column_covariance_.assign(size_t{columns} * columns, 0);
  row_basis_ = Identity(rows);
  column_basis_ = Identity(columns);
}

// U^T m V
Soap::Matrix Soap::ToBasis(const Matrix& m) const {
  Matrix half(m.size(), 0), result(m.size(), 0);
  for (uint32_t i = 0; i < rows_; ++i) {
    for (uint32_t a = 0; a < rows_; ++a) {
      const double u = row_basis_[i * rows_ + a];
      for (uint32_t j = 0; j < columns_; ++j) half[a * columns_ + j] += u * m[i * columns_ + j];
    }
  }
  for (uint32_t a = 0; a < rows_; ++a) {
    for (uint32_t j = 0; j < columns_; ++j) {
      const double h = half[a * columns_ + j];
      for (uint32_t b = 0; b < columns_; ++b) result[a * columns_ + b] += h * column_basis_[j * columns_ + b];
    }
  }
  return result;
}

// U m V^T
Soap::Matrix Soap::FromBasis(const Matrix& m) const {
  Matrix half(m.size(), 0), result(m.size(), 0);
  for (uint32_t i = 0; i < rows_; ++i) {
    for (uint32_t a = 0; a < rows_; ++a) {
      const double u = row_basis_[i * rows_ + a];
      for (uint32_t j = 0; j < columns_; ++j) half[i * columns_ + j] += u * m[a * columns_ + j];
    }
  }
  for (uint32_t i = 0; i < rows_; ++i) {
    for (uint32_t b = 0; b < columns_; ++b) {
      double sum = 0;
      for (uint32_t j = 0; j < columns_; ++j) sum += half[i * columns_ + j] * column_basis_[b * columns_ + j];
      result[i * columns_ + b] = sum;
    }
  }
  return result;
}

void Soap::UpdateCovariances(const Matrix& g) {
  const double rate = steps_ == 1 ? 1 : kCovarianceRate;
  for (uint32_t i = 0; i < rows_; ++i) {
    for (uint32_t a = 0; a < rows_; ++a) {
      double sum = 0;
      for (uint32_t j = 0; j < columns_; ++j) sum += g[i * columns_ + j] * g[a * columns_ + j];
      row_covariance_[i * rows_ + a] += rate * (sum - row_covariance_[i * rows_ + a]);
    }
  }
  for (uint32_t i = 0; i < columns_; ++i) {
    for (uint32_t a = 0; a < columns_; ++a) {
      double sum = 0;
      for (uint32_t j = 0; j < rows_; ++j) sum += g[j * columns_ + i] * g[j * columns_ + a];
      column_covariance_[i * columns_ + a] += rate * (sum - column_covariance_[i * columns_ + a]);
    }
  }
}

// One step of orthogonal iteration. The vectors are sorted by their eigenvalues, and the squares follow them.
void Soap::Refresh(const Matrix& covariance, uint32_t size, bool of_rows, Matrix& basis) {
  constexpr double kKeptOfBasis = 1e-7;  // of the trace, so that no vector vanishes
  double trace = 1e-40;
  for (uint32_t i = 0; i < size; ++i) trace += covariance[i * size + i];
  Matrix product(covariance.size(), 0);
  for (uint32_t i = 0; i < size; ++i) {
    for (uint32_t a = 0; a < size; ++a) {
      for (uint32_t j = 0; j < size; ++j) product[i * size + j] += covariance[i * size + a] * basis[a * size + j];
    }
  }
  std::vector<double> eigenvalues(size, 0);
  for (uint32_t i = 0; i < size; ++i) {
    for (uint32_t j = 0; j < size; ++j) eigenvalues[j] += basis[i * size + j] * product[i * size + j];
  }
  std::vector<uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return eigenvalues[a] != eigenvalues[b] ? eigenvalues[a] > eigenvalues[b] : a < b;
  });
  const Matrix squares = square_;
  for (uint32_t i = 0; i < rows_; ++i) {
    for (uint32_t j = 0; j < columns_; ++j)
      square_[i * columns_ + j] = of_rows ? squares[order[i] * columns_ + j] : squares[i * columns_ + order[j]];
  }
  Matrix next(basis.size());
  for (uint32_t i = 0; i < size; ++i) {
    for (uint32_t j = 0; j < size; ++j)
      next[i * size + j] = product[i * size + order[j]] + kKeptOfBasis * trace * basis[i * size + order[j]];
  }
  Orthonormalise(next, size);
  basis = std::move(next);
}

void Soap::Step(const SoapSettings& settings, std::span<const float> gradient, std::span<const float> base,
                std::span<float> values) {
  ++steps_;
  const Matrix g(gradient.begin(), gradient.end());
  if (rotates_) UpdateCovariances(g);
  for (size_t i = 0; i < g.size(); ++i) mean_[i] = settings.beta1 * mean_[i] + (1 - settings.beta1) * g[i];
  const Matrix rotated = rotates_ ? ToBasis(g) : g;
  Matrix step = rotates_ ? ToBasis(mean_) : mean_;
  const double scale1 = 1 - std::pow(settings.beta1, steps_), scale2 = 1 - std::pow(settings.beta2, steps_);
  for (size_t i = 0; i < g.size(); ++i) {
    square_[i] = settings.beta2 * square_[i] + (1 - settings.beta2) * rotated[i] * rotated[i];
    step[i] = step[i] / scale1 / (std::sqrt(square_[i] / scale2) + kEpsilon);
  }
  if (rotates_) step = FromBasis(step);
  for (size_t i = 0; i < g.size(); ++i) {
    const double decay = settings.decay * (values[i] - base[i]);
    values[i] -= static_cast<float>(settings.rate * (step[i] + decay));
  }
  if (rotates_ && (steps_ <= kFirstSteps || steps_ % settings.refresh_every == 0)) {
    Refresh(row_covariance_, rows_, true, row_basis_);
    Refresh(column_covariance_, columns_, false, column_basis_);
  }
}

}  // namespace lic::overfitted
