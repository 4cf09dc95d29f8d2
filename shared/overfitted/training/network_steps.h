// Steps of the networks' parameters: a SOAP for each of their matrices.
#pragma once

#include "overfitted/training/float_networks.h"
#include "overfitted/training/soap.h"

namespace lic::overfitted {

// Adds to `gradient`, which has the order of the values, what the differences from the base set will cost in a file.
// `price` is what the loss grows by for a bit. The differences of a group count as drawn from a Laplace distribution
// whose scale is their mean magnitude m, so that its n differences take n log2 m bits, and a constant.
void AddPriceOfDifferences(const FloatNetworks& networks, float price, std::span<float> gradient);

class NetworkSteps {
 public:
  explicit NetworkSteps(const FloatNetworks& networks);

  // `gradient` has the order of the values. Its length is clipped to `longest`.
  void Step(const SoapSettings& settings, double longest, std::span<float> gradient, FloatNetworks& networks);

 private:
  // A matrix of weights, with the biases of its outputs as a further column where each has one.
  struct Block {
    size_t weights = 0, biases = 0;  // where they begin
    uint32_t rows = 0, columns = 0;  // of the weights
    bool has_biases = false;
    Soap soap;
  };
  void Pack(const Block& block, std::span<const float> from, std::vector<float>& to) const;
  void Unpack(const Block& block, const std::vector<float>& from, std::span<float> to) const;

  std::vector<Block> blocks_;
};

}  // namespace lic::overfitted
