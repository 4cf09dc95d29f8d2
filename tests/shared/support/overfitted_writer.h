// Files of the overfitted coding for tests: random networks, and latents that these networks find likely. It is no
// encoder: nothing is fitted to a picture.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"
#include "container/container.h"
#include "overfitted/wavefront.h"
#include "support/random.h"
#include "symbols/alpha.h"
#include "symbols/rans.h"

namespace lic::test {

namespace of = lic::overfitted;

// The field `networks` of the header.
using NetworksField = std::array<uint8_t, of::kArchitectureBytes>;

struct NetworkKnobs {
  uint8_t spatial = 4, coarser = 2, width = 6, depth = 2;
  bool own_biases = false;
};

struct Knobs {
  uint8_t base_set = 0;
  std::vector<uint8_t> chains = {0x60};  // finest + 16 * joined
  uint8_t hidden = 8;
  uint8_t convolutions = 1;
  uint8_t noise = 0;
  uint8_t network_of = 0;
  std::vector<NetworkKnobs> networks = {{}};

  NetworksField Bytes() const {
    NetworksField bytes = {base_set, 255, 255, 255, hidden, uint8_t(convolutions + 4 * noise), network_of};
    std::copy(chains.begin(), chains.end(), bytes.begin() + 1);
    for (size_t i = 0; i < networks.size(); ++i) {
      const NetworkKnobs& n = networks[i];
      bytes[7 + 3 * i] = uint8_t(n.spatial + 32 * n.coarser);
      bytes[8 + 3 * i] = n.width;
      bytes[9 + 3 * i] = uint8_t(n.depth + 4 * n.own_biases);
    }
    return bytes;
  }
};

// What a drawn file is like.
struct Drawing {
  uint32_t width = 1, height = 1;
  uint32_t tile_units = 16;
  Knobs knobs;
  uint64_t seed = 1;
  bool has_alpha = false, is_grey = false, is_mapped = true;
  int difference = 40;  // largest of a parameter, in steps
  int step = 4;         // their logarithm
  int restless = 30;    // latents in a hundred that are not the likeliest
  int wild = 300;       // one latent in so many is any number
  std::vector<uint8_t> icc, exif, xmp;
};

// Puts the latents that a function names into a stream.
class LaneWriter final : public of::LatentCoder {
 public:
  // The latent of a place whose likeliest one is `centre`, and whether a chunk is empty.
  std::function<int(const of::BandPlace&, uint32_t lane, uint32_t x, int centre)> latent;
  std::function<bool(const of::BandPlace&, uint32_t chunk)> is_empty;

  explicit LaneWriter(const of::LaplaceTables& laplace) : laplace_(laplace) {}

  bool CodeFlag(const of::BandPlace& place, uint32_t chunk, uint32_t frequency) override {
    const bool empty = is_empty(place, chunk);
    const uint32_t full = kRansTotal - frequency;
    symbols_.push_back({chunk % of::kLanes, empty ? 0 : frequency, empty ? frequency : full});
    return empty;
  }

  void CodeStep(const of::BandPlace& place, size_t t, const of::StepTables& tables, of::LaneRange lanes,
                int16_t* latents) override {
    std::vector<Symbol> escapes;
    for (uint32_t lane = lanes.first; lane < lanes.end; ++lane) {
      const int centre = tables.centre[lane], support = of::LaplaceTables::Support(tables.table[lane]);
      const int wanted = latent(place, lane, uint32_t(t) - of::kLag * lane, centre);
      const bool fits = std::abs(wanted - centre) <= support;
      const uint16_t* starts = laplace_.StartsFrom0(tables.table[lane]) + (fits ? wanted - centre : support + 1);
      symbols_.push_back({lane, starts[0], uint32_t(starts[1] - starts[0])});
      if (!fits) escapes.push_back({lane, uint32_t(wanted + 128) << 7, 1 << 7});
      latents[lane] = int16_t(wanted);
    }
    symbols_.insert(symbols_.end(), escapes.begin(), escapes.end());
  }

