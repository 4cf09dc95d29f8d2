// The `lic` command. Each subcommand has a file in commands/: encode, decode, info, verify, stats, grids.
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
  const char* notes;  // printed after the options
  lic::native::AddCommand add;
};

constexpr char kEncodeNotes[] =
    R"(Quality assurance (--qa) compares tiles of 32 x 32 pixels of the decoded picture
with the original. It measures the error, the error relative to detail, the
structure (SSIM), shifts of flat colours, and chroma. A tile is flagged where one
of these is more than photographs show at the quality that was asked for. The
limits stand in NAME.qa.json beside the model. The alarm is raised by more than
4 % of flagged tiles, or by more than 0.1 % that are twice beyond a limit. Text,
line art and saturated colours do so.
After an alarm the highest quality is tried. Where that helps, the lowest quality
that helps is looked for, in at most 7 encodings. Without an alarm --qa costs
0.1 s of one core a megapixel. With --json, "qa" says what was flagged, where, and
what was done (action: none, raised, best, png, fail).

A PNG that takes the place of FILE.lic is called FILE.lic.png. It replaces a file
of that name. On standard output it has no name. Only one of the two files is
left. FILE.lic is removed for the PNG. FILE.lic.png is removed for FILE.lic if its
text "Software" says that lic encode --qa-fallback png made it. Otherwise it
stays, with a warning. --skip-existing looks for both. A search leaves such files out.

Damage that costs no pixel is a warning, such as a missing end marker. Where pixels
are missing or wrong, the file is refused, unless --lenient is given. What is
dropped is said: frames of animations, further pictures, gain maps, videos.
docs/pictures.md lists every case.

Examples:
  lic encode photo.jpg -o photo.lic -q 60
  lic encode photos -r --out-dir compressed -j 4 --skip-existing
  convert drawing.svg png:- | lic encode - -o - > drawing.lic
  lic encode uploads -r -d compressed --qa --qa-fallback png --json >> encode.jsonl
)";

constexpr char kDecodeNotes[] =
    R"(Bytes behind the picture that are no whole section cost no pixel, and are a warning.

Examples:
  lic decode photo.lic -o photo.png
  lic decode 'compressed/*.lic' --out-dir pictures --format ppm
)";

constexpr char kInfoNotes[] =
    R"(Examples:
  lic info photo.lic
  lic info compressed -r --json
)";

constexpr char kVerifyNotes[] =
    R"(The hash of the symbols is the same on every machine. That of the pixels may
differ, because a pixel may differ by 1.
PSNR is over red, green and blue. SSIM is that of Wang et al. 2004 on luma. Alpha
is shown on white.
Bytes behind the picture that are no whole section are the error bad_section, after
all measures, though lic decode only warns of them.

A map (--map) is grey: 8 times the largest error among red, green and blue, 255 at
most. The tiles that lic encode --qa flags at the file's quality are outlined:
white for error, cyan for error relative to detail, yellow for structure (SSIM),
red for shift, magenta for chroma. A file whose quality --qa raised was judged by
the quality that was asked for. The file does not hold that quality, so its map
outlines more tiles.

Examples:
  lic verify photo.lic
  lic verify photo.lic --against photo.jpg --min-psnr 32
  lic verify photo.lic --against photo.jpg --map errors.png
)";

constexpr char kStatsNotes[] =
    R"(For each period the report has files, bytes, savings against the sources, bits per
pixel, quality, time, alarms of --qa and what was done, and failures.
Percentiles are within 2 %: values are counted in bins of that width, so that
memory does not grow with the number of lines. 10000 periods are kept.
Broken lines are named on standard error and counted. Lines of other commands and
of skipped files are counted.

Drift is looked for in the medians of bits per pixel, quality, milliseconds per
megapixel and ratio (bytes written to bytes of the source), and in the rates of
alarms and failures. It is reported where two successive periods lie on one side
of the median of a window, both by 4 standard deviations or more. The window ends
7 periods before them and holds 7 to 28 periods. After a drift it begins anew.
The deviation comes from the median absolute deviation of the window and from the
number of files. It is taken as 1 % at least, on a logarithmic scale (rates:
2 asin sqrt). Periods with fewer than 5 files are left out of the medians, because
their spread is unknown.

Examples:
  lic encode photos -r -d compressed --qa --json >> encode.jsonl
  lic stats encode.jsonl --by week
  zcat logs/*.gz | lic stats - --json
)";

constexpr char kGridsNotes[] =
    R"(Each grid becomes a grey PNG with a pixel for each latent: 128 and the latent.
Level 0 has a latent for each pixel of the picture, level 6 one for 64 x 64.
--json says what each grid takes of the file, and the bytes of the networks.

Examples:
  lic encode photo.jpg -o photo.lic --overfit
  lic grids photo.lic -d grids --json
)";

constexpr Command kCommands[] = {
    {"encode", "Make .lic files of pictures", kEncodeNotes, lic::native::AddEncode},
    {"decode", "Make pictures of .lic files", kDecodeNotes, lic::native::AddDecode},
    {"info", "Say what the headers of .lic files hold", kInfoNotes, lic::native::AddInfo},
    {"verify", "Decode .lic files without writing pictures, print hashes, measure against an original", kVerifyNotes,
     lic::native::AddVerify},
    {"stats", "Report figures over time from the lines that lic encode --json printed", kStatsNotes,
     lic::native::AddStats},
    {"grids", "Draw the latents of .lic files that carry their own networks", kGridsNotes, lic::native::AddGrids},
};

constexpr char kNotes[] =
    R"(All inputs are tried. The exit status is that of the first that failed. Files are
identified by their contents. Outputs appear under their names only when they are
whole.

Colours that are not sRGB are converted to it (relative colorimetric, black point
compensation) unless --keep-icc is given. CMYK is always converted. Photos are
turned upright. 16 bits a sample become 8.

Models are files NAME.dec.licm and NAME.enc.licm. They are looked for in the
folders of LIC_MODEL_PATH (separated by colons), in models beside the command, and
in ../share/lic/models from there.
)";

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
    sub->footer(command.notes);
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
    if (error.get_exit_code() == 0) return app.exit(error);  // --version
    return lic::native::UsageError(error.what());
  }
  lic::native::RemoveTemporariesOnSignals();
  return run();
}
