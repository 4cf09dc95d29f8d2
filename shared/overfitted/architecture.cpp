#include "overfitted/architecture.h"

#include "base/try.h"
#include "overfitted/base_sets.h"

namespace lic::overfitted {
namespace {

constexpr uint8_t kNoChain = 255;
constexpr size_t kNetworkOffset = 7;
constexpr size_t kNetworkBytes = 3;

// A value of the field `networks`, and what is allowed.
Status CheckRange(const char* name, uint32_t value, uint32_t least, uint32_t most) {
  if (value >= least && value <= most) return {};
  return Fail(Error::kBadHeader, "networks: %s is %u, allowed are %u to %u", name, value, least, most);
}

Status ReadChains(const uint8_t* bytes, Architecture& result) {
  for (uint32_t c = 0; c < kMaxChains; ++c) {
    if (bytes[c] == kNoChain) continue;
    if (c > result.chains) return Fail(Error::kBadHeader, "networks: there is chain %u, but not chain %u", c, c - 1);
    Chain& chain = result.chain[c];
    chain.finest = bytes[c] & 15;
    chain.joined = bytes[c] >> 4;
    LIC_CHECK(CheckRange("the finest level of a chain", chain.finest, 0, kLevels - 1));
    LIC_CHECK(CheckRange("the joined level of a chain", chain.joined, chain.finest, kLevels - 1));
    result.chains = c + 1;
  }
  return CheckRange("the number of chains", result.chains, 1, kMaxChains);
}

Status ReadNetwork(const uint8_t* bytes, uint32_t number, Architecture& result) {
  ContextShape& shape = result.network[number];
  shape.width = bytes[1];
  if (shape.width == 0 && number > 0) {
    return CheckRange("a byte of a network of width 0", bytes[0] | bytes[2], 0, 0);
  }
  shape.spatial = bytes[0] & 31;
  shape.coarser = bytes[0] >> 5;
  shape.depth = bytes[2] & 3;
  shape.own_biases = bytes[2] >> 2 & 1;
  LIC_CHECK(CheckRange("the width of a context network", shape.width, 1, kMaxContextWidth));
  LIC_CHECK(CheckRange("the number of networks before another", result.networks, number, number));
  LIC_CHECK(CheckRange("the number of spatial contexts", shape.spatial, 1, kMaxSpatial));
  LIC_CHECK(CheckRange("the number of coarser contexts", shape.coarser, 0, kMaxCoarser));
  LIC_CHECK(CheckRange("the depth of a context network", shape.depth, 1, 2));
  LIC_CHECK(CheckRange("the reserved part of a network", bytes[2] >> 3, 0, 0));
  result.networks = number + 1;
  return {};
}

uint32_t ClassOf(const Grid& grid, const Architecture& a) {
  return grid.chain > 0 ? 2 : grid.level > a.chain[0].finest ? 1 : 0;
}

// Lists the grids in their order, each with the network of its class.
Status ListGrids(uint8_t network_of, Architecture& result) {
  LIC_CHECK(CheckRange("the reserved part of network_of", network_of >> 6, 0, 0));
  bool class_has_grids[kMaxContextNetworks] = {};
  for (uint32_t level = kLevels; level-- > 0;) {
    for (uint32_t c = 0; c < result.chains; ++c) {
      if (level < result.chain[c].finest) continue;
      const uint32_t grid_class = ClassOf({.chain = c, .level = level}, result);
      const uint32_t network = network_of >> (2 * grid_class) & 3;
      LIC_CHECK(CheckRange("the network of a class", network, 0, result.networks - 1));
      class_has_grids[grid_class] = true;
      const uint32_t set = result.network[network].own_biases ? result.bias_sets[network] : 0;
      result.grid[result.grids++] = {.chain = c, .level = level, .network = network, .bias_set = set};
      result.bias_sets[network] = set + 1;
    }
  }
  for (uint32_t grid_class = 0; grid_class < kMaxContextNetworks; ++grid_class) {
    if (!class_has_grids[grid_class])
      LIC_CHECK(CheckRange("the network of a class without grids", network_of >> (2 * grid_class) & 3, 0, 0));
  }
  for (uint32_t network = 0; network < result.networks; ++network)
    LIC_CHECK(CheckRange("the number of grids of a network", result.bias_sets[network], 1, kMaxGrids));
  return {};
}

}  // namespace

Result<Architecture> Architecture::Read(std::span<const uint8_t, kArchitectureBytes> bytes) {
  Architecture result;
  result.base_set = bytes[0];
  LIC_CHECK(CheckBaseSet(bytes));
  LIC_CHECK(ReadChains(&bytes[1], result));
  result.hidden = bytes[4];
  result.convolutions = bytes[5] & 3;
  result.noise = bytes[5] >> 2 & 3;
  LIC_CHECK(CheckRange("hidden", result.hidden, 1, kMaxHidden));
  LIC_CHECK(CheckRange("convolutions", result.convolutions, 0, kMaxConvolutions));
  LIC_CHECK(CheckRange("the reserved part of layers", bytes[5] >> 4, 0, 0));
  for (uint32_t number = 0; number < kMaxContextNetworks; ++number)
    LIC_CHECK(ReadNetwork(&bytes[kNetworkOffset + kNetworkBytes * number], number, result));
  LIC_CHECK(ListGrids(bytes[6], result));
  if (result.work() > uint64_t{kMaxWork} * kWorkUnit) {
    return Fail(Error::kBadHeader, "the networks take %llu multiplications a pixel, allowed are %u",
                static_cast<unsigned long long>(result.work() / kWorkUnit), kMaxWork);
  }
  return result;
}

std::array<uint8_t, kArchitectureBytes> Architecture::Write() const {
  std::array<uint8_t, kArchitectureBytes> bytes = {};
  bytes[0] = static_cast<uint8_t>(base_set);
  for (uint32_t c = 0; c < kMaxChains; ++c)
    bytes[1 + c] = c < chains ? static_cast<uint8_t>(chain[c].finest + 16 * chain[c].joined) : kNoChain;
  bytes[4] = static_cast<uint8_t>(hidden);
  bytes[5] = static_cast<uint8_t>(convolutions + 4 * noise);
  for (uint32_t g = 0; g < grids; ++g)
    bytes[6] |= static_cast<uint8_t>(grid[g].network << (2 * ClassOf(grid[g], *this)));
  for (uint32_t n = 0; n < networks; ++n) {
    const ContextShape& shape = network[n];
    uint8_t* to = &bytes[kNetworkOffset + kNetworkBytes * n];
    to[0] = static_cast<uint8_t>(shape.spatial + 32 * shape.coarser);
    to[1] = static_cast<uint8_t>(shape.width);
    to[2] = static_cast<uint8_t>(shape.depth + 4 * shape.own_biases);
  }
  return bytes;
}

uint32_t Architecture::Find(uint32_t chain_number, uint32_t level) const {
  for (uint32_t g = 0; g < grids; ++g) {
    if (grid[g].chain == chain_number && grid[g].level == level) return g;
  }
  return kNoGrid;
}

uint32_t Architecture::channels() const {
  uint32_t count = noise;
  for (uint32_t c = 0; c < chains; ++c) count += chain[c].channels();
  return count;
}

uint32_t Architecture::gains() const {
  uint32_t count = 0;
  for (uint32_t c = 0; c < chains; ++c) count += chain[c].gains();
  return count;
}

uint64_t Architecture::work() const {
  const uint64_t inputs = channels();
  uint64_t sum = kWorkUnit * (inputs * hidden + kColours * (hidden + inputs) + 81 * convolutions);
  for (uint32_t g = 0; g < grids; ++g)
    sum += uint64_t{network[grid[g].network].products()} << (2 * (kLevels - 1 - grid[g].level));
  return sum;
}

}  // namespace lic::overfitted
