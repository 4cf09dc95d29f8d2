#include "native/help.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "lic/lic.h"
#include "native/commands/command.h"

namespace lic::native {
namespace {

// These are the meanings of docs/format.md#errors. A test compares them.
constexpr const char* kMeanings[kErrorCount] = {
    "everything went well",
    "does not begin like a .lic file",
    "a later version of the format",
    "ends too early",
    "a stored checksum differs",
    "a header field outside its range",
    "a section out of order, missing, unknown or of wrong length",
    "an entropy-coded stream that no encoder writes",
    "larger than the caller's limits allow",
    "no model with the file's id is at hand",
    "the model handed in is not the file's",
    "a model file that violates its format",
    "memory could not be had",
    "an input picture of a kind that is not read",
    "a damaged input picture",
    "a file could not be read or written",
    "an argument outside its range",
    "an error in this program",
    "the quality that was asked for was not reached",
    "the caller stopped the work",
};

std::string ExitStatusText() {
  std::string text;
  const auto add = [&](int number, const char* name, const char* meaning) {
    char line[128];
    std::snprintf(line, sizeof(line), "%3d %-20s %s\n", number, name, meaning);
    text += line;
  };
  for (int i = 0; i < kErrorCount; i++) add(i, ErrorName(static_cast<Error>(i)), kMeanings[i]);
  add(kExitUsage, "usage", "wrong options or arguments");
  add(kExitNoInput, "no_input", "no file was found in the folders");
  return text;
}

// Escapes text for roff. No line may begin with a control character, a backslash would begin an escape, and a plain
// hyphen would be typeset.
std::string Escape(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\\')
      escaped += "\\e";
    else if (letter == '-')
      escaped += "\\-";
    else if ((letter == '.' || letter == '\'') && (escaped.empty() || escaped.back() == '\n'))
      escaped += std::string("\\&") + letter;
    else
      escaped += letter;
  }
  return escaped;
}

std::string OptionText(const CLI::Option& option) {
  std::string head = "\\fB" + Escape(option.get_name(option.get_positional(), true)) + "\\fR";
  if (!option.get_positional() && !option.get_type_name().empty())
    head += " \\fI" + Escape(option.get_type_name()) + "\\fR";
  std::string text = ".TP\n" + head + "\n" + Escape(option.get_description()) + ".";
  if (!option.get_default_str().empty()) text += " Default: " + Escape(option.get_default_str()) + ".";
  return text + "\n";
}

std::string CommandText(const CLI::App& command) {
  std::string text = ".SS lic " + command.get_name() + "\n" + Escape(command.get_description()) + ".\n";
  for (const CLI::Option* option : command.get_options()) text += OptionText(*option);
  return text + ".PP\n.nf\n" + Escape(command.get_footer()) + ".fi\n";
}

}  // namespace

std::string HelpText(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  const std::string name = parent ? parent->get_name() + " " + app.get_name() : app.get_name();
  const std::string text = app.get_formatter()->make_help(&app, name, CLI::AppFormatMode::Normal);
  return parent ? text : text + "Exit status:\n" + ExitStatusText();
}

std::string ManPage(const CLI::App& app) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  std::string text = ".\\\" Made by `lic help --man`.\n.TH LIC 1 \"\" \"lic " + std::string(Version()) +
                     "\" \"User Commands\"\n.SH NAME\nlic \\- " + Escape(app.get_description()) + "\n.SH SYNOPSIS\n";
  for (const CLI::App* command : commands) text += ".B lic " + command->get_name() + "\n[options] ...\n.br\n";
  text += ".SH COMMANDS\n";
  for (const CLI::App* command : commands) text += CommandText(*command);
  text += ".SH NOTES\n.nf\n" + Escape(app.get_footer()) + ".fi\n";
  text += ".SH EXIT STATUS\n.nf\n" + Escape(ExitStatusText()) + ".fi\n";
  return text;
}

}  // namespace lic::native
