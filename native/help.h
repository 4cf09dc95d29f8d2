// Texts made of the same table of commands and options as the command line itself.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace lic {

// Exit statuses with their names and meanings, one a line, each behind `indent`.
std::string ExitStatusText(const std::string& indent);

// The manual page lic(1), as docs/lic.1 holds it.
std::string ManPage(const CLI::App& app);

}  // namespace lic
