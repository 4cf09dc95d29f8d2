// Reads colour profiles, and converts a picture file's rows of samples to 8-bit sRGB.
#pragma once

#include <memory>

#include "lic/lic.h"

namespace lic::native {

// What a row of a picture file holds for each pixel. Alpha is straight. In kCmykInverted 255 is no ink, as Adobe writes
// it.
enum class Samples : uint8_t { kGrey, kGreyAlpha, kRgb, kRgbAlpha, kCmyk, kCmykInverted };

inline constexpr uint32_t SampleCount(Samples samples) {
  constexpr uint32_t kCounts[] = {1, 2, 3, 4, 4, 4};
  return kCounts[static_cast<int>(samples)];
}
inline constexpr bool IsCmyk(Samples samples) { return samples >= Samples::kCmyk; }
inline constexpr bool IsGrey(Samples samples) { return samples <= Samples::kGreyAlpha; }
// The channels of the picture that such rows become: those of PictureView.
inline constexpr uint32_t PictureChannels(Samples samples) { return IsCmyk(samples) ? 3 : SampleCount(samples); }

// 16 to 8 bits, to the nearest: 65535 becomes 255.
inline constexpr uint8_t Narrow(uint16_t value) {
  return static_cast<uint8_t>((uint32_t{value} * 255 + 32767) / 65535);
}

// Chromaticities x, y of the white point and the primaries.
struct Primaries {
  double white[2], red[2], green[2], blue[2];
};
inline constexpr Primaries kSrgbPrimaries = {{0.3127, 0.3290}, {0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}};
inline constexpr Primaries kDisplayP3Primaries = {{0.3127, 0.3290}, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}};
inline constexpr Primaries kBt2020Primaries = {{0.3127, 0.3290}, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}};

// How samples become light: sRGB's curve, BT.709's, or a power.
struct Transfer {
  enum Kind : uint8_t { kSrgb, kBt709, kPower } kind = kSrgb;
  double exponent = 1;
};

struct ColourContext;

// An ICC profile. One thread at a time may use it.
class ColourProfile {
 public:
  // Errors: kBadImage (damaged), kUnsupportedImage (neither grey nor RGB nor CMYK).
  static Result<ColourProfile> FromIcc(Bytes icc);
  // A grey profile ignores the primaries but for the white point. Errors: kBadImage for primaries that
  // describe no colour space.
  static Result<ColourProfile> FromPrimaries(const Primaries& primaries, const Transfer& transfer, bool grey);

  // Whether the profile describes such samples.
  bool Fits(Samples samples) const;
  const char* space_name() const;  // "grey", "RGB" or "CMYK"
  Result<Buffer<uint8_t>> ToIcc() const;

 private:
  friend class RowConverter;
  enum class Space : uint8_t { kGrey, kRgb, kCmyk };

  std::shared_ptr<ColourContext> context_;
  std::shared_ptr<void> handle_;
  Space space_ = Space::kRgb;
};

// Makes 8-bit rows from rows of 8 or 16-bit samples (16 in the machine's byte order). With a profile that is not sRGB
// the colours are converted, relative colorimetric with black point compensation. So colours that both spaces have stay
// as they are, which suits photos from displays' spaces, and blacks stay distinct. Grey stays grey. Alpha is copied.
class RowConverter {
 public:
  // Without a profile (null) the samples are sRGB, and CMYK is converted as plain ink coverage.
  // Errors: kUnsupportedImage if the profile cannot be used for the samples.
  static Result<RowConverter> Create(const ColourProfile* profile, Samples samples, bool sixteen_bit);

  void Convert(const uint8_t* row, uint8_t* out, uint32_t width) const;
  // Whether a profile changes anything. False for a profile that is sRGB within 1 of 255.
  bool changes_colours() const { return transform_ != nullptr; }

 private:
  std::shared_ptr<ColourContext> context_;
  std::shared_ptr<void> transform_;
  Samples samples_ = Samples::kRgb;
  bool sixteen_bit_ = false;
};

}  // namespace lic::native
