/* The C interface used from C99: called by c_api_test.cpp, returns the line of the first failed check, or 0. */
#include "lic/lic_c.h"

#include <stdio.h>
#include <string.h>

#define EXPECT(condition) \
  if (!(condition)) return __LINE__

/* Stops at the second report; counts them in `context`. */
static int StopAtTwo(void* context, const lic_overfit_progress* progress) {
  int* reports = context;
  return progress->part >= 0 && progress->part <= 1 && ++*reports < 2;
}

int CheckOverfittedInC(void) {
  uint8_t pixels[20 * 10 * 4];
  lic_picture picture = {pixels, 20, 10, 4, 80}, decoded;
  lic_overfit_options options;
  lic_overfit_report report;
  lic_buffer *file = NULL, *out = NULL;
  lic_info info;
  lic_failure failure;
  uint64_t bytes = 0;
  uint32_t g;
  int reports = 0;
  size_t i;

  for (i = 0; i < sizeof(pixels); ++i) pixels[i] = (uint8_t)(i * 5);
  lic_overfit_options_default(&options);
  EXPECT(options.quality == 50 && options.effort == 3 && options.tile_units == 16 && options.threads == 0);
  options.effort = 0;
  options.threads = 1;
  options.quality = 70;
  options.xmp = pixels;
  options.xmp_size = 3;
  EXPECT(lic_encode_overfitted(&picture, &options, &file, &report, &failure) == LIC_OK);
  EXPECT(lic_read_info(lic_buffer_data(file), 40, &info, &failure) == LIC_OK);
  EXPECT(info.width == 20 && info.channels == 4 && info.coding == LIC_CODING_OVERFITTED && info.version == 2 &&
         info.quality == 70);
  EXPECT(report.iterations == 30 && report.seconds > 0 && report.network_bytes >= 4 && report.grids > 0 &&
         report.grids <= 21 && report.grid[0].level == 6 && report.grid[0].chain == 0);
  for (g = 0; g < report.grids; ++g) bytes += report.grid[g].bytes;
  EXPECT(bytes + report.network_bytes < lic_buffer_size(file));
  EXPECT(lic_decode(lic_buffer_data(file), lic_buffer_size(file), NULL, 0, 0, &decoded, &out, NULL) == LIC_OK);
  EXPECT(decoded.width == 20 && decoded.height == 10 && decoded.channels == 4 && decoded.pixels[3] == pixels[3]);
  lic_buffer_release(out);
  lic_buffer_release(file);
  options.observer = StopAtTwo;
  options.context = &reports;
  EXPECT(lic_encode_overfitted(&picture, &options, &file, NULL, &failure) == LIC_STOPPED);
  EXPECT(reports == 2 && failure.error == LIC_STOPPED && strcmp(lic_error_name(LIC_STOPPED), "stopped") == 0);
  options.effort = 10;
  EXPECT(lic_encode_overfitted(&picture, &options, &file, NULL, NULL) == LIC_INVALID_ARGUMENT);
  return 0;
}

int CheckCInterface(const uint8_t* decoder, size_t decoder_size, const uint8_t* encoder, size_t encoder_size) {
  uint8_t pixels[20 * 10 * 3];
  lic_picture picture = {pixels, 20, 10, 3, 60}, decoded;
  lic_model* model = NULL;
  lic_encoder_model* encoder_model = NULL;
  lic_buffer *file = NULL, *out = NULL;
  lic_encode_options options;
  lic_info info;
  lic_failure failure;
  uint8_t id[8];
  char version[32];
  size_t i;

  for (i = 0; i < sizeof(pixels); ++i) pixels[i] = (uint8_t)(i * 5);
  sprintf(version, "%d.%d.%d", LIC_VERSION_MAJOR, LIC_VERSION_MINOR, LIC_VERSION_PATCH);
  EXPECT(strcmp(lic_version(), version) == 0);
  EXPECT(lic_model_load(decoder, decoder_size - 1, &model, &failure) == LIC_BAD_MODEL);
  EXPECT(failure.error == LIC_BAD_MODEL && failure.what[0] != 0 &&
         strcmp(lic_error_name(LIC_BAD_MODEL), "bad_model") == 0 && strcmp(lic_error_name(256), "internal") == 0 &&
         strcmp(lic_error_name(-1), "internal") == 0);
  EXPECT(lic_model_load(decoder, decoder_size, &model, NULL) == LIC_OK);
  EXPECT(lic_encoder_model_load(encoder, encoder_size, model, &encoder_model, &failure) == LIC_OK);
  lic_encode_options_default(&options);
  options.quality = 70;
  EXPECT(lic_encode(&picture, model, encoder_model, &options, &file, &failure) == LIC_OK);
  EXPECT(lic_read_info(lic_buffer_data(file), 40, &info, &failure) == LIC_OK);
  lic_model_id(model, id);
  EXPECT(info.width == 20 && info.height == 10 && info.channels == 3 && info.coding == LIC_CODING_AUTOENCODER &&
         info.quality == 70 && memcmp(id, info.model_id, 8) == 0);
  EXPECT(lic_decode(lic_buffer_data(file), lic_buffer_size(file), model, 199, 0, &decoded, &out, &failure) ==
         LIC_LIMIT_EXCEEDED);
  EXPECT(lic_decode(lic_buffer_data(file), lic_buffer_size(file), model, 0, 4, &decoded, &out, &failure) == LIC_OK);
  EXPECT(decoded.width == 20 && decoded.height == 10 && decoded.channels == 4 && decoded.stride == 80);
  EXPECT(decoded.pixels == lic_buffer_data(out) && lic_buffer_size(out) == 800 && decoded.pixels[3] == 255);
  lic_buffer_release(out);
  EXPECT(lic_decode(lic_buffer_data(file), lic_buffer_size(file), NULL, 0, 0, &decoded, &out, &failure) ==
         LIC_UNKNOWN_MODEL);
  lic_buffer_release(file);
  options.target = LIC_TARGET_BYTES;
  options.target_value = 100;
  options.effort = 4;
  EXPECT(lic_encode(&picture, model, encoder_model, &options, &file, &failure) == LIC_LIMIT_EXCEEDED);
  options.target = LIC_TARGET_PSNR;
  options.target_value = 5;
  EXPECT(lic_encode(&picture, model, encoder_model, &options, &file, &failure) == LIC_OK);
  lic_buffer_release(file);
  options.target = -1;
  EXPECT(lic_encode(&picture, model, encoder_model, &options, &file, &failure) == LIC_INVALID_ARGUMENT);
  options.target = LIC_TARGET_SSIM + 1;
  EXPECT(lic_encode(&picture, model, encoder_model, &options, &file, &failure) == LIC_INVALID_ARGUMENT);
  lic_encoder_model_release(encoder_model);
  lic_model_release(model);
  lic_model_release(NULL);
  return 0;
}
