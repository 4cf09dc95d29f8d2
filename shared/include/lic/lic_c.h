/* LIC for C: encodes pictures to .lic files and decodes them. This header has what C programs need to know. It is C99
 * and C++. The library is the one that lic.h describes for C++20. lic.h can do more: decoding in steps while a file
 * comes in, regions, previews, metadata of decoded files, hashes, and another allocator.
 *
 *     NAME.enc.licm --> lic_encoder_model_load --+
 *     NAME.dec.licm --> lic_model_load ----------+
 *                                                v
 *     pixels -----------------------------> lic_encode --> bytes of a .lic file --+--> lic_read_info --> size, model
 *                                                               lic_model --------+--> lic_decode -----> pixels
 *
 * ---- An example -------------------------------------------------------------------------------------------
 *
 * This program encodes a picture and decodes it again. It takes the paths of the two files of a model. Compile it as
 * C99: cc -std=c99 example.c $(pkg-config --cflags --libs lic)
 *
 *     #include <lic/lic_c.h>
 *     #include <stdio.h>
 *     #include <stdlib.h>
 *
 *     static uint8_t* read_file(const char* path, size_t* size) {
 *       FILE* file = fopen(path, "rb");
 *       uint8_t* bytes = NULL;
 *       if (!file || fseek(file, 0, SEEK_END) != 0) exit(66);
 *       *size = (size_t)ftell(file);
 *       bytes = malloc(*size);
 *       rewind(file);
 *       if (!bytes || fread(bytes, 1, *size, file) != *size) exit(66);
 *       fclose(file);
 *       return bytes;
 *     }
 *
 *     static void check(int error, const lic_failure* failure) {
 *       if (error == LIC_OK) return;
 *       fprintf(stderr, "%s: %s\n", lic_error_name(error), failure->what);
 *       exit(error);
 *     }
 *
 *     int main(int argc, char** argv) {
 *       static uint8_t pixels[100 * 80 * 3];
 *       lic_picture picture = {pixels, 100, 80, 3, 100 * 3}, decoded;
 *       lic_encode_options options;
 *       lic_failure failure;
 *       lic_model* model;
 *       lic_encoder_model* encoder;
 *       lic_buffer *file, *out;
 *       uint8_t* bytes;
 *       size_t size;
 *
 *       if (argc != 3) return 64;
 *       bytes = read_file(argv[1], &size);
 *       check(lic_model_load(bytes, size, &model, &failure), &failure);
 *       free(bytes);
 *       bytes = read_file(argv[2], &size);
 *       check(lic_encoder_model_load(bytes, size, model, &encoder, &failure), &failure);
 *       free(bytes);
 *
 *       lic_encode_options_default(&options);
 *       options.quality = 60;
 *       check(lic_encode(&picture, model, encoder, &options, &file, &failure), &failure);
 *       check(lic_decode(lic_buffer_data(file), lic_buffer_size(file), model, 0, 0, &decoded, &out, &failure),
 *             &failure);
 *       printf("%u x %u pixels\n", (unsigned)decoded.width, (unsigned)decoded.height);
 *
 *       lic_buffer_release(out);
 *       lic_buffer_release(file);
 *       lic_encoder_model_release(encoder);
 *       lic_model_release(model);
 *       return 0;
 *     }
 *
 * ---- What holds for every function ------------------------------------------------------------------------
 *
 * Errors. A function that can fail returns a number of lic_error, LIC_OK for success. It fills `failure`, in both
 * cases, unless that is null. What it would hand out is valid after success alone, and after a failure there is
 * nothing to release.
 * Bad data of any kind ends as an error and never as a crash.
 *
 * Pointers. None may be null unless its description says so.
 *
 * Ownership. What is handed in stays the caller's, and nothing of it is kept after the call. What is handed out
 * belongs to the caller and goes back by the release function of its type. Releasing null does nothing.
 *
 * Threads. Functions may run in several threads at once. Models never change, and any number of threads may use one
 * at once. lic_encode_overfitted starts threads, and ends them before it returns. Nothing else does.
 *
 * Time. The functions that encode and lic_decode take long, and their time goes with the pixels: see there. Loading a
 * model takes time with its bytes. The others are quick.
 */
#ifndef LIC_LIC_C_H_
#define LIC_LIC_C_H_

#include <stddef.h>
#include <stdint.h>

#include "lic/api.h"
#include "lic/version.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version and errors -------------------------------------------------------------------------------- */

/* Returns the version of the library as "MAJOR.MINOR.PATCH": see lic/version.h. The text is a constant of the
 * library. */
LIC_API const char* lic_version(void);

