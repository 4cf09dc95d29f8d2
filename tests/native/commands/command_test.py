"""Runs the `lic` command as its users do: pictures there and back, and how files are named.

    python3 -m tests.native.commands.command_test [CommandTest.NAME_OF_TEST...]

Uses the small model tests/models/tiny and the vectors of tests/vectors.
"""

import glob
import json
import os
import struct
import unittest
import zlib

from tests.native.commands.lic_command import CommandCase, MODELS, chunk, png, ppm, quadrant, read_pnm, smooth


class CommandTest(CommandCase):
    # ---- Round trips ----------------------------------------------------------------------------------------

    def test_round_trip(self):
        self.put("in.png", png(70, 50, smooth))
        self.encode("in.png", "-o", "a.lic", "-q", "90")
        self.lic("decode", "a.lic", "-o", "a.png")
        self.lic("decode", "a.lic", "-o", "a.ppm")
        width, height, rows = read_pnm(self.get("a.ppm"))
        self.assertEqual((width, height), (70, 50))
        for place in ((0, 0), (35, 25), (69, 49)):
            for got, wanted in zip(rows[place[1]][place[0]], smooth(*place)):
                self.assertLess(abs(got - wanted), 60)
        (verified,) = self.lines(self.lic("verify", "a.lic", "--against", "in.png", "--json"))
        (png_again,) = self.lines(self.lic("verify", "a.lic", "--against", "a.png", "--json"))
        self.assertTrue(png_again["equal"])
        self.assertIsNone(png_again["psnr"])
        self.assertFalse(verified["equal"])
        self.assertGreater(verified["psnr"], 15)
        self.assertGreater(verified["ssim"], 0.2)

    def test_sixteen_bits_are_narrowed(self):
        self.put("deep.png", png(33, 20, lambda x, y: (x * 1900, y * 3000, 40000), depth=16))
        self.put(
            "flat.png", png(33, 20, lambda x, y: tuple((v * 255 + 32767) // 65535 for v in (x * 1900, y * 3000, 40000)))
        )
        self.encode("deep.png", "-o", "deep.lic")
        self.encode("flat.png", "-o", "flat.lic")
        self.assertEqual(self.get("deep.lic"), self.get("flat.lic"))

    def test_alpha_and_grey(self):
        self.put("alpha.png", png(20, 20, lambda x, y: (9, 99, 200, 12 * x), channels=4))
        self.encode("alpha.png", "-o", "alpha.lic")
        self.assertIn(b"alpha", self.lic("info", "alpha.lic").stdout)
        self.lic("decode", "alpha.lic", "-o", "alpha.ppm", expect="invalid_argument")
        pam = self.lic("decode", "alpha.lic", "-o", "-", "-f", "pam").stdout
        self.assertIn(b"DEPTH 4", pam)
        samples = pam.split(b"ENDHDR\n")[1]
        self.assertEqual([samples[4 * x + 3] for x in range(20)], [12 * x for x in range(20)])
        self.put("grey.png", png(20, 20, lambda x, y: (12 * x,), channels=1))
        self.encode("grey.png", "-o", "grey.lic")
        self.assertTrue(self.lines(self.lic("info", "grey.lic", "--json"))[0]["grey"])
        self.assertTrue(self.lic("decode", "grey.lic", "-o", "-", "-f", "pgm").stdout.startswith(b"P5\n20 20\n255\n"))

    def test_orientation_is_applied(self):
        exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
        upright = quadrant(64, 96)
        # Orientation 6: the first row is the right side, the first column the top.
        turned = png(96, 64, lambda x, y: upright(63 - y, x), before_pixels=chunk(b"eXIf", exif))
        self.put("turned.png", turned)
        self.put("upright.png", png(64, 96, upright))
        self.encode("turned.png", "-o", "turned.lic")
        self.encode("upright.png", "-o", "upright.lic")
        self.assertEqual(self.get("turned.lic"), self.get("upright.lic"))
        self.encode("turned.png", "-o", "kept.lic", "--keep-exif")
        self.lic("decode", "kept.lic", "-o", "kept.png")
        self.assertIn(chunk(b"eXIf", exif.replace(b"\0\x06", b"\0\x01")), self.get("kept.png"))

    def test_wide_gamut_is_converted(self):
        p3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
        described = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", p3)
        self.put("p3.png", png(32, 32, lambda x, y: (180, 90, 60), before_pixels=described))
        # The colour in sRGB, by the formulas of CSS Color 4.
        self.put("srgb.png", png(32, 32, lambda x, y: (196, 85, 53)))
        self.encode("p3.png", "-o", "p3.lic")
        (against,) = self.lines(self.lic("verify", "p3.lic", "--against", "srgb.png", "--json"))
        (converted,) = self.lines(self.lic("verify", "p3.lic", "--against", "p3.png", "--json"))
        self.assertAlmostEqual(against["psnr"], converted["psnr"], delta=1.5)
        # Kept, they are other pixels and a profile, which decodes to the same colours.
        self.encode("p3.png", "-o", "kept.lic", "--keep-icc")
        self.lic("decode", "kept.lic", "-o", "kept.png")
        self.assertIn(b"iCCP", self.get("kept.png"))
        pixel, kept = self.decoded("p3.lic")[2][16][16], self.decoded("kept.lic")[2][16][16]
        for a, b in zip(pixel, kept):
            self.assertLess(abs(a - b), 20)

    # ---- Names ----------------------------------------------------------------------------------------------

    def test_pipes(self):
        picture = ppm(40, 30, smooth)
        encoded = self.encode("-", "-o", "-", stdin=picture).stdout
        self.put("in.ppm", picture)
        self.encode("in.ppm", "-o", "file.lic")
        self.assertEqual(encoded, self.get("file.lic"))
        (info,) = self.lines(self.lic("info", "-", "--json", stdin=encoded))
        self.assertEqual((info["width"], info["height"], info["bytes"]), (40, 30, len(encoded)))
        self.lic("verify", "-", stdin=encoded)
        self.assertTrue(self.lic("decode", "-", "-o", "-", stdin=encoded).stdout.startswith(b"\x89PNG"))
        done = self.encode("-", "-o", "-", "--json", stdin=picture)
        self.assertEqual(done.stdout, encoded)
        self.assertEqual(json.loads(done.stderr)["bytes"], len(encoded))
        self.lic("decode", "-", "-o", "-", stdin=encoded[:-1], expect="truncated")

    def test_bytes_behind_a_whole_file(self):
        self.put("a.png", png(16, 8, smooth))
        for coding in (("-m", "tiny"), ("--overfit", "--effort", "0")):
            self.lic("encode", "a.png", "-o", "a.lic", *coding)
            whole, right = self.get("a.lic"), self.lic("decode", "a.lic", "-o", "-").stdout
            for behind in (b"\0", bytes(3000), b"\n", b"<!-- cached -->", whole, bytes([255] * 20)):
                with self.subTest(coding=coding, behind=behind[:20]):
                    self.put("b.lic", whole + behind)
                    said = f"{len(behind)} bytes behind the picture, from byte {len(whole)} on".encode()
                    done = self.lic("decode", "b.lic", "-o", "-", "--quiet")
                    self.assertEqual(done.stdout, right)
                    self.assertIn(b"warning: " + said, done.stderr)
                    (info,) = self.lines(self.lic("info", "b.lic", "--json"))
                    self.assertEqual(info["trailer_bytes"], len(behind))
                    self.assertIn(said.decode(), info["warnings"][0])
                    done = self.lic("verify", "b.lic", expect="bad_section")
                    self.assertIn(said, done.stderr)
                    self.assertIn(b"pixels", done.stdout)
        self.lic("verify", "a.lic")
        self.assertNotIn("trailer_bytes", self.lines(self.lic("info", "a.lic", "--json"))[0])

    def test_a_section_behind_the_picture_that_is_cut_off_or_damaged(self):
        self.put("a.png", png(16, 8, smooth, before_pixels=chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0")))
        self.encode("a.png", "-o", "without.lic")
        self.encode("a.png", "-o", "a.lic", "--keep-exif")
        whole, picture_bytes = self.get("a.lic"), len(self.get("without.lic"))
        self.assertGreater(len(whole), picture_bytes)
        right = self.lic("decode", "without.lic", "-o", "-").stdout
        damaged = whole[:-1] + bytes([whole[-1] ^ 1])
        for file in (whole[:-1], whole[: picture_bytes + 8], whole[: picture_bytes + 1], damaged):
            with self.subTest(len(file)):
                self.put("b.lic", file)
                done = self.lic("decode", "b.lic", "-o", "-", "--json")
                self.assertEqual(done.stdout, right)
                (warning,) = json.loads(done.stderr)["warnings"]
                self.assertRegex(warning, f"from byte {picture_bytes} on.*may be damaged Exif")
                self.lic("verify", "b.lic", expect="bad_section")

    def test_folders_are_mirrored(self):
        for name in ("in/a.png", "in/b/c.PNG", "in/b/d/e.ppm"):
            self.put(name, png(8, 8, smooth) if name.lower().endswith("png") else ppm(8, 8, smooth))
        self.put("in/readme.txt", b"no picture")
        self.encode("in", "-d", "no", expect="invalid_argument")
        self.encode("in", "-r", "-d", "out", "-j", "3")
        self.assertEqual(
            [name for name in self.files() if name.startswith("out")], ["out/a.lic", "out/b/c.lic", "out/b/d/e.lic"]
        )
        self.lic("decode", "-r", "out", "--out-dir", "back", "-f", "ppm")
        self.assertEqual(
            [name for name in self.files() if name.startswith("back")], ["back/a.ppm", "back/b/c.ppm", "back/b/d/e.ppm"]
        )
        self.assertEqual(len(self.lines(self.lic("info", "-r", "out", "--json"))), 3)

    def test_patterns(self):
        for name in ("a.png", "b.png"):
            self.put(name, png(8, 8, smooth))
        self.encode("*.png", "-d", "out")
        self.assertEqual(len(glob.glob(self.path("out", "*.lic"))), 2)
        self.encode("*.gif", "-d", "out", expect="io_error")

    def test_skip_existing(self):
        self.put("a.png", png(8, 8, smooth))
        self.put("b.png", png(8, 8, smooth))
        self.put("out/a.lic", b"mine")
        done = self.lines(self.encode("a.png", "b.png", "-d", "out", "--skip-existing", "--json"))
        self.assertEqual([line.get("skipped") for line in done], [True, None])
        self.assertEqual(self.get("out/a.lic"), b"mine")
        self.encode("a.png", "-d", "out")
        self.assertNotEqual(self.get("out/a.lic"), b"mine")

    def test_colliding_outputs(self):
        self.put("a.png", png(8, 8, smooth))
        self.put("a.ppm", ppm(8, 8, smooth))
        done = self.encode("a.png", "a.ppm", "-d", "out", expect="invalid_argument")
        self.assertIn(b"a.png", done.stderr)
        self.encode("a.png", "-o", "./a.png", expect="invalid_argument")
        self.assertEqual(self.get("a.png"), png(8, 8, smooth))

    # ---- Heads ----------------------------------------------------------------------------------------------

    def test_another_head_decodes_the_same_file(self):
        self.put("in.png", png(70, 50, smooth))
        for kind in ("dec", "enc"):
            with open(os.path.join(MODELS, f"tiny.{kind}.licm"), "rb") as file:
                self.put(f"models/base.{kind}.licm", file.read())
        self.put("models/another.dec.licm", another_head(self.get("models/base.dec.licm")))  # the first by name
        both, one = (dict(os.environ, LIC_MODEL_PATH=self.path(folder)) for folder in ("models", "one"))
        base, another = self.path("models", "base.dec.licm"), self.path("models", "another.dec.licm")

        def decode(*more, env=both):
            return self.lic("decode", "a.lic", "-o", "-", "-f", "ppm", *more, env=env).stdout

        def symbols(model):
            return self.lines(self.lic("verify", "a.lic", "-m", model, "--json"))[0]["symbol_hash"]

        self.lic("encode", "in.png", "-o", "a.lic", "-m", base)
        self.assertEqual(symbols(base), symbols(another))
        self.assertNotEqual(decode("-m", base), decode("-m", another))
        self.assertEqual(decode(), decode("-m", base))  # the head that it was encoded for
        self.put("one/another.dec.licm", self.get("models/another.dec.licm"))
        self.assertEqual(decode(env=one), decode("-m", another))


def another_head(decoder):
    """A decoder file with other weights in the last convolution of its synthesis: the model id stays."""
    start = 8 + int.from_bytes(decoder[6:8], "little")
    start += 9 + int.from_bytes(decoder[start + 1 : start + 5], "little")
    head, payload = decoder[start : start + 5], decoder[start + 9 :]
    payload = (
        payload[:-27] + bytes(w ^ 0x40 for w in payload[-27:-11]) + payload[-11:]
    )  # it ends with a shuffle and a clamp
    return decoder[:start] + head + zlib.crc32(head + payload).to_bytes(4, "little") + payload


if __name__ == "__main__":
    unittest.main()
