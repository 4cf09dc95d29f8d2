// `lic verify` decodes .lic files without writing pictures, and measures them against an original.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "native/assurance/qa.h"
#include "native/commands/command.h"
#include "native/commands/numbers.h"
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

// Loads the original in the colour space of the decoded pixels: sRGB, or the profile's if the file keeps it.
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

// A .lic file, decoded. The metadata of the layout lies in the bytes of the file.
struct DecodedFile {
  Buffer<uint8_t> bytes;
  Layout layout;
  std::shared_ptr<const Model> model;
  Picture picture;
};

// The tiles that --qa would flag. Without a calibration there are none, and a warning says so: the map is drawn all the
// same.
Judgement JudgeTiles(const DamageGrid& grid, const DecodedFile& file, ModelStore& models, Outcome& outcome) {
  if (!file.model) {
    outcome.warnings.push_back("no tiles are outlined: the file has no model, and calibrations are those of models");
    return {};
  }
  const Result<Calibration> calibration = Calibration::Load(models.CalibrationPath(*file.model), *file.model);
  if (!calibration.ok()) {
    outcome.warnings.push_back(std::string("no tiles are outlined: ") + calibration.failure().what);
    return {};
  }
  Judgement judgement = Judge(grid, calibration.value().LimitsAt(file.layout.info.quality));
  outcome.fields["flagged"] = judgement.flagged.size();
  outcome.fields["alarm"] = judgement.alarm;
  outcome.summary +=
      "\n  flagged " + std::to_string(judgement.flagged.size()) + " of " + std::to_string(judgement.tiles) + " tiles";
  return judgement;
}

Status SaveMap(const Picture& map, const std::string& path, Outcome& outcome) {
  LIC_TRY(OutputFile out, OutputFile::Create(path));
  LIC_CHECK(WritePicture(map, {}, FileFormat::kPng, out, outcome.warnings));
  LIC_CHECK(out.Commit());
  outcome.fields["map"] = path;
  return {};
}

// Adds what --tiles and --map ask for.
Status MeasureDamage(const PictureView& original, const DecodedFile& file, const VerifyArguments& arguments,
                     ModelStore& models, Outcome& outcome) {
  LIC_TRY(const DamageGrid grid, MeasureTiles(original, file.picture.view()));
  if (arguments.tiles) AddTiles(grid, outcome);
  if (arguments.map.empty()) return {};
  const Judgement judgement = JudgeTiles(grid, file, models, outcome);
  LIC_TRY(const Picture map, DrawErrorMap(original, file.picture.view(), judgement.flagged));
  return SaveMap(map, arguments.map, outcome);
}

// Adds what --against asks for.
Status MeasureAgainst(const DecodedFile& file, const VerifyArguments& arguments, ModelStore& models, Outcome& outcome) {
  const auto load_and_compare = [&]() -> Result<std::pair<PictureFile, Difference>> {
    LIC_TRY(PictureFile original, LoadOriginal(arguments.original, !file.layout.metadata.icc.empty()));
    LIC_TRY(const Difference difference, Compare(original.picture.view(), file.picture.view()));
    return std::pair(std::move(original), difference);
  };
  const Result<std::pair<PictureFile, Difference>> compared = load_and_compare();
  if (!compared.ok())
    return Fail(compared.error(), "original %.40s: %s", arguments.original.c_str(), compared.failure().what);
  const auto& [original, difference] = compared.value();
  AddDifference(difference, outcome);
  if (arguments.tiles || !arguments.map.empty()) {
    LIC_CHECK(MeasureDamage(original.picture.view(), file, arguments, models, outcome));
  }
  if (difference.psnr < arguments.min_psnr) {
    const Failure failure =
        Fail(Error::kBelowQuality, "PSNR is %.2f dB, less than the %.2f dB that --min-psnr asks for", difference.psnr,
             arguments.min_psnr);
    outcome.error = failure.error;
    outcome.message = failure.what;
  }
  return {};
}

Result<Outcome> VerifyFile(const Job& job, const VerifyArguments& arguments, ModelStore& models) {
  DecodedFile file;
  LIC_TRY(file.bytes, LoadFile(job.input, kMaxLicFileBytes));
  LIC_TRY(file.layout, ReadLayout(file.bytes));
  const Info& info = file.layout.info;
  LIC_TRY(file.model, models.ForDecoding(info));
  const auto start = std::chrono::steady_clock::now();
  LIC_TRY(file.picture, Decode(file.bytes, file.model.get()));
  const std::chrono::duration<double, std::milli> decoding = std::chrono::steady_clock::now() - start;
  const SymbolHash pixels = Sha256(file.picture.pixels);

  Outcome outcome;
  outcome.fields = DescribeFields(info, file.bytes.size());
  if (file.model) outcome.fields["model"] = file.model->name();
  outcome.fields["decode_ms"] = decoding.count();
  outcome.summary = job.input + ": " + DescribeText(info, file.bytes.size());
  // A file that carries its own networks is compared by its pixels alone.
  if (file.model) {
    LIC_TRY(const SymbolHash symbols, HashSymbols(file.bytes, *file.model));
    outcome.fields["symbol_hash"] = ToHex(symbols);
    outcome.summary += "\n  symbols " + ToHex(symbols);
  }
  outcome.fields["pixel_hash"] = ToHex(pixels);
  outcome.summary += "\n  pixels  " + ToHex(pixels);
  if (!arguments.original.empty()) LIC_CHECK(MeasureAgainst(file, arguments, models, outcome));
  if (std::string trailer = DescribeTrailer(file.layout, file.bytes); !trailer.empty()) {
    if (outcome.error == Error::kNone) {
      outcome.error = Error::kBadSection;
      outcome.message = std::move(trailer);
    } else {
      outcome.warnings.push_back(std::move(trailer));
    }
  }
  return outcome;
}

bool IsSameFile(const std::string& a, const std::string& b) {
  std::error_code error;  // of a file that is not there
  return std::filesystem::equivalent(a, b, error);
}

// Says what is wrong with --against and --map for the files that were found. Empty if nothing is.
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
    return UsageError("--map writes PNG, so the name must end with .png: " + arguments.map);
  if (arguments.tiles && !arguments.batch.json)
    return UsageError("--tiles adds to the lines of --json, which is missing");
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
  TakeNumbers(app.add_option("--min-psnr", arguments->min_psnr, "Fail with below_quality if the PSNR is less")
                  ->type_name("DB")
                  ->needs(against),
              {});
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
