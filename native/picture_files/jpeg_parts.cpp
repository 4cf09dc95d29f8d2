#include "native/picture_files/jpeg_parts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include "shared/base/try.h"

namespace lic::native {
namespace {

constexpr uint8_t kTem = 0x01, kSof0 = 0xC0, kDht = 0xC4, kJpg = 0xC8, kDac = 0xCC, kRst0 = 0xD0, kRst7 = 0xD7,
                  kSoi = 0xD8, kEoi = 0xD9, kSos = 0xDA, kDqt = 0xDB, kDnl = 0xDC, kDri = 0xDD, kApp0 = 0xE0,
                  kApp15 = 0xEF, kCom = 0xFE;
constexpr char kIccSignature[] = "ICC_PROFILE";  // with its zero

bool IsFrame(uint8_t marker) {
  return marker >= kSof0 && marker <= 0xCF && marker != kDht && marker != kJpg && marker != kDac;
}

bool IsAlone(uint8_t marker) { return marker == kTem || (marker >= kRst0 && marker <= kRst7); }

// Whether a segment with that marker may stand between scans.
bool MayFollowScan(uint8_t marker) {
  return marker == kSos || marker == kDht || marker == kDac || marker == kDqt || marker == kDnl || marker == kDri ||
         marker == kCom || (marker >= kApp0 && marker <= kApp15);
}

std::string_view AsText(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class Walk {
 public:
  explicit Walk(Bytes file) : file_(file) {}

  JpegParts Run() {
    while (Step()) {
    }
    parts_.has_all_components =
        !frame_.empty() && std::includes(scanned_.begin(), scanned_.end(), frame_.begin(), frame_.end());
    return std::move(parts_);
  }

 private:
  // Takes the next marker with its segment. False: the picture ends there.
  bool Step() {
    const size_t marker_at = FindMarker();
    if (marker_at == file_.size()) return End(in_scans_ ? EndOfData() : file_.size());
    const uint8_t marker = file_[at_ - 1];
    if (marker == kEoi) {
      parts_.has_eoi = true;
      return End(at_);
    }
    if (IsAlone(marker)) return true;
    if (in_scans_ && !MayFollowScan(marker)) return End(marker_at);
    if (marker == kSoi) return End(file_.size());  // the library refuses it
    const size_t left = file_.size() - at_;
    const size_t length = left < 2 ? 0 : static_cast<size_t>(file_[at_] << 8 | file_[at_ + 1]);
    if (length < 2 || length > left) return End(in_scans_ ? marker_at : file_.size());
    TakeSegment(marker, file_.subspan(at_ + 2, length - 2));
    at_ += length;
    return true;
  }

  // Without the first bytes of a marker that has not come. To an arithmetic decoder they would be data.
  size_t EndOfData() const {
    size_t end = file_.size();
    while (file_[end - 1] == 0xFF) --end;
    return end;
  }

  bool End(size_t at) {
    parts_.end = at;
    return false;
  }

  // Moves behind the next marker and returns where its first byte lies: the end of the file if there is none. In a scan
  // 0xFF 0 is data, and elsewhere it is as meaningless as other bytes between segments.
  size_t FindMarker() {
    while (at_ < file_.size()) {
      const size_t start = static_cast<size_t>(
          std::find(file_.begin() + static_cast<ptrdiff_t>(at_), file_.end(), 0xFF) - file_.begin());
      at_ = start;
      while (at_ < file_.size() && file_[at_] == 0xFF) ++at_;
      if (at_ < file_.size() && file_[at_++] != 0) return start;
    }
    return file_.size();
  }

  void TakeSegment(uint8_t marker, Bytes payload) {
    if (marker >= kApp0 && marker <= kApp15 && !in_scans_) {
      parts_.segments.push_back({marker - kApp0, payload});
    } else if (IsFrame(marker)) {
      for (size_t at = 6; at + 3 <= payload.size(); at += 3) frame_.insert(payload[at]);
    } else if (marker == kSos) {
      in_scans_ = true;
      const size_t count = payload.empty() ? 0 : payload[0];
      for (size_t i = 0; i < count && 1 + 2 * i < payload.size(); ++i) scanned_.insert(payload[1 + 2 * i]);
    }
  }

  Bytes file_;
  size_t at_ = 2;
  bool in_scans_ = false;
  std::set<uint8_t> frame_, scanned_;  // components
  JpegParts parts_;
};

// The bytes of a profile whose pieces are numbered from `first` on without a gap. Empty if there is a gap.
std::vector<uint8_t> Join(const std::map<int, Bytes>& pieces) {
  std::vector<uint8_t> joined;
  int next = pieces.begin()->first;
  for (const auto& [number, piece] : pieces) {
    if (number != next++) return {};
    joined.insert(joined.end(), piece.begin(), piece.end());
  }
  return joined;
}

// A profile begins with its size.
bool IsWhole(const std::vector<uint8_t>& icc) {
  if (icc.size() < 4) return false;
  const size_t size = size_t{icc[0]} << 24 | size_t{icc[1]} << 16 | size_t{icc[2]} << 8 | icc[3];
  return size <= icc.size();
}

bool HasGainMap(Bytes file, const JpegParts& parts) {
  constexpr std::string_view kSigns[] = {"http://ns.adobe.com/hdr-gain-map/", "urn:iso:std:iso:ts:21496",
                                         "urn:com:apple:photo:2020:aux:hdrgainmap", "HDRGainMap"};
  const auto has_sign = [&](Bytes bytes) {
    return std::any_of(std::begin(kSigns), std::end(kSigns),
                       [&](std::string_view sign) { return AsText(bytes).find(sign) != std::string_view::npos; });
  };
  if (std::any_of(parts.segments.begin(), parts.segments.end(),
                  [&](const JpegSegment& segment) { return has_sign(segment.payload); }))
    return true;
  // Apple describes its gain map at the head of the second picture.
  constexpr size_t kHeadBytes = 1 << 16;
  const Bytes behind = file.subspan(parts.end);
  return has_sign(behind.first(std::min(behind.size(), kHeadBytes)));
}

}  // namespace

JpegParts FindJpegParts(Bytes file) { return Walk(file).Run(); }

Bytes FindSegment(const JpegParts& parts, int app, Bytes signature) {
  for (const JpegSegment& segment : parts.segments) {
    if (segment.app != app || segment.payload.size() <= signature.size()) continue;
    if (std::equal(signature.begin(), signature.end(), segment.payload.begin()))
      return segment.payload.subspan(signature.size());
  }
  return {};
}

Result<Buffer<uint8_t>> JoinIcc(const JpegParts& parts, Faults& faults) {
  std::map<int, Bytes> pieces;  // by number, from 1
  bool is_odd = false;
  size_t stated = 0;
  for (const JpegSegment& segment : parts.segments) {
    constexpr size_t kHeadBytes = sizeof(kIccSignature) + 2;  // then the number and how many there are
    if (segment.app != 2 || segment.payload.size() < kHeadBytes) continue;
    if (std::memcmp(segment.payload.data(), kIccSignature, sizeof(kIccSignature)) != 0) continue;
    const int number = segment.payload[sizeof(kIccSignature)];
    const size_t count = segment.payload[sizeof(kIccSignature) + 1];
    is_odd |= !pieces.emplace(number, segment.payload.subspan(kHeadBytes)).second || (stated && stated != count);
    stated = count;
  }
  if (pieces.empty()) return Buffer<uint8_t>();
  const std::vector<uint8_t> joined = Join(pieces);
  if (joined.empty() || (!IsWhole(joined) && stated != pieces.size())) {
    faults.Warn("of the colour profile " + std::to_string(pieces.size()) + " of " + std::to_string(stated) +
                " pieces are there, which is not all of it; taken as sRGB");
    return Buffer<uint8_t>();
  }
  if (is_odd || pieces.begin()->first != 1 || stated != pieces.size())
    faults.Warn("the pieces of the colour profile are miscounted or stand twice; it is used, since all of it is there");
  LIC_TRY(Buffer<uint8_t> icc, Buffer<uint8_t>::Create(joined.size()));
  std::copy(joined.begin(), joined.end(), icc.begin());
  return icc;
}

void WarnOfMetadata(const JpegParts& parts, bool keep_exif, bool keep_xmp, Faults& faults) {
  constexpr std::string_view kExtension("http://ns.adobe.com/xmp/extension/\0", 35), kPhotoshop("Photoshop 3.0\0", 14),
      kIptc("8BIM\x04\x04", 6);
  const auto bytes = [](std::string_view text) {
    return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  if (keep_xmp && !FindSegment(parts, 1, bytes(kExtension)).empty())
    faults.Warn("XMP goes on in further segments, which are dropped; the first part is kept");
  const bool has_iptc = AsText(FindSegment(parts, 13, bytes(kPhotoshop))).find(kIptc) != std::string_view::npos;
  if ((keep_exif || keep_xmp) && has_iptc) faults.Warn("IPTC is dropped; only Exif and XMP can be kept");
}

void WarnOfDropped(Bytes file, const JpegParts& parts, Faults& faults) {
  constexpr uint8_t kMpf[] = {'M', 'P', 'F', 0};
  if (parts.end == file.size()) return;
  if (HasGainMap(file, parts)) {
    faults.Warn("the gain map for high dynamic range is dropped");
    return;
  }
  const Bytes behind = file.subspan(parts.end);
  const auto used = std::find_if(behind.begin(), behind.end(), [](uint8_t byte) { return byte != 0; });
  const Bytes rest = behind.subspan(static_cast<size_t>(used - behind.begin()));
  const bool is_picture = rest.size() >= 3 && rest[0] == 0xFF && rest[1] == kSoi && rest[2] == 0xFF;
  if (is_picture || !FindSegment(parts, 2, kMpf).empty()) {
    faults.Warn("the file holds several pictures; the first is read");
  } else if (AsText(behind.first(std::min<size_t>(behind.size(), 64))).find("ftyp") != std::string_view::npos) {
    faults.Warn("the video behind the picture is dropped");
  } else {
    faults.Warn(std::to_string(behind.size()) + " bytes behind the picture are not read");
  }
}

}  // namespace lic::native
