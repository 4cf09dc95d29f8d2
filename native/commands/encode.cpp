// `lic encode` makes .lic files of picture files.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <map>

#include "native/assurance/qa_encode.h"
#include "native/assurance/qa_report.h"
#include "native/commands/command.h"
#include "native/commands/numbers.h"
#include "native/commands/options.h"
#include "native/commands/overfit.h"
#include "native/commands/stand_in.h"
#include "native/picture_files/image_file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

constexpr uint32_t kTileUnitPixels = 64;

// What to do with a picture that is damaged even at --qa-max.
enum class QaFallback : uint8_t { kBetter, kPng, kFail };

struct EncodeArguments {
  InputOptions inputs;
  WriteOptions outputs;
  BatchOptions batch;
  std::string model;
  CodingOptions coding;
  ReadOptions read;
  EncodeOptions encode;
  uint32_t tile_pixels = EncodeOptions{}.tile_units * kTileUnitPixels;
  double target_bpp = 0;  // 0: none
  bool qa = false;
  float qa_max = 100;
  QaFallback fallback = QaFallback::kBetter;

  bool overfits() const { return coding.coding == Coding::kOverfitted; }
  bool may_write_png() const { return qa && fallback == QaFallback::kPng; }
};

struct TargetOption {
  const char* name;
  Target target;
  const char* description;
  const char* unit;
  NumberRule rule;
};

constexpr NumberRule kQualities = {.least = 1, .most = 100}, kPositive = {.is_open = true};

constexpr TargetOption kTargetOptions[] = {
    {"--target-size", Target::kBytes, "The best quality whose file has at most this many bytes, instead of a quality",
     "BYTES", kPositive},
    {"--target-psnr", Target::kPsnr, "The least quality with at least this PSNR", "DB", kPositive},
    {"--target-ssim",
     Target::kSsim,
     "The least quality with at least this SSIM, a number below 1",
     "SSIM",
     {.most = 1, .is_open = true}},
};

struct SourceFile {
  PictureFile contents;
  uint64_t bytes = 0;
};

// One picture to encode, and all that it takes.
struct Task {
  const Job& job;
  const EncodeArguments& arguments;
  EncodingModel model;  // none where the picture gets networks of its own
  SourceFile source;
  EncodeOptions options;  // as the arguments say, for this picture

  PictureView view() const { return source.contents.picture.view(); }
};

// The bytes of the file are released before this returns; only the pixels stay.
Result<SourceFile> LoadPicture(const std::string& path, const ReadOptions& options) {
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(path, kMaxPictureFileBytes));
  LIC_TRY(PictureFile contents, ReadPicture(file, options));
  return SourceFile{std::move(contents), file.size()};
}

EncodeOptions OptionsFor(const PictureFile& source, const EncodeArguments& arguments) {
  EncodeOptions options = arguments.encode;
  options.tile_units = arguments.tile_pixels / kTileUnitPixels;
  options.metadata = source.metadata();
  if (arguments.target_bpp > 0) {
    options.target = Target::kBytes;
    options.target_value = std::floor(arguments.target_bpp * source.picture.width * source.picture.height / 8);
  }
  return options;
}

Status SaveBytes(const std::string& path, Bytes bytes) {
  LIC_TRY(OutputFile out, OutputFile::Create(path));
  LIC_CHECK(out.Write(bytes));
  return out.Commit();
}

Result<Outcome> WriteLic(const Task& task, Bytes file) {
  const Job& job = task.job;
  LIC_TRY(const Info info, ReadInfo(file));
  LIC_CHECK(MakeFolders(job, task.arguments.outputs));
  LIC_CHECK(SaveBytes(job.output, file));
  Outcome outcome;
  if (task.arguments.may_write_png()) LIC_CHECK(RemoveStandIn(job.output, outcome.warnings));
  outcome.fields = DescribeFields(info, file.size());
  if (task.model.decoder) outcome.fields["model"] = task.model.decoder->name();
  outcome.fields["effort"] = task.options.effort;
  outcome.summary = job.input + " -> " + job.output + ": " + DescribeText(info, file.size());
  return outcome;
}

