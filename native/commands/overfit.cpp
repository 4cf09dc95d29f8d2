#include "native/commands/overfit.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <thread>

#include "native/commands/numbers.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

// Says how far an encoding has come. `context` is a ReportPart.
bool ShowProgress(void* context, const OverfitProgress& progress) {
  char note[64];
  std::snprintf(note, sizeof(note), "%.1f kB, %.2f dB", progress.bytes / 1000, progress.psnr);
  (*static_cast<const ReportPart*>(context))(progress.part, note);
  return true;
}

}  // namespace

void AddCodingOptions(CLI::App& app, CodingOptions& options) {
  const std::map<std::string, Coding> codings = {{kAutoencoderName, Coding::kAutoencoder},
                                                 {kOverfittedName, Coding::kOverfitted}};
  CLI::Option* coding =
      app.add_option("--coding", options.coding,
                     "autoencoder codes with the networks of a model; overfitted fits networks to each picture, which "
                     "takes long and 50 bytes of memory for each pixel, and puts them into the file, so that nobody "
                     "needs a model. Its files are of a draft of the format: a later version may refuse them")
          ->transform(CLI::CheckedTransformer(codings).description(""))
          ->default_str(kAutoencoderName)
          ->type_name("CODING");
  app.add_flag_callback(
         "--overfit", [&options] { options.coding = Coding::kOverfitted; }, "The same as --coding overfitted")
      ->excludes(coding);
  TakeNumbers(app.add_option("--threads", options.threads,
                             "With --coding overfitted, threads for each picture, 0 for what the processors give; the "
                             "file does not depend on it")
                  ->capture_default_str()
                  ->type_name("N"),
              {.most = 256, .is_whole = true});
}

uint32_t ThreadsFor(const CodingOptions& options, size_t jobs) {
  if (options.threads > 0) return options.threads;
  return std::max(1u, std::thread::hardware_concurrency() / static_cast<uint32_t>(std::max<size_t>(jobs, 1)));
}

Result<OverfitEncoding> EncodeWithOwnNetworks(const PictureView& picture, const EncodeOptions& options,
                                              uint32_t threads, const ReportPart& report) {
  OverfitOptions overfit;
  overfit.quality = options.quality;
  overfit.target = options.target;
  overfit.target_value = options.target_value;
  overfit.tile_units = options.tile_units;
  overfit.metadata = options.metadata;
  overfit.effort = options.effort;
  overfit.threads = threads;
  overfit.observer = {ShowProgress, const_cast<ReportPart*>(&report)};
  OverfitEncoding encoding;
  LIC_TRY(encoding.file, EncodeOverfitted(picture, overfit, &encoding.report));
  return encoding;
}

nlohmann::ordered_json OverfitFields(const OverfitReport& report) {
  nlohmann::ordered_json grids = nlohmann::ordered_json::array();
  for (uint32_t g = 0; g < report.grids; ++g) {
    const OverfitReport::Grid& grid = report.grid[g];
    grids.push_back({{"chain", grid.chain}, {"level", grid.level}, {"bytes", grid.bytes}});
  }
  return {{"iterations", report.iterations},
          {"seconds", report.seconds},
          {"network_bytes", report.network_bytes},
          {"grids", grids}};
}

}  // namespace lic::native
