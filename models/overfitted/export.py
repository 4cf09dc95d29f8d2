"""Rounds a checkpoint into a base set: docs/base-sets/N.txt, its row in docs/format.md, and the C++ source.

    python3 -m models.overfitted.export CHECKPOINT --set 1 --quality 58.9

Every group is rounded to steps of the least power of two in which its values fit a byte: a set then takes about 0.8 kB
of the compressed decoder, with less than half of a hundredth of the largest value as the error. Refused, with nothing
changed: a released set, a number that leaves a gap, and values that no parameter can have.
"""

import argparse
import json
import os
import re

import numpy as np

from models.overfitted import generate
from models.overfitted.units import NETWORKS, read_checkpoint
from tests.reference import overfitted_base_sets
from tests.reference.overfitted_base_sets import base_sets, parse_base_set

DOCUMENT = os.path.join(generate.ROOT, "docs", "format.md")
REGISTRY = os.path.join(generate.ROOT, "models", "registry.json")
LARGEST = 127
MOST_SHIFT = 8
LARGEST_PARAMETER = 32767
LONGEST_ROW = 18
ROW = "| {0} | [{0}.txt](base-sets/{0}.txt) | those of its file | draft |\n"


class Refused(Exception):
    """Why a set is not exported."""


def round_group(values):
    """Integers near the values: multiples of a power of two, at most 127 times of it."""
    largest = np.abs(values).max()
    if largest > LARGEST_PARAMETER + 1:
        raise Refused(f"a value of {largest:.0f}, at most {LARGEST_PARAMETER} can be")
    shift = 0
    while shift < MOST_SHIFT and np.abs(np.rint(values / (1 << shift))).max() > LARGEST:
        shift += 1
    return np.clip(np.rint(values / (1 << shift)), -LARGEST, LARGEST).astype(int) << shift


def text_of(number, quality, groups):
    """The file of a set; `groups` are pairs of a key and an array of integers."""
    lines = [
        f"# Base set {number} of the overfitted coding: a part of the format, see docs/format.md, Base sets.",
        "networks: " + " ".join(map(str, NETWORKS[1:])),
        f"quality: {quality:g}",
    ]
    for key, values in groups:
        lines.append((key if isinstance(key, str) else f"{key[0]} {key[1]}") + ":")
        row = values.shape[-1] if values.shape[-1] > 3 or values.ndim < 3 else 9  # a 3x3 kernel is a row
        row = min(row, LONGEST_ROW)
        flat = values.reshape(-1)
        lines += [" " + " ".join(map(str, flat[at : at + row])) for at in range(0, flat.size, row)]
    return "\n".join(lines) + "\n"


def check_number(number, known, registry=REGISTRY):
    """Refused unless a set of this number may be written."""
    with open(registry, encoding="utf-8") as file:
        released = {entry["number"] for entry in json.load(file)["base_sets"]}
    if number in released:
        raise Refused(f"base set {number} is released, and stays as it is")
    if not 1 <= number <= len(known) + 1:
        raise Refused(f"base set {number}: the next one is {len(known) + 1}")


def with_row(document, number):
    """The document, whose table of base sets has a row for this number."""
    if ROW.format(number) in document:
        return document
    before = re.search(rf"^\| {number - 1} \| .* \|\n", document[document.index("### Base sets") :], re.M)
    at = document.index("### Base sets") + before.end()
    return document[:at] + ROW.format(number) + document[at:]


def export(checkpoint, number, quality):
    check_number(number, base_sets())
    try:
        groups = [(key, round_group(values)) for key, values in read_checkpoint(checkpoint)]
    except ValueError as error:
        raise Refused(str(error)) from error
    text = text_of(number, quality, groups)
    source = generate.source_of(base_sets() | {number: parse_base_set(text)})
    document = with_row(generate.read_text(DOCUMENT), number)
    generate.write_text(os.path.join(overfitted_base_sets.FOLDER, f"{number}.txt"), text)
    generate.write_text(DOCUMENT, document)
    generate.write_text(generate.SOURCE, source)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--set", type=int, required=True, dest="number", help="the number of the set")
    parser.add_argument("--quality", type=float, required=True, help="that it was trained for")
    args = parser.parse_args()
    try:
        export(args.checkpoint, args.number, args.quality)
    except Refused as error:
        raise SystemExit(f"export: {error}") from error
    print("now build, and make the vectors anew: python3 -m tests.vectors.make_overfitted")


if __name__ == "__main__":
    main()
