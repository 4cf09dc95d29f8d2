"""`lic decode --scale`: a pixel is the mean of a square of pixels.

    python3 -m tests.native.commands.scale_command_test
"""

import os
import shutil
import unittest

import numpy as np

from tests.native.commands.lic_command import EXIT_USAGE, VECTORS, CommandCase
from tests.reference.lic_reference import read_file

FOLDER = os.path.join(VECTORS, "overfitted")
LEVELS = {"1/2": 1, "1/4": 2, "1/8": 3}


def average(pixels, scale):
    """(ceil(height / scale), ceil(width / scale), channels) u8, colours weighted by alpha."""
    height, width, channels = pixels.shape
    colours = channels - (channels + 1) % 2
    small = np.zeros((-(-height // scale), -(-width // scale), channels), np.uint8)
    for y, x in np.ndindex(small.shape[:2]):
        square = pixels[y * scale : (y + 1) * scale, x * scale : (x + 1) * scale].reshape(-1, channels).astype(int)
        weight = square[:, colours] if colours < channels else np.ones(len(square), int)
        total = weight.sum()
        if total:
            small[y, x, :colours] = ((square[:, :colours] * weight[:, None]).sum(0) + total // 2) // total
        if colours < channels:
            small[y, x, colours] = (total + len(square) // 2) // len(square)
    return small


def read_pam(data):
    """(height, width, channels) u8"""
    head, pixels = data.split(b"ENDHDR\n", 1)
    fields = dict(line.split(b" ", 1) for line in head.splitlines()[1:])
    return np.frombuffer(pixels, np.uint8).reshape([int(fields[key]) for key in (b"HEIGHT", b"WIDTH", b"DEPTH")])


class ScaleCommandTest(CommandCase):
    def decoded_pam(self, file, *options):
        return read_pam(self.lic("decode", file, "-o", "-", "-f", "pam", *options).stdout)

    def scaled(self, file, scale):
        return self.decoded_pam(file, "--scale", scale)

    def put_vector(self, folder, name):
        shutil.copy(os.path.join(folder, name), self.path(name))
        return name

    def test_squares_are_averaged(self):
        cases = [
            (FOLDER, "1x300.lic"),
            (FOLDER, "alpha.lic"),
            (FOLDER, "grey-alpha.lic"),
            (FOLDER, "65x63.lic"),
            (VECTORS, "photo-grey.lic"),
        ]
        for folder, name in [*cases, (VECTORS, "photo-cut-out.lic")]:
            self.put_vector(folder, name)
            whole = self.decoded_pam(name)
            for scale, level in LEVELS.items():
                with self.subTest(name, scale=scale):
                    np.testing.assert_array_equal(self.scaled(name, scale), average(whole, 1 << level))

    def test_a_scale_of_one_is_the_picture(self):
        self.put_vector(FOLDER, "65x63.lic")
        np.testing.assert_array_equal(self.scaled("65x63.lic", "1"), self.decoded_pam("65x63.lic"))

    def test_what_is_refused(self):
        self.put_vector(FOLDER, "65x63.lic")
        for scale in ("1/3", "2", "1/16", "0", ""):
            self.lic("decode", "65x63.lic", "-o", "x.png", "--scale", scale, expect=EXIT_USAGE)
        self.put("cut.lic", read_file(self.path("65x63.lic"))[:-1])
        self.lic("decode", "cut.lic", "-o", "x.png", "--scale", "1/4", expect="truncated")
        self.assertFalse(os.path.exists(self.path("x.png")))


if __name__ == "__main__":
    unittest.main()
