// `lic grids` draws the latents of files that carry their own networks.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "native/commands/command.h"
#include "native/commands/options.h"
#include "native/picture_files/image_file.h"
#include "shared/base/try.h"
#include "shared/overfitted/read_latents.h"

namespace lic::native {
namespace {

struct GridsArguments {
  InputOptions inputs;
  BatchOptions batch;
  std::string folder;
};

constexpr int kZero = 128;  // the sample of a latent 0

Status DrawGrid(const overfitted::LatentGrid& grid, const std::string& path, Outcome& outcome) {
  LIC_TRY(Buffer<uint8_t> samples, Buffer<uint8_t>::Create(grid.latents.size()));
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<uint8_t>(kZero + grid.latents[i]);
  LIC_TRY(OutputFile out, OutputFile::Create(path));
  LIC_CHECK(WritePng({samples.data(), grid.width, grid.height, 1, grid.width}, {}, out, outcome.warnings));
  return out.Commit();
}

nlohmann::ordered_json DescribeGrid(const overfitted::LatentGrid& grid, const std::string& path) {
  const int8_t* begin = grid.latents.data();
  const int8_t* end = begin + grid.latents.size();
  const auto [least, most] = std::minmax_element(begin, end);
  return {{"chain", grid.chain},   {"level", grid.level}, {"width", grid.width},
          {"height", grid.height}, {"bytes", grid.bytes}, {"zeros", std::count(begin, end, 0)},
          {"least", *least},       {"most", *most},       {"file", path}};
}

Result<Outcome> DrawGrids(const Job& job, const std::string& folder) {
  LIC_TRY(const Buffer<uint8_t> file, LoadFile(job.input, kMaxLicFileBytes));
  LIC_TRY(const Info info, ReadInfo(file));
  LIC_TRY(const overfitted::LatentGrids grids, overfitted::ReadLatents(file));
  LIC_TRY(const Layout layout, ReadLayout(file));
  Outcome outcome;
  if (std::string trailer = DescribeTrailer(layout, file); !trailer.empty())
    outcome.warnings.push_back(std::move(trailer));
  outcome.fields = DescribeFields(info, file.size());
  outcome.fields["network_bytes"] = layout.network_bytes;
  outcome.fields["alpha_bytes"] = layout.alpha_bytes;
  outcome.fields["grids"] = nlohmann::ordered_json::array();
  const std::string name = job.input == "-" ? "stdin" : std::filesystem::path(job.input).stem().string();
  for (uint32_t g = 0; g < grids.grids; ++g) {
    const overfitted::LatentGrid& grid = grids.grid[g];
    const std::string file_name =
        name + ".chain" + std::to_string(grid.chain) + ".level" + std::to_string(grid.level) + ".png";
    const std::string path = (std::filesystem::path(folder) / file_name).string();
    LIC_CHECK(DrawGrid(grid, path, outcome));
    outcome.fields["grids"].push_back(DescribeGrid(grid, path));
  }
  outcome.summary = job.input + " -> " + folder + ": " + std::to_string(grids.grids) + " grids";
  return outcome;
}

int RunGrids(const GridsArguments& arguments) {
  std::error_code error;
  std::filesystem::create_directories(arguments.folder, error);
  if (error) return UsageError(arguments.folder + ": " + error.message());
  return RunBatch(FindInputs(arguments.inputs, kLicExtensions), arguments.batch,
                  [&](const Job& job, const ReportPart&) {
                    Result<Outcome> result = DrawGrids(job, arguments.folder);
                    return result.ok() ? std::move(result).value() : Outcome(result.failure());
                  });
}

}  // namespace

std::function<int()> AddGrids(CLI::App& app) {
  const auto arguments = std::make_shared<GridsArguments>();
  arguments->batch.command = "grids";
  AddInputOptions(app, arguments->inputs, ".lic files, folders (with -r), quoted patterns, or - for standard input");
  app.add_option("-d,--out-dir", arguments->folder, "Folder for NAME.chainC.levelL.png, made if need be")
      ->required()
      ->type_name("DIR");
  app.add_flag("--json", arguments->batch.json, "Print a line of JSON for each file");
  app.add_flag("--quiet", arguments->batch.quiet, "Say nothing about files that went well");
  return [arguments] { return RunGrids(*arguments); };
}

}  // namespace lic::native
