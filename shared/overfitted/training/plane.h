// Planes of floats with margins, as the descent keeps grids, channels and their gradients.
#pragma once

#include <cstring>

#include "base/geometry.h"
#include "lic/lic.h"

namespace lic::overfitted {

class FloatPlane {
 public:
  // Rows above and below, columns on the left, and at least as many on the right: contexts and filters reach there.
  static constexpr int kMarginRows = 4;
  static constexpr int kMarginColumns = 32;

  // All zero.
  static Result<FloatPlane> Create(uint32_t width, uint32_t height) {
    FloatPlane plane;
    plane.width_ = width;
    plane.height_ = height;
    plane.stride_ = Stride(width);
    auto values = Buffer<float>::Create(plane.stride_ * (size_t{height} + 2 * kMarginRows));
    if (!values.ok()) return values.failure();
    plane.values_ = std::move(values).value();
    return plane;
  }

  // From row to row: an odd number of cache lines, so that columns do not share places in the cache.
  static size_t Stride(uint32_t width) { return size_t{CeilDiv(width, 32u)} * 32 + 3 * kMarginColumns + 16; }

  uint32_t width() const { return width_; }
  uint32_t height() const { return height_; }
  size_t stride() const { return stride_; }
  bool empty() const { return values_.empty(); }

  // Row y of -kMarginRows to height + kMarginRows - 1, from column 0 on.
  float* Row(int64_t y) { return values_.data() + Offset(y); }
  const float* Row(int64_t y) const { return values_.data() + Offset(y); }

  void Clear() { std::memset(values_.data(), 0, values_.size() * sizeof(float)); }
  // Row y with its margins.
  void ClearRow(int64_t y) { std::memset(Row(y) - kMarginColumns, 0, stride_ * sizeof(float)); }

 private:
  size_t Offset(int64_t y) const { return static_cast<size_t>(y + kMarginRows) * stride_ + kMarginColumns; }

  uint32_t width_ = 0;
  uint32_t height_ = 0;
  size_t stride_ = 0;
  Buffer<float> values_;
};

// The last rows of a plane, for a walk from its top to its bottom.
class FloatRing {
 public:
  // All zero. `held`, a power of two: rows that are kept.
  static Result<FloatRing> Create(uint32_t width, uint32_t held) {
    FloatRing ring;
    ring.last_ = held - 1;
    ring.stride_ = FloatPlane::Stride(width);
    auto values = Buffer<float>::Create(ring.stride_ * held);
    if (!values.ok()) return values.failure();
    ring.values_ = std::move(values).value();
    return ring;
  }

  // Row y from column 0 on, with the margins of a plane.
  float* Row(uint32_t y) { return values_.data() + (y & last_) * stride_ + FloatPlane::kMarginColumns; }
  const float* Row(uint32_t y) const { return values_.data() + (y & last_) * stride_ + FloatPlane::kMarginColumns; }
  void ClearRow(uint32_t y) { std::memset(Row(y) - FloatPlane::kMarginColumns, 0, stride_ * sizeof(float)); }

 private:
  uint32_t last_ = 0;
  size_t stride_ = 0;
  Buffer<float> values_;
};

}  // namespace lic::overfitted
