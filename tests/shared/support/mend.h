// Recomputes the checksums of damaged files, so that tests and fuzzers get past them to the code that they guard.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"
#include "container/container.h"

namespace lic::test {

// Both walk as far as the bytes make sense, and leave what they cannot reach as it is.

namespace mend {

template <class T>
T At(const std::vector<uint8_t>& file, size_t at) {
  T value;
  std::memcpy(&value, file.data() + at, sizeof(T));
  return value;
}

// Calls visit(type, start of the payload, its length) for each whole section, then writes its checksum.
template <class Visit>
void Sections(std::vector<uint8_t>& file, size_t at, Visit visit) {
  while (file.size() >= at + kSectionHeadBytes) {
    const auto type = At<uint8_t>(file, at);
    const size_t length = At<uint32_t>(file, at + 1);
    const size_t payload = at + kSectionHeadBytes;
    if (length > file.size() - payload) return;
    visit(type, payload, length);
    const Bytes all = file;
    uint32_t crc = Crc32(all.subspan(at, 5));
    if (!(file[1] == 'L' && file[3] == 'C' && type == uint8_t(SectionType::kTiles)))
      crc = Crc32(all.subspan(payload, length), crc);
    WriteAt(file.data() + at + 5, crc);
    at = payload + length;
  }
}

}  // namespace mend

// A picture file: header, sections and the streams in the index.
inline void MendPicture(std::vector<uint8_t>& file) {
  if (file.size() < kHeaderBytes) return;
  WriteAt(file.data() + 36, Crc32(Bytes(file).first(36)));
  size_t index = 0, index_length = 0;
  mend::Sections(file, kHeaderBytes, [&](uint8_t type, size_t payload, size_t length) {
    if (type == uint8_t(SectionType::kIndex)) index = payload, index_length = length;
    if (type != uint8_t(SectionType::kTiles)) return;
    for (size_t stream = payload, entry = index; entry + 8 <= index + index_length; entry += 8) {
      const size_t stream_length = mend::At<uint32_t>(file, entry);
      if (stream_length > payload + length - stream) break;
      WriteAt(file.data() + entry + 4, Crc32(Bytes(file).subspan(stream, stream_length)));
      stream += stream_length;
    }
  });
  // The index has changed, so its checksum is wrong again.
  mend::Sections(file, kHeaderBytes, [](uint8_t, size_t, size_t) {});
}

// A model file.
inline void MendModel(std::vector<uint8_t>& file) {
  if (file.size() < 8) return;
  mend::Sections(file, 8 + size_t{mend::At<uint16_t>(file, 6)}, [](uint8_t, size_t, size_t) {});
}

// An encoder's model file with the loss section that it lacks.
inline std::vector<uint8_t> WithLoss(std::vector<uint8_t> file, const std::vector<float>& weights) {
  const auto length = static_cast<uint32_t>(weights.size() * sizeof(float));
  const size_t at = file.size();
  file.resize(at + kSectionHeadBytes + length);
  file[at] = 21;
  WriteAt(file.data() + at + 1, length);
  std::memcpy(file.data() + at + kSectionHeadBytes, weights.data(), length);
  MendModel(file);
  return file;
}

// Makes a picture file claim another model.
inline void Relabel(std::vector<uint8_t>& file, const Id& model_id) {
  std::memcpy(file.data() + 16, model_id.bytes, sizeof(model_id.bytes));
  WriteAt(file.data() + 36, Crc32(Bytes(file).first(36)));
}

}  // namespace lic::test
