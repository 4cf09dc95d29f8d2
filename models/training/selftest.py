"""Holds a pair of model files against the C++ codec: the same symbols bit for bit, the same pixels to within rounding.

    python3 -m models.training.selftest --model PREFIX --lic build/release/native/lic PICTURE.png ...

`lic` encodes each picture; the second decoder (tests/reference, made from the format document alone) and `lic verify`
must come to the same symbol hash, and the second decoder's synthesis and `lic decode` to the same pixels.
"""
import argparse
import json
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image

from tests.reference import lic_pixels, lic_reference

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QUALITIES = (20, 50, 80)
PIXEL_TOLERANCE = 2  # float sums differ in their order; each side rounds to a byte


class Mismatch(Exception):
    """The C++ codec and this training code do not agree on a model."""


def run_lic(command, *arguments):
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Mismatch(f"lic {arguments[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def check_picture(command, prefix, path, quality, folder):
    """Mismatch if they differ."""
    stem, name = os.path.join(folder, "picture"), f"{os.path.basename(path)} at quality {quality}"
    run_lic(command, "encode", path, "-o", stem + ".lic", "-q", str(quality), "-m", prefix + ".dec.licm", "--quiet")
    verified = json.loads(run_lic(command, "verify", stem + ".lic", "-m", prefix + ".dec.licm", "--json"))
    run_lic(command, "decode", stem + ".lic", "-o", stem + ".png", "-m", prefix + ".dec.licm", "--quiet")
    model = lic_reference.read_model(lic_reference.read_file(prefix + ".dec.licm"))
    decoded = lic_reference.decode(lic_reference.read_file(stem + ".lic"), model)
    expected = lic_reference.symbol_hash(decoded)
    if verified["symbol_hash"] != expected:
        raise Mismatch(f"{name}: symbols {verified['symbol_hash']}, the second decoder has {expected}")
    own = lic_pixels.synthesize(model, decoded).astype(int)
    difference = np.abs(own - np.asarray(Image.open(stem + ".png"), int).reshape(own.shape)).max()
    if difference > PIXEL_TOLERANCE:
        raise Mismatch(f"{name}: pixels differ by {difference}")


def check(command, prefix, paths, qualities=QUALITIES):
    """Number of files that agree; Mismatch at the first that does not."""
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            for quality in qualities:
                check_picture(command, prefix, path, quality, folder)
    return len(paths) * len(qualities)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    parser.add_argument("--model", required=True, help="path without .dec.licm")
    parser.add_argument("--lic", default=os.path.join(ROOT, "build", "release", "native", "lic"))
    args = parser.parse_args()
    try:
        print(f"{check(args.lic, args.model, args.pictures)} files agree")
    except Mismatch as error:
        raise SystemExit(f"selftest: {error}") from error


if __name__ == "__main__":
    main()
