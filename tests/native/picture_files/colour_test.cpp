// Conversion to sRGB against the formulas, and which profiles count as sRGB.
#include <lcms2.h>

#include <algorithm>
#include <cmath>

#include "native/picture_files/colour.h"
#include "native/picture_files/image_file.h"
#include "support/check.h"
#include "tests/native/pictures.h"

namespace lic::native {
namespace {

using test::File;
using test::PngRecipe;

double Encode(double light) {
  light = std::clamp(light, 0.0, 1.0);
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055);
}
double Decode(double value) { return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); }

// Display P3 to sRGB, both with D65, after CSS Color 4.
void P3ToSrgb(const double (&p3)[3], double (&srgb)[3]) {
  constexpr double kMatrix[3][3] = {
      {1.2249402, -0.2249402, 0}, {-0.0420570, 1.0420570, 0}, {-0.0196376, -0.0786361, 1.0982736}};
  for (int i = 0; i < 3; i++) {
    double light = 0;
    for (int k = 0; k < 3; k++) light += kMatrix[i][k] * Decode(p3[k]);
    srgb[i] = Encode(light);
  }
}

ColourProfile Profile(const Primaries& primaries, const Transfer& transfer, bool grey = false) {
  return ColourProfile::FromPrimaries(primaries, transfer, grey).value();
}

TEST(WideColoursAreConverted) {
  const ColourProfile p3 = Profile(kDisplayP3Primaries, {});
  for (const bool sixteen : {false, true}) {
    const Result<RowConverter> converter = RowConverter::Create(&p3, Samples::kRgbAlpha, sixteen);
    if (!CHECK(converter.ok())) continue;
    CHECK(converter.value().changes_colours());
    double worst = 0;
    int wrong_alphas = 0;
    for (uint32_t i = 0; i < 2000; i++) {
      uint16_t wide[4];
      uint8_t narrow[4], out[4];
      double p3_colour[3], srgb[3];
      for (uint32_t c = 0; c < 4; c++) {
        wide[c] = static_cast<uint16_t>(test::Pattern(i, 3, c));
        narrow[c] = static_cast<uint8_t>(wide[c] >> 8);
        if (c < 3) p3_colour[c] = sixteen ? wide[c] / 65535.0 : narrow[c] / 255.0;
      }
      P3ToSrgb(p3_colour, srgb);
      converter.value().Convert(sixteen ? reinterpret_cast<const uint8_t*>(wide) : narrow, out, 1);
      for (int c = 0; c < 3; c++) worst = std::max(worst, std::fabs(out[c] - srgb[c]));
      wrong_alphas += out[3] != (sixteen ? Narrow(wide[3]) : narrow[3]);
    }
    CHECK(worst < 1.3);
    CHECK_EQ(wrong_alphas, 0);
  }
}

TEST(GreyStaysGrey) {
  const ColourProfile profile = Profile(kSrgbPrimaries, {Transfer::kPower, 1.8}, true);
  const Result<RowConverter> converter = RowConverter::Create(&profile, Samples::kGreyAlpha, false);
  if (!CHECK(converter.ok())) return;
  for (int value = 0; value < 256; value += 5) {
    const uint8_t in[2] = {static_cast<uint8_t>(value), 9};
    uint8_t out[2];
    converter.value().Convert(in, out, 1);
    CHECK_NEAR(out[0], Encode(std::pow(value / 255.0, 1.8)), 1.2);
    CHECK_EQ(out[1], 9);
  }
}

TEST(WhatCountsAsSrgb) {
  const auto changes = [](const ColourProfile& profile, Samples samples) {
    return RowConverter::Create(&profile, samples, false).value().changes_colours();
  };
  CHECK(!changes(Profile(kSrgbPrimaries, {}), Samples::kRgb));
  CHECK(!changes(Profile(kSrgbPrimaries, {}, true), Samples::kGrey));
  Primaries nearly = kSrgbPrimaries;
  nearly.red[0] += 0.0005;
  CHECK(!changes(Profile(nearly, {}), Samples::kRgb));
  CHECK(changes(Profile(kSrgbPrimaries, {Transfer::kPower, 2.2}), Samples::kRgb));
  CHECK(changes(Profile(kSrgbPrimaries, {Transfer::kBt709}), Samples::kRgb));
  CHECK(changes(Profile(kBt2020Primaries, {}), Samples::kRgb));
  CHECK(RowConverter::Create(nullptr, Samples::kRgb, true).ok());
}

