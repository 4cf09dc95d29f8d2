"""What `lic encode` makes of what scripts and archives hand it: wrong numbers, folders with other files, files of other
kinds, and pictures that lack pixels.

    python3 -m tests.native.commands.odd_inputs_test [OddInputsTest.NAME_OF_TEST...]

Uses the small model tests/models/tiny.
"""

import os
import unittest

from tests.native.commands.lic_command import CommandCase, EXIT_NO_INPUT, EXIT_USAGE, png, ppm, smooth


class OddInputsTest(CommandCase):
    def test_numbers_of_scripts(self):
        self.put("a.png", png(8, 8, smooth))
        takes = {
            "--target-bpp": "a number above 0",
            "--target-size": "a number above 0",
            "--target-psnr": "a number above 0",
            "--target-ssim": "a number between 0 and 1",
            "--quality": "a number from 1 to 100",
            "--effort": "an integer from 0 to 9",
            "--tile": "an integer from 64 to 65536",
            "--jobs": "an integer from 0 to 256",
            "--threads": "an integer from 0 to 256",
        }
        for option, allowed in takes.items():
            for value in ("nan", "20k", "", "-5", "inf", "-inf", "1e999", "0x10", " 5"):
                with self.subTest(option=option, value=value):
                    done = self.encode("a.png", "-o", "x", option, value, expect=EXIT_USAGE)
                    self.assertEqual(done.stderr.decode(), f'lic: {option}: "{value}" is not {allowed}\n')
        self.lic("decode", "a.lic", "-o", "x", "--max-pixels", "0", expect=EXIT_USAGE)
        self.lic("verify", "a.lic", "--against", "a.png", "--min-psnr", "nan", expect=EXIT_USAGE)
        self.assertEqual(self.files(), ["a.png"])

    def test_searches_say_what_they_leave_out(self):
        self.put("in/a.png", png(8, 8, smooth))
        self.put("in/b/c.TIF", b"II*\0")
        self.put("in/d.gif", b"GIF89a")
        self.put("in/e.gif", b"GIF89a")
        self.put("in/readme", b"")
        done = self.encode("-r", "in", "-d", "in")
        left_out = "lic: in: warning: 4 files are left out: 1 without extension, 2 .gif, 1 .tif"
        self.assertEqual(done.stderr.decode().splitlines()[0], left_out)
        self.assertEqual(self.encode("-r", "in", "-d", "in").stderr.decode().splitlines()[0], left_out)
        os.remove(self.path("in/a.png"))
        done = self.encode("-r", "in", "-d", "out", expect=EXIT_NO_INPUT)
        self.assertEqual(
            done.stderr.decode().splitlines(), [left_out, "lic: no picture that is read was found in the folders"]
        )
        done = self.lic("decode", "-r", "in/b", "-d", "out", expect=EXIT_NO_INPUT)
        self.assertEqual(done.stderr, b"lic: no .lic file was found in the folders\n")

    def test_files_are_called_what_they_are(self):
        kinds = {
            b"II*\0": "a TIFF file",
            b"MM\0*": "a TIFF file",
            b"GIF89a": "a GIF file",
            b"BM\1\0": "a BMP file",
            b"\0\0\0\x18ftypavif": "an AVIF file",
            b"\0\0\0\x18ftypheic": "a HEIC file",
            b"\0\0\0\x0cJXL \r\n\x87\n": "a JPEG XL file",
            b"\xff\x0a": "a JPEG XL file",
            b"\xef\xbb\xbf\n<!DOCTYPE html>": "an HTML page",
            b"<HTML>": "an HTML page",
            b"<svg": "an SVG file",
            b"version https://git-lfs.github.com/spec/v1": "a pointer of Git LFS",
            b"\x89LIC": "a .lic file already",
        }
        for start, kind in kinds.items():
            with self.subTest(kind):
                done = self.encode(self.put("a.png", start), "-o", "x", expect="unsupported_image")
                self.assertIn(f"unsupported_image: it is {kind}", done.stderr.decode())
        for start in (b"P", b"II*", b"RIFF", b"no picture", b"\0\0\0\x18fty"):
            done = self.encode(self.put("a.png", start), "-o", "x", expect="unsupported_image")
            self.assertIn(b"it begins like no picture that is read", done.stderr)

    def test_damaged_pixels(self):
        whole = ppm(8, 8, smooth)
        self.put("cut.ppm", whole[:-30])
        done = self.encode("cut.ppm", "-o", "a.lic", expect="bad_image")
        self.assertIn(b"the file ends in row 6 of 8", done.stderr)
        self.assertEqual(self.files(), ["cut.ppm"])
        done = self.encode("cut.ppm", "-o", "a.lic", "--lenient", "--json")
        self.assertEqual(self.lines(done)[0]["warnings"], ["pixels are missing or wrong: the file ends in row 6 of 8"])
        self.put("png.png", png(8, 8, smooth)[:-12])
        done = self.encode("png.png", "-o", "b.lic")
        self.assertIn(b"png.png: warning: behind the pixels: the file is cut off", done.stderr)


if __name__ == "__main__":
    unittest.main()
