// `lic verify`: decodes .lic files without writing pictures, and measures them against an original.
#include <chrono>
#include <CLI/CLI.hpp>
#include <cmath>

#include "native/commands/command.h"
#include "native/commands/common.h"
#include "native/image_file.h"
#include "native/metrics.h"
#include "shared/try.h"

namespace lic {
namespace {

struct VerifyArguments {
  InputOptions inputs;
  BatchOptions batch;
  std::string model;
  std::string original;  // empty: none
  double min_psnr = 0;   // 0: none
};

void AddDifference(const Difference& difference, Outcome& outcome) {
  char text[80];
  std::snprintf(text, sizeof(text), "\n  psnr    %.2f dB", difference.psnr);
  outcome.summary += text;
  outcome.fields["equal"] = std::isinf(difference.psnr);
  outcome.fields["psnr"] = std::isinf(difference.psnr) ? nlohmann::ordered_json() : nlohmann::ordered_json(difference.psnr);
  if (!difference.ssim) return;
  std::snprintf(text, sizeof(text), "\n  ssim    %.4f", *difference.ssim);
  outcome.summary += text;
  outcome.fields["ssim"] = *difference.ssim;
}

// Compares in the space of the picture's pixels: sRGB, or that of the original's profile if the file keeps it.
Result<Difference> CompareWithFile(const Picture& picture, bool has_icc, const std::string& original_path) {
  ReadOptions options;
  options.keep_icc = has_icc;
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(original_path, kMaxPictureFileBytes));
  LIC_TRY(const PictureFile original, ReadPicture(file, options));
  return Compare(original.picture.view(), picture.view());
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
  outcome.summary = job.input + ": " + DescribeText(layout.info, file.size()) + "\n  symbols " + ToHex(symbols) + "\n  pixels  " +
                    ToHex(pixels);
  if (arguments.original.empty()) return outcome;

  Result<Difference> difference = CompareWithFile(picture, !layout.metadata.icc.empty(), arguments.original);
  if (!difference.ok()) {
    return Fail(difference.error(), "original %.40s: %s", arguments.original.c_str(), difference.failure().what);
  }
  AddDifference(difference.value(), outcome);
  if (difference.value().psnr < arguments.min_psnr) {
    const Failure failure = Fail(Error::kBelowQuality, "PSNR is %.2f dB, %.2f are asked for", difference.value().psnr, arguments.min_psnr);
    outcome.error = failure.error;
    outcome.message = failure.what;
  }
  return outcome;
}

int RunVerify(const VerifyArguments& arguments) {
  if (!arguments.original.empty() && arguments.inputs.names.size() > 1) return UsageError("--against takes a single input");
  if (arguments.min_psnr > 0 && arguments.original.empty()) return UsageError("--min-psnr needs --against");
  ModelStore models(arguments.model);
  return RunBatch(FindInputs(arguments.inputs, kLicExtensions), arguments.batch, [&](const Job& job, const ReportPart&) {
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
  app.add_option("--against", arguments->original, "The picture file that was encoded: adds PSNR and SSIM")->type_name("ORIGINAL");
  app.add_option("--min-psnr", arguments->min_psnr, "Fail with below_quality if the PSNR is less")->type_name("DB");
  AddModelOption(app, arguments->model);
  AddBatchOptions(app, arguments->batch);
  return [arguments] { return RunVerify(*arguments); };
}

}  // namespace lic
