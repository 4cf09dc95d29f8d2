// The `lic` command:  lic encode | decode | info | verify | stats  ->  commands/*.cpp
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "lic/lic.h"
#include "native/commands/command.h"
#include "native/files/file.h"
#include "native/help.h"

namespace {

struct Command {
  const char* name;
  const char* summary;
  const char* examples;
  lic::native::AddCommand add;
};

constexpr Command kCommands[] = {
    {"encode", "Make .lic files of pictures",
     "Quality assurance (--qa) measures tiles of 32 x 32 pixels of the decoded picture: error, error relative to "
     "detail, structure (SSIM), shift\n"
     "(of flat colours), chroma. A tile is flagged where one of them is beyond what a photograph shows at the quality "
     "that was asked for\n"
     "(the limits stand in NAME.qa.json beside the model). More than 4 % of flagged tiles raise the alarm, or more "
     "than 0.1 % that are twice\n"
     "beyond a limit: text, line art, saturated colours. Then the highest quality is tried and, where it helps, the "
     "lowest that does is\n"
     "looked for, in at most 7 encodings. Without an alarm --qa costs 0.1 s of one core a megapixel. With --json, "
     "\"qa\" says what was\n"
     "flagged, where, and what was done (action: none, raised, best, png, fail).\n"
     "A PNG that takes the place of FILE.lic is called FILE.lic.png (on standard output it has no name) and replaces a "
     "file of that\n"
     "name. Only one of the two is left: FILE.lic goes, or FILE.lic.png if its text \"Software\" says that lic encode "
     "--qa-fallback png made it;\n"
     "another stays, with a warning. --skip-existing looks for both.\n"
     "\n"
     "Examples:\n"
     "  lic encode photo.jpg -o photo.lic -q 60\n"
     "  lic encode photos -r --out-dir compressed -j 4 --skip-existing\n"
     "  convert drawing.svg png:- | lic encode - -o - > drawing.lic\n"
     "  lic encode uploads -r -d compressed --qa --qa-fallback png --json >> encode.jsonl\n",
     lic::native::AddEncode},
    {"decode", "Make pictures of .lic files",
     "Examples:\n"
     "  lic decode photo.lic -o photo.png\n"
     "  lic decode 'compressed/*.lic' --out-dir pictures --format ppm\n",
     lic::native::AddDecode},
    {"info", "Say what the headers of .lic files hold",
     "Examples:\n"
     "  lic info photo.lic\n"
     "  lic info compressed -r --json\n",
     lic::native::AddInfo},
    {"verify", "Decode .lic files without writing pictures, print hashes, measure against an original",
     "The hash of the symbols is the same on every machine; that of the pixels may differ where one of them does by "
     "1.\n"
     "PSNR is over red, green and blue, SSIM that of Wang et al. 2004 on luma; alpha is shown on white.\n"
     "A map (--map) is grey: 8 times the largest error among red, green and blue, 255 at most. The tiles that lic "
     "encode --qa flags at the\n"
     "file's quality are outlined: white for error, cyan for error relative to detail, yellow for structure (SSIM), "
     "red for shift,\n"
     "magenta for chroma. --qa judges a file whose quality it raised by the quality asked for, which the file does not "
     "hold; its map\n"
     "outlines more.\n"
     "\n"
     "Examples:\n"
     "  lic verify photo.lic\n"
     "  lic verify photo.lic --against photo.jpg --min-psnr 32\n"
     "  lic verify photo.lic --against photo.jpg --map errors.png\n",
     lic::native::AddVerify},
    {"stats", "Report figures over time from the lines that lic encode --json printed",
     "For each period: files, bytes, savings against the sources, bits per pixel, quality, time, alarms of --qa and "
     "what was done, failures.\n"
     "Percentiles are within 2 % (counts in bins of that width), so that memory does not grow with the number of "
     "lines; 10000 periods are kept.\n"
     "Broken lines are named on standard error and counted; lines of other commands and of skipped files are counted.\n"
     "\n"
     "Drift is reported for the medians of bits per pixel, quality, milliseconds per megapixel and ratio (bytes "
     "written to bytes of the\n"
     "source) and for the rates of alarms and failures: where two successive periods lie on one side of the median of "
     "a window, both by 4\n"
     "standard deviations or more. The window is the up to 28 periods (7 at least) that end 7 before; it begins anew "
     "behind a drift. The\n"
     "deviation comes from the median absolute deviation of the window and from the number of files; it is taken as 1 "
     "% at least, on a\n"
     "logarithmic scale (rates: 2 asin sqrt). Drifts of medians leave out periods with fewer than 5 files: their "
     "spread is unknown.\n"
     "\n"
     "Examples:\n"
     "  lic encode photos -r -d compressed --qa --json >> encode.jsonl\n"
     "  lic stats encode.jsonl --by week\n"
     "  zcat logs/*.gz | lic stats - --json\n",
     lic::native::AddStats},
};

constexpr char kNotes[] =
    "All inputs are tried; the exit status is that of the first that failed. Files are identified by their contents, "
    "outputs\n"
    "appear under their names only when they are whole.\n"
    "\n"
    "Colours that are not sRGB are converted to it (relative colorimetric, black point compensation) unless --keep-icc "
    "is\n"
    "given. CMYK is always converted. Photos are turned upright. 16 bits a sample become 8.\n"
    "\n"
    "Models are files NAME.dec.licm and NAME.enc.licm. They are looked for in the folders of LIC_MODEL_PATH (separated "
    "by\n"
    "colons), in models beside the command, and in ../share/lic/models from there.\n";

// `lic help [COMMAND]`.
std::function<int()> AddHelp(CLI::App& app, CLI::App& help) {
  struct HelpArguments {
    std::string command;
    bool man = false;
  };
  const auto arguments = std::make_shared<HelpArguments>();
  std::vector<std::string> names = {"help"};
  for (const Command& command : kCommands) names.push_back(command.name);
  help.add_option("COMMAND", arguments->command, "The command to explain")
      ->check(CLI::IsMember(names).description(""))
      ->type_name("");
  help.add_flag("--man", arguments->man, "Print the manual page in roff");
  return [&app, arguments] {
    if (arguments->man) {
      std::fputs(lic::native::ManPage(app).c_str(), stdout);
      return 0;
    }
    std::fputs(
        lic::native::HelpText(arguments->command.empty() ? app : *app.get_subcommand(arguments->command)).c_str(),
        stdout);
    return 0;
  };
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("encode pictures with a learned codec, and decode them", "lic");
  app.set_version_flag("--version", std::string("lic ") + lic::Version());
  app.require_subcommand(1);
  std::function<int()> run;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    sub->footer(command.examples);
    sub->callback([&run, runner = command.add(*sub)] { run = runner; });
  }
  CLI::App* help = app.add_subcommand("help", "Explain a command, or all");
  help->callback([&run, runner = AddHelp(app, *help)] { run = runner; });
  app.footer(kNotes);
  const auto is_asked_for = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_asked_for).empty()) {
    return lic::native::UsageError("there is no command \"" + std::string(argv[1]) + "\"; lic help lists them");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    std::fputs(lic::native::HelpText(chosen.empty() ? app : *chosen.front()).c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : lic::native::kExitUsage;
  }
  lic::native::RemoveTemporariesOnSignals();
  return run();
}
