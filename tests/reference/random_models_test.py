"""Random models and pictures through both decoders: equal symbols under every instruction set, pixels within 1.

    python3 -m tests.reference.random_models_test [FIRST_SEED COUNT]

LIC_DECODE_FILES names the program of decode_files.cpp; without it, that of the preset `release` is run.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np

from tests.reference.lic_model import write_model
from tests.reference.lic_pixels import synthesize
from tests.reference.lic_reference import decode
from tests.reference.random_models import random_model, random_picture

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DECODE_FILES = os.environ.get("LIC_DECODE_FILES", os.path.join(ROOT, "build", "release", "tests", "decode_files"))


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def problems_of(seed, model, data, expected_hash, line, output):
    """What is wrong with what the program said of a picture."""
    *hashes, status = line.split()
    if status != "ok" or set(hashes) != {expected_hash}:
        return [f"seed {seed}: expected {expected_hash}, found {line}"]
    expected = synthesize(model, decode(data, model)).astype(int)
    found = np.fromfile(output, np.uint8).reshape(expected.shape)
    difference = np.abs(found - expected)
    return (
        [f"seed {seed}: pixels differ by {difference.max()} at {np.argwhere(difference > 1)[0]}"]
        if difference.max() > 1
        else []
    )


def main(first=1, count=40):
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        cases, arguments = [], []
        for seed in range(int(first), int(first) + int(count)):
            model = random_model(seed)
            data, expected_hash = random_picture(seed, model)
            paths = [os.path.join(folder, f"{seed}.{ending}") for ending in ("dec.licm", "lic", "pixels")]
            write(paths[0], write_model(model))
            write(paths[1], data)
            cases.append((seed, model, data, expected_hash, paths[2]))
            arguments += paths
        lines = subprocess.run(
            [DECODE_FILES, *arguments], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for (seed, model, data, expected_hash, output), line in zip(cases, lines, strict=True):
            problems += problems_of(seed, model, data, expected_hash, line, output)
    print("\n".join(problems) or f"{len(cases)} random models agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
