// Steps of the networks' parameters: a SOAP for each of their matrices.
#pragma once

#include "overfitted/training/float_networks.h"
#include "overfitted/training/soap.h"

namespace lic::overfitted {

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
