// Estimates quantiles of a stream of positive numbers in bounded memory.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>

namespace lic::native {

// Counts values in bins whose edges grow by 2 % (Masson, Rim, Lee, "DDSketch", VLDB 2019) and keeps the mean of each
// bin. So a quantile is off by 2 % at most, and it is exact where all values are equal. Values outside 1e-6..1e9 count
// as these bounds, so that there are at most 1745 bins.
class Sketch {
 public:
  void Add(double value) {
    const double bounded = std::fmin(std::fmax(value, 1e-6), 1e9);
    bins_[static_cast<int>(std::floor(std::log(bounded) / kLogStep))].Add({1, bounded});
    count_++;
  }

  void Merge(const Sketch& other) {
    for (const auto& [index, bin] : other.bins_) bins_[index].Add(bin);
    count_ += other.count_;
  }

  uint64_t count() const { return count_; }

  // The value that the part `rank` (0..1) of all values does not exceed. Without values it is 0.
  double Quantile(double rank) const {
    if (count_ == 0) return 0;
    const auto wanted = static_cast<uint64_t>(rank * static_cast<double>(count_ - 1));
    uint64_t below = 0;
    auto bin = bins_.begin();
    for (; below + bin->second.count <= wanted; ++bin) below += bin->second.count;
    return bin->second.sum / static_cast<double>(bin->second.count);
  }

 private:
  struct Bin {
    uint64_t count = 0;
    double sum = 0;
    void Add(const Bin& other) {
      count += other.count;
      sum += other.sum;
    }
  };

  static constexpr double kLogStep = 0.0198026;  // ln 1.02
  std::map<int, Bin> bins_;
  uint64_t count_ = 0;
};

}  // namespace lic::native
