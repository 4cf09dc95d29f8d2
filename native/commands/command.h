// The subcommands of `lic`, and what they have in common.
#pragma once

#include <functional>
#include <string>

#include "native/jobs/batch.h"

namespace CLI {
class App;
}

namespace lic::native {

// The exit status for wrong arguments (EX_USAGE of sysexits.h). Other errors end with their number in lic::Error,
// and a search without a result with kExitNoInput.
inline constexpr int kExitUsage = 64;

// Adds a subcommand's options to `app`. Returns the function to call when they are parsed; it returns the exit status.
using AddCommand = std::function<int()> (*)(CLI::App& app);

std::function<int()> AddEncode(CLI::App& app);
std::function<int()> AddDecode(CLI::App& app);
std::function<int()> AddInfo(CLI::App& app);
std::function<int()> AddVerify(CLI::App& app);
std::function<int()> AddStats(CLI::App& app);
std::function<int()> AddGrids(CLI::App& app);

// Says on standard error what is wrong with the arguments. Returns kExitUsage.
int UsageError(const std::string& message);

}  // namespace lic::native