/* What is wrong. The numbers are frozen, and docs/format.md has the same. */
enum lic_error {
  LIC_OK = 0,
  LIC_NOT_LIC = 1,             /* The file does not begin like a .lic file. */
  LIC_UNSUPPORTED_VERSION = 2, /* The file is of a later version of the format. */
  LIC_TRUNCATED = 3,           /* The file ends too early. */
  LIC_BAD_CHECKSUM = 4,        /* A checksum that the file keeps differs from that of its bytes. */
  LIC_BAD_HEADER = 5,          /* A field of the header is outside its range. */
  LIC_BAD_SECTION = 6,         /* A section is out of order, missing, unknown or of a wrong length. */
  LIC_BAD_STREAM = 7,          /* An entropy-coded stream is not one that an encoder writes. */
  LIC_LIMIT_EXCEEDED = 8,      /* The picture or file is larger than the caller allows. */
  LIC_UNKNOWN_MODEL = 9,       /* The file names a model, and none is at hand. */
  LIC_MODEL_MISMATCH = 10,     /* The model that was handed in is not the one that the file names. */
  LIC_BAD_MODEL = 11,          /* A model file violates its format. */
  LIC_OUT_OF_MEMORY = 12,      /* There was no memory. */
  LIC_UNSUPPORTED_IMAGE = 13,  /* A picture of this kind or size cannot be encoded. */
  LIC_BAD_IMAGE = 14,          /* The command alone ends with this: a picture to be encoded is damaged. */
  LIC_IO_ERROR = 15,           /* The command alone ends with this: a file could not be read or written. */
  LIC_INVALID_ARGUMENT = 16,   /* An argument is outside its range. */
  LIC_INTERNAL = 17,           /* The library has a fault. Please report it. */
  LIC_BELOW_QUALITY = 18,      /* No file reaches the quality that was asked for. */
  LIC_STOPPED = 19             /* The caller stopped the work. */
};

/* An error, and a sentence in English for people that says what was found and what is allowed. It ends with a zero,
 * and is empty after success. */
typedef struct lic_failure {
  int error; /* of lic_error */
  char what[120];
} lic_failure;

/* Returns the name of an error as docs/format.md has it, such as "bad_stream". LIC_OK is "ok", and a number that is
 * no error's is "internal". The text is a constant of the library. */
LIC_API const char* lic_error_name(int error);

/* ---- Models -------------------------------------------------------------------------------------------- */

/* A model is the networks and tables with which pictures are coded. lic_model is the decoder's half, which encoders
 * need too; lic_encoder_model is what encoders need besides. */
typedef struct lic_model lic_model;
typedef struct lic_encoder_model lic_encoder_model;

/* Makes a model of the bytes of a NAME.dec.licm file, which need not be trusted. Release it with lic_model_release,
 * after all calls that use it. Time goes with the bytes of the file.
 * Errors: LIC_BAD_MODEL, LIC_BAD_CHECKSUM, LIC_UNSUPPORTED_VERSION, LIC_OUT_OF_MEMORY. */
LIC_API int lic_model_load(const uint8_t* file, size_t size, lic_model** model, lic_failure* failure);

/* Makes the encoder's half of the model `decoder` of the bytes of a NAME.enc.licm file. It does not refer to
 * `decoder` afterwards. Release it with lic_encoder_model_release.
 * Errors: those of lic_model_load; LIC_MODEL_MISMATCH where the file was made for another model than `decoder`. */
LIC_API int lic_encoder_model_load(const uint8_t* file, size_t size, const lic_model* decoder,
                                   lic_encoder_model** encoder, lic_failure* failure);

/* Destroy what the two functions above have made. Null is allowed. */
LIC_API void lic_model_release(lic_model* model);
LIC_API void lic_encoder_model_release(lic_encoder_model* encoder);

/* Writes the 8 bytes of the model's id. A model decodes a file where they equal the file's lic_info::model_id. */
LIC_API void lic_model_id(const lic_model* model, uint8_t id[8]);

/* ---- Pictures and buffers ------------------------------------------------------------------------------ */

/* Pixels in somebody else's memory. They have 8 bits a sample. The samples of a pixel follow each other, and so do
 * the pixels of a row from the left. Rows go from the top. Alpha is straight: colours are not multiplied by it.
 * Colours are sRGB, or of the ICC profile that the file keeps. */
typedef struct lic_picture {
  const uint8_t* pixels; /* of the top left pixel */
  uint32_t width;        /* 1..65535 */
  uint32_t height;       /* 1..65535; at most 2^28 pixels in all */
  uint32_t channels;     /* 1 grey, 2 grey and alpha, 3 red green blue, 4 red green blue alpha */
  size_t stride;         /* bytes from the beginning of a row to that of the next: width * channels at least */
} lic_picture;

/* What the library hands out: the bytes of a file, or pixels. */
typedef struct lic_buffer lic_buffer;

