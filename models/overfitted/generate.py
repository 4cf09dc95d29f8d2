"""Makes shared/overfitted/trained_sets.cpp from docs/base-sets/.

    python3 -m models.overfitted.generate           writes it
    python3 -m models.overfitted.generate --check   says whether it is what the sets make

A group is stored as a shift and a byte for each parameter: see export.py, which rounds so.
"""

import argparse
import os
import sys
import textwrap

from tests.reference.overfitted_base_sets import base_sets
from tests.reference.overfitted_networks import groups_of, parse_architecture

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "shared", "overfitted", "trained_sets.cpp")
WIDTH = 120
MOST_OF_BYTE = 128
HEAD = """\
// Made by models/overfitted/generate.py from docs/base-sets/.
#include "overfitted/trained_sets.h"

namespace lic::overfitted {
namespace {

// clang-format off
"""
TAIL = """\
// clang-format on

}  // namespace

std::span<const TrainedSet> TrainedSets() { return kSets; }

}  // namespace lic::overfitted
"""


def trailing_zeros(values):
    """How often all of them can be halved; 0 if all are 0."""
    together = 0
    for value in values:
        together |= value
    return max(0, (together & -together).bit_length() - 1)


def bytes_of_group(values):
    """The shift of a group and its values; ValueError if they do not fit."""
    shift = trailing_zeros(values)
    small = [value >> shift for value in values]
    if any(not -MOST_OF_BYTE <= value < MOST_OF_BYTE for value in small):
        raise ValueError(f"{min(values)}..{max(values)} in steps of {1 << shift} does not fit a byte for each value")
    return [shift, *small]


def bytes_of_set(number, trained):
    """The values of a set as the C++ source has them; ValueError if a group is missing, too many or does not fit."""
    groups = groups_of(parse_architecture(bytes([0, *trained.networks])))
    if [key for key, _ in groups] != list(trained.groups):
        raise ValueError(f"base set {number}: the groups are not those of its networks, in their order")
    result = []
    for key, neutral in groups:
        values = trained.groups[key]
        if len(values) != neutral.size:
            raise ValueError(f"base set {number}: {key} has {len(values)} values, not {neutral.size}")
        try:
            result += bytes_of_group(values)
        except ValueError as error:
            raise ValueError(f"base set {number}: {key}: {error}") from error
    return result


def rows_of(numbers, indent="    "):
    return "\n".join(
        textwrap.wrap(", ".join(map(str, numbers)), WIDTH, initial_indent=indent, subsequent_indent=indent)
    )


def source_of(sets):
    """The text of trained_sets.cpp."""
    arrays = "".join(
        f"constexpr int8_t kValues{number}[] = {{\n{rows_of(bytes_of_set(number, trained))}}};\n\n"
        for number, trained in sets.items()
    )
    entries = "".join(
        f"    {{{{{', '.join(map(str, trained.networks))}}}, {round(trained.quality * 256)}, kValues{number}}},\n"
        for number, trained in sets.items()
    )
    return f"{HEAD}{arrays}constexpr TrainedSet kSets[] = {{\n{entries}}};\n{TAIL}"


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write_text(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is not what it would be")
    args = parser.parse_args()
    source = source_of(base_sets())
    if not args.check:
        write_text(SOURCE, source)
        return 0
    if read_text(SOURCE) == source:
        return 0
    print(f"{os.path.relpath(SOURCE, ROOT)} is stale: python3 -m models.overfitted.generate")
    return 1


if __name__ == "__main__":
    sys.exit(main())
