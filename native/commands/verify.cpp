// `lic verify`: decodes .lic files without writing pictures, and measures them against an original.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "native/assurance/qa.h"
#include "native/commands/command.h"
#include "native/commands/options.h"
#include "native/picture_files/image_file.h"
#include "shared/base/try.h"
#include "shared/measure/metrics.h"

namespace lic::native {
namespace {

struct VerifyArguments {
  InputOptions inputs;
  BatchOptions batch;
  std::string model;
  std::string original;  // empty: none
  double min_psnr = 0;   // 0: none
  std::string map;       // empty: none
  bool tiles = false;
};

void AddDifference(const Difference& difference, Outcome& outcome) {
  char text[80];
  std::snprintf(text, sizeof(text), "\n  psnr    %.2f dB", difference.psnr);
  outcome.summary += text;
  outcome.fields["equal"] = std::isinf(difference.psnr);
  outcome.fields["psnr"] =
      std::isinf(difference.psnr) ? nlohmann::ordered_json() : nlohmann::ordered_json(difference.psnr);
  if (!difference.ssim) return;
  std::snprintf(text, sizeof(text), "\n  ssim    %.4f", *difference.ssim);
  outcome.summary += text;
  outcome.fields["ssim"] = *difference.ssim;
}

// In the space of the picture's pixels: sRGB, or that of the original's profile if the file keeps it.
Result<PictureFile> LoadOriginal(const std::string& path, bool has_icc) {
  ReadOptions options;
  options.keep_icc = has_icc;
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(path, kMaxPictureFileBytes));
  return ReadPicture(file, options);
}

void AddTiles(const DamageGrid& grid, Outcome& outcome) {
  nlohmann::ordered_json fields = {{"size", kTilePixels}, {"columns", grid.columns}, {"rows", grid.rows}};
  for (size_t i = 0; i < kMeasureCount; i++) {
    nlohmann::ordered_json& values = fields[MeasureName(static_cast<Measure>(i))] = nlohmann::ordered_json::array();
    for (const Measures& measures : grid.measures) values.push_back(measures[i]);
  }
  outcome.fields["tiles"] = std::move(fields);
}

// Without a calibration the map is drawn all the same, but no tile of it is outlined.
Status WriteMap(const std::string& path, const PictureView& original, const Picture& decoded, const DamageGrid& grid,
                const Result<Calibration>& calibration, float quality, Outcome& outcome) {
  Judgement judgement;
  if (calibration.ok()) {
    judgement = Judge(grid, calibration.value().LimitsAt(quality));
    outcome.fields["flagged"] = judgement.flagged.size();
    outcome.fields["alarm"] = judgement.alarm;
    outcome.summary +=
        "\n  flagged " + std::to_string(judgement.flagged.size()) + " of " + std::to_string(judgement.tiles) + " tiles";
  } else {
    outcome.warnings.push_back(std::string("no tiles are outlined: ") + calibration.failure().what);
  }
  LIC_TRY(const Picture map, DrawErrorMap(original, decoded.view(), judgement.flagged));
  LIC_TRY(OutputFile out, OutputFile::Create(path));
  LIC_CHECK(WritePicture(map, {}, FileFormat::kPng, out, outcome.warnings));
  LIC_CHECK(out.Commit());
  outcome.fields["map"] = path;
  return {};
}

// What --against adds.
Status MeasureAgainst(const Layout& layout, const Picture& picture, const Model& model,
                      const VerifyArguments& arguments, ModelStore& models, Outcome& outcome) {
  const auto load_and_compare = [&]() -> Result<std::pair<PictureFile, Difference>> {
    LIC_TRY(PictureFile original, LoadOriginal(arguments.original, !layout.metadata.icc.empty()));
    LIC_TRY(const Difference difference, Compare(original.picture.view(), picture.view()));
    return std::pair(std::move(original), difference);
  };
  const Result<std::pair<PictureFile, Difference>> compared = load_and_compare();
  if (!compared.ok())
    return Fail(compared.error(), "original %.40s: %s", arguments.original.c_str(), compared.failure().what);
  const auto& [original, difference] = compared.value();
  AddDifference(difference, outcome);
  if (arguments.tiles || !arguments.map.empty()) {
    LIC_TRY(const DamageGrid grid, MeasureTiles(original.picture.view(), picture.view()));
    if (arguments.tiles) AddTiles(grid, outcome);
    if (!arguments.map.empty()) {
      LIC_CHECK(WriteMap(arguments.map, original.picture.view(), picture, grid,
                         Calibration::Load(models.CalibrationPath(model), model), layout.info.quality, outcome));
    }
  }
  if (difference.psnr < arguments.min_psnr) {
    const Failure failure =
        Fail(Error::kBelowQuality, "PSNR is %.2f dB, %.2f are asked for", difference.psnr, arguments.min_psnr);
    outcome.error = failure.error;
    outcome.message = failure.what;
  }
  return {};
}

Result<Outcome> VerifyFile(const Job& job, const VerifyArguments& arguments, ModelStore& models) {
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(job.input, kMaxLicFileBytes));
  LIC_TRY(const Layout layout, ReadLayout(file));
  LIC_TRY(const std::shared_ptr<const Model> model, models.ForDecoding(layout.info));
  LIC_TRY(const SymbolHash symbols, HashSymbols(file, *model));
  const auto start = std::chrono::steady_clock::now();
  LIC_TRY(const Picture picture, Decode(file, *model));
  const std::chrono::duration<double, std::milli> decoding = std::chrono::steady_clock::now() - start;
  const SymbolHash pixels = Sha256(picture.pixels);

