"""Mosaics of crops: many photographs in one picture, to which one descent fits one set of networks.

The photographs are the training crops of ../DATA.md. Those of unstated origin are left out, and so are those for
validation.
"""

import glob
import io
import os
import tarfile

import numpy as np
from PIL import Image

from models.training.data.crops import is_stated, read_manifest


def list_photographs(directory):
    """Pairs of a shard's path and a name in it, in a fixed order."""
    wanted = {row["file"] for row in read_manifest(directory) if row["split"] == "train" and is_stated(row)}
    found = []
    for shard in sorted(glob.glob(os.path.join(directory, "train-*.tar"))):
        with tarfile.open(shard) as tar:
            found += [(shard, name) for name in sorted(tar.getnames()) if os.path.basename(name) in wanted]
    if not found:
        raise SystemExit(f"no training crops in {directory}")
    return found


def read_photograph(shard, name):
    with tarfile.open(shard) as tar:
        return np.asarray(Image.open(io.BytesIO(tar.extractfile(name).read())).convert("RGB"))


def draw_crop(rng, picture, side):
    """A square of the picture, (side, side, 3), mirrored half of the time."""
    height, width = picture.shape[:2]
    if min(height, width) < side:
        raise SystemExit(f"a training crop of {width}x{height}, smaller than {side}x{side}")
    top, left = (int(rng.integers(size - side + 1)) for size in (height, width))
    crop = picture[top : top + side, left : left + side]
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def draw_mosaic(rng, photographs, across, side):
    """(across * side, across * side, 3) u8: crops of different photographs."""
    chosen = rng.choice(len(photographs), across * across, replace=len(photographs) < across * across)
    crops = [draw_crop(rng, read_photograph(*photographs[i]), side) for i in chosen]
    rows = [np.concatenate(crops[i : i + across], axis=1) for i in range(0, len(crops), across)]
    return np.concatenate(rows)
