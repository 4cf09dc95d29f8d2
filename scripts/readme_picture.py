#!/usr/bin/env python3
"""Makes the README's picture, docs/coffee.webp: a photograph, and what JPEG and LIC make of it in as many bytes.

    python3 scripts/readme_picture.py [LIC-COMMAND]

The photograph is coffee.png of Debian's package python3-skimage (CC0, by Rachel Michetti).
The JPEG is the best of cjpeg's that is not larger than the LIC file. Prints what the README says of the files.
"""

import os
import subprocess
import sys
import tempfile

from PIL import Image

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PHOTOGRAPH = "/usr/lib/python3/dist-packages/skimage/data/coffee.png"
MODEL = os.path.join(ROOT, "models", "lic-visual.dec.licm")
QUALITY = "40"
PART = (140, 60, 440, 340)  # of the photograph: left, top, right, bottom
GAP = 8


def run(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def best_jpeg(ppm, limit):
    """The quality and the bytes of the largest JPEG file of at most `limit` bytes."""
    files = (
        (quality, run("cjpeg", "-quality", str(quality), "-optimize", "-progressive", ppm)) for quality in range(1, 96)
    )
    return max((pair for pair in files if len(pair[1]) <= limit), key=lambda pair: len(pair[1]))


def main():
    lic = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release", "native", "lic")
    with tempfile.TemporaryDirectory() as folder:
        ppm, jpeg, coded, decoded = (os.path.join(folder, name) for name in ("a.ppm", "a.jpg", "a.lic", "a.png"))
        Image.open(PHOTOGRAPH).convert("RGB").save(ppm)
        run(lic, "encode", ppm, "-o", coded, "-q", QUALITY, "-m", MODEL, "--quiet")
        run(lic, "decode", coded, "-o", decoded, "-m", MODEL, "--quiet")
        jpeg_quality, jpeg_bytes = best_jpeg(ppm, os.path.getsize(coded))
        with open(jpeg, "wb") as file:
            file.write(jpeg_bytes)
        parts = [Image.open(path).convert("RGB").crop(PART) for path in (ppm, jpeg, decoded)]
        print(f"JPEG quality {jpeg_quality}: {len(jpeg_bytes)} bytes")
        print(f"LIC quality {QUALITY}: {os.path.getsize(coded)} bytes")
    width, height = parts[0].size
    picture = Image.new("RGB", (3 * width + 2 * GAP, height), "white")
    for place, part in enumerate(parts):
        picture.paste(part, (place * (width + GAP), 0))
    picture.save(os.path.join(ROOT, "docs", "coffee.webp"), quality=95, method=6)


if __name__ == "__main__":
    main()
