"""Reading and writing of pictures: every PNG filter, comments in PNM, damage."""

import os
import struct
import tempfile
import unittest
import zlib

import numpy as np

from models.evaluation.measurements.picture_files import PNG_MAGIC, PictureError, read_picture, write_png, write_ppm

RANDOM = np.random.default_rng(7)


def predict(kind, left, up, corner):
    """PNG's filters, of single samples."""
    estimate = left + up - corner
    nearest = min((left, up, corner), key=lambda value: abs(estimate - value))  # the first of the nearest
    return (0, left, up, (left + up) // 2, nearest)[kind]


def filtered(pixels, kinds):
    """Lines of a PNG, filtered sample by sample."""
    height, width, channels = pixels.shape
    samples = np.zeros((height + 1, width + 1, channels), int)
    samples[1:, 1:] = pixels
    lines = b""
    for y in range(height):
        lines += bytes([kinds[y]])
        for x in range(width):
            around = zip(samples[y + 1, x + 1], samples[y + 1, x], samples[y, x + 1], samples[y, x])
            lines += bytes((value - predict(kinds[y], left, up, corner)) % 256 for value, left, up, corner in around)
    return lines


def png(width, height, colour_type, lines, depth=8, interlaced=0):
    def chunk(kind, payload):
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced))
    data = zlib.compress(lines)
    return (
        PNG_MAGIC
        + header
        + chunk(b"tEXt", b"a\0b")
        + chunk(b"IDAT", data[:9])
        + chunk(b"IDAT", data[9:])
        + chunk(b"IEND", b"")
    )


class Pictures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "picture")

    def read(self, data):
        with open(self.path, "wb") as file:
            file.write(data)
        return read_picture(self.path)

    def test_png_filters(self):
        for height, width in ((10, 7), (7, 10), (5, 1), (1, 5)):
            for channels, colour_type in ((3, 2), (1, 0)):
                with self.subTest(height=height, width=width, channels=channels):
                    pixels = RANDOM.integers(0, 256, (height, width, channels), np.uint8)
                    kinds = [y % 5 for y in range(height)] if height > 1 else [4]
                    found = self.read(png(width, height, colour_type, filtered(pixels, kinds)))
                    np.testing.assert_array_equal(found, np.repeat(pixels, 3 // channels, 2))

    def test_written_files_read_back(self):
        pixels = RANDOM.integers(0, 256, (9, 13, 3), np.uint8)
        for write in (write_png, write_ppm):
            write(self.path, pixels)
            np.testing.assert_array_equal(read_picture(self.path), pixels)

    def test_pnm_headers(self):
        self.assertEqual(self.read(b"P6 2 1 255\n" + bytes(range(6))).tolist(), [[[0, 1, 2], [3, 4, 5]]])
        self.assertEqual(self.read(b"P5\n# by hand\n1\n#2 3\n2 255\n" + bytes([8, 9])).tolist(), [[[8] * 3], [[9] * 3]])

    def test_damage_and_other_kinds(self):
        lines = filtered(np.zeros((2, 2, 3), np.uint8), [0, 0])
        good = png(2, 2, 2, lines)
        bad = {
            "neither": b"GIF89a",
            "empty": b"",
            "cut PNG": good[:50],
            "cut before its header": good[:10],
            "no header": PNG_MAGIC,
            "short pixels": png(2, 2, 2, lines[:-1]),
            "unknown filter": png(2, 2, 2, b"\5" + lines[1:]),
            "alpha": png(2, 2, 6, lines),
            "16 bits": png(2, 2, 2, lines, depth=16),
            "interlaced": png(2, 2, 2, lines, interlaced=1),
            "cut PNM": b"P6 2 2 255\n" + bytes(11),
            "PNM of 16 bits": b"P6 1 1 65535\n" + bytes(6),
            "PNM without size": b"P6\n",
            "PNM of a comment": b"P6 # 1 1 255",
        }
        for name, data in bad.items():
            with self.subTest(name), self.assertRaises(PictureError):
                self.read(data)


if __name__ == "__main__":
    unittest.main()
