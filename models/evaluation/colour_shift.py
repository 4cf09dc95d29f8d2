"""Measures whether decoded pictures keep their colours: how far the means of blocks of 16x16 pixels move, by channel.

    python3 -m models.evaluation.colour_shift ../shared/data/kodak/*.png [--model PATH] [--qualities 20 50 80] \
        [--command PATH]

A codec that drifts in colour moves all blocks one way: then the mean of the moves is not 0. Values are levels from 0
to 255.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

from models.evaluation.measurements.picture_files import read_picture

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BLOCK = 16


def block_moves(original, decoded):
    """Two pictures -> (rows, columns, 3): the mean of each whole block of `decoded`, less that of `original`."""
    if original.shape != decoded.shape:
        raise ValueError(f"pictures of {original.shape[:2]} and {decoded.shape[:2]}")
    rows, columns = (side // BLOCK for side in original.shape[:2])
    if not rows or not columns:
        raise ValueError(f"sides of {BLOCK} pixels are needed")
    difference = (
        decoded.astype(np.float64)[: rows * BLOCK, : columns * BLOCK] - original[: rows * BLOCK, : columns * BLOCK]
    )
    return difference.reshape(rows, BLOCK, columns, BLOCK, 3).mean((1, 3))


def code(args, picture, quality, folder):
    """-> the picture as the codec gives it back."""
    file, decoded = os.path.join(folder, "coded.lic"), os.path.join(folder, "decoded.ppm")
    for command in (("encode", picture, "-o", file, "-q", str(quality)), ("decode", file, "-o", decoded)):
        subprocess.run([args.command, *command, "-m", args.model, "--quiet"], check=True)
    pixels = read_picture(decoded)
    os.remove(file)
    os.remove(decoded)
    return pixels


def row(quality, moves):
    """A line of the table, of moves (blocks, 3)."""
    signed, size = moves.mean(0), np.abs(moves).mean(0)
    numbers = " | ".join(f"{value:+.2f}" for value in signed) + " | " + " | ".join(f"{value:.2f}" for value in size)
    return f"| {quality:g} | {numbers} | {np.abs(moves).max():.1f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--model", default=os.path.join(ROOT, "models/lic-photo.dec.licm"))
    parser.add_argument("--qualities", type=float, nargs="+", default=(20, 50, 80))
    parser.add_argument("--command", default=os.path.join(ROOT, "build/release/native/lic"))
    args = parser.parse_args()
    print("| quality | mean move: red | green | blue | mean size: red | green | blue | largest |\n" + "|---" * 8 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for quality in args.qualities:
            moves = [
                block_moves(read_picture(picture), code(args, picture, quality, folder)) for picture in args.pictures
            ]
            print(row(quality, np.concatenate([blocks.reshape(-1, 3) for blocks in moves])), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
