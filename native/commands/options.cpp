#include "native/commands/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "native/commands/command.h"
#include "native/commands/numbers.h"

namespace lic::native {

namespace fs = std::filesystem;

namespace {

// Types of sections that may follow the picture (docs/format.md#sections).
constexpr uint8_t kExifSection = 5, kXmpSection = 6;

}  // namespace

int UsageError(const std::string& message) {
  std::fprintf(stderr, "lic: %s\n", message.c_str());
  return kExitUsage;
}

void AddInputOptions(CLI::App& app, InputOptions& options, const std::string& what) {
  app.add_option("IN", options.names, what)->required()->type_name("");
  app.add_flag("-r,--recursive", options.recursive, "Search folders among the inputs, and the folders in them");
}

void AddBatchOptions(CLI::App& app, BatchOptions& options) {
  TakeNumbers(app.add_option("-j,--jobs", options.threads,
                             "Files to work on at a time, 0 for one per processor; each takes memory of its own")
                  ->capture_default_str()
                  ->type_name("N"),
              {.most = 256, .is_whole = true});
  app.add_flag("--json", options.json, "Print a line of JSON for each file");
}

void AddModelOption(CLI::App& app, std::string& model) {
  app.add_option("-m,--model", model, "Name of a model, or path of one of its files")->type_name("NAME|FILE");
}

void AddWriteOptions(CLI::App& app, WriteOptions& options) {
  app.add_option("-o,--output", options.outputs.file, "Output of a single input; - is standard output")
      ->type_name("FILE");
  app.add_option("-d,--out-dir", options.outputs.folder,
                 "Folder for the outputs, made if need be; the trees of searched folders are mirrored in it")
      ->type_name("DIR");
  app.add_flag("--skip-existing", options.skip_existing, "Leave outputs alone that exist");
}

std::string CheckOutputs(const InputOptions& inputs, const WriteOptions& options) {
  const OutputOptions& outputs = options.outputs;
  if (outputs.file.empty() == outputs.folder.empty())
    return outputs.file.empty() ? "one of -o and --out-dir is needed" : "-o and --out-dir exclude each other";
  std::error_code error;
  if (!outputs.file.empty()) {
    const size_t count = inputs.names.size();
    if (count > 1) return "-o takes a single input, not " + std::to_string(count) + "; --out-dir takes several";
    if (fs::is_directory(inputs.names[0], error))
      return "-o takes a file, and " + inputs.names[0] + " is a folder; --out-dir takes folders";
    if (fs::is_directory(outputs.file, error)) return outputs.file + " is a folder; --out-dir takes folders";
    if (outputs.file == "-" && isatty(STDOUT_FILENO))
      return "standard output is a terminal; send it to a file or a pipe";
    return {};
  }
  for (const std::string& name : inputs.names) {
    if (name == "-") return "standard input has no name to use in --out-dir; use -o";
  }
  return {};
}

bool SkipsExisting(const Job& job, const WriteOptions& options, Outcome& outcome) {
  std::error_code error;
  if (!options.skip_existing || job.output == "-" || !fs::exists(job.output, error)) return false;
  outcome.fields["skipped"] = true;
  outcome.summary = job.input + " -> " + job.output + ": exists, skipped";
  return true;
}

Status MakeFolders(const Job& job, const WriteOptions& options) {
  if (options.outputs.folder.empty()) return {};
  std::error_code error;
  fs::create_directories(fs::path(job.output).parent_path(), error);
  if (error) return Fail(Error::kIoError, "cannot make the output folder: %s", error.message().c_str());
  return {};
}

nlohmann::ordered_json DescribeFields(const Info& info, uint64_t bytes) {
  const double bpp = 8.0 * static_cast<double>(bytes) / (double(info.width) * info.height);
  const bool names_model = info.coding == Coding::kAutoencoder;
  nlohmann::ordered_json fields = {
      {"width", info.width}, {"height", info.height},   {"bytes", bytes},
      {"bpp", bpp},          {"quality", info.quality}, {"coding", names_model ? kAutoencoderName : kOverfittedName}};
  if (names_model) fields["model_id"] = ToHex(info.model_id);
  return fields;
}

std::string DescribeTrailer(const Layout& layout, Bytes file) {
  if (layout.bytes == file.size()) return {};
  std::string text = std::to_string(file.size() - layout.bytes) + " bytes behind the picture, from byte " +
                     std::to_string(layout.bytes) + " on, are no whole section and are not read";
  const uint8_t type = file[layout.bytes];
  if (type == kExifSection) text += "; they may be damaged Exif";
  if (type == kXmpSection) text += "; they may be damaged XMP";
  return text;
}

std::string DescribeText(const Info& info, uint64_t bytes) {
  char text[160];
  std::snprintf(text, sizeof(text), "%u x %u, %llu bytes, %.3f bpp, quality %g", info.width, info.height,
                static_cast<unsigned long long>(bytes),
                8.0 * static_cast<double>(bytes) / (double(info.width) * info.height),
                static_cast<double>(info.quality));
  return text;
}

std::string ToHex(const SymbolHash& hash) {
  std::string text;
  for (const uint8_t byte : hash.bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Outcome FailedOutcome(const Failure& failure, const ModelStore& models) {
  Outcome outcome = failure;
  if (failure.error == Error::kUnknownModel) outcome.message += models.Searched();
  return outcome;
}

}  // namespace lic::native
