#!/usr/bin/env python3
"""Compares LIC with other codecs on pictures (PNG or PNM, 8 bits, sides of at least 161 pixels).

  python3 -m models.evaluation.compare photos/*.png --out comparison/photos --codecs jpeg,avif -j 4

    picture --encoder, setting--> file --decoder--> picture      coders.py, runs.py
       |                           | bytes, cost      | cost
       +---------------------------+-- metrics -------+-> PREFIX.csv   metrics.py, perceptual.py
                                                             |
      PREFIX.json, tables <-- BD-rates, mean curves, costs --+         bdrate.py, comparison.py, markdown_tables.py
      PREFIX-*.svg, PREFIX-codec-compare/, FOLDER/index.html +         svg_charts.py, codec_compare.py, report_html/

Measurements are kept in the cache folder, by everything that they depend on, so that a second run measures only what is
new. Exit status 1: something could not be measured; it is named, and the rest is reported. 2: wrong arguments.
"""

import argparse
import concurrent.futures
import os
import sys

from models.evaluation.codecs import coders
from models.evaluation.codecs.programs import CodecError
from models.evaluation.figures import codec_compare, comparison, markdown_tables, svg_charts
from models.evaluation.measurements.runs import RunError, Runs, image_name

from . import report_html

FULL_README = "models/evaluation/README.md"  # has the tables of each comparison
SHORT_README = "README.md"  # has one table of all


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    parser.add_argument("--out", required=True, metavar="PREFIX", help="what the names of all results begin with")
    parser.add_argument(
        "--readme",
        action="store_true",
        help="write the tables of the results into the README files; without IMAGE, measure nothing",
    )
    parser.add_argument(
        "--report",
        metavar="FOLDER",
        help="write pages with curves, pictures and error maps there, to be opened with a browser",
    )
    parser.add_argument(
        "--codecs",
        metavar="A,B",
        help=f"those to compare LIC with, of {','.join(c.key for c in coders.RIVALS)} (all), and "
        f"{coders.overfitted_key(0)} to {coders.overfitted_key(coders.OVERFITTED_EFFORTS[-1])}, which take long",
    )
    parser.add_argument("--lic", default=coders.LIC_COMMAND, help="the command (%(default)s)")
    parser.add_argument("--model", default=coders.LIC_MODEL, help="its model (%(default)s)")
    parser.add_argument("--effort", type=int, help="how hard it searches (the command's default)")
    parser.add_argument("--quick", action="store_true", help="without SSIMULACRA 2 and Butteraugli")
    parser.add_argument(
        "--cache", default=os.path.expanduser("~/.cache/lic-evaluation"), metavar="FOLDER", help="(%(default)s)"
    )
    parser.add_argument("-j", "--jobs", type=int, default=2, help="processes (%(default)s)")
    arguments = parser.parse_args()
    if not arguments.images and not arguments.readme:
        parser.error("no IMAGE is named")
    names = [image_name(path) for path in arguments.images]
    if len(set(names)) < len(names):
        parser.error("two pictures have the same name")
    if arguments.jobs < 1:
        parser.error("--jobs is less than 1")
    arguments.codecs = arguments.codecs and ["lic", *arguments.codecs.split(",")]
    return arguments


def complain(message):
    print(f"compare.py: {message}", file=sys.stderr)


def show_progress(text):
    """On a terminal only; the next text takes its place."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def measure_image(runs, path, codec):
    """All settings of a codec on a picture: rows, and complaints."""
    rows, complaints = [], []
    for setting in codec.settings:
        try:
            rows.append(runs.measure(path, codec.key, setting))
        except RunError as error:
            complaints.append(str(error))
    return rows, complaints


def measure_all(runs, images, jobs):
    """Rows in the order of codecs and pictures, and complaints, each once."""
    tasks = [(path, codec) for codec in runs.codecs.values() for path in images]
    rows, complaints = [], []
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(measure_image, runs, *task) for task in tasks]
        for done, _ in enumerate(concurrent.futures.as_completed(running), 1):
            show_progress(f"{done} of {len(tasks)} curves")
    show_progress("")
    for new_rows, new_complaints in (future.result() for future in running):
        rows += new_rows
        complaints += new_complaints
    return rows, list(dict.fromkeys(complaints))


def describe(codec, rows):
    """What the results say of a codec besides its figures."""
    return {
        "title": codec.title,
        "version": codec.version(),
        "command": codec.command(),
        "decode_command": codec.decode_command(),
        "settings": list(codec.settings),
        "measured": max(row["measured"] for row in rows if row["codec"] == codec.key),
    }


def processors(rows):
    """Those that took the rows' seconds, which may be kept from another machine, for what is said of time."""
    found = {row.get(f"{what}_processor") for row in rows for what in ("encode", "decode")}
    names = sorted(found - {None})
    return ", ".join(names + (["not recorded for older measurements"] if None in found else []))


