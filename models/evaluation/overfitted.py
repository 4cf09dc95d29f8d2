"""Compares files that carry their own networks with AVIF, lic-photo and Cool-chic.

  python3 -m models.evaluation.overfitted ../shared/data/kodak/*.png --efforts 4 -j 2

    picture --lic encode --overfit--> file --lic decode--> picture      runs.py
                                       |                     |
                 measurements of the efforts, PREFIX.csv <---+
                     |           curves of AVIF and lic-photo (--against, written by compare.py)
                     |           published points of Cool-chic
                     v               v
                 BD-rates of each picture and their means, PREFIX.json, tables

Each run is kept in the cache folder as soon as it is done, by picture, effort, quality and the command's program: what
was broken off goes on where it was, and --kept makes the tables of what is there. The qualities of a picture begin in
the middle of the list and go on to both sides until its files cover the rates between which codecs are compared.

Exit status 1: something could not be measured; it is named, and the rest is reported. 2: wrong arguments. 130:
interrupted.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import signal
import sys

from models.evaluation.codecs import coders
from models.evaluation.codecs.programs import CodecError
from models.evaluation.figures import comparison, markdown_tables, overfitted_figures
from models.evaluation.measurements.runs import RunError, Runs, image_name

RESULTS = os.path.join(coders.ROOT, "models/evaluation/results")
TABLES = {  # file -> the table that it has of these results
    "models/evaluation/README.md": overfitted_figures.full_tables,
    "README.md": overfitted_figures.short_table,
}
TABLE_NAME = "overfitted"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    parser.add_argument("--efforts", type=int, nargs="+", default=[4], choices=coders.OVERFITTED_EFFORTS, metavar="E")
    parser.add_argument("--qualities", nargs="+", metavar="Q", help="measure all of these, whatever they cover")
    parser.add_argument("--quick", action="store_true", help="without SSIMULACRA 2 and Butteraugli")
    parser.add_argument("--kept", action="store_true", help="measure nothing, make the tables of what is kept")
    parser.add_argument(
        "--against",
        default=f"{RESULTS}/kodak.csv",
        metavar="CSV",
        help="measurements of the same pictures with AVIF and LIC (%(default)s)",
    )
    parser.add_argument("--out", default=f"{RESULTS}/overfitted/kodak", metavar="PREFIX", help="(%(default)s)")
    parser.add_argument(
        "--readme",
        action="store_true",
        help="write the tables of the results into the README files; without IMAGE, measure nothing",
    )
    parser.add_argument("--lic", default=coders.LIC_COMMAND, help="the command (%(default)s)")
    parser.add_argument(
        "--cache", default=os.path.expanduser("~/.cache/lic-evaluation"), metavar="FOLDER", help="(%(default)s)"
    )
    parser.add_argument("-j", "--jobs", type=int, default=2, help="processes, of one thread each (%(default)s)")
    arguments = parser.parse_args()
    if not arguments.images and not arguments.readme:
        parser.error("no IMAGE is named")
    names = [image_name(path) for path in arguments.images]
    if len(set(names)) < len(names):
        parser.error("two pictures have the same name")
    if arguments.jobs < 1:
        parser.error("--jobs is less than 1")
    return arguments


def say(message):
    print(f"overfitted.py: {message}", file=sys.stderr, flush=True)


def bits_per_pixel(row):
    return 8 * row["bytes"] / row["pixels"]


def covering(qualities, measure):
    """The rows of the qualities from the middle of the list to both sides, until they cover the rates that are
    compared or the list ends. measure(quality) gives a row, or None for what is not there and ends its side."""
    middle = len(qualities) // 2
    found = {middle: measure(qualities[middle])}
    for step, is_beyond in (
        (-1, lambda row: bits_per_pixel(row) <= comparison.LOW_RATE),
        (1, lambda row: bits_per_pixel(row) >= comparison.HIGH_RATE),
    ):
        at = middle
        while found[at] and not is_beyond(found[at]) and 0 <= at + step < len(qualities):
            at += step
            found[at] = measure(qualities[at])
    return [found[at] for at in sorted(found) if found[at]]


def measure_curve(runs, path, key, qualities, kept):
    """The rows of a picture at one effort, and complaints. Without qualities those of the codec that cover the
    rates."""
    complaints = []

    def measure(quality):
        try:
            return runs.kept(path, key, quality) if kept else runs.measure(path, key, quality)
        except RunError as error:
            complaints.append(str(error))
            return None

    if qualities:
        return [row for row in map(measure, qualities) if row], complaints
    if kept:
        return [row for row in map(measure, runs.codecs[key].settings) if row], complaints
    return covering(runs.codecs[key].settings, measure), complaints


class Worker:
    """What runs in the processes of the pool. One that is ended ends the codec that it has started, and begins no
    other task."""

    is_ended = False

    @classmethod
    def prepare(cls):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the first process ends the others
        signal.signal(signal.SIGTERM, cls.end)

    @classmethod
    def end(cls, *_):
        cls.is_ended = True
        sys.exit(1)

    @classmethod
    def measure(cls, *task):
        if cls.is_ended:
            sys.exit(1)
        return measure_curve(*task)


def measure_all(runs, arguments):
    """Rows in the order of efforts and pictures, and complaints. Each curve is told when it is there."""
    tasks = [(path, key) for key in runs.codecs for path in arguments.images]
    rows, complaints = [], []
    pool = concurrent.futures.ProcessPoolExecutor(arguments.jobs, initializer=Worker.prepare)
    try:
        running = [pool.submit(Worker.measure, runs, *task, arguments.qualities, arguments.kept) for task in tasks]
        places = dict(zip(running, tasks))
        for done, future in enumerate(concurrent.futures.as_completed(running), 1):
            path, key = places[future]
            rates = [bits_per_pixel(row) for row in future.result()[0]]
            reach = f"{len(rates)} runs, {min(rates):.3f} to {max(rates):.3f} bits per pixel" if rates else "nothing"
            say(f"{done} of {len(tasks)}: {key}, {image_name(path)}: {reach}")
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.terminate()
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
    for new_rows, new_complaints in (future.result() for future in running):
        rows += new_rows
        complaints += new_complaints
    return rows, complaints


def run(arguments):
    """Measures, writes the results. Returns whether everything could be measured. CodecError without LIC."""
    keys = [coders.overfitted_key(effort) for effort in arguments.efforts]
    codecs, missing = coders.usable_codecs(keys, arguments.lic)
    if missing:
        raise CodecError(next(iter(missing.values())))
    runs = Runs(arguments.cache, codecs, arguments.quick)
    rows, complaints = measure_all(runs, arguments)
    if not arguments.quick:
        complaints += [f"{metric} is left out: {reason}" for metric, reason in runs.perceptual.missing().items()]
    for complaint in complaints:
        say(complaint)
    if not rows:
        say("nothing is measured")
        return False
    measured = {row["codec"] for row in rows}
    told = {
        key: {"title": codec.title, "version": codec.version(), "command": codec.command()}
        for key, codec in codecs.items()
        if key in measured
    }
    os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
    comparison.write_rows(arguments.out + ".csv", rows)
    results = figures_of(arguments.out + ".csv", arguments.against, told)
    comparison.write_results(arguments.out + ".json", results)
    print(overfitted_figures.full_tables(results))
    return not complaints


def figures_of(csv_path, against, codecs):
    """What the JSON file holds: it follows from the measurements, those that they are compared with, and the codecs'
    names."""
    anchors = [row for row in comparison.read_rows(against) if row["codec"] in overfitted_figures.ANCHORS]
    published = overfitted_figures.read_published()
    return {
        "codecs": codecs,
        "against": os.path.basename(against),
        **overfitted_figures.summarize(comparison.read_rows(csv_path), anchors, published),
    }


def readme_tables(prefix):
    """(file, its table) of the results of that prefix."""
    results = comparison.read_results(prefix + ".json")
    return [(file_name, table(results)) for file_name, table in TABLES.items()]


def write_readmes(prefix):
    for file_name, table in readme_tables(prefix):
        path = os.path.join(coders.ROOT, file_name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if markdown_tables.table_in(text, TABLE_NAME) is None:
            raise SystemExit(f"{file_name} has no {' ... '.join(markdown_tables.markers(TABLE_NAME))}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(markdown_tables.with_table(text, TABLE_NAME, table))


def main():
    arguments = parse_arguments()
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.default_int_handler)
    complete = True
    if arguments.images:
        try:
            complete = run(arguments)
        except (CodecError, OSError) as error:
            say(error)
            return 1
        except KeyboardInterrupt:
            say("interrupted; the same command goes on where it was")
            return 130
    if arguments.readme:
        write_readmes(arguments.out)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
