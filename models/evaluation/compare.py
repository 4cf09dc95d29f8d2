#!/usr/bin/env python3
"""Compares LIC with JPEG, JPEG 2000, WebP and AVIF on pictures (PNG or PNM, 8 bits, sides of at least 161 pixels).

  python3 models/evaluation/compare.py ../shared/data/kodak/*.png --out models/evaluation/results/kodak
  python3 models/evaluation/compare.py --out models/evaluation/results/kodak --readme

    picture --encoder, setting--> file --decoder--> picture            coders.py
       |                           | bytes             |
       +---------------------------+-- PSNR, MS-SSIM --+-> PREFIX.csv   metrics.py
                                                               |
                 PREFIX.json, tables <-- BD-rates, mean curves +        bdrate.py, report.py

Measurements are kept in the cache folder, by everything that they depend on, so that a second run measures only what is new.
Exit status 1: something could not be measured; it is named, and the rest is reported. 2: wrong arguments.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import sys
import tempfile

import coders
import metrics
import pictures
import report

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    parser.add_argument("--out", required=True, metavar="PREFIX", help="the results are PREFIX.csv and PREFIX.json")
    parser.add_argument("--readme", action="store_true", help="write the table of the results into README.md; without IMAGE, measure nothing")
    parser.add_argument("--lic", default=os.path.join(ROOT, "build/release/native/lic"), help="the command (%(default)s)")
    parser.add_argument("--model", default=os.path.join(ROOT, "models/lic-photo.dec.licm"), help="its model (%(default)s)")
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/lic-evaluation"), metavar="FOLDER", help="(%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    arguments = parser.parse_args()
    if not arguments.images and not arguments.readme:
        parser.error("no IMAGE is named")
    names = [image_name(path) for path in arguments.images]
    if len(set(names)) < len(names):
        parser.error("two pictures have the same name")
    return arguments


def image_name(path):
    return os.path.splitext(os.path.basename(path))[0]


def complain(message):
    print(f"compare.py: {message}", file=sys.stderr)


def usable_codecs(arguments):
    """The codecs that are there, and of the others why not. LIC must be there."""
    usable, skipped = [coders.lic_codec(arguments.lic, arguments.model)], {}
    usable[0].version()
    for rival in coders.RIVALS:
        try:
            rival.version()
            usable.append(rival)
        except coders.CodecError as error:
            skipped[rival.title] = str(error)
    return usable, skipped


class Cache:
    """Measurements by a hash of what they depend on: pixels, codec with versions and commands, setting, and this code."""

    def __init__(self, folder):
        self.folder = folder
        sources = [coders.file_hash(module.__file__) for module in (metrics, pictures)]
        self.common = json.dumps(sources)
        os.makedirs(folder, exist_ok=True)

    def path(self, *key):
        text = self.common + json.dumps(key)
        return os.path.join(self.folder, hashlib.sha256(text.encode()).hexdigest() + ".json")

    def load(self, path):
        try:
            with open(path, encoding="ascii") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def save(self, path, measurement):
        with open(f"{path}.{os.getpid()}", "w", encoding="ascii") as file:
            json.dump(measurement, file)
        os.replace(file.name, path)


def measure_image(path, codec, cache):
    """All settings of a codec on a picture: rows, and complaints."""
    try:
        original = pictures.read_picture(path)
    except (OSError, pictures.PictureError) as error:
        return [], [f"{path}: {error}"]
    if min(original.shape[:2]) < metrics.MS_SSIM_LEAST_SIDE:
        return [], [f"{path}: a side is shorter than {metrics.MS_SSIM_LEAST_SIDE} pixels"]
    pixels_hash = hashlib.sha256(repr(original.shape).encode() + original.tobytes()).hexdigest()
    identity = codec.identity()
    rows, complaints = [], []
    with tempfile.TemporaryDirectory() as folder:
        names = {"ppm": f"{folder}/original.ppm", "png": f"{folder}/original.png"}
        pictures.write_ppm(names["ppm"], original)
        pictures.write_png(names["png"], original)
        for setting in codec.settings:
            place = cache.path(pixels_hash, identity, setting)
            measurement = cache.load(place)
            if measurement is None:
                try:
                    measurement = measure(original, codec, {**names, "setting": setting}, folder)
                except (coders.CodecError, pictures.PictureError, OSError, ValueError) as error:
                    complaints.append(f"{path}: {codec.title} at {setting}: {error}")
                    continue
                cache.save(place, measurement)
            rows.append({"image": image_name(path), "codec": codec.key, "setting": setting, **measurement})
    return rows, complaints


def measure(original, codec, names, folder):
    names = {**names, "file": f"{folder}/coded{codec.extension}", "decoded": f"{folder}/decoded{codec.decoded}"}
    codec.code(names)
    decoded = pictures.read_picture(names["decoded"])
    if decoded.shape != original.shape:
        raise ValueError(f"decoded to {decoded.shape[1]} x {decoded.shape[0]} pixels")
    return {
        "bytes": os.path.getsize(names["file"]),
        "pixels": original.shape[0] * original.shape[1],
        "psnr": metrics.psnr(original, decoded),
        "ms_ssim": metrics.ms_ssim(original, decoded),
    }


def measure_all(arguments, usable):
    """Rows in the order of codecs and pictures, and complaints."""
    cache = Cache(arguments.cache)
    tasks = [(path, codec) for codec in usable for path in arguments.images]
    rows, complaints = [], []
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        running = [pool.submit(measure_image, path, codec, cache) for path, codec in tasks]
        for done, (future, (path, codec)) in enumerate(zip(running, tasks), 1):
            new_rows, new_complaints = future.result()
            rows += new_rows
            complaints += [c for c in new_complaints if c not in complaints]
            if sys.stderr.isatty():
                print(f"\r\x1b[K{done} of {len(tasks)}: {codec.title}, {image_name(path)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return rows, complaints


def run(arguments):
    """Measures, writes PREFIX.csv and PREFIX.json. Returns whether everything could be measured."""
    usable, skipped = usable_codecs(arguments)
    rows, complaints = measure_all(arguments, usable)
    for title, reason in skipped.items():
        complaints.append(f"{title} is left out: {reason}")
    for complaint in complaints:
        complain(complaint)
    if not any(row["codec"] == "lic" for row in rows):
        complain("nothing is left to compare")
        return False
    os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
    report.write_rows(arguments.out + ".csv", rows)
    rows = report.read_rows(arguments.out + ".csv")  # figures follow from what is written
    measured = {row["codec"] for row in rows}
    results = {
        "images": len({row["image"] for row in rows}),
        "codecs": {c.key: {"title": c.title, "version": c.version()} for c in usable if c.key in measured},
        "skipped": skipped,
        **report.summarize(rows),
    }
    report.write_results(arguments.out + ".json", results)
    print(report.readme_table(results))
    return not complaints


def write_readme(arguments):
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if report.table_in(text, arguments.out) is None:
        raise SystemExit(f"README.md has no {' ... '.join(report.markers(arguments.out))}")
    table = report.readme_table(report.read_results(arguments.out + ".json"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(report.with_table(text, arguments.out, table))


def main():
    arguments = parse_arguments()
    complete = True
    if arguments.images:
        try:
            complete = run(arguments)
        except coders.CodecError as error:
            complain(error)
            return 1
    if arguments.readme:
        write_readme(arguments)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
