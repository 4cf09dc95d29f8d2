// What a file says of itself: its header, and how many bytes its parts have.
#include "info.h"

#include "base/try.h"
#include "overfitted/architecture.h"

namespace lic {
namespace {

// Sections and streams.
void CountStreams(const Container& container, Layout& layout) {
  layout.network_bytes = container.payloads[SectionType::kNetwork].size();
  layout.hyper_bytes = container.payloads[SectionType::kHyper].size();
  layout.index_bytes = container.payloads[SectionType::kIndex].size();
  layout.tiles = container.header.grid().count();
  const StreamOrder order(container.header);
  StreamFinder finder;
  for (uint64_t stream = 0; stream < order.count(); ++stream) {
    const size_t bytes = finder.Find(container, stream).size();
    (order.Kind(stream) == StreamKind::kAlpha ? layout.alpha_bytes : layout.latent_bytes) += bytes;
  }
}

}  // namespace

Info ToInfo(const Header& header) {
  Info info;
  info.width = header.width;
  info.height = header.height;
  info.version = header.version;
  info.coding = header.coding();
  info.quality = static_cast<float>(header.quality256) / 256;
  info.has_alpha = header.has_alpha;
  info.is_grey = header.is_grey;
  info.model_id = header.model_id;
  info.head_hash = header.head_hash;
  info.tile_units = header.tile_units;
  return info;
}

Layout ToLayout(const Container& container) {
  Layout layout;
  layout.info = ToInfo(container.header);
  layout.metadata = container.metadata();
  layout.bytes = container.bytes;
  CountStreams(container, layout);
  return layout;
}

Result<Info> ReadInfo(Bytes file) {
  LIC_TRY(const Header header, ReadHeader(file));
  return ToInfo(header);
}

Result<Networks> ReadNetworks(Bytes file) {
  LIC_TRY(const Header header, ReadHeader(file));
  if (header.coding() != Coding::kOverfitted)
    return Fail(Error::kInvalidArgument, "the file names a model and carries no networks");
  LIC_TRY(const auto architecture, overfitted::Architecture::Read(header.networks));
  ContainerReader reader;
  LIC_CHECK(reader.Read(file, /*complete=*/false));
  if (!reader.has(SectionType::kNetwork)) return Fail(Error::kTruncated, "the file ends before its networks do");
  Networks networks;
  networks.base_set = architecture.base_set;
  networks.chains = architecture.chains;
  networks.grids = architecture.grids;
  networks.context_networks = architecture.networks;
  networks.hidden = architecture.hidden;
  networks.convolutions = architecture.convolutions;
  networks.noise = architecture.noise;
  networks.multiplications = static_cast<double>(architecture.work()) / overfitted::kWorkUnit;
  networks.bytes = reader.container().payloads[SectionType::kNetwork].size();
  return networks;
}

Result<Layout> ReadLayout(Bytes file) {
  LIC_TRY(const Container container, ReadContainer(file));
  return ToLayout(container);
}

}  // namespace lic
