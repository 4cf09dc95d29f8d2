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

// What the networks of a file are: as text, and for programs. A file may end before them.
std::string DescribeNetworks(Bytes file, Outcome& outcome) {
  const auto read = ReadNetworks(file);
  if (!read.ok()) {
    outcome.warnings.push_back(std::string(ErrorName(read.error())) + ": " + read.failure().what);
    return ", own networks";
  }
  const Networks& networks = read.value();
  outcome.fields["networks"] = {{"bytes", networks.bytes},
                                {"base_set", networks.base_set},
                                {"chains", networks.chains},
                                {"grids", networks.grids},
                                {"context_networks", networks.context_networks},
                                {"hidden", networks.hidden},
                                {"convolutions", networks.convolutions},
                                {"noise", networks.noise},
                                {"multiplications", networks.multiplications}};
  char text[160];
  std::snprintf(text, sizeof(text),
                ", own networks of %llu bytes: base set %u, %u grids in %u chains, %.0f products a pixel",
                static_cast<unsigned long long>(networks.bytes), networks.base_set, networks.grids, networks.chains,
                networks.multiplications);
  return text;
}

// Says how many bytes lie behind the picture of a file. Of a file that is cut off or damaged only the header is told.
void DescribeEnd(Bytes file, Outcome& outcome) {
  const auto layout = ReadLayout(file);
  if (!layout.ok()) return;
  std::string trailer = DescribeTrailer(layout.value(), file);
  if (trailer.empty()) return;
  outcome.fields["trailer_bytes"] = file.size() - layout.value().bytes;
  outcome.warnings.push_back(std::move(trailer));
}

Result<Outcome> DescribeFile(const Job& job) {
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(job.input, kMaxLicFileBytes));
  LIC_TRY(const Info info, ReadInfo(file));
  Outcome outcome;
  outcome.fields = DescribeFields(info, file.size());
  outcome.fields["version"] = info.version;
  outcome.fields["alpha"] = info.has_alpha;
  outcome.fields["grey"] = info.is_grey;
  outcome.fields["tile"] = info.tile_units * 64;
  const bool names_model = info.coding == Coding::kAutoencoder;
  if (names_model) outcome.fields["head_hash"] = ToHex(info.head_hash);
  outcome.summary = job.input + ": " + DescribeText(info, file.size()) + (info.is_grey ? ", grey" : "") +
                    (info.has_alpha ? ", alpha" : "") + ", tile " + std::to_string(info.tile_units * 64) +
                    ", version " + std::to_string(info.version) +
                    (names_model ? ", model " + ToHex(info.model_id) : DescribeNetworks(file, outcome));
  DescribeEnd(file, outcome);
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
