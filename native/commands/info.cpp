// `lic info` prints what the headers of .lic files say.
#include <CLI/CLI.hpp>

#include "native/commands/command.h"
#include "native/commands/options.h"
#include "native/files/file.h"
#include "shared/base/try.h"

namespace lic::native {
namespace {

struct InfoArguments {
  InputOptions inputs;
  BatchOptions batch;
};

Result<Outcome> DescribeFile(const Job& job) {
  LIC_TRY(const FileStart start, LoadFileStart(job.input, kHeaderBytes));
  LIC_TRY(const Info info, ReadInfo(start.bytes));
  Outcome outcome;
  outcome.fields = DescribeFields(info, start.file_bytes);
  outcome.fields["version"] = info.version;
  outcome.fields["alpha"] = info.has_alpha;
  outcome.fields["grey"] = info.is_grey;
  outcome.fields["tile"] = info.tile_units * 64;
  outcome.fields["head_hash"] = ToHex(info.head_hash);
  outcome.summary = job.input + ": " + DescribeText(info, start.file_bytes) + (info.is_grey ? ", grey" : "") +
                    (info.has_alpha ? ", alpha" : "") + ", tile " + std::to_string(info.tile_units * 64) +
                    ", version " + std::to_string(info.version) +
                    (info.coding == Coding::kAutoencoder ? ", model " + ToHex(info.model_id) : ", own networks");
  return outcome;
}

int RunInfo(const InfoArguments& arguments) {
  return RunBatch(FindInputs(arguments.inputs, kLicExtensions), arguments.batch, [](const Job& job, const ReportPart&) {
    Result<Outcome> result = DescribeFile(job);
    return result.ok() ? std::move(result).value() : Outcome(result.failure());
  });
}

}  // namespace

std::function<int()> AddInfo(CLI::App& app) {
  const auto arguments = std::make_shared<InfoArguments>();
  arguments->batch.command = "info";
  arguments->batch.summary_is_product = true;
  AddInputOptions(app, arguments->inputs, ".lic files, folders (with -r), quoted patterns, or - for standard input");
  app.add_flag("--json", arguments->batch.json, "Print a line of JSON for each file");
  return [arguments] { return RunInfo(*arguments); };
}

}  // namespace lic::native