Result<Outcome> WriteStandIn(const Task& task, Bytes png) {
  const Job& job = task.job;
  const Picture& picture = task.source.contents.picture;
  const std::string path = StandInPath(job.output);
  LIC_CHECK(MakeFolders(job, task.arguments.outputs));
  LIC_CHECK(SaveBytes(path, png));
  LIC_CHECK(RemoveOther(path, job.output));
  Outcome outcome;
  outcome.fields = {{"output", path},
                    {"format", "png"},
                    {"width", picture.width},
                    {"height", picture.height},
                    {"bytes", png.size()},
                    {"bpp", 8.0 * static_cast<double>(png.size()) / (double(picture.width) * picture.height)}};
  outcome.summary = job.input + " -> " + path + ": " + std::to_string(picture.width) + " x " +
                    std::to_string(picture.height) + ", " + std::to_string(png.size()) + " bytes, PNG";
  return outcome;
}

// The PNG that takes the place of a .lic file: where no quality is enough, or where it is no larger than the file of
// the quality that is. Empty if there is none.
Result<std::vector<uint8_t>> ChooseStandIn(const Task& task, const QaEncoding& encoding) {
  if (!task.arguments.may_write_png() || !encoding.asked.alarm) return std::vector<uint8_t>();
  LIC_TRY(std::vector<uint8_t> png, MakeStandIn(task.source.contents));
  if (!encoding.kept.alarm && png.size() > encoding.file.size()) return std::vector<uint8_t>();
  return png;
}

Result<Outcome> EncodeChecked(const Task& task, ModelStore& models) {
  const float quality = task.options.quality;
  const Model& decoder = *task.model.decoder;
  LIC_TRY(const Calibration calibration, Calibration::Load(models.CalibrationPath(decoder), decoder));
  LIC_TRY(const QaEncoding encoding,
          EncodeWithQa(task.view(), task.model, task.options, calibration, task.arguments.qa_max));
  LIC_TRY(const std::vector<uint8_t> png, ChooseStandIn(task, encoding));
  if (task.arguments.fallback == QaFallback::kFail && encoding.kept.alarm) {
    Outcome failed = Fail(Error::kBelowQuality, "%s", AlarmText(encoding.kept).c_str());
    failed.fields["qa"] = QaFields(encoding, quality, "fail");
    return failed;
  }
  LIC_TRY(Outcome outcome, png.empty() ? WriteLic(task, encoding.file) : WriteStandIn(task, png));
  const char* const action = !encoding.asked.alarm ? "none"
                             : !png.empty()        ? "png"
                             : encoding.kept.alarm ? "best"
                                                   : "raised";
  outcome.fields["qa"] = QaFields(encoding, quality, action);
  if (encoding.asked.alarm) outcome.warnings.push_back(WarningText(encoding, quality, action));
  return outcome;
}

Result<Outcome> EncodePlain(const Task& task) {
  LIC_TRY(const Buffer<uint8_t> file, Encode(task.view(), *task.model.decoder, *task.model.encoder, task.options));
  return WriteLic(task, file);
}

Result<Outcome> EncodeOwnNetworks(const Task& task, uint32_t threads, const ReportPart& report) {
  LIC_TRY(const OverfitEncoding encoding, EncodeWithOwnNetworks(task.view(), task.options, threads, report));
  LIC_TRY(Outcome outcome, WriteLic(task, encoding.file));
  outcome.fields.update(OverfitFields(encoding.report));
  return outcome;
}

// What the work on any of several pictures needs.
struct Workshop {
  const EncodeArguments& arguments;
  ModelStore& models;
  uint32_t threads;  // for a picture
};

Result<Outcome> EncodeFile(const Job& job, const Workshop& workshop, const ReportPart& report) {
  const EncodeArguments& arguments = workshop.arguments;
  EncodingModel model;
  if (!arguments.overfits()) {
    LIC_TRY(model, workshop.models.ForEncoding());
  }
  LIC_TRY(SourceFile source, LoadPicture(job.input, arguments.read));
  const EncodeOptions options = OptionsFor(source.contents, arguments);
  const Task task = {job, arguments, std::move(model), std::move(source), options};
  const auto start = std::chrono::steady_clock::now();
  LIC_TRY(Outcome outcome, arguments.overfits() ? EncodeOwnNetworks(task, workshop.threads, report)
                           : arguments.qa       ? EncodeChecked(task, workshop.models)
                                                : EncodePlain(task));
  outcome.fields["encode_ms"] =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  outcome.fields["source_bytes"] = task.source.bytes;
  const std::vector<std::string>& warnings = task.source.contents.warnings;
  outcome.warnings.insert(outcome.warnings.begin(), warnings.begin(), warnings.end());
  return outcome;
}