TEST(ProfilesThatDoNotFit) {
  const ColourProfile colour = Profile(kDisplayP3Primaries, {}), grey = Profile(kSrgbPrimaries, {}, true);
  CHECK(RowConverter::Create(&colour, Samples::kGrey, false).error() == Error::kUnsupportedImage);
  CHECK(RowConverter::Create(&grey, Samples::kRgb, false).error() == Error::kUnsupportedImage);
  CHECK(RowConverter::Create(&colour, Samples::kCmyk, false).error() == Error::kUnsupportedImage);
  CHECK(ColourProfile::FromIcc(File(500, 3)).error() == Error::kBadImage);
  CHECK(ColourProfile::FromIcc({}).error() == Error::kBadImage);
  const Primaries none = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  CHECK(ColourProfile::FromPrimaries(none, {}, false).error() == Error::kBadImage);
}

// Every eleventh bit: building a transform takes 10 ms and more.
TEST(BitFlipsOfAProfile) {
  const Buffer<uint8_t> icc = std::move(Profile(kDisplayP3Primaries, {}).ToIcc()).value();
  File damaged(icc.begin(), icc.end());
  for (size_t bit = 0; bit < damaged.size() * 8; bit += 11) {
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const Result<ColourProfile> profile = ColourProfile::FromIcc(damaged);
    if (profile.ok() && profile.value().Fits(Samples::kRgb))
      (void)RowConverter::Create(&profile.value(), Samples::kRgb, false);
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

// An output profile that says: L = 100 (1 - K) (1 - C), a = b = 0.
File InkProfile() {
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 2.4);
  cmsSetDeviceClass(profile, cmsSigOutputClass);
  cmsSetColorSpace(profile, cmsSigCmykData);
  cmsSetPCS(profile, cmsSigLabData);
  cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, 4, 3);
  cmsStage* table = cmsStageAllocCLut16bit(nullptr, 9, 4, 3, nullptr);
  cmsStageSampleCLut16bit(
      table,
      [](const cmsUInt16Number in[], cmsUInt16Number out[], void*) -> cmsInt32Number {
        const double light = (1 - in[0] / 65535.0) * (1 - in[3] / 65535.0);
        const cmsCIELab lab = {100 * light, 0, 0};
        cmsFloat2LabEncodedV2(out, &lab);
        return TRUE;
      },
      nullptr, 0);
  cmsPipelineInsertStage(pipeline, cmsAT_END, table);
  cmsWriteTag(profile, cmsSigAToB0Tag, pipeline);
  cmsWriteTag(profile, cmsSigAToB1Tag, pipeline);
  cmsPipelineFree(pipeline);
  cmsUInt32Number size = 0;
  cmsSaveProfileToMem(profile, nullptr, &size);
  File icc(size);
  cmsSaveProfileToMem(profile, icc.data(), &size);
  cmsCloseProfile(profile);
  return icc;
}

TEST(InkWithAProfile) {
  for (const bool adobe : {false, true}) {
    test::JpegRecipe recipe;
    recipe.in = recipe.stored = JCS_CMYK;
    recipe.adobe = adobe;
    recipe.icc = InkProfile();
    File rows;
    for (uint32_t i = 0; i < recipe.width * recipe.height; i++) {
      for (const int ink : {128, 40, 200, 0}) rows.push_back(static_cast<uint8_t>(255 - ink));
    }
    const Result<PictureFile> read = ReadPicture(test::MakeJpeg(recipe, rows), {.keep_icc = true});
    if (!CHECK(read.ok())) continue;
    CHECK(read.value().warnings.empty());
    CHECK(read.value().icc.empty());
    // L = 49.8 is a luminance of 0.183, or 119 of 255; black point compensation hardly moves it.
    for (size_t c = 0; c < 3; c++) CHECK_NEAR(read.value().picture.pixels[c], 119, 2);
  }
}

