// Makes the help and the manual page from the table of commands and options that parses the command line, so that they
// cannot differ.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace lic::native {

// What `lic help` says, of the whole command or of a subcommand.
std::string HelpText(const CLI::App& app);

// The manual page lic(1), as docs/lic.1 holds it.
std::string ManPage(const CLI::App& app);

}  // namespace lic::native
