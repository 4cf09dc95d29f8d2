"""The second decoder of the overfitted coding: its parts against plain loops, and the vectors."""

import csv
import math
import os
import re
import unittest

import numpy as np

from tests.reference import overfitted_pixels as pixels
from tests.reference.lic_bytes import FormatError
from tests.reference.lic_reference import read_file
from tests.reference.overfitted_grids import coarser_contexts, decode_grids, empty_planes, rows_in_stripe, stripes_of
from tests.reference.overfitted_networks import parse_architecture
from tests.reference.overfitted_random import architecture, random_file
from tests.reference.overfitted_reference import decode, pixel_hash, read_layout
from tests.reference.overfitted_tables import DECAY, FRACTIONS, SCALES, SUPPORT, LaplaceTables, starts
from tests.reference.overfitted_writer import header_of, network_bytes, write_picture
from tests.vectors.make_overfitted import FOLDER, MANIFEST

# (row, column) of the spatial contexts, relative to the latent
SPATIAL = [
    (0, -1), (-1, 0), (-1, -1), (-1, 1),
    (0, -2), (-2, 0), (-1, -2), (-2, 1),
    (-2, -1), (-3, 0), (0, -3), (-2, 2),
    (-2, -2), (-1, -3), (-3, 1), (-3, -1),
]  # fmt: skip
DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "format.md")


class Tables(unittest.TestCase):
    def test_numbers_are_those_of_the_document(self):
        document = read_file(DOCUMENT).decode()
        rows = re.findall(r"^\| \d+\.\.\d+ \| ([\d, ]+) \| ([\d, ]+) \|$", document, re.M)
        columns = [[int(n) for row in rows for n in row[column].split(",")] for column in range(2)]
        self.assertEqual(columns, [DECAY, SUPPORT])

    def test_decay(self):
        """Against the formula in real numbers."""
        for scale, decay in enumerate(DECAY):
            b = math.exp(-4.5 + scale / 8)
            self.assertEqual(decay, round(2**30 * math.exp(-1 / (32 * b))))

    def test_intervals(self):
        """Every table fills 0..32767, and every symbol has a slot."""
        tables = LaplaceTables()
        for place in np.ndindex(SCALES, FRACTIONS):
            edges = starts(*place)
            self.assertEqual((edges[0], edges[-1], len(edges)), (0, 32768, 2 * SUPPORT[place[0]] + 3))
            self.assertGreater(min(np.diff(edges)), 0)
            for number in (0, len(edges) - 2):
                for slot in (edges[number], edges[number + 1] - 1):
                    self.assertEqual(
                        tables.symbol(place, slot), (number, edges[number + 1] - edges[number], edges[number])
                    )


def manifest():
    with open(os.path.join(FOLDER, MANIFEST), encoding="ascii") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))


def sat16(x):
    return max(-32768, min(32767, x))


def wrap32(x):
    return (x + 2**31) % 2**32 - 2**31


