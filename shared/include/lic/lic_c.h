/* LIC in C99. The same library as lic.h, which is the manual: meanings, limits and errors are explained there.
 *
 * Every function returns an error number of docs/format.md#errors, 0 for success, and fills `failure`, which may be
 * null, with a sentence that says what is wrong. Results are handed out only on success. Options may be null for the
 * defaults.
 */
#ifndef LIC_LIC_C_H_
#define LIC_LIC_C_H_

#include <stddef.h>
#include <stdint.h>

#include "lic/version.h"

#include "lic/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library, such as "0.1.0"; lic/version.h has it as macros. */
LIC_API const char* lic_version(void);

typedef struct lic_failure {
  int error;
  char what[120];
} lic_failure;

/* "bad_stream" and the like. */
LIC_API const char* lic_error_name(int error);

/* Models. Immutable, to be used by any number of threads. Releasing null does nothing. */
typedef struct lic_model lic_model;
typedef struct lic_encoder_model lic_encoder_model;
LIC_API int lic_model_load(const uint8_t* file, size_t size, lic_model** model, lic_failure* failure);
LIC_API int lic_encoder_model_load(const uint8_t* file, size_t size, const lic_model* decoder,
                                   lic_encoder_model** encoder, lic_failure* failure);
LIC_API void lic_model_release(lic_model* model);
LIC_API void lic_encoder_model_release(lic_encoder_model* encoder);
/* The id, 8 bytes, that files of the model carry. */
LIC_API void lic_model_id(const lic_model* model, uint8_t id[8]);

/* Pixels: interleaved 8-bit samples, rows from the top, `stride` bytes from row to row. channels: 1 grey, 2 grey and
 * alpha, 3 red green blue, 4 red green blue alpha, straight. */
typedef struct lic_picture {
  const uint8_t* pixels;
  uint32_t width;
  uint32_t height;
  uint32_t channels;
  size_t stride;
} lic_picture;

/* What the library hands out: a picture or a file, in memory of the library. */
typedef struct lic_buffer lic_buffer;
LIC_API const uint8_t* lic_buffer_data(const lic_buffer* buffer);
LIC_API size_t lic_buffer_size(const lic_buffer* buffer);
LIC_API void lic_buffer_release(lic_buffer* buffer);

typedef struct lic_encode_options {
  float quality; /* 1..100; not looked at with a target */
  int target;    /* 0: none, 1: bytes, 2: PSNR, 3: SSIM, as lic::Target */
  double target_value;
  int effort;          /* 0..9 */
  uint32_t tile_units; /* tile side in units of 64 pixels, 1..1024 */
  const uint8_t* icc;  /* null: none */
  size_t icc_size;
  const uint8_t* exif;
  size_t exif_size;
  const uint8_t* xmp;
  size_t xmp_size;
} lic_encode_options;
LIC_API void lic_encode_options_default(lic_encode_options* options);
LIC_API int lic_encode(const lic_picture* picture, const lic_model* model, const lic_encoder_model* encoder,
                       const lic_encode_options* options, lic_buffer** file, lic_failure* failure);

typedef struct lic_info {
  uint32_t width;
  uint32_t height;
  uint32_t channels;
  uint32_t version;
  float quality;
  uint8_t model_id[8];
  uint8_t head_hash[8];
} lic_info;
/* Reads the header: the first 40 bytes suffice. */
LIC_API int lic_read_info(const uint8_t* file, size_t size, lic_info* info, lic_failure* failure);

/* `max_pixels` 0: no limit but the format's. `channels` 0: as coded, 4: red green blue alpha. `picture` describes
 * `pixels`. */
LIC_API int lic_decode(const uint8_t* file, size_t size, const lic_model* model, uint64_t max_pixels, uint32_t channels,
                       lic_picture* picture, lic_buffer** pixels, lic_failure* failure);

#ifdef __cplusplus
}
#endif

#endif
