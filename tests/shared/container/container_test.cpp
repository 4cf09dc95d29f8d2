// What is written is read again; what is wrong is named, with what is allowed.
#include "container/container.h"

#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "container/quality.h"
#include "support/check.h"
#include "support/mend.h"

namespace lic {
namespace {

using File = std::vector<uint8_t>;

const uint8_t kStream[] = {1, 2, 3, 4, 5, 6};
const uint8_t kProfile[] = {7, 8, 9};

// A file of two tiles whose streams mean nothing.
File TwoTiles() {
  StreamList streams;
  CHECK(streams.Add(Bytes(kStream)).ok());
  CHECK(streams.Add(Bytes(kStream).first(4)).ok());
  ContainerParts parts;
  parts.header.quality256 = kMinQuality256;
  parts.header.width = 2 * kTileUnit;
  parts.header.height = 1;
  parts.header.tile_units = 1;
  parts.latents = &streams;
  parts.SetMetadata({.icc = kProfile, .exif = {}, .xmp = {}});
  parts.payloads[SectionType::kHyper] = Bytes(kStream);
  const auto file = WriteContainer(parts).value();
  return {file.begin(), file.end()};
}

bool Same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::string TextOf(const File& file) {
  const auto container = ReadContainer(file);
  return container.ok() ? "ok" : container.failure().what;
}

TEST(what_is_written_is_read_again) {
  const File file = TwoTiles();
  const auto read = ReadContainer(file);
  if (!CHECK(read.ok())) return;
  const Container& container = read.value();
  CHECK_EQ(container.header.grid().count(), 2);
  CHECK(Same(container.metadata().icc, kProfile));
  CHECK(container.metadata().exif.empty());
  CHECK(Same(container.payloads[SectionType::kHyper], kStream));
  const StreamOrder order(container.header);
  CHECK_EQ(order.count(), 2);
  StreamFinder finder;
  CHECK(Same(finder.Find(container, order.Latents(0)), kStream));
  CHECK(Same(finder.Find(container, order.Latents(1)), Bytes(kStream).first(4)));
}

TEST(sections_and_tiles_come_one_after_the_other) {
  const File file = TwoTiles();
  ContainerReader reader;
  bool had_hyper = false;
  for (size_t size = 0; size <= file.size(); ++size) {
    // Elsewhere each time, so that nothing may be remembered by its address.
    const File part(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    if (!CHECK(reader.Read(part, size == file.size()).ok())) return;
    CHECK(!reader.has(SectionType::kTiles) || reader.has(SectionType::kHyper));
    if (reader.has(SectionType::kHyper)) CHECK(Same(reader.container().payloads[SectionType::kHyper], kStream));
    if (!reader.has(SectionType::kTiles)) CHECK_EQ(reader.streams_read(), 0);
    had_hyper = had_hyper || (reader.has(SectionType::kHyper) && size < file.size());
  }
  CHECK(had_hyper);
  CHECK(reader.done());
  CHECK_EQ(reader.streams_read(), 2);
}

File With(const File& file, const File& behind) {
  File all = file;
  all.insert(all.end(), behind.begin(), behind.end());
  return all;
}

// A section with a right checksum.
File Section(uint8_t type, const File& payload) {
  SectionHead head = {.type = type, .length = static_cast<uint32_t>(payload.size())};
  head.checksum = SectionChecksum(head, payload);
  File section(kSectionHeadBytes);
  WriteSectionHead(head, section.data());
  return With(section, payload);
}

// What is read of a file, up to which byte: at once, and byte by byte.
void CheckRead(const File& file, size_t bytes, Bytes xmp) {
  const auto read = ReadContainer(file);
  ContainerReader reader;
  for (size_t size = 0; size <= file.size(); ++size) {
    const File part(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    if (!CHECK(reader.Read(part, size == file.size()).ok())) return;
  }
  if (!CHECK(read.ok()) || !CHECK(reader.done())) return;
  CHECK_EQ(read.value().bytes, bytes);
  CHECK_EQ(reader.container().bytes, bytes);
  CHECK(Same(read.value().metadata().xmp, xmp));
  CHECK_EQ(reader.container().metadata().xmp.size(), xmp.size());
}

TEST(what_is_no_section_behind_the_tiles_is_a_trailer) {
  const File file = TwoTiles(), xmp = {'<', 'x', '/', '>'}, section = Section(6, xmp);
  CheckRead(file, file.size(), {});
  CheckRead(With(file, section), file.size() + section.size(), xmp);
  for (const File& trailer : {File(1), File(2000), File{'<', '!', '-'}, File(20, 0xFF), file}) {
    CheckRead(With(file, trailer), file.size(), {});
    CheckRead(With(With(file, section), trailer), file.size() + section.size(), xmp);
  }
  for (size_t size = 1; size < section.size(); ++size)
    CheckRead(With(file, File(section.begin(), section.begin() + static_cast<ptrdiff_t>(size))), file.size(), {});
  for (size_t at = 0; at < section.size(); ++at) {
    File damaged = section;
    damaged[at] ^= 1;
    CheckRead(With(With(file, damaged), section), file.size(), {});
  }
}

TEST(a_whole_section_behind_the_tiles_keeps_its_rules) {
  const File file = TwoTiles(), xmp = Section(6, {'x'});
  CHECK_EQ(TextOf(With(file, Section(9, {}))), "section 9 is unknown, only types from 128 on are skipped");
  CHECK_EQ(TextOf(With(file, Section(4, {}))), "section 4 must not follow section 4");
  CHECK_EQ(TextOf(With(With(file, xmp), xmp)), "section 6 must not follow section 6");
  CHECK_EQ(TextOf(With(file, Section(5, {}))), "EXIF has 0 bytes, allowed are 1 to 4194304");
}

TEST(a_wrong_checksum_behind_the_tiles_ends_a_file_that_comes_in) {
  const File file = TwoTiles();
  ContainerReader reader;
  CHECK(reader.Read(With(file, File(kSectionHeadBytes - 1)), false).ok());
  CHECK(!reader.done());
  CHECK(reader.Read(With(file, File(kSectionHeadBytes)), false).ok());
  CHECK(reader.done());
}

// Of 130 x 130 pixels with alpha: three rows of three tiles.
Header NineTiles(uint8_t version) {
  Header header;
  header.version = version;
  header.width = header.height = 130;
  header.tile_units = 1;
  header.has_alpha = true;
  return header;
}

TEST(every_tile_of_an_autoencoder_has_latents_and_alpha) {
  const StreamOrder order(NineTiles(0));
  CHECK_EQ(order.count(), 18);
  CHECK(!order.has_common());
  CHECK_EQ(order.Latents(4), 8);
  CHECK_EQ(order.Alpha(4), 9);
  CHECK(order.Kind(8) == StreamKind::kLatents && order.Kind(9) == StreamKind::kAlpha);
  CHECK_EQ(order.Tile(9), 4);
}

TEST(every_row_of_tiles_of_an_overfitted_file_has_grids_and_then_alpha) {
  const StreamOrder order(NineTiles(kOverfittedVersion));
  CHECK_EQ(order.count(), 1 + 3 * 4);
  CHECK(order.has_common());
  CHECK_EQ(order.Grids(1), 5);
  CHECK_EQ(order.Alpha(4), 7);
  CHECK(order.Kind(0) == StreamKind::kGrids && order.Kind(5) == StreamKind::kGrids);
  CHECK(order.Kind(7) == StreamKind::kAlpha);
  CHECK_EQ(order.Tile(0), 0);
  CHECK_EQ(order.Tile(5), 3);
  CHECK_EQ(order.Tile(7), 4);
}

// A file with a number written over, and its checksums made good.
template <class T>
std::string TextWith(size_t at, T value) {
  File file = TwoTiles();
  WriteAt(file.data() + at, value);
  test::MendPicture(file);
  return TextOf(file);
}

TEST(what_is_wrong_in_a_header_is_said_with_what_is_allowed) {
  CHECK_EQ(TextWith<uint8_t>(4, 9), "the format's version is 9, known are 0 to 2");
  CHECK_EQ(TextWith<uint8_t>(5, 4), "flags are 4, allowed are 0 to 3");
  CHECK_EQ(TextWith<uint16_t>(6, 5), "quality256 is 5, allowed are 256 to 25600");
  CHECK_EQ(TextWith<uint32_t>(8, 0), "the picture has 0 x 1 pixels, allowed are sides of 1 to 65535");
  CHECK_EQ(TextWith<uint16_t>(32, 1025), "tile_units is 1025, allowed are 1 to 1024");
  CHECK_EQ(TextWith<uint8_t>(34, 1), "the coding is 1, that of version 0 is 0");
  CHECK_EQ(TextWith<uint8_t>(35, 1), "the reserved field is 1, allowed is 0");
}

TEST(what_is_wrong_in_sections_is_said_with_what_is_allowed) {
  const size_t hyper = kHeaderBytes + kSectionHeadBytes + sizeof(kProfile);
  CHECK_EQ(TextWith<uint8_t>(hyper, 1), "section 1 must not follow section 1");
  CHECK_EQ(TextWith<uint8_t>(hyper, 7), "section 7 is unknown, only types from 128 on are skipped");
  CHECK_EQ(TextWith<uint8_t>(hyper, 6), "section 6 comes before HYPER, which every picture has");

  File short_hyper = TwoTiles();
  short_hyper.erase(short_hyper.begin() + static_cast<ptrdiff_t>(hyper + kSectionHeadBytes));
  WriteAt<uint32_t>(short_hyper.data() + hyper + 1, sizeof(kStream) - 1);
  test::MendPicture(short_hyper);
  CHECK_EQ(TextOf(short_hyper), "HYPER has 5 bytes, allowed are multiples of 2 from 4 on");

  File none = TwoTiles();
  none.resize(hyper);
  CHECK_EQ(TextOf(none), "the file ends after " + std::to_string(hyper) + " bytes, before HYPER");
}

}  // namespace
}  // namespace lic
