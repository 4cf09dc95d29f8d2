// `lic encode`: picture files to .lic files.
#include <chrono>
#include <CLI/CLI.hpp>

#include "native/commands/command.h"
#include "native/commands/common.h"
#include "native/image_file.h"
#include "shared/try.h"

namespace lic {
namespace {

constexpr uint32_t kTileUnitPixels = 64;

struct EncodeArguments {
  InputOptions inputs;
  WriteOptions outputs;
  BatchOptions batch;
  std::string model;
  ReadOptions read;
  EncodeOptions encode;
  uint32_t tile_pixels = EncodeOptions{}.tile_units * kTileUnitPixels;
};

struct SourceFile {
  PictureFile contents;
  uint64_t bytes = 0;
};

// The file's own bytes are gone when this returns.
Result<SourceFile> LoadPicture(const std::string& path, const ReadOptions& options) {
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(path, kMaxPictureFileBytes));
  LIC_TRY(PictureFile contents, ReadPicture(file, options));
  return SourceFile{std::move(contents), file.size()};
}

Status SaveBytes(const std::string& path, Bytes bytes) {
  LIC_TRY(OutputFile out, OutputFile::Create(path));
  LIC_CHECK(out.Write(bytes));
  return out.Commit();
}

Result<Outcome> EncodeFile(const Job& job, const EncodeArguments& arguments, ModelStore& models) {
  LIC_TRY(const EncodingModel model, models.ForEncoding());
  LIC_TRY(const SourceFile source, LoadPicture(job.input, arguments.read));
  const Picture& picture = source.contents.picture;
  EncodeOptions options = arguments.encode;
  options.tile_units = arguments.tile_pixels / kTileUnitPixels;
  options.metadata = source.contents.metadata();
  const auto start = std::chrono::steady_clock::now();
  LIC_TRY(const Buffer<uint8_t> file, Encode(picture.view(), *model.decoder, *model.encoder, options));
  const std::chrono::duration<double, std::milli> encoding = std::chrono::steady_clock::now() - start;
  LIC_TRY(const Info info, ReadInfo(file));
  LIC_CHECK(MakeFolders(job, arguments.outputs));
  LIC_CHECK(SaveBytes(job.output, file));

  Outcome outcome;
  outcome.warnings = source.contents.warnings;
  outcome.fields = DescribeFields(info, file.size());
  outcome.fields["model"] = model.decoder->name();
  outcome.fields["encode_ms"] = encoding.count();
  outcome.fields["source_bytes"] = source.bytes;
  outcome.summary = job.input + " -> " + job.output + ": " + DescribeText(info, file.size());
  return outcome;
}

int RunEncode(const EncodeArguments& arguments) {
  if (const std::string wrong = CheckOutputs(arguments.inputs, arguments.outputs); !wrong.empty()) return UsageError(wrong);
  if (arguments.tile_pixels % kTileUnitPixels) return UsageError("--tile takes multiples of 64");
  OutputOptions outputs = arguments.outputs.outputs;
  outputs.extension = ".lic";
  ModelStore models(arguments.model);
  return RunBatch(PlanOutputs(arguments.inputs, kPictureExtensions, outputs), arguments.batch, [&](const Job& job, const ReportPart&) {
    Outcome outcome;
    if (SkipsExisting(job, arguments.outputs, outcome)) return outcome;
    Result<Outcome> result = EncodeFile(job, arguments, models);
    return result.ok() ? std::move(result).value() : FailedOutcome(result.failure(), models);
  });
}

}  // namespace

std::function<int()> AddEncode(CLI::App& app) {
  const auto arguments = std::make_shared<EncodeArguments>();
  arguments->batch.command = "encode";
  AddInputOptions(app, arguments->inputs, "PNG, JPEG, PPM, PGM or PAM files, folders (with -r), quoted patterns, or - for standard input");
  AddWriteOptions(app, arguments->outputs);
  app.add_option("-q,--quality", arguments->encode.quality, "1 (smallest) to 100 (best); fractions count")
      ->capture_default_str()
      ->type_name("Q")
      ->check(CLI::Range(1.0, 100.0).description(""));
  app.add_option("--effort", arguments->encode.effort,
                 "0: round every latent; 1: also drop what costs more bits than it is worth; 2: also correct the latents by their synthesis above quality 55, which takes twice the time")
      ->capture_default_str()
      ->type_name("E")
      ->check(CLI::Range(0, kMaxEffort).description(""));
  app.add_option("--tile", arguments->tile_pixels, "Side of the tiles in pixels, a multiple of 64 up to 65536: small tiles can be decoded a piece at a time, large ones take fewer bytes")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(64, 65536).description(""));
  AddModelOption(app, arguments->model);
  app.add_flag("--keep-icc", arguments->read.keep_icc, "Keep the colours as they are and store their profile, instead of converting them to sRGB");
  app.add_flag("--keep-exif", arguments->read.keep_exif, "Keep Exif, including the place of a photo; its orientation becomes 1, since the pixels are turned");
  app.add_flag("--keep-xmp", arguments->read.keep_xmp, "Keep XMP");
  AddBatchOptions(app, arguments->batch);
  app.add_flag("--quiet", arguments->batch.quiet, "Say nothing about files that went well");
  return [arguments] { return RunEncode(*arguments); };
}

}  // namespace lic