/* Return the bytes of a buffer, valid until it is released, and their number. */
LIC_API const uint8_t* lic_buffer_data(const lic_buffer* buffer);
LIC_API size_t lic_buffer_size(const lic_buffer* buffer);

/* Destroys a buffer and its bytes. Null is allowed. */
LIC_API void lic_buffer_release(lic_buffer* buffer);

/* ---- Encoding ------------------------------------------------------------------------------------------ */

/* What a file is to reach. Any target but LIC_TARGET_QUALITY makes lic_encode look for the quality by trials. */
enum lic_target {
  LIC_TARGET_QUALITY = 0, /* the quality that lic_encode_options::quality says */
  LIC_TARGET_BYTES = 1,   /* the best quality whose file has at most target_value bytes */
  LIC_TARGET_PSNR = 2,    /* the least quality whose decoded picture has a PSNR of at least target_value dB */
  LIC_TARGET_SSIM = 3     /* the least quality whose decoded picture has an SSIM of at least target_value */
};

/* How lic_encode is to encode. Fill it with lic_encode_options_default before you set fields: later versions of the
 * library may have more of them. The blocks of metadata stay the caller's, are copied into the file, and have at most
 * 4 MiB each; null with size 0 is none. */
typedef struct lic_encode_options {
  float quality;       /* 1..100, in steps of 1/256; not looked at with another target than LIC_TARGET_QUALITY */
  int target;          /* of lic_target */
  double target_value; /* bytes from 1 on, a PSNR above 0 and below 200 dB, an SSIM above 0 and below 1 */
  int effort;          /* 0..9: how hard the encoder searches; lic/encode.h says what it does and how long it takes */
  uint32_t tile_units; /* the side of a tile in units of 64 pixels, 1..1024 */
  const uint8_t* icc;  /* the profile of the colours */
  size_t icc_size;
  const uint8_t* exif; /* from the head of its TIFF structure on; it must say orientation 1 or none */
  size_t exif_size;
  const uint8_t* xmp; /* an XMP packet */
  size_t xmp_size;
} lic_encode_options;

/* Fills options with the defaults: quality 50, effort 3, tiles of 16 units, no metadata. */
LIC_API void lic_encode_options_default(lic_encode_options* options);

/* Encodes a picture and hands out the bytes of a whole .lic file. Release them with lic_buffer_release.
 *
 * Takes the pixels and both halves of one model: `encoder` must have been loaded with `model`, or with one of the
 * same id. `options` may be null for the defaults. Not kept are alpha that is 255 everywhere, and colours where alpha
 * is 0. The same picture may become other bytes on another machine or with another version of the library.
 *
 * Time is about 12 thousand multiplications a pixel for effort 0. It is more than twice as much for the default, 3,
 * and some 45 times as much for effort 9. A target takes 1 to 13 trials.
 *
 * Errors:
 *     LIC_INVALID_ARGUMENT    an option, the channels or the stride is outside its range; an SSIM is wanted of a
 *                             picture with a side below 11
 *     LIC_UNSUPPORTED_IMAGE   the picture has no pixels, a side above 65535 or more than 2^28 pixels; a block of
 *                             metadata has more than 4 MiB; the tiles have more than 4 GiB
 *     LIC_MODEL_MISMATCH      `encoder` is for another model than `model`
 *     LIC_LIMIT_EXCEEDED      not even quality 1 has as few bytes as LIC_TARGET_BYTES wants
 *     LIC_BELOW_QUALITY       not even quality 100 reaches what LIC_TARGET_PSNR or LIC_TARGET_SSIM wants
 *     LIC_OUT_OF_MEMORY       there was no memory */
LIC_API int lic_encode(const lic_picture* picture, const lic_model* model, const lic_encoder_model* encoder,
                       const lic_encode_options* options, lic_buffer** file, lic_failure* failure);

/* ---- Encoding with networks of the picture's own --------------------------------------------------------- */

/* How far lic_encode_overfitted has come. */
typedef struct lic_overfit_progress {
  float part;          /* of all its work, 0..1; with a target a guess */
  uint32_t trial;      /* descents that ended before this one; with a target there are several */
  uint32_t iteration;  /* of this descent */
  uint32_t iterations; /* that it will take */
  double bytes;        /* of the file as it would be now, about */
  double psnr;         /* dB of the picture as it would be now, about */
} lic_overfit_progress;

/* How lic_encode_overfitted is to encode. Fill it with lic_overfit_options_default before you set fields: later
 * versions of the library may have more of them. What lic_encode_options has too is what it is there. */
