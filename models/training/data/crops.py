"""Training crops: tar shards of pictures and manifest.csv, held in memory as uint8.

The data directory holds train-*.tar, val.tar and manifest.csv with one row for each crop (columns file, split,
source_repo, commit, licence, ...). Crops whose licence column says that the origin of the photos is not stated are left
out, unless asked for: a released model must not contain them.
"""
import csv
import glob
import io
import os
import tarfile

import numpy as np
import torch
from PIL import Image

UNSTATED = "origin of the stock photos not stated"


def data_dir(argument):
    """The directory given on the command line, or by LIC_TEST_DATA (its `train` folder if there is one)."""
    path = argument or os.environ.get("LIC_TEST_DATA", "")
    if not path:
        raise SystemExit("give the data directory with --data or LIC_TEST_DATA")
    nested = os.path.join(path, "train")
    return nested if os.path.exists(os.path.join(nested, "manifest.csv")) else path


def read_manifest(directory):
    """Rows of manifest.csv as dictionaries."""
    with open(os.path.join(directory, "manifest.csv"), newline="") as file:
        return list(csv.DictReader(file))


def is_stated(row):
    return UNSTATED not in row["licence"]


def load_split(directory, split, all_licences=False, limit=None):
    """`train` or `val` -> list of uint8 arrays (height, width, 3), in the order of the shards."""
    wanted = {
        row["file"] for row in read_manifest(directory) if row["split"] == split and (all_licences or is_stated(row))
    }
    pictures = []
    for shard in sorted(glob.glob(os.path.join(directory, f"{split}*.tar"))):
        with tarfile.open(shard) as tar:
            for member in tar:
                if member.isfile() and os.path.basename(member.name) in wanted:
                    picture = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
                    pictures.append(np.array(picture))
                    if len(pictures) == limit:
                        return pictures
    if not pictures:
        raise SystemExit(f"no {split} crops in {directory}")
    return pictures


class Crops:
    """Random crops of pictures that lie in a device's memory as uint8, flipped and transposed at random."""

    def __init__(self, pictures, crop, batch, seed, device=torch.device("cpu")):
        self.pictures = [
            torch.from_numpy(picture).to(device).flatten(0, 1) for picture in pictures
        ]  # (height * width, 3)
        self.shapes = [picture.shape[:2] for picture in pictures]
        self.crop, self.batch, self.random = crop, batch, np.random.default_rng(seed)
        self.steps = torch.arange(crop, device=device)
        if len(set(self.shapes)) == 1:  # one gather for the whole batch, which a GPU wants
            self.stack = torch.cat(self.pictures)
            self.pictures = []
        else:
            self.stack = None

    def __len__(self):
        return len(self.shapes)

    def draw(self):
        """-> pictures (batch), int64 (batch, 3).

        The three numbers say where the crop begins in its picture, and how far its rows and its columns lie apart.
        """
        rows = np.empty((self.batch, 3), np.int64)
        chosen = self.random.integers(len(self.shapes), size=self.batch)
        for row, index in zip(rows, chosen):
            height, width = self.shapes[index]
            top, left = (int(self.random.integers(side - self.crop + 1)) for side in (height, width))
            flip, transpose = self.random.random(2) < 0.5
            first = top * width + left + (self.crop - 1 if flip else 0)
            down, across = width, -1 if flip else 1
            row[:] = first, *((across, down) if transpose else (down, across))
        return chosen, rows

    def next(self):
        """float (batch, 3, crop, crop) in 0..1, channels last."""
        chosen, rows = self.draw()
        if self.stack is not None:
            height, width = self.shapes[0]
            rows[:, 0] += chosen * (height * width)
        first, down, across = torch.from_numpy(rows).to(self.steps.device, non_blocking=True).t()[:, :, None, None]
        places = first + down * self.steps[:, None] + across * self.steps  # (batch, crop, crop)
        if self.stack is not None:
            pixels = self.stack[places]
        else:
            pixels = torch.stack([self.pictures[index][place] for index, place in zip(chosen, places)])
        return pixels.permute(0, 3, 1, 2).float().div(255.0).contiguous(memory_format=torch.channels_last)
