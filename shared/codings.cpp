// The codings of the library.
#include "codings.h"

#include "autoencoder/picture_decoder.h"
#include "overfitted/picture_decoder.h"

namespace lic {

std::span<const CodingEntry> Codings() {
  static constexpr CodingEntry kEntries[] = {
      {Coding::kAutoencoder, AutoencoderDecoder::Create},
      {Coding::kOverfitted, overfitted::OverfittedDecoder::Create},
  };
  return kEntries;
}

}  // namespace lic
