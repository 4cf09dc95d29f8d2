"""The encoded conformance vectors: small drawn pictures, encoded once with the `lic` command and committed."""

import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
TINY = "tests/models/tiny.dec.licm"
PHOTO = "models/lic-photo.dec.licm"
VISUAL = "models/lic-visual.dec.licm"


def landscape(width, height):
    """Sky, hills and a textured ground: smooth parts, an edge and noise."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    rng = np.random.default_rng(7)
    hills = 0.3 + 0.06 * np.sin(9 * x) + 0.03 * np.sin(23 * x + 1)
    sky = np.stack([0.5 + 0.4 * y, 0.65 + 0.3 * y, 0.95 - 0.1 * y], -1)
    ground = np.stack([0.25 + 0.3 * y, 0.4 - 0.2 * y, 0.15 + 0 * y], -1) + 0.1 * rng.normal(0, 1, (height, width, 1))
    return to_bytes(np.where((y < hills)[:, :, None], sky, ground))


def lettering(width, height):
    """Dark strokes on a light ground, as of a screenshot."""
    rng = np.random.default_rng(8)
    strokes = np.kron(rng.random((height // 4 + 1, width // 3 + 1)) < 0.3, np.ones((4, 3)))[:height, :width]
    paper = np.array([0.98, 0.96, 0.9])
    return to_bytes(paper - strokes[:, :, None] * np.array([0.9, 0.85, 0.6]))


def cut_out(width, height):
    """The landscape behind a soft disc."""
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot(x - width / 2, y - height / 2)
    alpha = to_bytes(np.clip((min(width, height) / 2.2 - distance) / 6, 0, 1))
    return np.dstack([landscape(width, height), alpha])


def grey(width, height):
    return landscape(width, height)[:, :, 1]


def to_bytes(picture):
    return np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


# name, model, picture, quality, further options of `lic encode`
ENCODED = [
    ("tiny-encoded-landscape", TINY, lambda: landscape(200, 130), 50, ["--tile", "64"]),
    ("tiny-encoded-lettering", TINY, lambda: lettering(75, 50), 90, []),
    ("tiny-encoded-cut-out", TINY, lambda: cut_out(90, 70), 25, []),
    ("tiny-encoded-grey", TINY, lambda: grey(61, 47), 1, []),
    ("photo-landscape-10", PHOTO, lambda: landscape(256, 192), 10, []),
    ("photo-landscape-50", PHOTO, lambda: landscape(256, 192), 50, []),
    ("photo-landscape-100", PHOTO, lambda: landscape(160, 96), 100, ["--tile", "64"]),
    ("photo-lettering", PHOTO, lambda: lettering(131, 67), 75, []),
    ("photo-cut-out", PHOTO, lambda: cut_out(100, 90), 60, ["--tile", "64"]),
    ("visual-landscape", VISUAL, lambda: landscape(160, 96), 50, []),
    ("visual-lettering", VISUAL, lambda: lettering(67, 45), 85, []),
    ("visual-cut-out", VISUAL, lambda: cut_out(60, 50), 20, []),
    ("photo-grey", PHOTO, lambda: grey(45, 33), 40, []),
    ("photo-1x1", PHOTO, lambda: landscape(1, 1), 80, []),
]


def encoded_names():
    """(name, model) of those that are here."""
    return [(name, model) for name, model, *_ in ENCODED if os.path.exists(os.path.join(HERE, f"{name}.lic"))]


def write_pnm(path, picture):
    """A PPM, PGM or, with alpha, a PAM file."""
    height, width = picture.shape[:2]
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels == 4:
        head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    else:
        head = f"P{5 if channels == 1 else 6}\n{width} {height}\n255\n"
    with open(path, "wb") as file:
        file.write(head.encode() + picture.tobytes())


def encode_all(command, prefix):
    """Encodes the pictures whose vectors' names begin with `prefix` anew."""
    with tempfile.TemporaryDirectory() as folder:
        for name, model, draw, quality, options in ENCODED:
            if name.startswith(prefix):
                picture = os.path.join(folder, "picture.pnm")
                write_pnm(picture, draw())
                output = os.path.join(HERE, f"{name}.lic")
                options = ["-o", output, "-q", str(quality), "-m", os.path.join(ROOT, model), *options]
                subprocess.run([command, "encode", picture, *options], check=True, stdout=sys.stderr)
