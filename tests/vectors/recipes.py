"""The generated conformance vectors: what each file is made of. make_vectors.py writes them.

Each recipe gives (name, model, bytes). Symbols are chosen, not encoded from pixels, so the files reach what no encoder
writes.
"""

import os

import numpy as np

from tests.reference.lic_bytes import section
from tests.reference.lic_model import read_model
from tests.reference.lic_reference import EXIF
from tests.reference.lic_writer import all_zero, constant, header_of, hyper_values, probable, wild, write_picture

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")

TINY, EDGE, LEAST = (f"tests/models/{name}.dec.licm" for name in ("tiny", "edge", "least"))


def load_model(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        return read_model(file.read())


def hyper_of(model, width, height, seed):
    """Quiet random hyper-latents (channels, height, width)."""
    rng = np.random.default_rng(seed)
    return rng.integers(-12, 13, (model.hyper_channels, -(-height // 64), -(-width // 64)))


class Recipes:
    def __init__(self, models):
        self.models, self.files = models, []

    def picture(
        self,
        name,
        model,
        width,
        height,
        choose,
        z=None,
        seed=1,
        alpha=None,
        classes=(20, 30, 40, 50),
        extras=None,
        **header,
    ):
        m = self.models[model]
        h = header_of(m, width, height, alpha=alpha, **header)
        z = hyper_of(m, width, height, seed) if z is None else z
        choose_hyper = z if callable(z) else hyper_values(z, m, h.quality256)
        data, _ = write_picture(m, h, choose_hyper, choose, alpha, classes, **(extras or {}))
        self.files.append((name, model, data))


def sizes(r):
    """From one pixel to several tiles, sides around the multiples of 16 and 64."""
    r.picture("tiny-1x1", TINY, 1, 1, probable(1))
    r.picture("tiny-15x17", TINY, 15, 17, probable(2))
    r.picture("tiny-16x16", TINY, 16, 16, probable(3))
    r.picture("tiny-33x31", TINY, 33, 31, probable(4))
    r.picture("tiny-64x64", TINY, 64, 64, probable(5), tile_units=1)
    r.picture("tiny-65x63", TINY, 65, 63, probable(6), tile_units=1)
    r.picture("tiny-1x300", TINY, 1, 300, probable(7), tile_units=2)
    r.picture("tiny-4097x1", TINY, 4097, 1, probable(8))
    for units in (1, 2, 3, 5, 1024):
        r.picture(f"tiny-tiles-of-{units}", TINY, 300, 200, probable(10 + units), tile_units=units)
    r.picture("least-20x20", LEAST, 20, 20, probable(9))
    r.picture("edge-37x45", EDGE, 37, 45, probable(20))
    r.picture("edge-tiles-of-1", EDGE, 150, 130, probable(21), tile_units=1)


def qualities(r):
    """The ends of the dial and both sides of a change of the nearest anchor."""
    for quality256 in (256, 257, 1828, 1829, 25599, 25600):
        r.picture(f"tiny-quality-{quality256}", TINY, 40, 24, probable(quality256), quality256=quality256)
    for quality256 in (256, 12799, 25600):
        r.picture(f"edge-quality-{quality256}", EDGE, 40, 24, probable(quality256), z=5, quality256=quality256)


def extremes(r):
    """Residuals, hyper-latents and means at their limits."""
    r.picture("tiny-wild", TINY, 50, 70, wild(1), tile_units=1)
    r.picture("tiny-largest", TINY, 20, 20, constant(32767))
    r.picture("tiny-smallest", TINY, 20, 20, constant(-32767))
    r.picture("tiny-hyper-1023", TINY, 70, 20, probable(30), z=1023)
    r.picture("tiny-hyper-minus-1023", TINY, 70, 20, probable(31), z=-1023)
    signs = np.random.default_rng(32).choice([-1023, 1023], (6, 2, 3))
    r.picture("tiny-hyper-alternating", TINY, 150, 100, wild(32), z=signs)
    r.picture("edge-wild", EDGE, 150, 100, wild(33), z=-1000)
    r.picture("edge-hyper-1023", EDGE, 70, 20, wild(34), z=1023, quality256=20000)
    r.picture("edge-hyper-minus-1023", EDGE, 70, 20, wild(35), z=-1023, quality256=3000)
    r.picture("edge-largest", EDGE, 40, 40, constant(32767))


def skipping(r):
    """Tiles without a single coded symbol, beside others and alone."""
    r.picture("tiny-zero", TINY, 100, 90, all_zero, z=0)
    quiet = np.zeros((6, 2, 3), int)
    quiet[0] = -200
    r.picture("tiny-all-skipped", TINY, 150, 100, all_zero, z=quiet, tile_units=1)
    quiet[0, 0, 1], quiet[0, 1, 2] = 3, -40
    r.picture("tiny-some-skipped", TINY, 150, 100, probable(40), z=quiet, tile_units=1)


def alphas(r):
    """Alpha constant, binary, smooth and noisy, with tables that fit and that do not; grey."""
    rng = np.random.default_rng(50)
    y, x = np.mgrid[0:60, 0:90]
    disc = ((x - 40) ** 2 + (y - 30) ** 2 < 600) * 255
    smooth = (x * 2 + y) & 255
    noise = rng.integers(0, 256, (60, 90))
    r.picture("tiny-alpha-constant", TINY, 20, 20, probable(50), alpha=np.full((20, 20), 128))
    r.picture("tiny-alpha-disc", TINY, 90, 60, probable(51), alpha=disc, tile_units=1, classes=(0, 3, 20, 63))
    r.picture("tiny-alpha-smooth", TINY, 90, 60, probable(52), alpha=smooth, classes=(5, 5, 5, 5))
    r.picture("tiny-alpha-noise", TINY, 90, 60, probable(53), alpha=noise, tile_units=1, classes=(0, 63, 31, 0))
    half = np.where(x < 64, 7, noise)
    r.picture("tiny-alpha-one-tile-constant", TINY, 90, 60, probable(54), alpha=half, tile_units=1)
    r.picture("tiny-alpha-1x1", TINY, 1, 1, probable(55), alpha=np.zeros((1, 1), int))
    r.picture("tiny-alpha-2x1", TINY, 2, 1, probable(56), alpha=np.array([[255, 0]]))
    r.picture("tiny-grey", TINY, 40, 30, probable(57), grey=True)
    r.picture("tiny-grey-alpha", TINY, 40, 30, probable(58), grey=True, alpha=noise[:30, :40])
    r.picture("edge-alpha", EDGE, 90, 60, probable(59), alpha=noise, classes=(63, 62, 1, 63))


def examples(r):
    """The file that docs/format.md explains byte by byte."""
    extras = {"xmp": b"<x:xmpmeta/>"}
    r.picture("tiny-example", TINY, 2, 1, probable(80), alpha=np.array([[255, 10]]), extras=extras)


def metadata(r):
    """Every section, and sections that a decoder of this version does not know."""
    rng = np.random.default_rng(70)
    block = lambda size: rng.integers(0, 256, size, np.uint8).tobytes()  # noqa: E731
    r.picture("tiny-icc", TINY, 20, 20, probable(70), extras={"icc": block(500)})
    r.picture("tiny-exif-xmp", TINY, 20, 20, probable(71), extras={"exif": block(99), "xmp": b"<x:xmpmeta/>"})
    everything = {
        "icc": block(1),
        "exif": block(1),
        "xmp": block(1),
        "unknown": [(128, block(30)), (200, b""), (255, block(3))],
    }
    r.picture("tiny-every-section", TINY, 20, 20, probable(72), extras=everything, alpha=np.full((20, 20), 9))
    r.picture("tiny-unknown-section", TINY, 20, 20, probable(73), extras={"unknown": [(177, block(12))]})


def trailers(r):
    """Bytes behind the sections: padding, a section that was cut off, and one that was damaged, before a whole one."""
    cut = section(EXIF, bytes(40))[:-1]
    damaged = section(150, b"abc")[:-1] + b"d" + section(200, b"")
    r.picture("tiny-trailer-zeros", TINY, 20, 20, probable(90), extras={"trailer": bytes(600)})
    r.picture("tiny-trailer-cut", TINY, 20, 20, probable(91), extras={"trailer": cut})
    r.picture("tiny-trailer-damaged", TINY, 20, 20, probable(92), extras={"xmp": b"<x/>", "trailer": damaged})


def generated():
    """All of them: (name, path of the model from the root, bytes)."""
    r = Recipes({path: load_model(path) for path in (TINY, EDGE, LEAST)})
    for part in (sizes, qualities, extremes, skipping, alphas, metadata, trailers, examples):
        part(r)
    return r.files