constexpr double kP3[8] = {0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060};
constexpr double kSrgb[8] = {0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06};

File FirstPixel(const File& png, const ReadOptions& options) {
  const Result<PictureFile> read = ReadPicture(png, options);
  if (!CHECK(read.ok())) return File(3);
  const Buffer<uint8_t>& pixels = read.value().picture.pixels;
  return File(pixels.begin(), pixels.begin() + 3);
}

File FirstPixel(const PngRecipe& recipe, const ReadOptions& options) {
  return FirstPixel(test::MakePng(recipe), options);
}

// Whether a pixel is what another one of Display P3 becomes in sRGB.
bool IsConvertedFromP3(const File& pixel, const File& original) {
  double p3[3], expected[3];
  for (size_t c = 0; c < 3; c++) p3[c] = original[c] / 255.0;
  P3ToSrgb(p3, expected);
  for (size_t c = 0; c < 3; c++) {
    if (std::fabs(pixel[c] - expected[c]) > 1.3) return false;
  }
  return true;
}

TEST(PngSaysItsColoursInAProfile) {
  const File unchanged = FirstPixel(PngRecipe(), {});
  const Buffer<uint8_t> icc = std::move(Profile(kDisplayP3Primaries, {}).ToIcc()).value();

  PngRecipe with_icc;
  with_icc.icc.assign(icc.begin(), icc.end());
  with_icc.gamma = 1;  // outranked
  CHECK(IsConvertedFromP3(FirstPixel(with_icc, {}), unchanged));
  CHECK(FirstPixel(with_icc, {.keep_icc = true}) == unchanged);
}

TEST(PngSaysItsColoursInPrimariesAndGamma) {
  const File unchanged = FirstPixel(PngRecipe(), {});
  PngRecipe with_primaries;
  with_primaries.primaries = kP3;
  with_primaries.gamma = 0.45455;
  CHECK(IsConvertedFromP3(FirstPixel(with_primaries, {}), unchanged));
  const Result<PictureFile> kept = ReadPicture(test::MakePng(with_primaries), {.keep_icc = true});
  if (CHECK(kept.ok())) CHECK(!kept.value().icc.empty());
  with_primaries.srgb = true;  // outranks both
  CHECK(FirstPixel(with_primaries, {}) == unchanged);

  PngRecipe with_gamma;
  with_gamma.primaries = kSrgb;
  with_gamma.gamma = 0.45455;
  CHECK(FirstPixel(with_gamma, {}) == unchanged);
  with_gamma.gamma = 1;
  const File linear = FirstPixel(with_gamma, {});
  for (size_t c = 0; c < 3; c++) CHECK_NEAR(linear[c], Encode(unchanged[c] / 255.0), 1.2);
}

TEST(PngSaysItsColoursInCicp) {
  const auto with_cicp = [](const File& numbers) {
    const File chunk = test::PngChunk("cICP", numbers);
    File file = test::MakePng(PngRecipe());
    file.insert(file.begin() + 33, chunk.begin(), chunk.end());
    return file;
  };
  CHECK(IsConvertedFromP3(FirstPixel(with_cicp({12, 13, 0, 1}), {}), FirstPixel(PngRecipe(), {})));
  CHECK(ReadPicture(with_cicp({1, 13, 0, 1}), {}).ok());
  CHECK(ReadPicture(with_cicp({9, 16, 0, 1}), {}).error() == Error::kUnsupportedImage);  // PQ: brighter than paper
}

TEST(BrokenProfileIsAWarning) {
  test::JpegRecipe recipe;
  recipe.icc = File(300, 1);
  const Result<PictureFile> read =
      ReadPicture(test::MakeJpeg(recipe, File(recipe.width * recipe.height * 3, 99)), {.keep_icc = true});
  if (!CHECK(read.ok())) return;
  CHECK_EQ(read.value().warnings.size(), 1);
  CHECK(read.value().icc.empty());
  CHECK_NEAR(read.value().picture.pixels[0], 99, 1);
}

}  // namespace
}  // namespace lic::native
