// Files of the overfitted coding that together have every architecture, size and section.
#pragma once

#include "support/overfitted_writer.h"

namespace lic::test {

struct NamedDrawing {
  const char* name;
  Drawing drawing;
};

class DrawingList {
 public:
  std::vector<NamedDrawing> Make() {
    Sizes();
    ContextNetworks();
    Chains();
    SynthesisKnobs();
    StripesAndSections();
    return std::move(all_);
  }

 private:
  // Valid until the next call.
  Drawing& Add(const char* name, uint32_t width, uint32_t height) {
    Drawing drawing;
    drawing.width = width;
    drawing.height = height;
    drawing.seed = all_.size() + 1;
    all_.push_back({name, drawing});
    return all_.back().drawing;
  }

  void Sizes() {
    Add("1x1", 1, 1);
    Add("2x1", 2, 1);
    Add("1x70", 1, 70);
    Add("300x1", 300, 1);
    Add("15x17", 15, 17);
    Add("64x64", 64, 64);
    Add("129x65", 129, 65);
  }

  void ContextNetworks() {
    Add("no-coarser", 40, 33).knobs.networks = {{.spatial = 1, .coarser = 0, .width = 1, .depth = 1}};
    Add("all-contexts", 45, 38).knobs.networks = {{.spatial = 16, .coarser = 6, .width = 32}};
    Add("one-hidden-layer", 40, 40).knobs.networks = {{.spatial = 10, .coarser = 4, .width = 14, .depth = 1}};
    Add("own-biases", 50, 31).knobs.networks = {{.spatial = 6, .coarser = 3, .width = 9, .own_biases = true}};
    Drawing& two = Add("two-networks", 60, 44);
    two.knobs.networks = {{.spatial = 6, .coarser = 2, .width = 8}, {.spatial = 14, .coarser = 6, .width = 20}};
    two.knobs.network_of = 1 * 4;
  }

  void Chains() {
    Drawing& colour = Add("colour-chains", 70, 50);
    colour.knobs.chains = {0x60, 0x22, 0x22};
    colour.knobs.networks = {{.spatial = 10, .coarser = 4, .width = 14}};
    colour.knobs.convolutions = 2;
    Drawing& three = Add("three-networks", 51, 67);
    three.knobs.chains = {0x60, 0x21, 0x50};
    three.knobs.networks = {{.spatial = 6, .coarser = 2, .width = 8, .depth = 1},
                            {.spatial = 8, .coarser = 6, .width = 16, .own_biases = true},
                            {.spatial = 5, .coarser = 6, .width = 11}};
    three.knobs.network_of = 0 + 1 * 4 + 2 * 16;
    Add("joined-from-8", 66, 35).knobs.chains = {0x30};
    Add("joined-all", 37, 41).knobs.chains = {0x00};
    Add("no-finest", 55, 45).knobs.chains = {0x61};
    Add("only-coarsest", 90, 80).knobs.chains = {0x66};
    Add("chain-1-finer", 43, 43).knobs.chains = {0x43, 0x10};
    Add("no-map", 48, 48).is_mapped = false;
  }

  void SynthesisKnobs() {
    Add("no-convolution", 33, 34).knobs.convolutions = 0;
    Add("two-convolutions", 34, 33).knobs.convolutions = 2;
    Add("hidden-1", 20, 20).knobs.hidden = 1;
    Add("hidden-64", 24, 19).knobs.hidden = 64;
    Add("noise", 40, 30).knobs.noise = 3;
    Drawing& wild = Add("wild", 60, 60);
    wild.wild = 2;
    wild.difference = 120;
    wild.step = 5;
  }

  void StripesAndSections() {
    Drawing& stripes = Add("stripes", 70, 200);
    stripes.tile_units = 1;
    stripes.knobs.chains = {0x60, 0x21, 0x22};
    stripes.knobs.networks = {{.spatial = 6, .coarser = 6, .width = 8}};
    Drawing& coarse = Add("stripes-without-latents", 70, 150);
    coarse.tile_units = 1;
    coarse.knobs.chains = {0x62};
    Add("alpha", 45, 27).has_alpha = true;
    Drawing& alpha = Add("alpha-stripes", 150, 140);
    alpha.has_alpha = true;
    alpha.tile_units = 1;
    alpha.knobs.convolutions = 2;
    Add("grey", 30, 30).is_grey = true;
    Drawing& every = Add("every-section", 65, 130);
    every.has_alpha = every.is_grey = true;
    every.tile_units = 1;
    every.icc = {1, 2, 3};
    every.exif = {'M', 'M', 0, 42, 0, 0, 0, 8};
    every.xmp = {'<', 'x', '/', '>'};
  }

  std::vector<NamedDrawing> all_;
};

inline std::vector<NamedDrawing> Drawings() { return DrawingList().Make(); }

}  // namespace lic::test