// Whether the .lic file or its stand-in is there already and shall stay.
bool SkipsAny(const Job& job, const EncodeArguments& arguments, Outcome& outcome) {
  if (SkipsExisting(job, arguments.outputs, outcome)) return true;
  return arguments.may_write_png() &&
         SkipsExisting({job.input, StandInPath(job.output), {}}, arguments.outputs, outcome);
}

// Says what is wrong with a combination of a coding and other options. Empty if nothing is.
std::string CheckCoding(const EncodeArguments& arguments) {
  if (!arguments.overfits())
    return arguments.coding.threads > 0 ? "--threads is for --coding overfitted; --jobs takes several files at a time"
                                        : "";
  if (arguments.qa) return "--qa has limits for each model, and --coding overfitted has none";
  if (!arguments.model.empty()) return "--model is for --coding autoencoder; overfitted files carry their networks";
  return "";
}

int RunEncode(const EncodeArguments& arguments) {
  if (const std::string wrong = CheckOutputs(arguments.inputs, arguments.outputs); !wrong.empty())
    return UsageError(wrong);
  if (const std::string wrong = CheckCoding(arguments); !wrong.empty()) return UsageError(wrong);
  if (arguments.tile_pixels % kTileUnitPixels) {
    return UsageError("--tile is " + std::to_string(arguments.tile_pixels) + ", not a multiple of 64");
  }
  OutputOptions outputs = arguments.outputs.outputs;
  outputs.extension = ".lic";
  if (arguments.qa && arguments.qa_max < arguments.encode.quality) {
    char text[80];
    std::snprintf(text, sizeof(text), "--qa-max is %g, less than the quality, which is %g",
                  static_cast<double>(arguments.qa_max), static_cast<double>(arguments.encode.quality));
    return UsageError(text);
  }
  ModelStore models(arguments.model);
  std::vector<LeftOut> left_out;
  std::vector<Job> jobs = PlanOutputs(arguments.inputs, kPictureExtensions, outputs, &left_out);
  LeaveOutStandIns(jobs, arguments.inputs.names);
  for (const LeftOut& folder : left_out) {
    if (const std::string text = DescribeLeftOut(folder); !text.empty())
      std::fprintf(stderr, "lic: %s: warning: %s\n", folder.folder.c_str(), text.c_str());
  }
  if (arguments.may_write_png()) RefuseToOverwriteInputs(jobs);
  const Workshop workshop = {arguments, models,
                             ThreadsFor(arguments.coding, JobsAtATime(arguments.batch, jobs.size()))};
  return RunBatch(jobs, arguments.batch, [&](const Job& job, const ReportPart& report) {
    Outcome outcome;
    if (SkipsAny(job, arguments, outcome)) return outcome;
    Result<Outcome> result = EncodeFile(job, workshop, report);
    if (result.ok()) return std::move(result).value();
    outcome = FailedOutcome(result.failure(), models);
    outcome.fields["coding"] = arguments.overfits() ? kOverfittedName : kAutoencoderName;
    return outcome;
  });
}

void AddQaOptions(CLI::App& app, EncodeArguments& arguments) {
  const std::map<std::string, QaFallback> fallbacks = {
      {"better", QaFallback::kBetter}, {"png", QaFallback::kPng}, {"fail", QaFallback::kFail}};
  CLI::Option* qa = app.add_flag("--qa", arguments.qa,
                                 "Decode the result before it gets its name and, where it is damaged more than "
                                 "photographs are at this quality, raise the quality until it is not");
  TakeNumbers(app.add_option("--qa-max", arguments.qa_max, "Highest quality that --qa may choose")
                  ->capture_default_str()
                  ->type_name("Q")
                  ->needs(qa),
              kQualities);
  app.add_option(
         "--qa-fallback", arguments.fallback,
         "Where that quality is not enough: better keeps its file, with a warning; png writes FILE.lic.png instead, "
         "also where it is no larger than the raised file; fail writes nothing and ends with below_quality")
      ->transform(CLI::CheckedTransformer(fallbacks).description(""))
      ->default_str("better")
      ->type_name("WHAT")
      ->needs(qa);
}