  std::vector<uint8_t> Finish() const {
    uint32_t states[of::kLanes];
    std::fill_n(states, of::kLanes, kRansLow);
    std::vector<uint16_t> words;
    for (size_t i = symbols_.size(); i-- > 0;) {
      const Symbol& symbol = symbols_[i];
      uint32_t& state = states[symbol.lane];
      if (state >= uint64_t{symbol.frequency} << 17) {
        words.push_back(uint16_t(state));
        state >>= 16;
      }
      state = (state / symbol.frequency << kRansPrecision) + state % symbol.frequency + symbol.start;
    }
    std::reverse(words.begin(), words.end());
    std::vector<uint8_t> stream(sizeof(states) + 2 * words.size());
    std::memcpy(stream.data(), states, sizeof(states));
    if (!words.empty()) std::memcpy(stream.data() + sizeof(states), words.data(), 2 * words.size());
    return stream;
  }

 private:
  struct Symbol {
    uint32_t lane, start, frequency;
  };
  const of::LaplaceTables& laplace_;
  std::vector<Symbol> symbols_;
};

// Draws one file.
class FileDrawer {
 public:
  explicit FileDrawer(const Drawing& drawing)
      : drawing_(drawing),
        random_(drawing.seed),
        networks_(drawing.knobs.Bytes()),
        a_(of::Architecture::Read(networks_).value()),
        laplace_(of::LaplaceTables::Create().value()) {}

  std::vector<uint8_t> Draw() {
    DrawNetwork();
    parameters_ = of::Parameters::Read(network_, a_, laplace_.residual).value();
    layers_ = of::Layers::Create(a_, parameters_).value();
    for (uint32_t g = 0; g < a_.grids; ++g) {
      const uint32_t height = a_.grid[g].Size(drawing_.height);
      planes_.plane[g] = of::GridPlane::Create(a_.grid[g].Size(drawing_.width), height, height).value();
    }
    DrawStreams();
    return File();
  }

  // The parts of the last drawing, to be changed before File puts them together again.
  NetworksField& networks() { return networks_; }
  std::vector<uint8_t>& network() { return network_; }
  std::vector<std::vector<uint8_t>>& streams() { return streams_; }
  const of::LaplaceTables& laplace() const { return laplace_; }

  std::vector<uint8_t> File() {
    file_ = {0x89, 'L', 'I', 'C', 2, uint8_t(drawing_.has_alpha + 2 * drawing_.is_grey)};
    Put(uint16_t{12800});
    Put(drawing_.width);
    Put(drawing_.height);
    file_.insert(file_.end(), networks_.begin(), networks_.end());
    Put(uint16_t(drawing_.tile_units));
    Put(uint16_t{1});  // coding
    Put(Crc32(file_));
    std::vector<uint8_t> index, tiles;
    for (const auto& stream : streams_) {
      index.resize(index.size() + 8);
      WriteAt(index.data() + index.size() - 8, uint32_t(stream.size()));
      WriteAt(index.data() + index.size() - 4, Crc32(stream));
      tiles.insert(tiles.end(), stream.begin(), stream.end());
    }
    PutSection(1, drawing_.icc);
    PutSection(7, network_);
    PutSection(3, index);
    PutSection(4, tiles, false);
    PutSection(5, drawing_.exif);
    PutSection(6, drawing_.xmp);
    return file_;
  }

  // Of the last drawing.
  const of::Architecture& architecture() const { return a_; }
  const of::GridPlanes& planes() const { return planes_; }
  const std::vector<uint8_t>& alpha() const { return alpha_; }

 private:
  uint32_t stripe_rows() const { return drawing_.tile_units * 64; }

  void DrawNetwork() {
    RansWriter writer;
    const auto put_bits = [&](uint32_t value, int bits) { (void)writer.PutBits(value, bits); };
    for (uint32_t g = 0; g < a_.grids; ++g) {
      const bool mapped = drawing_.is_mapped && (g % 2 == 0 || g + 1 == a_.grids);
      put_bits(mapped, 1);
      for (int i = 0; mapped && i < 3; ++i) put_bits(uint32_t(random_.Within(1, 255)), 8);
    }
    for (const of::Group& group : of::GroupList(a_)) {
      if (random_.Within(0, 7) == 0) {
        put_bits(15, 4);
        continue;
      }
      put_bits(uint32_t(drawing_.step), 4);
      const auto table = uint32_t(random_.Within(20, 50));
      put_bits(table, 6);
      const int most = LargestDifference(group.kind);
      for (size_t i = 0; i < group.count; ++i)
        (void)writer.PutResidual(laplace_.residual[table], int(random_.Within(-most, most)));
    }
    const auto stream = writer.Finish().value();
    network_.assign(stream.begin(), stream.end());
  }

