// Adds the options that several subcommands have, and describes .lic files as all of them do.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "lic/lic.h"
#include "native/files/model_store.h"
#include "native/jobs/batch.h"
#include "native/jobs/inputs.h"

namespace CLI {
class App;
}

namespace lic::native {

inline const std::vector<std::string> kLicExtensions = {".lic"};
inline const std::vector<std::string> kPictureExtensions = {
    ".png",  ".jpg", ".jpeg", ".jpe", ".jfif", ".ppm", ".pgm", ".pnm", ".pam",
#ifdef LIC_READS_WEBP
    ".webp",
#endif
};

// The codings, as options and JSON name them.
inline constexpr char kAutoencoderName[] = "autoencoder", kOverfittedName[] = "overfitted";

void AddInputOptions(CLI::App& app, InputOptions& options, const std::string& what);
void AddBatchOptions(CLI::App& app, BatchOptions& options);
void AddModelOption(CLI::App& app, std::string& model);

// -o, --out-dir and --skip-existing.
struct WriteOptions {
  OutputOptions outputs;
  bool skip_existing = false;
};
void AddWriteOptions(CLI::App& app, WriteOptions& options);

// Says what is wrong with a combination of inputs and outputs. Empty if nothing is.
std::string CheckOutputs(const InputOptions& inputs, const WriteOptions& options);

// Whether a job's output is there already and shall stay. If so, the outcome says it.
bool SkipsExisting(const Job& job, const WriteOptions& options, Outcome& outcome);

// Makes the folders above an output that lies in the output folder.
Status MakeFolders(const Job& job, const WriteOptions& options);

// Describe a file by width, height, bytes, bpp, quality, coding and, where it names a model, model_id: for
// Outcome::fields, and as a line for people.
nlohmann::ordered_json DescribeFields(const Info& info, uint64_t bytes);
std::string DescribeText(const Info& info, uint64_t bytes);

// Says how many bytes lie behind a file's last section, and where. Empty if there are none.
std::string DescribeTrailer(const Layout& layout, Bytes file);

// The hexadecimal digits of a hash.
std::string ToHex(const SymbolHash& hash);

// Makes an outcome of a failure. That of a missing model also says where it was looked for.
Outcome FailedOutcome(const Failure& failure, const ModelStore& models);

}  // namespace lic::native
