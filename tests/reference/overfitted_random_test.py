"""Random files of the overfitted coding through both decoders: equal pixels under every instruction set.

    python3 -m tests.reference.overfitted_random_test [FIRST_SEED COUNT]

LIC_DECODE_FILES names the program of decode_files.cpp; without it, that of the preset `release` is run.
"""

import os
import subprocess
import sys
import tempfile

from tests.reference.overfitted_random import random_file
from tests.reference.overfitted_reference import decode, pixel_hash
from tests.reference.random_models_test import DECODE_FILES, write


def main(first=1, count=40):
    seeds = range(int(first), int(first) + int(count))
    expected, arguments = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            data = random_file(seed, wildness=0.3, tile_units=1, grey=seed % 8 == 0).data
            expected.append(pixel_hash(decode(data)))
            path = os.path.join(folder, f"{seed}.lic")
            write(path, data)
            arguments += ["-", path, "-"]
        output = subprocess.run([DECODE_FILES, *arguments], capture_output=True, text=True, check=True).stdout
    problems = [
        f"seed {seed}: expected {pixels}, found {line}"
        for seed, pixels, line in zip(seeds, expected, output.splitlines(), strict=True)
        if set(line.split()) != {pixels}
    ]
    print("\n".join(problems) or f"{len(seeds)} random files agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
