"""The trained base sets of the overfitted coding, read from the files that docs/format.md#base-sets names."""

import functools
import os
import re
from types import SimpleNamespace

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "base-sets")
NAME = re.compile(r"([a-z_0-9]+)(?: (\d))?:(.*)")


def parse_base_set(text):
    """A namespace of networks (15 bytes), quality, and groups: a list of integers by key."""
    fields, key = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if named := NAME.fullmatch(line):
            name, number, line = named.groups()
            key = name if number is None else (name, int(number))
            fields[key] = []
        fields[key] += line.split()
    networks, (quality,) = bytes(map(int, fields.pop("networks"))), fields.pop("quality")
    groups = {key: [int(value) for value in values] for key, values in fields.items()}
    return SimpleNamespace(networks=networks, quality=float(quality), groups=groups)


@functools.cache
def base_sets(folder=FOLDER):
    """The trained sets by their numbers, in their order."""
    found = {}
    for number in sorted(int(name[: -len(".txt")]) for name in os.listdir(folder) if name.endswith(".txt")):
        with open(os.path.join(folder, f"{number}.txt"), encoding="ascii") as file:
            found[number] = parse_base_set(file.read())
    return found
