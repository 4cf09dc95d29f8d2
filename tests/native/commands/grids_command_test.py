"""`lic grids`: the latents of files that carry their own networks, as the second decoder has them.

    python3 -m tests.native.commands.grids_command_test
"""

import os
import shutil
import unittest

import numpy as np

from models.evaluation.measurements.picture_files import read_picture
from tests.native.commands.lic_command import EXIT_USAGE, VECTORS, CommandCase
from tests.reference import overfitted_reference
from tests.reference.lic_reference import read_file

FOLDER = os.path.join(VECTORS, "overfitted")
NAMES = ("1x1", "65x63-mapped", "alpha", "noise", "all-contexts", "base-set-1")


class GridsCommandTest(CommandCase):
    def put_vector(self, name):
        shutil.copy(os.path.join(FOLDER, f"{name}.lic"), self.path(f"{name}.lic"))
        return f"{name}.lic"

    def latents(self, drawn):
        """Those that a PNG shows."""
        return read_picture(self.path(drawn))[:, :, 0].astype(int) - 128

    def test_latents_are_those_of_the_second_decoder(self):
        for name in NAMES:
            with self.subTest(name):
                vector = self.put_vector(name)
                (line,) = self.lines(self.lic("grids", vector, "-d", "drawn", "--json"))
                expected = overfitted_reference.decode(read_file(self.path(vector)))
                places = [(grid.chain, grid.level) for grid in expected.header.architecture.grids]
                self.assertEqual([(grid["chain"], grid["level"]) for grid in line["grids"]], places)
                for grid, latents in zip(line["grids"], expected.grids, strict=True):
                    np.testing.assert_array_equal(self.latents(grid["file"]), latents)
                    self.assertEqual((grid["height"], grid["width"]), latents.shape)
                    self.assertEqual(grid["zeros"], int((latents == 0).sum()))
                    self.assertEqual((grid["least"], grid["most"]), (latents.min(), latents.max()))

    def test_stripes_are_put_together(self):
        """A picture of several rows of tiles, whose finest grids lie in several streams."""
        tall = [name for name in sorted(os.listdir(FOLDER)) if name.endswith(".lic") and self.stripes(name) > 1]
        self.assertGreater(len(tall), 0)
        vector = self.put_vector(tall[0].removesuffix(".lic"))
        (line,) = self.lines(self.lic("grids", vector, "-d", "drawn", "--json"))
        expected = overfitted_reference.decode(read_file(self.path(vector)))
        for grid, latents in zip(line["grids"], expected.grids, strict=True):
            np.testing.assert_array_equal(self.latents(grid["file"]), latents)

    def stripes(self, name):
        try:
            header = overfitted_reference.read_layout(read_file(os.path.join(FOLDER, name)))
        except overfitted_reference.FormatError:
            return 0
        return len(header.grid_streams)

    def test_bytes_of_the_parts_add_up(self):
        (line,) = self.lines(self.lic("grids", self.put_vector("base-set-1"), "-d", "drawn", "--json"))
        parts = line["network_bytes"] + line["alpha_bytes"] + sum(grid["bytes"] for grid in line["grids"])
        self.assertTrue(line["bytes"] - 400 < parts < line["bytes"], (parts, line["bytes"]))

    def test_files_without_grids_and_damaged_ones_are_refused(self):
        shutil.copy(os.path.join(VECTORS, "photo-1x1.lic"), self.path("photo.lic"))
        done = self.lic("grids", "photo.lic", "-d", "drawn", expect="invalid_argument")
        self.assertIn("the file names a model and has no grids", done.stderr.decode())
        data = bytearray(read_file(self.path(self.put_vector("base-set-1"))))
        data[-20] ^= 1
        self.put("damaged.lic", bytes(data))
        self.lic("grids", "damaged.lic", "-d", "drawn", expect="bad_checksum")
        self.put("file", b"")
        self.lic("grids", "photo.lic", "-d", "file/x", expect=EXIT_USAGE)


if __name__ == "__main__":
    unittest.main()