  // Context networks feed on what they have made, and filters must not amplify: theirs are smaller.
  int LargestDifference(of::GroupKind kind) const {
    if (kind == of::GroupKind::kTaps) return std::min(drawing_.difference, 5);
    return kind < of::GroupKind::kTaps ? CeilDiv(uint32_t(drawing_.difference), 4) : drawing_.difference;
  }

  int DrawLatent(int centre) {
    if (random_.Within(1, drawing_.wild) == 1) return int(random_.Within(-128, 127));
    if (random_.Within(1, 100) > drawing_.restless) return centre;
    return std::clamp(centre + (random_.Within(0, 1) ? 1 : -1), -128, 127);
  }

  void DrawGrids(of::RowRange pixels, uint32_t least_level, uint32_t end_level) {
    LaneWriter writer(laplace_);
    writer.latent = [&](const of::BandPlace&, uint32_t, uint32_t, int centre) { return DrawLatent(centre); };
    writer.is_empty = [&](const of::BandPlace&, uint32_t) { return random_.Within(0, 2) == 0; };
    auto wavefront = of::Wavefront::Create(a_, parameters_, layers_, of::kPlainKernels, drawing_.width).value();
    for (uint32_t g = 0; g < a_.grids; ++g) {
      const uint32_t level = a_.grid[g].level;
      if (level < least_level || level >= end_level) continue;
      wavefront.Start(g, of::RowsOfLevel(pixels, level), pixels);
      int64_t work = INT64_MAX;
      while (!wavefront.Step(planes_, writer, work)) continue;
    }
    streams_.push_back(writer.Finish());
  }

  void DrawAlpha(uint32_t y, uint32_t rows) {
    for (uint32_t x = 0; x < drawing_.width; x += stripe_rows()) {
      const uint32_t columns = std::min(stripe_rows(), drawing_.width - x);
      const AlphaView<const uint8_t> view = {.samples = &alpha_[size_t{y} * drawing_.width + x],
                                             .width = columns,
                                             .height = rows,
                                             .stride = drawing_.width};
      const auto stream = EncodeAlpha(view, laplace_.residual).value();
      streams_.emplace_back(stream.begin(), stream.end());
    }
  }

  void DrawStreams() {
    if (drawing_.has_alpha) {
      alpha_.resize(size_t{drawing_.width} * drawing_.height);
      for (size_t i = 0; i < alpha_.size(); ++i)
        alpha_[i] = uint8_t(i % drawing_.width < 9 ? 255 : 100 + random_.Within(0, 20));
    }
    const bool is_cut = drawing_.height > stripe_rows();
    if (is_cut) DrawGrids({0, drawing_.height}, of::kStripeLevels, of::kLevels);
    for (uint32_t y = 0; y < drawing_.height; y += stripe_rows()) {
      const uint32_t end = std::min(y + stripe_rows(), drawing_.height);
      DrawGrids({y, end}, 0, is_cut ? of::kStripeLevels : of::kLevels);
      if (drawing_.has_alpha) DrawAlpha(y, end - y);
    }
  }

  template <class T>
  void Put(T value) {
    file_.resize(file_.size() + sizeof(T));
    WriteAt(file_.data() + file_.size() - sizeof(T), value);
  }
  void PutSection(uint8_t type, const std::vector<uint8_t>& payload, bool is_checked = true) {
    if (payload.empty()) return;
    const size_t head = file_.size();
    Put(type);
    Put(uint32_t(payload.size()));
    const uint32_t crc = Crc32(Bytes(file_).subspan(head, 5));
    Put(is_checked ? Crc32(payload, crc) : crc);
    file_.insert(file_.end(), payload.begin(), payload.end());
  }

  Drawing drawing_;
  Random random_;
  NetworksField networks_;
  of::Architecture a_;
  of::LaplaceTables laplace_;
  std::vector<uint8_t> network_;
  of::Parameters parameters_;
  of::Layers layers_;
  of::GridPlanes planes_;
  std::vector<uint8_t> alpha_;
  std::vector<std::vector<uint8_t>> streams_;
  std::vector<uint8_t> file_;
};

inline std::vector<uint8_t> DrawFile(const Drawing& drawing) { return FileDrawer(drawing).Draw(); }

}  // namespace lic::test
