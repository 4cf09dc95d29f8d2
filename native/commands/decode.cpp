// `lic decode` makes PNG, PPM or PAM files of .lic files.
#include <CLI/CLI.hpp>

#include "native/commands/command.h"
#include "native/commands/numbers.h"
#include "native/commands/options.h"
#include "native/picture_files/image_file.h"
#include "native/picture_files/reduce.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

struct DecodeArguments {
  InputOptions inputs;
  WriteOptions outputs;
  BatchOptions batch;
  std::string model;
  std::string format;  // empty: by the output's name
  std::string scale = "1";
  DecodeOptions decode;
};

Result<FileFormat> ChooseFormat(const Job& job, const std::string& format) {
  return FormatOfName(format.empty() ? job.output : "x." + format);
}

Result<Outcome> DecodeFile(const Job& job, const DecodeArguments& arguments, ModelStore& models,
                           const ReportPart& report) {
  LIC_TRY(const FileFormat format, ChooseFormat(job, arguments.format));
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(job.input, kMaxLicFileBytes));
  LIC_TRY(const Info info, ReadInfo(file));
  LIC_TRY(const std::shared_ptr<const Model> model, models.ForDecoding(info));
  LIC_TRY(Decoder decoder, Decoder::Open(file, model.get(), {arguments.decode}));
  while (!decoder.done()) {
    LIC_CHECK(decoder.Step());
    report(decoder.progress(), {});
  }
  const Layout layout = decoder.layout();
  Picture picture = std::move(decoder).TakePicture();
  if (const uint32_t scale = arguments.scale.back() - '0'; scale > 1) {
    LIC_TRY(picture, Reduce(picture, scale));
  }

  Outcome outcome;
  if (std::string trailer = DescribeTrailer(layout, file); !trailer.empty())
    outcome.warnings.push_back(std::move(trailer));
  LIC_CHECK(MakeFolders(job, arguments.outputs));
  LIC_TRY(OutputFile out, OutputFile::Create(job.output));
  LIC_CHECK(WritePicture(picture, layout.metadata, format, out, outcome.warnings));
  LIC_CHECK(out.Commit());
  outcome.fields = DescribeFields(info, file.size());
  if (model) outcome.fields["model"] = model->name();
  outcome.summary = job.input + " -> " + job.output + ": " + DescribeText(info, file.size());
  return outcome;
}

int RunDecode(const DecodeArguments& arguments) {
  if (const std::string wrong = CheckOutputs(arguments.inputs, arguments.outputs); !wrong.empty())
    return UsageError(wrong);
  OutputOptions outputs = arguments.outputs.outputs;
  outputs.extension = arguments.format.empty() ? ".png" : "." + arguments.format;
  ModelStore models(arguments.model);
  return RunBatch(PlanOutputs(arguments.inputs, kLicExtensions, outputs), arguments.batch,
                  [&](const Job& job, const ReportPart& report) {
                    Outcome outcome;
                    if (SkipsExisting(job, arguments.outputs, outcome)) return outcome;
                    Result<Outcome> result = DecodeFile(job, arguments, models, report);
                    return result.ok() ? std::move(result).value() : FailedOutcome(result.failure(), models);
                  });
}

}  // namespace

std::function<int()> AddDecode(CLI::App& app) {
  const auto arguments = std::make_shared<DecodeArguments>();
  arguments->batch.command = "decode";
  AddInputOptions(app, arguments->inputs, ".lic files, folders (with -r), quoted patterns, or - for standard input");
  AddWriteOptions(app, arguments->outputs);
  app.add_option("-f,--format", arguments->format,
                 "png (keeps profile, Exif and XMP), ppm (no alpha) or pam; by default the one that the output's name "
                 "says, else png")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"png", "ppm", "pgm", "pnm", "pam"}).description(""));
  app.add_option("--scale", arguments->scale, "1/2, 1/4 or 1/8 of the width and height: the means of squares of pixels")
      ->type_name("SCALE")
      ->check(CLI::IsMember({"1", "1/2", "1/4", "1/8"}).description(""));
  AddModelOption(app, arguments->model);
  TakeNumbers(app.add_option("--max-pixels", arguments->decode.max_pixels, "Refuse larger pictures")
                  ->capture_default_str()
                  ->type_name("N"),
              {.least = 1, .most = kMaxPixels, .is_whole = true});
  AddBatchOptions(app, arguments->batch);
  app.add_flag("--quiet", arguments->batch.quiet, "Say nothing about files that went well");
  return [arguments] { return RunDecode(*arguments); };
}

}  // namespace lic::native
