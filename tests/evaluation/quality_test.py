"""More quality means more bytes and a higher PSNR, on every photo.

LIC_TEST_DATA names the folder that holds kodak/*.png.

The middle of each photo is coded. Whole photos would take 2.7 times as long.
"""

import glob
import json
import os
import subprocess
import tempfile
import unittest

from models.evaluation.measurements.picture_files import read_picture, write_png
from models.measures.metrics import psnr
from tests.evaluation import paths

QUALITIES = range(10, 101, 10)
SIDE = 384


def run_json(*arguments):
    """The lines of JSON that `lic` prints."""
    done = subprocess.run([paths.LIC, *arguments, "--json"], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def middles(photos, folder):
    """Writes the middle of each photo -> the paths, and the pixels by path."""
    pixels = {}
    for photo in photos:
        picture = read_picture(photo)
        top, left = (max(0, (length - SIDE) // 2) for length in picture.shape[:2])
        path = os.path.join(folder, os.path.basename(photo))
        pixels[path] = picture[top : top + SIDE, left : left + SIDE]
        write_png(path, pixels[path])
    return pixels


def measure(pixels, quality, folder):
    """(bytes, PSNR) for each picture."""
    encoded = run_json("encode", *pixels, "--out-dir", folder, "-q", str(quality))
    run_json("decode", *(line["output"] for line in encoded), "--out-dir", folder, "-f", "ppm")
    return [(line["bytes"], psnr(pixels[line["file"]], read_picture(decoded_path(line["output"])))) for line in encoded]


def decoded_path(path):
    return os.path.splitext(path)[0] + ".ppm"


def offenders(photos, measured):
    """The steps at which bytes or PSNR do not rise; `measured` has a list for each quality."""
    for photo, series in zip(photos, zip(*measured)):
        for quality, now, then in zip(QUALITIES, series, series[1:]):
            for what, before, after in zip(("bytes", "PSNR"), now, then):
                if after <= before:
                    yield f"{os.path.basename(photo)}: {what} {before} at {quality}, {after} at {quality + 10}"


class Quality(unittest.TestCase):
    def test_bytes_and_psnr_rise_with_quality(self):
        photos = sorted(glob.glob(os.path.join(os.environ.get("LIC_TEST_DATA", ""), "kodak", "*.png")))
        if not photos:
            paths.skip("rising quality on photos: LIC_TEST_DATA names no folder with kodak/*.png")
        with tempfile.TemporaryDirectory() as folder:
            pixels = middles(photos, folder)
            measured = [measure(pixels, quality, folder) for quality in QUALITIES]
        self.assertEqual(list(offenders(photos, measured)), [])

    def test_offenders_are_found(self):
        rising = [[(quality, quality / 3)] for quality in QUALITIES]
        self.assertEqual(list(offenders(["a/b.png"], rising)), [])
        rising[4] = [(40, 50 / 3)]
        self.assertEqual(list(offenders(["a/b.png"], rising)), ["b.png: bytes 40 at 40, 40 at 50"])


if __name__ == "__main__":
    unittest.main()
