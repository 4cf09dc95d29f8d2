// What an encoder chooses before it has seen the picture: the networks, and how long to fit them.
#pragma once

#include "lic/lic.h"
#include "overfitted/architecture.h"

namespace lic::overfitted {

// Iterations of the first descent for each effort.
inline constexpr uint32_t kIterationsOfEffort[kMaxEffort + 1] = {30, 60, 125, 250, 500, 1000, 2000, 4000, 8000, 16000};

// A descent that goes on from another, for another quality, takes an eighth of the iterations or more, and not fewer
// than these.
inline constexpr uint32_t kLaterPart = 8;
inline constexpr uint32_t kLeastLater = 30;

// Ten spatial contexts and four coarser ones, two hidden layers; two chains of colour from 1:4 on, each summed up into
// one channel; sixteen hidden values in the synthesis and two 3x3 layers: 1053 multiplications a pixel.
inline constexpr std::array<uint8_t, kArchitectureBytes> kNetworks = {0,  0x60, 0x22, 0x22, 16, 2, 0, 10 + 32 * 4,
                                                                      14, 2,    0,    0,    0,  0, 0, 0};

// These networks with the base set that was trained for the nearest quality.
std::array<uint8_t, kArchitectureBytes> NetworksFor(uint32_t quality256);

}  // namespace lic::overfitted
