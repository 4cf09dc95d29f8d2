// Files of the overfitted coding that together have every architecture, size and section.
#pragma once

#include "support/overfitted_writer.h"

namespace lic::test {

struct NamedDrawing {
  const char* name;
  Drawing drawing;
};

inline std::vector<NamedDrawing> Drawings() {
  std::vector<NamedDrawing> all;
  const auto add = [&](const char* name, uint32_t width, uint32_t height) -> Drawing& {
    Drawing drawing;
    drawing.width = width;
    drawing.height = height;
    drawing.seed = all.size() + 1;
    all.push_back({name, drawing});
    return all.back().drawing;
  };
  const std::vector<uint8_t> colour_chains = {0x60, 0x22, 0x22};

  // Sizes.
  add("1x1", 1, 1);
  add("2x1", 2, 1);
  add("1x70", 1, 70);
  add("300x1", 300, 1);
  add("15x17", 15, 17);
  add("64x64", 64, 64);
  add("129x65", 129, 65);

  // Context networks.
  add("no-coarser", 40, 33).knobs.networks = {{.spatial = 1, .coarser = 0, .width = 1, .depth = 1}};
  add("all-contexts", 45, 38).knobs.networks = {{.spatial = 16, .coarser = 6, .width = 32, .depth = 2}};
  add("one-hidden-layer", 40, 40).knobs.networks = {{.spatial = 10, .coarser = 4, .width = 14, .depth = 1}};
  add("own-biases", 50, 31).knobs.networks = {{.spatial = 6, .coarser = 3, .width = 9, .depth = 2, .own_biases = true}};
  Drawing& two = add("two-networks", 60, 44);
  two.knobs.networks = {{.spatial = 6, .coarser = 2, .width = 8}, {.spatial = 14, .coarser = 6, .width = 20}};
  two.knobs.network_of = 1 * 4;

  // Chains of grids.
  Drawing& colour = add("colour-chains", 70, 50);
  colour.knobs.chains = colour_chains;
  colour.knobs.networks = {{.spatial = 10, .coarser = 4, .width = 14}};
  colour.knobs.convolutions = 2;
  Drawing& three = add("three-networks", 51, 67);
  three.knobs.chains = {0x60, 0x21, 0x50};
  three.knobs.networks = {{.spatial = 6, .coarser = 2, .width = 8, .depth = 1},
                          {.spatial = 8, .coarser = 6, .width = 16, .own_biases = true},
                          {.spatial = 5, .coarser = 6, .width = 11}};
  three.knobs.network_of = 0 + 1 * 4 + 2 * 16;
  add("joined-from-8", 66, 35).knobs.chains = {0x30};
  add("joined-all", 37, 41).knobs.chains = {0x00};
  add("no-finest", 55, 45).knobs.chains = {0x61};
  add("only-coarsest", 90, 80).knobs.chains = {0x66};
  add("chain-1-finer", 43, 43).knobs.chains = {0x43, 0x10};
  add("no-map", 48, 48).is_mapped = false;

  // Synthesis.
  add("no-convolution", 33, 34).knobs.convolutions = 0;
  add("two-convolutions", 34, 33).knobs.convolutions = 2;
  add("hidden-1", 20, 20).knobs.hidden = 1;
  add("hidden-64", 24, 19).knobs.hidden = 64;
  add("noise", 40, 30).knobs.noise = 3;
  Drawing& wild = add("wild", 60, 60);
  wild.wild = 2;
  wild.difference = 120;
  wild.step = 5;

  // Stripes, alpha, metadata.
  Drawing& stripes = add("stripes", 70, 200);
  stripes.tile_units = 1;
  stripes.knobs.chains = {0x60, 0x21, 0x22};
  stripes.knobs.networks = {{.spatial = 6, .coarser = 6, .width = 8}};
  Drawing& coarse_stripes = add("stripes-without-latents", 70, 150);
  coarse_stripes.tile_units = 1;
  coarse_stripes.knobs.chains = {0x62};
  Drawing& alpha = add("alpha", 45, 27);
  alpha.has_alpha = true;
  Drawing& alpha_stripes = add("alpha-stripes", 150, 140);
  alpha_stripes.has_alpha = true;
  alpha_stripes.tile_units = 1;
  alpha_stripes.knobs.convolutions = 2;
  add("grey", 30, 30).is_grey = true;
  Drawing& every = add("every-section", 65, 130);
  every.has_alpha = every.is_grey = true;
  every.tile_units = 1;
  every.icc = {1, 2, 3};
  every.exif = {'M', 'M', 0, 42, 0, 0, 0, 8};
  every.xmp = {'<', 'x', '/', '>'};
  return all;
}

}  // namespace lic::test
