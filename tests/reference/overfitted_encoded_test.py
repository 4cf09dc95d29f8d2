"""Files that `lic encode --coding overfitted` makes: the second decoder gives the pixels that the command gives.

    python3 -m tests.reference.overfitted_encoded_test
"""

import unittest

from tests.native.commands.lic_command import CommandCase, png
from tests.reference import overfitted_reference
from tests.reference.lic_reference import read_file


def busy(channels):
    """Waves of blocks. The last channel, which may be alpha, is 255 on the left."""

    def pixel(x, y):
        blocks = [(50 + 3 * x + 70 * ((x // 5 + y // 6 + c) % 2)) % 256 for c in range(channels - 1)]
        return (*blocks, 255 if x < 20 else (y + x) % 256)

    return pixel


class Encoded(CommandCase):
    def test_both_decoders_give_the_same_pixels(self):
        cases = ((1, 1, 3, "64"), (70, 140, 4, "64"), (33, 65, 1, "1024"), (130, 20, 3, "1024"))
        for number, (width, height, channels, tile) in enumerate(cases):
            for quality in ("5", "95"):
                with self.subTest(width=width, height=height, quality=quality):
                    self.put("in.png", png(width, height, busy(channels), channels=channels))
                    name = f"{number}.lic"
                    self.lic(
                        "encode", "--overfit", "--effort", "0", "--tile", tile, "-q", quality, "in.png", "-o", name
                    )
                    (line,) = self.lines(self.lic("verify", name, "--json"))
                    decoded = overfitted_reference.decode(read_file(self.path(name)))
                    self.assertEqual(overfitted_reference.pixel_hash(decoded), line["pixel_hash"])


if __name__ == "__main__":
    unittest.main()
