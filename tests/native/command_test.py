"""Runs the `lic` command as its users do.

    python3 command_test.py PATH_OF_LIC ROOT_OF_REPOSITORY [NAME_OF_TEST...]

Needs Python's standard library only. Uses the small model tests/models/tiny and the vectors of tests/vectors.
"""

import glob
import json
import os
import pty
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

LIC, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MODELS, VECTORS = os.path.join(ROOT, "tests", "models"), os.path.join(ROOT, "tests", "vectors")
EXIT_USAGE = 64
ERRORS = {}  # name to number, from the format document
with open(os.path.join(ROOT, "docs", "format.md"), encoding="utf-8") as document:
    for row in document.read().split("## Errors {#errors}")[1].splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 3 and cells[0].isdigit():
            ERRORS[cells[1]] = (int(cells[0]), cells[2])


def chunk(kind, payload):
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png(width, height, pixel, channels=3, depth=8, before_pixels=b""):
    """A PNG whose samples at (x, y) are pixel(x, y)."""
    rows = b"".join(
        b"\0" + b"".join(v.to_bytes(depth // 8, "big") for x in range(width) for v in pixel(x, y)) for y in range(height))
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before_pixels + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def ppm(width, height, pixel):
    return b"P6 %d %d 255\n" % (width, height) + bytes(v for y in range(height) for x in range(width) for v in pixel(x, y))


def read_pnm(data):
    """Width, height, rows of tuples."""
    kind, width, height, _, samples = data.split(maxsplit=4) if not data.startswith(b"P6\n") else (
        [b"P6"] + data.split(b"\n", 3)[1].split() + [b"255", data.split(b"\n", 3)[3]])
    assert kind == b"P6"
    width, height = int(width), int(height)
    return width, height, [[tuple(samples[(y * width + x) * 3:][:3]) for x in range(width)] for y in range(height)]


def smooth(x, y):
    return (40 + 2 * x % 160, 60 + 2 * y % 160, 128)


def quadrant(width, height):
    """Four flat quarters: top left red, top right green, bottom left blue, bottom right grey."""
    return lambda x, y: (((200, 40, 40), (40, 180, 40)), ((40, 40, 200), (128, 128, 128)))[2 * y >= height][2 * x >= width]


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lic-command-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = dict(os.environ, LIC_MODEL_PATH=MODELS)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def put(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
        return name

    def get(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def files(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.folder)
                      for folder, _, names in os.walk(self.folder) for name in names)

    def lic(self, *arguments, stdin=b"", expect=0, **options):
        """Runs the command in the test's folder; `expect` is the exit status or the name of an error."""
        options.setdefault("env", self.environment)
        done = subprocess.run([LIC, *arguments], input=stdin, capture_output=True, cwd=self.folder, timeout=120, **options)
        number = ERRORS[expect][0] if isinstance(expect, str) else expect
        self.assertEqual(done.returncode, number, (arguments, done.stderr))
        if isinstance(expect, str) and "--json" not in arguments:
            self.assertIn(expect, done.stderr.decode())
        return done

    def encode(self, *arguments, **options):
        return self.lic("encode", "-m", "tiny", *arguments, **options)

    def lines(self, done):
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def decoded(self, name):
        return read_pnm(self.lic("decode", name, "-o", "-", "-f", "ppm").stdout)

    # ---- Round trips ---------------------------------------------------------------------------------------------------------

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
        verified, = self.lines(self.lic("verify", "a.lic", "--against", "in.png", "--json"))
        png_again, = self.lines(self.lic("verify", "a.lic", "--against", "a.png", "--json"))
        self.assertTrue(png_again["equal"])
        self.assertIsNone(png_again["psnr"])
        self.assertFalse(verified["equal"])
        self.assertGreater(verified["psnr"], 15)
        self.assertGreater(verified["ssim"], 0.2)

    def test_sixteen_bits_are_narrowed(self):
        self.put("deep.png", png(33, 20, lambda x, y: (x * 1900, y * 3000, 40000), depth=16))
        self.put("flat.png", png(33, 20, lambda x, y: tuple((v * 255 + 32767) // 65535 for v in (x * 1900, y * 3000, 40000))))
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
        against, = self.lines(self.lic("verify", "p3.lic", "--against", "srgb.png", "--json"))
        converted, = self.lines(self.lic("verify", "p3.lic", "--against", "p3.png", "--json"))
        self.assertAlmostEqual(against["psnr"], converted["psnr"], delta=1.5)
        # Kept, they are other pixels and a profile, which decodes to the same colours.
        self.encode("p3.png", "-o", "kept.lic", "--keep-icc")
        self.lic("decode", "kept.lic", "-o", "kept.png")
        self.assertIn(b"iCCP", self.get("kept.png"))
        pixel, kept = self.decoded("p3.lic")[2][16][16], self.decoded("kept.lic")[2][16][16]
        for a, b in zip(pixel, kept):
            self.assertLess(abs(a - b), 20)

    # ---- Names ---------------------------------------------------------------------------------------------------------------

    def test_pipes(self):
        picture = ppm(40, 30, smooth)
        encoded = self.encode("-", "-o", "-", stdin=picture).stdout
        self.put("in.ppm", picture)
        self.encode("in.ppm", "-o", "file.lic")
        self.assertEqual(encoded, self.get("file.lic"))
        info, = self.lines(self.lic("info", "-", "--json", stdin=encoded))
        self.assertEqual((info["width"], info["height"], info["bytes"]), (40, 30, len(encoded)))
        self.lic("verify", "-", stdin=encoded)
        self.assertTrue(self.lic("decode", "-", "-o", "-", stdin=encoded).stdout.startswith(b"\x89PNG"))
        done = self.encode("-", "-o", "-", "--json", stdin=picture)
        self.assertEqual(done.stdout, encoded)
        self.assertEqual(json.loads(done.stderr)["bytes"], len(encoded))
        self.lic("decode", "-", "-o", "-", stdin=encoded[:-1], expect="truncated")

    def test_folders_are_mirrored(self):
        for name in ("in/a.png", "in/b/c.PNG", "in/b/d/e.ppm"):
            self.put(name, png(8, 8, smooth) if name.lower().endswith("png") else ppm(8, 8, smooth))
        self.put("in/readme.txt", b"no picture")
        self.encode("in", "-d", "no", expect="invalid_argument")
        self.encode("in", "-r", "-d", "out", "-j", "3")
        self.assertEqual([name for name in self.files() if name.startswith("out")], ["out/a.lic", "out/b/c.lic", "out/b/d/e.lic"])
        self.lic("decode", "-r", "out", "--out-dir", "back", "-f", "ppm")
        self.assertEqual([name for name in self.files() if name.startswith("back")], ["back/a.ppm", "back/b/c.ppm", "back/b/d/e.ppm"])
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

    # ---- Reports and exit statuses -------------------------------------------------------------------------------------------

    def test_json_lines(self):
        self.put("a.png", png(16, 8, smooth))
        self.put("bad.png", png(16, 8, smooth)[:-20])
        self.put(b"\xff.png".decode("utf-8", "surrogateescape"), png(1, 1, smooth))
        done = self.encode("bad.png", "a.png", "none.png", b"\xff.png", "-d", "out", "--json", "-q", "12.5", expect="bad_image")
        self.assertEqual(done.stderr, b"")
        bad, good, missing, odd = self.lines(done)
        self.assertEqual(bad["error"]["code"], "bad_image")
        self.assertIn("byte", bad["error"]["message"])
        self.assertEqual(missing["error"]["code"], "io_error")
        self.assertIn("No such file", missing["error"]["message"])
        self.assertNotIn("error", odd)
        self.assertEqual(list(good), ["command", "file", "output", "width", "height", "bytes", "bpp", "quality", "model_id",
                                      "model", "effort", "encode_ms", "source_bytes", "time", "ms"])
        self.assertEqual((good["command"], good["source_bytes"]), ("encode", os.path.getsize(self.path("a.png"))))
        self.assertRegex(missing["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual((good["file"], good["output"]), ("a.png", "out/a.lic"))
        self.assertEqual((good["width"], good["height"], good["quality"], good["model"]), (16, 8, 12.5, "tiny"))
        self.assertEqual(good["bytes"], os.path.getsize(self.path("out/a.lic")))
        self.assertAlmostEqual(good["bpp"], good["bytes"] * 8 / (16 * 8))

    def test_all_inputs_are_tried(self):
        for name in ("a.png", "c.png"):
            self.put(name, png(8, 8, smooth))
        self.put("b.png", b"no picture")
        for threads in ("1", "4"):
            done = self.encode("none.png", "a.png", "b.png", "c.png", "-d", "out" + threads, "-j", threads, expect="io_error")
            self.assertIn(b"b.png: unsupported_image", done.stderr)
            self.assertEqual(sorted(os.listdir(self.path("out" + threads))), ["a.lic", "c.lic"])

    def test_reject_vectors_name_their_error(self):
        for path in glob.glob(os.path.join(VECTORS, "bad", "*.lic")):
            error = os.path.basename(path).split("-")[0]
            with self.subTest(path):
                if error == "unknown_model":
                    self.lic("decode", path, "-o", "out.png", expect=error)
                else:
                    self.lic("decode", path, "-o", "out.png", "-m", os.path.join(MODELS, "tiny.dec.licm"), expect=error)
        self.assertEqual(self.files(), [])
        for path in glob.glob(os.path.join(VECTORS, "bad", "*.dec.licm")):
            with self.subTest(path):
                self.lic("decode", os.path.join(VECTORS, "tiny-1x1.lic"), "-o", "out.png", "-m", path,
                         expect=os.path.basename(path).split("-")[0])

    def test_symbols_of_vectors(self):
        with open(os.path.join(VECTORS, "manifest.tsv"), encoding="utf-8") as manifest:
            _, *rows = [line.rstrip("\n").split("\t") for line in manifest if not line.startswith("#")]
        named = {row[0]: row for row in rows}
        folders = {os.path.dirname(os.path.join(ROOT, row[1])) for row in rows}
        paths = [os.path.join(VECTORS, name) for name in named]
        done = self.lines(self.lic("verify", *paths, "--json", "-j", "2", env=dict(os.environ, LIC_MODEL_PATH=":".join(folders))))
        self.assertEqual(len(done), len(paths))
        for line in done:
            self.assertIn(line["symbol_hash"], named[os.path.basename(line["file"])])

    def test_models(self):
        self.put("a.png", png(8, 8, smooth))
        self.encode("a.png", "-o", "a.lic")
        done = self.lic("encode", "a.png", "-o", "b.lic", "-m", "nowhere", expect="unknown_model")
        self.assertIn(MODELS.encode(), done.stderr)
        elsewhere = dict(self.environment, LIC_MODEL_PATH=self.path("none") + "::" + self.folder)
        done = self.lic("decode", "a.lic", "-o", "a2.png", env=elsewhere, expect="unknown_model")
        self.assertIn(self.lines(self.lic("info", "a.lic", "--json"))[0]["model_id"].encode(), done.stderr)
        self.assertIn(self.folder.encode(), done.stderr)
        self.lic("decode", "a.lic", "-o", "a2.png", "-m", os.path.join(MODELS, "tiny.dec.licm"), env=elsewhere)
        self.lic("decode", "a.lic", "-o", "a3.png", "-m", os.path.join(MODELS, "least.dec.licm"), expect="model_mismatch")
        self.put("broken.dec.licm", b"junk")
        self.lic("decode", "a.lic", "-o", "a3.png", "-m", "./broken.dec.licm", expect="bad_model")
        # Beside the executable, and in the installation's share folder.
        for folder in ("bin/models", "share/lic/models"):
            os.makedirs(self.path(folder))
            os.makedirs(self.path("bin"), exist_ok=True)
            shutil.copy(LIC, self.path("bin", "lic"))
            for kind in ("dec", "enc"):
                shutil.copy(os.path.join(MODELS, f"tiny.{kind}.licm"), self.path(folder, f"found.{kind}.licm"))
            subprocess.run([self.path("bin", "lic"), "encode", self.path("a.png"), "-o", self.path("found.lic"), "-m", "found"],
                           check=True, env=elsewhere, capture_output=True)
            self.assertEqual(self.get("found.lic"), self.get("a.lic"))
            shutil.rmtree(self.path(folder))

    def test_verify_against_a_bound(self):
        self.put("a.png", png(32, 32, smooth))
        self.put("other.png", png(31, 32, smooth))
        self.encode("a.png", "-o", "a.lic")
        self.lic("verify", "a.lic", "--against", "a.png", "--min-psnr", "5")
        self.lic("verify", "a.lic", "--against", "a.png", "--min-psnr", "99", expect="below_quality")
        self.lic("verify", "a.lic", "--against", "other.png", expect="invalid_argument")
        data = bytearray(self.get("a.lic"))
        data[-1] ^= 1
        self.put("damaged.lic", bytes(data))
        self.lic("verify", "damaged.lic", expect="bad_checksum")

    def test_targets(self):
        names = [self.put("in/a.png", png(96, 80, lambda x, y: (x * 41 % 256, y * 57 % 256, x * y % 256))), self.put("in/b.png", png(64, 64, smooth))]
        for effort in ("0", "4"):
            sizes = [line["bytes"] for line in self.lines(self.encode(*names, "-d", "plain", "--effort", effort, "--json", "-q", "30"))]
            target = max(sizes) + 50
            for line in self.lines(self.encode(*names, "-d", "size", "--effort", effort, "--target-size", str(target), "--json")):
                self.assertLessEqual(line["bytes"], target)
                self.assertTrue(line["bytes"] > 0.95 * target or line["quality"] == 100)
                self.assertEqual(line["bytes"], os.path.getsize(line["output"] if os.path.isabs(line["output"]) else self.path(line["output"])))
                self.assertEqual(line["effort"], int(effort))
            line, = self.lines(self.encode(names[0], "-o", "a.lic", "--effort", effort, "--target-bpp", "1", "--json"))
            self.assertTrue(0.97 < line["bpp"] <= 1, line["bpp"])
            self.encode(names[1], "-o", "b40.lic", "--effort", effort, "-q", "40")
            wanted = self.lines(self.lic("verify", "b40.lic", "--against", names[1], "--json"))[0]
            for option, above in (("psnr", 0.1), ("ssim", 0.01)):
                self.encode(names[1], "-o", "b.lic", "--effort", effort, "--target-" + option, str(wanted[option]))
                found = self.lines(self.lic("verify", "b.lic", "--against", names[1], "--json"))[0]
                self.assertTrue(wanted[option] <= found[option] < wanted[option] + above, (option, found[option], wanted[option]))
        before = self.files()
        done = self.encode(names[0], "-o", "c.lic", "--target-size", "60", expect="limit_exceeded")
        self.assertIn(b"smallest file has", done.stderr)
        self.encode(names[0], "-o", "c.lic", "--target-psnr", "90", expect="below_quality")
        self.encode(names[0], "-o", "c.lic", "--target-ssim", "1.5", expect="invalid_argument")
        self.put("tiny.png", png(8, 8, smooth))
        self.encode("tiny.png", "-o", "c.lic", "--target-ssim", "0.9", expect="invalid_argument")
        self.assertEqual(self.files(), sorted(before + ["tiny.png"]))
        # In a batch the others are coded.
        self.encode("tiny.png", names[1], "-d", "some", "--target-ssim", "0.05", expect="invalid_argument")
        self.assertEqual(os.listdir(self.path("some")), ["b.lic"])

    def test_limits(self):
        self.put("a.png", png(32, 32, smooth))
        self.encode("a.png", "-o", "a.lic")
        self.lic("decode", "a.lic", "-o", "a2.png", "--max-pixels", "1023", expect="limit_exceeded")
        self.lic("decode", "a.lic", "-o", "a2.png", "--max-pixels", "1024")

    def test_usage(self):
        self.put("a.png", png(8, 8, smooth))
        self.put("b.png", png(8, 8, smooth))
        wrong = [[], ["nothing"], ["encode"], ["encode", "a.png"], ["encode", "a.png", "-o", "x", "-d", "y"],
                 ["encode", "a.png", "b.png", "-o", "x"], ["encode", "-", "-d", "y"], ["encode", ".", "-r", "-o", "x"],
                 ["encode", "a.png", "-o", "x", "-q", "0"], ["encode", "a.png", "-o", "x", "-q", "101"],
                 ["encode", "a.png", "-o", "x", "-q", "high"], ["encode", "a.png", "-o", "x", "--effort", "10"],
                 ["encode", "a.png", "-o", "x", "-q", "50", "--target-size", "500"], ["encode", "a.png", "-o", "x", "--target-size", "0"],
                 ["encode", "a.png", "-o", "x", "--target-bpp", "1", "--target-psnr", "30"],
                 ["encode", "a.png", "-o", "x", "--tile", "100"], ["encode", "a.png", "-o", "."], ["decode", "x", "-o", "y", "-f", "gif"],
                 ["verify", "x", "y", "--against", "a.png"], ["verify", "x", "--min-psnr", "30"], ["help", "nothing"],
                 ["encode", "a.png", "-o", "x", "--unknown"]]
        for arguments in wrong:
            with self.subTest(arguments):
                done = self.lic(*arguments, expect=EXIT_USAGE)
                self.assertNotEqual(done.stderr, b"")
                self.assertEqual(done.stdout, b"")
        self.encode("a.png", "-o", "x", "-q", "nan", expect="invalid_argument")
        self.assertEqual(self.files(), ["a.png", "b.png"])

    def test_output_format_by_name(self):
        self.put("a.png", png(8, 8, smooth))
        self.encode("a.png", "-o", "a.lic")
        self.lic("decode", "a.lic", "-o", "a.jpg", expect="invalid_argument")
        self.lic("decode", "a.lic", "-o", "a.jpg", "-f", "png")
        self.assertTrue(self.get("a.jpg").startswith(b"\x89PNG"))

    def test_help_and_manual(self):
        self.assertEqual(self.lic("--version").stdout.split()[0], b"lic")
        text = self.lic("help").stdout.decode()
        self.assertEqual(text, self.lic("--help").stdout.decode())
        for name, (number, meaning) in ERRORS.items():
            self.assertIn(f"{number:3} {name:20} {meaning}\n", text)
        for command in ("encode", "decode", "info", "verify"):
            self.assertIn(f"lic {command}", self.lic("help", command).stdout.decode())
            self.assertEqual(self.lic("help", command).stdout, self.lic(command, "--help").stdout)
        with open(os.path.join(ROOT, "docs", "lic.1"), "rb") as page:
            self.assertEqual(self.lic("help", "--man").stdout, page.read(), "docs/lic.1 is made by `lic help --man`")

    # ---- Half-written files, terminals -------------------------------------------------------------------------------------------

    def test_full_disk_leaves_nothing(self):
        self.put("in.png", png(64, 64, lambda x, y: (x * 41 % 256, y * 57 % 256, x * y % 256)))
        self.encode("in.png", "-o", "a.lic")
        before = self.files()
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        self.lic("decode", "a.lic", "-o", "a.ppm", expect="io_error", preexec_fn=limit)
        self.lic("decode", "a.lic", "-o", "a.png", expect="io_error", preexec_fn=limit)
        self.assertEqual(self.files(), before)
        self.lic("decode", "a.lic", "-o", "/dev/full", "-f", "ppm", expect="io_error")

    def test_signals_leave_no_half_files(self):
        for i in range(40):
            self.put(f"in/{i:02}.ppm", ppm(96, 96, smooth))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for delay in (0, 0.003, 0.01):
                out = self.path("out")
                shutil.rmtree(out, ignore_errors=True)
                process = subprocess.Popen([LIC, "encode", "-m", "tiny", "-r", "in", "-d", "out", "-j", "4", "--quiet"], cwd=self.folder,
                                           env=self.environment)
                while process.poll() is None and not (os.path.isdir(out) and os.listdir(out)):
                    time.sleep(0.001)
                time.sleep(delay)
                process.send_signal(number)
                self.assertIn(process.wait(60), (-number, 0))
                names = os.listdir(out)
                self.assertEqual([name for name in names if not name.endswith(".lic")], [])
                if names:
                    self.lic("verify", *(os.path.join("out", name) for name in names))

    def test_temporary_files_of_a_signal_are_removed(self):
        """A decoder that stands still while it writes: its output folder holds the temporary file, until the signal."""
        self.put("in.png", png(64, 64, smooth))
        self.encode("in.png", "-o", "a.lic")
        for _ in range(20):
            process = subprocess.Popen([LIC, "decode", "a.lic", "-o", "out.png", "--quiet"], cwd=self.folder, env=self.environment)
            while process.poll() is None and not any(name.endswith(".tmp") for name in os.listdir(self.folder)):
                pass
            process.terminate()
            process.wait(60)
            self.assertEqual([name for name in self.files() if name.endswith(".tmp")], [])

    def test_closed_pipe_is_an_error(self):
        self.put("a.png", png(8, 8, smooth))
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.run([LIC, "encode", "-m", "tiny", "a.png", "-o", "-"], cwd=self.folder, env=self.environment,
                                 stdout=writer, stderr=subprocess.PIPE, timeout=60)
        os.close(writer)
        self.assertEqual(process.returncode, ERRORS["io_error"][0])

    def test_progress_on_a_terminal_only(self):
        self.put("a.png", png(8, 8, smooth))
        self.assertNotIn(b"[", self.encode("a.png", "-o", "a.lic").stderr)
        for arguments, drawn in ((["-o", "a.lic"], True), (["-o", "a.lic", "--json"], False), (["-o", "-"], False)):
            leader, terminal = pty.openpty()
            process = subprocess.Popen([LIC, "encode", "-m", "tiny", "a.png", *arguments], cwd=self.folder, env=self.environment,
                                       stdout=terminal if "-" in arguments else subprocess.DEVNULL, stderr=terminal)
            status = process.wait(60)
            shown = b""
            while select.select([leader], [], [], 0.1)[0]:
                shown += os.read(leader, 65536)
            os.close(leader)
            os.close(terminal)
            self.assertEqual(b"[...." in shown, drawn, shown)
            # A picture does not belong on a terminal.
            self.assertEqual(status, EXIT_USAGE if "-" in arguments else 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *(f"CommandTest.{name}" for name in sys.argv[3:])])