def run(arguments):
    """Measures, writes the results. Returns whether everything could be measured. CodecError without LIC."""
    codecs, missing = coders.usable_codecs(arguments.codecs, arguments.lic, arguments.model, arguments.effort)
    if "lic" in missing:
        raise CodecError(missing["lic"])
    if arguments.report:
        report_html.check(arguments.report)  # before the work
    runs = Runs(arguments.cache, codecs, arguments.quick)
    rows, complaints = measure_all(runs, arguments.images, arguments.jobs)
    left_out = {**missing, **({} if arguments.quick else runs.perceptual.missing())}
    complaints += [f"{key} is left out: {reason}" for key, reason in left_out.items()]
    for complaint in complaints:
        complain(complaint)
    if not any(row["codec"] == "lic" for row in rows):
        complain("nothing is left to compare")
        return False
    results = write_results(arguments, runs, missing, rows)
    print(markdown_tables.full_tables(results))
    return not complaints


def write_results(arguments, runs, missing, rows):
    """All files but the README's. Returns what the JSON file holds."""
    os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
    comparison.write_rows(arguments.out + ".csv", rows)
    kept = comparison.read_rows(arguments.out + ".csv")  # figures follow from what is written
    measured = {row["codec"] for row in rows}
    results = {
        "images": len({row["image"] for row in rows}),
        "image_names": list(dict.fromkeys(row["image"] for row in rows)),
        "processor": processors(rows),
        "codecs": {key: describe(codec, rows) for key, codec in runs.codecs.items() if key in measured},
        "missing": missing,
        "missing_metrics": runs.perceptual.missing(),
        "libjxl_devtools": runs.perceptual.version(),
        "images_of_mean_curves": len(comparison.common_images(comparison.curves_of(kept))),
        **comparison.summarize(kept),
    }
    comparison.write_results(arguments.out + ".json", results)
    svg_charts.write_charts(arguments.out, results)
    codec_compare.write_batches(arguments.out, kept, results)
    if arguments.report:
        report_html.build(
            arguments.report,
            results,
            kept,
            arguments.images,
            runs,
            arguments.jobs,
            lambda done, total: show_progress(f"{done} of {total} pictures of the report"),
        )
        show_progress("")
    return results


def readme_tables(folder, name):
    """(file, name of the table, its text) for each table that quotes the results of that name in a folder."""
    results = {
        wanted: comparison.read_results(os.path.join(folder, wanted + ".json"))
        for wanted, _, _ in markdown_tables.SUMMARY
    }
    own = comparison.read_results(os.path.join(folder, name + ".json"))
    return [
        (FULL_README, name, markdown_tables.full_tables(own)),
        (SHORT_README, "kodak", markdown_tables.summary_table(results)),
    ]


def write_readmes(prefix):
    """Puts the tables of results into the files that have a place for them."""
    for file_name, name, table in readme_tables(*os.path.split(prefix)):
        path = os.path.join(coders.ROOT, file_name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if markdown_tables.table_in(text, name) is None:
            raise SystemExit(f"{file_name} has no {' ... '.join(markdown_tables.markers(name))}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(markdown_tables.with_table(text, name, table))


def main():
    arguments = parse_arguments()
    complete = True
    if arguments.images:
        try:
            complete = run(arguments)
        except (CodecError, report_html.ReportError) as error:
            complain(error)
            return 1
    if arguments.readme:
        write_readmes(arguments.out)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
