"""The command lic-mos."""

import argparse
import os
import sys

from models.evaluation.codecs import coders

from . import design, report, results, sources, study

LONG_MINUTES = 30  # BT.500: a session should not be longer


def parser():
    main = argparse.ArgumentParser(
        prog="lic-mos", description="Subjective tests of picture quality. Manual: models/evaluation/mos/README.md"
    )
    commands = main.add_subparsers(dest="command", required=True)

    add_plan(commands)
    add_serve(commands)
    add_analyze(commands)
    return main


def add_plan(commands):
    plan = commands.add_parser("plan", help="make the folder of a study: page, plan, pictures, key")
    plan.add_argument("study", metavar="STUDY", help="the folder, which must not be there yet")
    plan.add_argument("--method", choices=("acr", "dsis", "pair"), required=True)
    plan.add_argument(
        "--images", nargs="+", default=[], metavar="IMAGE", help="PNG or PNM, encoded with --codecs at --rates"
    )
    plan.add_argument(
        "--codecs", default="lic,jpeg,avif-iq,jxl", metavar="KEYS", help="of those that compare.py knows (%(default)s)"
    )
    plan.add_argument("--rates", default="0.25,0.37,0.5", metavar="BPP,...", help="bits per pixel (%(default)s)")
    plan.add_argument("--table", metavar="CSV", help="instead of --images: columns image, codec, rate, bpp, path")
    plan.add_argument("--tolerance", type=float, default=0.05, help="of the rate, as a share (%(default)s)")
    add_items(plan)
    add_presentation(plan)
    plan.add_argument("--seed", type=int, default=1)
    plan.add_argument(
        "--cache", default=os.path.expanduser("~/.cache/lic-evaluation"), metavar="FOLDER", help="of runs (%(default)s)"
    )
    plan.add_argument("--lic", default=coders.LIC_COMMAND, help="the command (%(default)s)")
    plan.add_argument("--model", default=coders.LIC_MODEL, help="its model (%(default)s)")
    plan.add_argument("-j", "--jobs", type=int, default=2, help="processes (%(default)s)")
    plan.set_defaults(run=make_plan)


def add_items(plan):
    """What each rater sees."""
    plan.add_argument("--ties", action="store_true", help="pairs: offer 'no difference' as an answer")
    plan.add_argument(
        "--images-per-rater",
        type=int,
        default=0,
        metavar="N",
        help="each rater sees so many images, drawn for him or her (all)",
    )
    plan.add_argument("--traps", type=int, default=6, metavar="N", help="items with a known answer (%(default)s)")
    plan.add_argument(
        "--repeats", type=int, default=6, metavar="N", help="items that a rater sees twice, about (%(default)s)"
    )
    plan.add_argument(
        "--training-images",
        type=int,
        default=1,
        metavar="N",
        help="kept for the examples; 0: examples of a test image (%(default)s)",
    )


def add_presentation(plan):
    """How the page shows it, and where answers go."""
    plan.add_argument(
        "--layout", choices=("beside", "alternate"), default="alternate", help="of two pictures (%(default)s)"
    )
    plan.add_argument(
        "--gap", type=float, default=0.5, metavar="SECONDS", help="of grey before each picture (%(default)s)"
    )
    plan.add_argument(
        "--least", type=float, default=1.0, metavar="SECONDS", help="before an answer is taken (%(default)s)"
    )
    plan.add_argument("--break-every", type=int, default=60, metavar="N", help="items; 0: never (%(default)s)")
    plan.add_argument("--title", default="Picture quality test")
    plan.add_argument(
        "--texts", metavar="JSON", help="a file with other texts: instructions, consent, question, names, thanks"
    )
    plan.add_argument(
        "--collect",
        default="results",
        metavar="URL",
        help="that takes answers, or 'none' (%(default)s, beside the page)",
    )
    plan.add_argument(
        "--format",
        choices=("png", "webp"),
        default="png",
        help="of the pictures; WebP lossless needs cwebp (%(default)s)",
    )


