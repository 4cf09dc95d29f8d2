"""Trains the networks of a base set: rounds of descent, each on a mosaic of its own.

    cmake --build --preset release --target base_set_round
    python3 -m models.overfitted.train --quality 20 58.9 85 --out DIR [--rounds 12] [--iterations 300]

A round fits latents, which begin at 0, and networks, which go on from the round before, to a mosaic of 4x4 crops.
The checkpoint DIR/QUALITY.f32 is written after each round; --start begins from another one. The same seed draws the
same mosaics for every quality. A run that was broken off goes on with --first-round 6 --start DIR/20.f32.
"""

import argparse
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image

from models.overfitted.crops import draw_mosaic, list_photographs
from models.overfitted.generate import ROOT
from models.training.data.crops import data_dir

BUILD = os.environ.get("LIC_BUILD", os.path.join(ROOT, "build", "release"))
PROGRAM = os.path.join(BUILD, "models", "overfitted", "base_set_round")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="folder with the shards; default: LIC_TEST_DATA")
    parser.add_argument("--quality", type=float, nargs="+", required=True, help="one checkpoint for each")
    parser.add_argument("--out", required=True, help="folder of the checkpoints")
    parser.add_argument("--start", default="-", metavar="CHECKPOINT", help="default: from nothing")
    parser.add_argument("--first-round", type=int, default=0, help="number of the first mosaic")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument(
        "--follow", type=float, default=0.3, help="how far a round moves the checkpoint, at least; the first ones more"
    )
    parser.add_argument("--iterations", type=int, default=300, help="of a round")
    parser.add_argument("--across", type=int, default=4, help="crops in a row of the mosaic, and rows")
    parser.add_argument("--side", type=int, default=256, help="of a crop, in pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="default: as many as the machine has")
    return parser.parse_args()


def run_round(start, checkpoint, mosaic, quality, args):
    """The fields of the last line of the program; its lines go to the standard output too."""
    command = [PROGRAM, start, checkpoint + ".new", mosaic, str(quality), str(args.iterations), str(args.threads)]
    last = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            last = line.split()
            print("{} it  {} bpp  {} dB  loss {}".format(*last), flush=True)
    if process.returncode:
        raise SystemExit(f"{PROGRAM} ended with {process.returncode}")
    return last


def follow(start, fitted, checkpoint, number, least):
    """Moves the checkpoint towards what a round has fitted: a start from which descents get far in few steps, and which
    does not lean to the last mosaic (Nichol et al., Reptile, arXiv 1803.02999). `number` counts rounds from 0."""
    values = np.fromfile(fitted, "<f4")
    if start != "-":
        before = np.fromfile(start, "<f4")
        values = before + max(least, 1 / (number + 1)) * (values - before)
    values.astype("<f4").tofile(fitted)
    os.replace(fitted, checkpoint)


def train(photographs, quality, args):
    """The path of the checkpoint."""
    checkpoint, start = os.path.join(args.out, f"{quality:g}.f32"), args.start
    with tempfile.TemporaryDirectory() as folder:
        mosaic = os.path.join(folder, "mosaic.ppm")
        for number in range(args.first_round, args.first_round + args.rounds):
            rng = np.random.default_rng([args.seed, number])
            Image.fromarray(draw_mosaic(rng, photographs, args.across, args.side)).save(mosaic)
            print(f"quality {quality:g}, round {number}", flush=True)
            run_round(start, checkpoint, mosaic, quality, args)
            follow(start, checkpoint + ".new", checkpoint, number, args.follow)
            start = checkpoint
    return checkpoint


def main():
    args = arguments()
    if not os.path.exists(PROGRAM):
        raise SystemExit(f"{PROGRAM} is missing; cmake --build --preset release --target base_set_round makes it")
    photographs = list_photographs(data_dir(args.data))
    os.makedirs(args.out, exist_ok=True)
    for quality in args.quality:
        print(train(photographs, quality, args))


if __name__ == "__main__":
    main()