// The quality, --qa and the targets exclude each other: each of them decides on the quality.
void AddTargetOptions(CLI::App& app, const std::shared_ptr<EncodeArguments>& arguments) {
  std::vector<CLI::Option*> added = {app.get_option("--quality"), app.get_option("--qa")};
  const auto add = [&](CLI::Option* option) {
    for (CLI::Option* other : added) option->excludes(other);
    added.push_back(option);
  };
  for (const TargetOption& option : kTargetOptions) {
    const auto take = [arguments, target = option.target](double value) {
      arguments->encode.target = target;
      arguments->encode.target_value = value;
    };
    add(TakeNumbers(app.add_option_function<double>(option.name, take, option.description)->type_name(option.unit),
                    option.rule));
  }
  add(TakeNumbers(app.add_option("--target-bpp", arguments->target_bpp,
                                 "The best quality whose file has at most this many bits per pixel")
                      ->type_name("BPP"),
                  kPositive));
}

}  // namespace

std::function<int()> AddEncode(CLI::App& app) {
  const auto arguments = std::make_shared<EncodeArguments>();
  arguments->batch.command = "encode";
  AddInputOptions(
      app, arguments->inputs,
      "PNG, JPEG, WebP, PPM, PGM or PAM files, folders (with -r), quoted patterns, or - for standard input");
  AddWriteOptions(app, arguments->outputs);
  TakeNumbers(app.add_option("-q,--quality", arguments->encode.quality, "1 (smallest) to 100 (best); fractions count")
                  ->capture_default_str()
                  ->type_name("Q"),
              kQualities);
  AddCodingOptions(app, arguments->coding);
  app.add_option("--effort", arguments->encode.effort,
                 "How hard to search for fewer bytes at equal quality. 0: not at all; 1, 2: drop what costs more bits "
                 "than it is worth; 3 to 9: descend by the gradient of what the model was trained to lower, with 1, 2, "
                 "4, 8, 16, 32, 64 steps. "
                 "Seconds of one core per megapixel: 0.15, 0.15, 0.2, 0.35, 0.45, 0.65, 1.1, 2, 3.7, 7. "
                 "With --coding overfitted: 30, 60, 125, 250, 500, 1000, 2000, 4000, 8000, 16000 iterations, each 0.09 "
                 "seconds of one core per megapixel")
      ->capture_default_str()
      ->type_name("E");
  TakeNumbers(app.get_option("--effort"), {.most = kMaxEffort, .is_whole = true});
  TakeNumbers(app.add_option("--tile", arguments->tile_pixels,
                             "Side of the tiles in pixels, a multiple of 64 up to 65536: small tiles can be decoded a "
                             "piece at a time, large ones take fewer bytes")
                  ->capture_default_str()
                  ->type_name("N"),
              {.least = 64, .most = 65536, .is_whole = true});
  AddQaOptions(app, *arguments);
  AddTargetOptions(app, arguments);
  AddModelOption(app, arguments->model);
  app.add_flag("--keep-icc", arguments->read.keep_icc,
               "Keep the colours as they are and store their profile, instead of converting them to sRGB");
  app.add_flag("--keep-exif", arguments->read.keep_exif,
               "Keep Exif, including the place of a photo; its orientation becomes 1, since the pixels are turned");
  app.add_flag("--keep-xmp", arguments->read.keep_xmp, "Keep XMP");
  app.add_flag("--lenient", arguments->read.lenient,
               "Encode what is there of a picture whose pixels are damaged or missing in part, with a warning");
  AddBatchOptions(app, arguments->batch);
  app.add_flag("--quiet", arguments->batch.quiet, "Say nothing about files that went well");
  return [arguments] { return RunEncode(*arguments); };
}

}  // namespace lic::native
