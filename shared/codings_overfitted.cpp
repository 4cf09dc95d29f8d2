// The codings of a program for files that carry their own networks.
#include "codings.h"
#include "overfitted/picture_decoder.h"

namespace lic {

std::span<const CodingEntry> Codings() {
  static constexpr CodingEntry kEntries[] = {{Coding::kOverfitted, overfitted::OverfittedDecoder::Create}};
  return kEntries;
}

}  // namespace lic
