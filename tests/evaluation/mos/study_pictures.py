"""Pictures for a subjective test, made here: `python3 -m tests.evaluation.mos.study_pictures FOLDER` writes
originals, what three pretended codecs make of them at three rates, and table.csv for `lic-mos plan --table`. The codecs
keep fewer and fewer colours, the better one more of them."""

import csv
import os
import sys

import numpy as np

from models.evaluation.measurements.picture_files import write_png

WIDTH, HEIGHT = 240, 160
IMAGES = ("dunes", "reef", "slate", "weave")
LEVELS = {"fine": 25, "plain": 11, "rough": 5}  # of each colour, at the lowest rate; no two pictures are equal
RATES = (0.25, 0.37, 0.5)


def original(seed, width=WIDTH, height=HEIGHT):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    channels = []
    for _ in range(3):
        waves = sum(np.sin((x * a + y * b) / 20 + c) for a, b, c in random.uniform(-2, 2, (4, 3)))
        channels.append(128 + 28 * waves)
    return np.clip(np.stack(channels, 2), 0, 255).astype(np.uint8)


def coded(pixels, codec, rate):
    step = 255 / (LEVELS[codec] * rate / RATES[0] - 1)
    return np.clip(np.round(pixels / step) * step, 0, 255).astype(np.uint8)


def write(folder, images=IMAGES, rates=RATES):
    """Returns the table's path."""
    os.makedirs(folder, exist_ok=True)
    rows = []
    for seed, image in enumerate(images):
        pixels = original(seed)
        write_png(f"{folder}/{image}.png", pixels)
        rows.append((image, "original", "", "", f"{image}.png"))
        for codec in LEVELS:
            for rate in rates:
                write_png(f"{folder}/{image}-{codec}-{rate}.png", coded(pixels, codec, rate))
                rows.append((image, codec, rate, rate * 1.01, f"{image}-{codec}-{rate}.png"))
    path = f"{folder}/table.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "codec", "rate", "bpp", "path"), *rows])
    return path


if __name__ == "__main__":
    print(write(sys.argv[1]))