typedef struct lic_overfit_options {
  float quality;
  int target;
  double target_value;
  int effort;       /* 0..9: 30, 60, 125, 250, 500, 1000, 2000, 4000, 8000 or 16000 iterations of the descent */
  uint32_t threads; /* that work on the picture; 0: one for each processor; the file does not depend on it */
  uint32_t tile_units;
  const uint8_t* icc;
  size_t icc_size;
  const uint8_t* exif;
  size_t exif_size;
  const uint8_t* xmp;
  size_t xmp_size;
  /* Null, or what is called several times a second, more or less, from the thread of the call. A result of 0 stops the
   * encoding. */
  int (*observer)(void* context, const lic_overfit_progress* progress);
  void* context; /* the observer's first argument */
} lic_overfit_options;

/* Fills options with the defaults: those of lic_encode_options_default, one thread for each processor, no observer. */
LIC_API void lic_overfit_options_default(lic_overfit_options* options);

/* What lic_encode_overfitted did. */
typedef struct lic_overfit_report {
  uint32_t iterations;    /* of all descents */
  double seconds;         /* that it took */
  uint64_t network_bytes; /* of the file's networks */
  uint32_t grids;         /* of latents */
  struct {
    uint32_t chain; /* 0 is the main one */
    uint32_t level; /* a latent for every square of 2^level pixels */
    uint64_t bytes; /* about: grids share streams */
  } grid[21];       /* the first `grids` of them, in the order of the file */
} lic_overfit_report;

/* Encodes a picture with networks of its own and hands out the bytes of a whole .lic file of version 2, which is a
 * draft: a later version of the library may refuse it. Release them with lic_buffer_release.
 *
 * The networks are fitted to the picture by gradient descent, so it takes no model, and neither does a decoder.
 * `options` may be null for the defaults, and `report` may be null. It starts threads, which end before it returns.
 * With a target there are 1 to 13 descents; the first is steered to it, and each after it goes on from the one before
 * it, with an eighth of the iterations or more.
 *
 * Errors: those of lic_encode but for LIC_MODEL_MISMATCH; LIC_STOPPED where the observer stopped it. */
LIC_API int lic_encode_overfitted(const lic_picture* picture, const lic_overfit_options* options, lic_buffer** file,
                                  lic_overfit_report* report, lic_failure* failure);

/* ---- Decoding ------------------------------------------------------------------------------------------ */

/* How a picture is coded. */
enum lic_coding {
  LIC_CODING_AUTOENCODER = 0, /* by the networks of a model, which the file names */
  LIC_CODING_OVERFITTED = 1   /* by networks of the picture's own, which the file carries */
};

/* What the header of a file says. */
typedef struct lic_info {
  uint32_t width;       /* 1..65535 */
  uint32_t height;      /* 1..65535 */
  uint32_t channels;    /* that the picture was coded with, as lic_picture has them */
  uint32_t version;     /* of the format: 1, or 0 where the file's model was not released when it was written; 2 where
                         * the file carries its networks */
  float quality;        /* 1..100 */
  uint8_t model_id[8];  /* the id of the models that decode the file */
  uint8_t head_hash[8]; /* the synthesis of the model that encoded it; a model with another one may decode it too */
  int coding;           /* of lic_coding */
} lic_info;

/* Reads the header of a file, from its first 40 bytes or more.
 * Errors: LIC_NOT_LIC, LIC_TRUNCATED, LIC_BAD_CHECKSUM, LIC_UNSUPPORTED_VERSION, LIC_BAD_HEADER. */
LIC_API int lic_read_info(const uint8_t* file, size_t size, lic_info* info, lic_failure* failure);

/* Decodes a whole file. Hands out its pixels in `pixels`, and describes them in `picture`, whose pointer is into
 * `pixels`: valid until these are released with lic_buffer_release.
 *
 * Takes the file and the model whose id it names. `model` may be null for files that name none. `max_pixels` is the
 * most pixels that the picture may have, 0 for what the format allows: a file of a hundred bytes can claim 2^28.
 * `channels` is 0 for those that the picture was coded with, or 4 for red, green, blue and alpha in any case.
 *
 * Every machine decodes the same alpha. Colours may differ by one between machines. Time is about 4.5 thousand
 * multiplications a pixel with the models that come with LIC.
 *
 * Errors:
 *     those of lic_read_info, LIC_BAD_SECTION, LIC_BAD_STREAM
 *                             the file is damaged, or none
 *     LIC_UNKNOWN_MODEL       the file names a model, and `model` is null
 *     LIC_MODEL_MISMATCH      the model is another than the file names
 *     LIC_LIMIT_EXCEEDED      the picture has more than `max_pixels` pixels
 *     LIC_INVALID_ARGUMENT    `channels` is neither 0 nor 4
 *     LIC_OUT_OF_MEMORY       there was no memory */
LIC_API int lic_decode(const uint8_t* file, size_t size, const lic_model* model, uint64_t max_pixels, uint32_t channels,
                       lic_picture* picture, lic_buffer** pixels, lic_failure* failure);

#ifdef __cplusplus
}
#endif

#endif