class Pixels(unittest.TestCase):
    def test_double(self):
        """Against the formulas of the document, pixel for pixel."""
        rng = np.random.default_rng(1)
        for (height, width), largest in (((1, 1), 500), ((3, 2), 3000), ((2, 5), 32768)):
            p = rng.integers(-largest, largest, (height, width))
            t = rng.integers(-32768, 32768, 4).tolist()
            expected = self.double_columns(self.double_columns(p, t).T, t).T
            self.assertTrue((pixels.double(p, t, expected.shape) == expected).all())
            self.assertTrue((pixels.double(p, t, (2 * height - 1, 2 * width)) == expected[:-1]).all())

    @staticmethod
    def double_columns(p, t):
        doubled = np.zeros((2 * len(p), p.shape[1]), int)
        for y, x in np.ndindex(doubled.shape):
            rows = [y // 2 + d for d in ((-1, 0, 1, 2) if y % 2 else (-2, -1, 0, 1))]
            values = [int(p[min(max(row, 0), len(p) - 1), x]) for row in rows]
            total = sum(tap * value for tap, value in zip(t[::-1] if y % 2 else t, values))
            doubled[y, x] = sat16(wrap32(total + 8192) >> 14)
        return doubled

    def test_base_filter_keeps_a_constant(self):
        taps = np.array([-576, 4288, 14400, -1728])
        self.assertTrue((pixels.double(np.full((3, 4), 77), taps, (6, 8)) == 77).all())

    def test_noise(self):
        plane = pixels.noise_plane(1, 3, 5)
        for y, x in np.ndindex(plane.shape):
            n = (x * 0x9E3779B1 + y * 0x85EBCA77 + 2 * 0xC2B2AE3D) % 2**32
            n = ((n ^ (n >> 16)) * 0x7FEB352D) % 2**32
            n = ((n ^ (n >> 15)) * 0x846CA68B) % 2**32
            n ^= n >> 16
            self.assertEqual(plane[y, x], sum(n.to_bytes(4, "little")) - 510)

    def test_convolve(self):
        rng = np.random.default_rng(2)
        weight, bias = rng.integers(-32768, 32768, (3, 3, 3, 3)), rng.integers(-32768, 32768, 3)
        planes = rng.integers(-32768, 32768, (3, 4, 5))
        found = pixels.convolve(weight, bias, planes)
        for o, y, x in np.ndindex(found.shape):
            total = 2048 + 4096 * int(bias[o])
            for i, r, c in np.ndindex(3, 3, 3):
                total += int(weight[o, i, r, c]) * int(planes[i, min(max(y + r - 1, 0), 3), min(max(x + c - 1, 0), 4)])
            self.assertEqual(found[o, y, x], sat16(wrap32(total) >> 12))


class Contexts(unittest.TestCase):
    def test_coarser(self):
        """Every context of every grid in two stripes, against the tables of the document."""
        a = parse_architecture(architecture([(0, 1), (1, 6), (0, 2)], [network_bytes(1, 6, 1)], (0, 0, 0), hidden=1))
        h = header_of(architecture(), 13, 70, tile_units=1)
        rng = np.random.default_rng(3)
        planes = [rng.integers(-128, 128, plane.shape) for plane in empty_planes(a, h)]
        for stripe in stripes_of(h):
            for grid in a.grids:
                first, end = rows_in_stripe(grid.level, len(planes[grid.number]), stripe)
                found = coarser_contexts(a, grid, 6, planes, stripe)
                for y, x in np.ndindex(found.shape[:2]):
                    expected = [self.look(a, planes, stripe, *place) for place in self.places(grid, y + first, x)]
                    self.assertEqual(found[y, x].tolist(), expected, (grid, y + first, x))

    @staticmethod
    def places(grid, y, x):
        """(chain, level, row, column) of the six contexts."""
        c, l, ny, nx = grid.chain, grid.level + 1, (1 if y % 2 else -1), (1 if x % 2 else -1)
        parent, grandparent = (c, l, y // 2, x // 2), (c, l + 1, y // 4, x // 4)
        near_v, far_v = (c, l, y // 2 + ny, x // 2), (c, l, y // 2 - ny, x // 2)
        near_h, far_h = (c, l, y // 2, x // 2 + nx), (c, l, y // 2, x // 2 - nx)
        same = [(chain, grid.level, y, x) for chain in (0, 1)]
        return [
            [parent, grandparent, near_v, near_h, far_v, far_h],
            [parent, same[0], grandparent, near_v, near_h, far_v],
            [parent, same[0], same[1], near_v, near_h, grandparent],
        ][c]

    @staticmethod
    def look(a, planes, stripe, chain, level, y, x):
        for grid in a.grids:
            height, width = planes[grid.number].shape
            if (grid.chain, grid.level) == (chain, level) and 0 <= y < height and 0 <= x < width:
                in_stripe = stripe[0] <= y << level < stripe[1]
                return 256 * planes[grid.number][y, x] if in_stripe or level > 1 else 0
        return 0


class ContextNetworks(unittest.TestCase):
    def test_every_latent(self):
        """The table of every latent of a picture of one stripe, against the formulas of the document in plain loops."""
        networks = [network_bytes(16, 0, 6, depth=2, own_biases=True), network_bytes(11, 6, 3)]
        networks = architecture([(0, 1), (3, 6)], networks, (0, 1, 0))
        file = random_file(4, networks, 23, 18, mapped=0, wildness=0.5, alpha=False)
        decoded = decode(file.data)
        coder = Recorder(file.latents)
        decode_grids(file.a, file.h, file.maps, decoded.parameters, [coder])
        self.assertEqual(len(coder.found), sum(plane.size for plane in file.latents))
        for grid in file.a.grids:
            coarser = coarser_contexts(file.a, grid, file.a.networks[grid.network].coarser, file.latents, None)
            for y, x in np.ndindex(file.latents[grid.number].shape):
                spatial = [256 * self.latent(file.latents[grid.number], y + dy, x + dx) for dy, dx in SPATIAL]
                contexts = spatial[: file.a.networks[grid.network].spatial] + coarser[y, x].astype(int).tolist()
                expected = self.table(file.a, decoded.parameters, grid, contexts)
                self.assertEqual(coder.found[grid.number, y, x], expected, (grid, y, x))

    @staticmethod
    def latent(plane, y, x):
        return int(plane[y, x]) if 0 <= y < len(plane) and 0 <= x < plane.shape[1] else 0

    @staticmethod
    def layer(weight, bias, inputs):
        sums = [sum(int(w) * v for w, v in zip(row, inputs, strict=True)) for row in weight]
        return [sat16(wrap32(2048 + 4096 * int(b) + total) >> 12) for b, total in zip(bias, sums, strict=True)]

    @classmethod
    def table(cls, a, parameters, grid, c):
        """(centre, scale, fraction)"""
        i = grid.network
        using = [g for g in a.grids if g.network == i]
        bias1 = parameters["bias1", i][using.index(grid) if a.networks[i].own_biases else 0]
        h = [max(0, v) for v in cls.layer(parameters["weight1", i], bias1, c)]
        if a.networks[i].depth == 2:
            h = [max(0, v) for v in cls.layer(parameters["weight2", i], parameters["bias2", i], h)]
        o = cls.layer(parameters["weight3", i], parameters["bias3", i], h + c)
        o = [sat16(v + int(b)) for v, b in zip(o, parameters["grid_bias"][grid.number])]
        m = sat16(o[0] + 8) >> 4
        centre = (m + 8) >> 4
        return centre, min(max(o[1] >> 5, 0), 63), m - 16 * centre + 8


class Recorder:
    """Stands where a decoder has a LaneReader: gives latents that are known and notes the table of each."""

    def __init__(self, latents):
        self.known, self.found = latents, {}

    def latents(self, _, centres, places, cells):
        number, y, x = cells
        for at, (centre, place) in enumerate(zip(centres, places)):
            self.found[number, y[at], x[at]] = centre, *place
        return self.known[number][y, x].tolist()

    def finish(self):
        pass


class Vectors(unittest.TestCase):
    def test_every_vector(self):
        for row in manifest():
            with self.subTest(row["file"]):
                decoded = decode(read_file(os.path.join(FOLDER, row["file"])))
                self.assertEqual(decoded.pixels.shape, tuple(int(row[key]) for key in ("height", "width", "channels")))
                self.assertEqual(pixel_hash(decoded), row["pixels_sha256"])

    def test_every_reject_vector(self):
        folder = os.path.join(FOLDER, "bad")
        for name in sorted(os.listdir(folder)):
            with self.subTest(name):
                with self.assertRaises(FormatError) as raised:
                    decode(read_file(os.path.join(folder, name)))
                self.assertEqual(raised.exception.name, name.split("-")[0])

    def test_every_end(self):
        """A file without metadata is truncated wherever it ends."""
        data = read_file(os.path.join(FOLDER, "stripes-finest-0-alpha.lic"))
        for length in (*range(4, 60), *range(60, len(data), 997), len(data) - 1):
            with self.subTest(length):
                with self.assertRaisesRegex(FormatError, "truncated"):
                    decode(data[:length])

    def test_metadata(self):
        h = read_layout(read_file(os.path.join(FOLDER, "every-section.lic")))
        self.assertEqual([h.icc, h.exif, h.xmp], [b"profile", b"MM", b"<x/>"])


class BaseSet(unittest.TestCase):
    def test_neutral(self):
        """Without differences a constant grid of chain 0 gives a flat grey, 25.5 for each step of its latents."""
        networks = architecture([(0, 6)], noise=1, convolutions=2)
        a, h = parse_architecture(networks), header_of(networks, 9, 7)
        for latent, sample in ((0, 128), (1, 154), (-2, 77), (127, 255)):
            latents = empty_planes(a, h)
            latents[0] += latent
            decoded = decode(write_picture(h, [None] * len(a.grids), {}, latents))
            self.assertTrue((decoded.pixels == sample).all())


if __name__ == "__main__":
    unittest.main()