def add_serve(commands):
    serve = commands.add_parser(
        "serve", help="serve a study and collect answers", description="Options are those of web/mos/server.js."
    )
    serve.add_argument("study", metavar="STUDY")
    serve.add_argument("options", nargs=argparse.REMAINDER, help="--port, --host, --token, --origin, --trust-proxy")
    serve.set_defaults(run=serve_study)


def add_analyze(commands):
    analyze = commands.add_parser("analyze", help="screen raters, compute scores, write the report")
    analyze.add_argument("study", metavar="STUDY")
    analyze.add_argument(
        "results",
        nargs="*",
        metavar="RESULTS",
        help="JSON, JSON lines, SQLite or folders of them (STUDY/results.sqlite)",
    )
    analyze.add_argument("--out", metavar="FOLDER", help="(STUDY/report)")
    analyze.set_defaults(run=analyse)


def numbers(text):
    try:
        rates = tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError:
        raise sources.SourceError(f"--rates {text}: must be numbers with commas between") from None
    if min(rates) <= 0:
        raise sources.SourceError(f"--rates {text}: must be above 0")
    return rates


def make_plan(arguments):
    if bool(arguments.table) == bool(arguments.images):
        raise sources.SourceError("give either --images or --table")
    if arguments.table:
        source = sources.from_table(arguments.table)
    else:
        codecs, rates = arguments.codecs.split(","), numbers(arguments.rates)
        source = sources.from_runs(
            arguments.images, codecs, rates, arguments.cache, arguments.lic, arguments.model, arguments.jobs
        )
    kept, left_out = sources.equal_rates(source, arguments.tolerance)
    for line in left_out:
        print(f"lic-mos: left out: {line}", file=sys.stderr)
    designed = design.design(
        arguments.method,
        kept,
        list(source.codecs),
        seed=arguments.seed,
        images_per_rater=arguments.images_per_rater,
        trap_count=arguments.traps,
        repeat_count=arguments.repeats,
        training_images=arguments.training_images,
    )
    layout = "single" if arguments.method == "acr" else arguments.layout
    options = {
        "title": arguments.title,
        "seed": arguments.seed,
        "images_per_rater": arguments.images_per_rater,
        "format": arguments.format,
        "collect": None if arguments.collect == "none" else arguments.collect,
        "texts": study.read_json(arguments.texts) if arguments.texts else {},
        "timing": {
            "gap_seconds": arguments.gap,
            "least_seconds": arguments.least,
            "break_every": arguments.break_every,
        },
    }
    plan = study.write_study(
        arguments.study, source, arguments.method, layout, arguments.ties, designed, left_out, options
    )
    print(
        f"{arguments.study}: {len(plan['items'])} items, {plan['items_per_rater']} for each rater, about "
        f"{plan['expected_minutes']} minutes"
    )
    if plan["expected_minutes"] > LONG_MINUTES:
        print(
            f"lic-mos: that is long: BT.500 asks for sessions of {LONG_MINUTES} minutes at most; --images-per-rater "
            "makes them shorter",
            file=sys.stderr,
        )


def serve_study(arguments):
    server = os.path.join(study.PAGE, "server.js")
    sys.stdout.flush()
    os.execvp("node", ["node", os.path.normpath(server), arguments.study, *arguments.options])


def analyse(arguments):
    plan, key = study.read_study(arguments.study)
    places = results.read_files(arguments.results or [os.path.join(arguments.study, "results.sqlite")])
    analysis = report.analyse(plan, key, places)
    folder = arguments.out or os.path.join(arguments.study, "report")
    report.write_report(folder, analysis)
    print(f"{analysis['kept']} of {len(analysis['raters'])} raters count. {report.ranking_line(analysis)}")
    print(f"{folder}/report.html")


def main():
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except (sources.SourceError, design.DesignError, study.StudyError, results.ResultError, OSError) as error:
        print(f"lic-mos: {error}", file=sys.stderr)
        return 1
    return 0
