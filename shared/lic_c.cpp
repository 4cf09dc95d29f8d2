// The C interface, a thin coat over the C++ one.
#include "lic/lic_c.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "lic/lic.h"

struct lic_model {
  lic::Model model;
};

struct lic_encoder_model {
  lic::EncoderModel model;
};

struct lic_buffer {
  lic::Buffer<uint8_t> bytes;
};

static_assert(LIC_TARGET_QUALITY == int(lic::Target::kQuality) && LIC_TARGET_BYTES == int(lic::Target::kBytes));
static_assert(LIC_TARGET_PSNR == int(lic::Target::kPsnr) && LIC_TARGET_SSIM == int(lic::Target::kSsim));
static_assert(LIC_CODING_AUTOENCODER == int(lic::Coding::kAutoencoder));
static_assert(LIC_CODING_OVERFITTED == int(lic::Coding::kOverfitted));

namespace {

int Report(const lic::Failure& failure, lic_failure* to) {
  if (to) {
    to->error = static_cast<int>(failure.error);
    static_assert(sizeof(to->what) == sizeof(failure.what));
    std::memcpy(to->what, failure.what, sizeof(failure.what));
  }
  return static_cast<int>(failure.error);
}

// Hands out the value of a Result as a new object of the C interface.
template <class Handle, class Value>
int HandOut(lic::Result<Value> result, Handle** to, lic_failure* failure) {
  if (!result.ok()) return Report(result.failure(), failure);
  *to = new (std::nothrow) Handle{std::move(result).value()};
  if (!*to) return Report(lic::Fail(lic::Error::kOutOfMemory, "no memory for a handle"), failure);
  return Report({}, failure);
}

lic::PictureView ViewOf(const lic_picture& picture) {
  return {picture.pixels, picture.width, picture.height, picture.channels, picture.stride};
}

// What the options of both encoders have.
template <class From, class To>
void Convert(const From& from, To& to) {
  to.quality = from.quality;
  // 255 is no target, so that the encoder refuses what does not fit into one.
  to.target = static_cast<lic::Target>(from.target >= 0 && from.target < 255 ? from.target : 255);
  to.target_value = from.target_value;
  to.effort = from.effort;
  to.tile_units = from.tile_units;
  to.metadata = {{from.icc, from.icc_size}, {from.exif, from.exif_size}, {from.xmp, from.xmp_size}};
}

// Those defaults.
template <class To>
void FillDefaults(To& options) {
  const lic::EncodeOptions defaults;
  options = {};
  options.quality = defaults.quality;
  options.effort = defaults.effort;
  options.tile_units = defaults.tile_units;
}

// An observer of C++ that asks one of C: its context is the options.
bool AskObserver(void* context, const lic::OverfitProgress& now) {
  const auto& options = *static_cast<const lic_overfit_options*>(context);
  const lic_overfit_progress progress = {now.part, now.trial, now.iteration, now.iterations, now.bytes, now.psnr};
  return options.observer(options.context, &progress) != 0;
}

void Convert(const lic::OverfitReport& from, lic_overfit_report& to) {
  to = {};
  to.iterations = from.iterations;
  to.seconds = from.seconds;
  to.network_bytes = from.network_bytes;
  to.grids = from.grids;
  static_assert(std::extent_v<decltype(lic_overfit_report::grid)> == std::extent_v<decltype(lic::OverfitReport::grid)>);
  for (uint32_t g = 0; g < from.grids; ++g) {
    to.grid[g].chain = from.grid[g].chain;
    to.grid[g].level = from.grid[g].level;
    to.grid[g].bytes = from.grid[g].bytes;
  }
}

}  // namespace

const char* lic_version() { return lic::Version(); }
const char* lic_error_name(int error) {
  const bool known = error >= 0 && error < lic::kErrorCount;  // a lic::Error has 8 bits, an int may have more
  return lic::ErrorName(known ? static_cast<lic::Error>(error) : lic::Error::kInternal);
}

int lic_model_load(const uint8_t* file, size_t size, lic_model** model, lic_failure* failure) {
  return HandOut(lic::Model::Load({file, size}), model, failure);
}

int lic_encoder_model_load(const uint8_t* file, size_t size, const lic_model* decoder, lic_encoder_model** encoder,
                           lic_failure* failure) {
  return HandOut(lic::EncoderModel::Load({file, size}, decoder->model), encoder, failure);
}

void lic_model_release(lic_model* model) { delete model; }
void lic_encoder_model_release(lic_encoder_model* encoder) { delete encoder; }
void lic_model_id(const lic_model* model, uint8_t id[8]) { std::copy_n(model->model.id().bytes, 8, id); }

const uint8_t* lic_buffer_data(const lic_buffer* buffer) { return buffer->bytes.data(); }
size_t lic_buffer_size(const lic_buffer* buffer) { return buffer->bytes.size(); }
void lic_buffer_release(lic_buffer* buffer) { delete buffer; }

void lic_encode_options_default(lic_encode_options* options) { FillDefaults(*options); }
void lic_overfit_options_default(lic_overfit_options* options) { FillDefaults(*options); }

int lic_encode(const lic_picture* picture, const lic_model* model, const lic_encoder_model* encoder,
               const lic_encode_options* options, lic_buffer** file, lic_failure* failure) {
  lic::EncodeOptions converted;
  if (options) Convert(*options, converted);
  return HandOut(lic::Encode(ViewOf(*picture), model->model, encoder->model, converted), file, failure);
}

int lic_encode_overfitted(const lic_picture* picture, const lic_overfit_options* options, lic_buffer** file,
                          lic_overfit_report* report, lic_failure* failure) {
  lic::OverfitOptions converted;
  lic_overfit_options kept;
  if (options) {
    kept = *options;
    Convert(kept, converted);
    converted.threads = kept.threads;
    if (kept.observer) converted.observer = {AskObserver, &kept};
  }
  lic::OverfitReport made;
  const int error = HandOut(lic::EncodeOverfitted(ViewOf(*picture), converted, &made), file, failure);
  if (error == 0 && report) Convert(made, *report);
  return error;
}

int lic_read_info(const uint8_t* file, size_t size, lic_info* info, lic_failure* failure) {
  const auto result = lic::ReadInfo({file, size});
  if (!result.ok()) return Report(result.failure(), failure);
  const lic::Info& from = result.value();
  info->width = from.width;
  info->height = from.height;
  info->channels = from.channels();
  info->version = from.version;
  info->coding = static_cast<int>(from.coding);
  info->quality = from.quality;
  std::copy_n(from.model_id.bytes, 8, info->model_id);
  std::copy_n(from.head_hash.bytes, 8, info->head_hash);
  return Report({}, failure);
}

int lic_decode(const uint8_t* file, size_t size, const lic_model* model, uint64_t max_pixels, uint32_t channels,
               lic_picture* picture, lic_buffer** pixels, lic_failure* failure) {
  lic::DecodeOptions options;
  if (max_pixels) options.max_pixels = max_pixels;
  options.channels = channels;
  auto result = lic::Decode({file, size}, model ? &model->model : nullptr, options);
  if (!result.ok()) return Report(result.failure(), failure);
  lic::Picture decoded = std::move(result).value();
  const size_t stride = size_t{decoded.width} * decoded.channels;
  const int error = HandOut(lic::Result<lic::Buffer<uint8_t>>(std::move(decoded.pixels)), pixels, failure);
  if (error == 0) *picture = {lic_buffer_data(*pixels), decoded.width, decoded.height, decoded.channels, stride};
  return error;
}
