"""`python3 -m tests.evaluation.sample_report FOLDER [IMAGE ...]`: a report by compare.py in FOLDER/report, of LIC
with the small model of the tests, JPEG and WebP, on two generated pictures and on those that are named."""

import os
import subprocess
import sys

import numpy as np

from models.evaluation.measurements.picture_files import write_png
from tests.evaluation import paths
from tests.measures.metrics_test import waves

MODEL = os.path.join(paths.ROOT, "tests", "models", "tiny.dec.licm")
NAMES = ("shapes", "waves & <more> #1")


def shapes(height, width):
    """Flat discs and bars before a slope."""
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([60 + x * 90 // width, 80 + y * 100 // height, np.full_like(x, 150)], 2)
    for i in range(12):
        centre = (37 * i * i + 20) % width, (53 * i + 31) % height
        pixels[(x - centre[0]) ** 2 + (y - centre[1]) ** 2 < (6 + 2 * i) ** 2] = (21 * i, 255 - 20 * i, (90 * i) % 256)
    pixels[(x // 6) % 9 == 0] = 235
    return pixels.astype(np.uint8)


def write_pictures(folder):
    """Paths of a tall and of a wide picture."""
    files = [os.path.join(folder, f"{name}.png") for name in NAMES]
    for file, pixels in zip(files, (shapes(256, 176), waves(176, 264))):
        write_png(file, pixels)
    return files


def run(folder, images=(), report=None):
    """compare.py, with a report in FOLDER/report or in the one that is named."""
    command = [*paths.module("models.evaluation.compare"), *write_pictures(folder), *images]
    command += ["--lic", paths.LIC, "--model", MODEL, "--codecs", "jpeg,webp", "--cache", f"{folder}/cache"]
    command += ["--out", f"{folder}/out/sample", "--report", report or f"{folder}/report"]
    return subprocess.run(
        command, cwd=paths.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, timeout=600
    )


if __name__ == "__main__":
    done = run(sys.argv[1], sys.argv[2:])
    sys.exit(None if os.path.exists(f"{sys.argv[1]}/report/index.html") else done.stderr)