  Outcome outcome;
  outcome.fields = DescribeFields(layout.info, file.size());
  outcome.fields["model"] = model->name();
  outcome.fields["decode_ms"] = decoding.count();
  outcome.fields["symbol_hash"] = ToHex(symbols);
  outcome.fields["pixel_hash"] = ToHex(pixels);
  outcome.summary = job.input + ": " + DescribeText(layout.info, file.size()) + "\n  symbols " + ToHex(symbols) +
                    "\n  pixels  " + ToHex(pixels);
  if (arguments.original.empty()) return outcome;

  LIC_CHECK(MeasureAgainst(layout, picture, *model, arguments, models, outcome));
  return outcome;
}

bool IsSameFile(const std::string& a, const std::string& b) {
  std::error_code error;  // of a file that is not there
  return std::filesystem::equivalent(a, b, error);
}

// What is wrong with --against and --map for the files that were found; empty if nothing is.
std::string CheckOriginal(const std::vector<Job>& jobs, const VerifyArguments& arguments) {
  if (arguments.original.empty()) return {};
  if (jobs.size() > 1) return "--against takes a single input, not " + std::to_string(jobs.size());
  if (IsSameFile(arguments.map, arguments.original)) return "--map would overwrite the original";
  for (const Job& job : jobs) {
    if (IsSameFile(arguments.map, job.input)) return "--map would overwrite the input";
  }
  return {};
}

int RunVerify(const VerifyArguments& arguments) {
  if (!arguments.map.empty() && !arguments.map.ends_with(".png"))
    return UsageError("--map writes PNG: its name ends with .png");
  if (arguments.tiles && !arguments.batch.json) return UsageError("--tiles needs --json");
  const std::vector<Job> jobs = FindInputs(arguments.inputs, kLicExtensions);
  if (const std::string wrong = CheckOriginal(jobs, arguments); !wrong.empty()) return UsageError(wrong);
  ModelStore models(arguments.model);
  return RunBatch(jobs, arguments.batch, [&](const Job& job, const ReportPart&) {
    Result<Outcome> result = VerifyFile(job, arguments, models);
    return result.ok() ? std::move(result).value() : FailedOutcome(result.failure(), models);
  });
}

}  // namespace

std::function<int()> AddVerify(CLI::App& app) {
  const auto arguments = std::make_shared<VerifyArguments>();
  arguments->batch.command = "verify";
  arguments->batch.summary_is_product = true;
  AddInputOptions(app, arguments->inputs, ".lic files, folders (with -r), quoted patterns, or - for standard input");
  CLI::Option* against =
      app.add_option("--against", arguments->original, "The picture file that was encoded: adds PSNR and SSIM")
          ->type_name("ORIGINAL");
  app.add_option("--min-psnr", arguments->min_psnr, "Fail with below_quality if the PSNR is less")
      ->type_name("DB")
      ->needs(against);
  app.add_option("--map", arguments->map,
                 "Draw the error of each pixel as a PNG, with an outline around the tiles that --qa would flag if the "
                 "file's quality were asked for")
      ->type_name("FILE.png")
      ->needs(against);
  app.add_flag("--tiles", arguments->tiles, "Add the measures of each tile of 32 x 32 pixels to the line of JSON")
      ->needs(against);
  AddModelOption(app, arguments->model);
  AddBatchOptions(app, arguments->batch);
  return [arguments] { return RunVerify(*arguments); };
}

}  // namespace lic::native
