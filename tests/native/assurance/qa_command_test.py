"""`lic encode --qa` and `lic verify --map` as their users run them, with calibrations made so that the outcome is
known.

    python3 -m tests.native.assurance.qa_command_test [QaTest.NAME_OF_TEST...]

Pictures are small. Whether the real calibration is any good is tested by tests/evaluation/qa_test.py.
"""

import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

from tests.native.commands.lic_command import LIC, ROOT

MODEL = "lic-photo"
MEASURES = ("error", "relative", "structure", "shift", "chroma")
BELOW_QUALITY, BAD_MODEL, MODEL_MISMATCH, IO_ERROR, INVALID_ARGUMENT, USAGE = 18, 11, 10, 15, 16, 64
NEVER, ALWAYS = 1e9, 1e-9  # limits


def png(width, height, pixel, colour_type=2):
    def chunk(kind, payload):
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def bars(x, y):
    """Line art: something to damage on the left, a flat ground on the right."""
    return ((0, 0, 0), (255, 255, 0))[x // 3 % 2 and y // 5 % 2] if x < 40 else (200, 200, 200)


class QaTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lic-qa-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = dict(os.environ, LIC_MODEL_PATH=self.path("models"))
        os.mkdir(self.path("models"))
        for half in ("dec", "enc"):
            os.symlink(
                os.path.join(ROOT, "models", f"{MODEL}.{half}.licm"), self.path("models", f"{MODEL}.{half}.licm")
            )
        self.put("bars.png", png(96, 64, bars))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def put(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def get(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_lic(self, *arguments, expect=0, **options):
        done = subprocess.run(
            [LIC, *arguments], capture_output=True, cwd=self.folder, env=self.environment, timeout=300, **options
        )
        self.assertEqual(done.returncode, expect, (arguments, done.stderr))
        return done

    def line(self, *arguments, **options):
        """The line of JSON of a command on one file."""
        return json.loads(self.run_lic(*arguments, "--json", **options).stdout)

    def calibrate(self, **limits):
        """Installs a calibration: NEVER for the measures that are not named."""
        if not hasattr(self, "ids"):
            self.run_lic("encode", "bars.png", "-o", "probe.lic")
            self.ids = {name: self.line("info", "probe.lic")[name] for name in ("model_id", "head_hash")}
            os.remove(self.path("probe.lic"))
        row = {"quality": 50} | dict.fromkeys(MEASURES, NEVER) | limits
        self.put(
            os.path.join("models", f"{MODEL}.qa.json"), json.dumps(self.ids | {"tile": 32, "limits": [row]}).encode()
        )

    def qa(self, *arguments, **options):
        return self.line("encode", "bars.png", "-o", "out.lic", "--qa", *arguments, **options)

    def worst_error(self, quality):
        self.run_lic("encode", "bars.png", "-o", "probe.lic", "-q", str(quality))
        return max(self.line("verify", "probe.lic", "--against", "bars.png", "--tiles")["tiles"]["error"])

    def test_no_alarm_is_the_plain_file(self):
        self.calibrate()
        line = self.qa("-q", "30")
        self.assertEqual(
            line["qa"],
            {
                "alarm": False,
                "action": "none",
                "asked_quality": 30,
                "encodings": 1,
                "tiles": 6,
                "flagged": 0,
                "left": 0,
                "reasons": [],
                "flagged_tiles": [],
            },
        )
        self.assertNotIn("warnings", line)
        self.run_lic("encode", "bars.png", "-o", "plain.lic", "-q", "30")
        self.assertEqual(self.get("out.lic"), self.get("plain.lic"))

    def test_quality_is_raised_until_the_alarm_goes(self):
        low, high = self.worst_error(10), self.worst_error(90)
        self.assertLess(high, low / 1.2)
        self.calibrate(error=(low * high) ** 0.5)
        line = self.qa("-q", "10")
        qa = line["qa"]
        self.assertEqual((qa["alarm"], qa["action"], qa["asked_quality"]), (True, "raised", 10))
        self.assertEqual(qa["reasons"], ["error"])
        self.assertLessEqual(qa["encodings"], 7)
        self.assertTrue(10 < line["quality"] < 91, line["quality"])
        self.assertLessEqual(self.worst_error(line["quality"]), (low * high) ** 0.5)
        # Little less is too little.
        self.assertGreater(self.worst_error(line["quality"] - 4.5), (low * high) ** 0.5)
        self.assertLess(qa["flagged_tiles"][0]["x"], 64)
        self.assertEqual(set(qa["flagged_tiles"][0]), {"x", "y", "width", "height", "measure", "excess"})
        self.assertIn("raised", line["warnings"][0])
        self.assertEqual(os.path.getsize(self.path("out.lic")), line["bytes"])
        text = self.run_lic("encode", "bars.png", "-o", "out.lic", "--qa", "-q", "10").stderr.decode()
        self.assertEqual(text.count("warning: quality 10 damages"), 1, text)

    def test_better_keeps_the_highest_quality(self):
        self.calibrate(shift=ALWAYS)
        line = self.qa("--qa-max", "70")
        self.assertEqual((line["quality"], line["qa"]["action"], line["qa"]["encodings"]), (70, "best", 2))
        self.assertGreater(line["qa"]["left"], 0)
        self.assertEqual(self.qa("-q", "70", "--qa-max", "70")["qa"]["encodings"], 1)

    def test_fail_writes_nothing(self):
        self.calibrate(shift=ALWAYS)
        self.put("out.lic", b"mine")
        line = self.qa("--qa-fallback", "fail", expect=BELOW_QUALITY)
        self.assertEqual((line["error"]["code"], line["qa"]["action"]), ("below_quality", "fail"))
        self.assertIn("shift", line["error"]["message"])
        self.assertEqual(self.get("out.lic"), b"mine")

    def test_png_takes_the_place(self):
        self.calibrate(shift=ALWAYS)
        self.put("out.lic", b"an older one")
        line = self.qa("--qa-fallback", "png")
        self.assertEqual(
            (line["output"], line["format"], line["qa"]["action"], line["qa"]["left"]), ("out.lic.png", "png", "png", 0)
        )
        self.assertNotIn("quality", line)
        self.assertFalse(os.path.exists(self.path("out.lic")))
        self.assertEqual(os.path.getsize(self.path("out.lic.png")), line["bytes"])
        # It holds the same pixels: they encode to the same file.
        self.run_lic("encode", "bars.png", "-o", "a.lic")
        self.run_lic("encode", "out.lic.png", "-o", "b.lic")
        self.assertEqual(self.get("a.lic"), self.get("b.lic"))
        self.assertTrue(self.qa("--qa-fallback", "png", "--skip-existing")["skipped"])
        self.calibrate()
        self.assertEqual(self.qa("--qa-fallback", "png")["output"], "out.lic")
        self.assertFalse(os.path.exists(self.path("out.lic.png")))

    def test_pngs_of_others_stay(self):
        self.calibrate()
        self.run_lic("encode", "bars.png", "-o", "a.lic")
        self.run_lic("decode", "a.lic", "-o", "decoded.png")
        for other in (self.get("bars.png"), self.get("decoded.png"), b"no PNG", b""):
            self.put("out.lic.png", other)
            line = self.qa("--qa-fallback", "png")
            self.assertEqual(
                line["warnings"], ['out.lic.png stays: its text "Software" is not "lic encode --qa-fallback png"']
            )
            self.assertEqual(self.get("out.lic.png"), other)
            self.assertTrue(os.path.exists(self.path("out.lic")))

    def test_png_where_it_is_smaller(self):
        low, high = self.worst_error(10), self.worst_error(90)
        self.calibrate(error=(low * high) ** 0.5)
        self.assertEqual(self.qa("-q", "10", "--qa-fallback", "png")["qa"]["action"], "png")  # bars are small as PNG
        dice = random.Random(1)
        self.put(
            "bars.png",
            png(96, 64, lambda x, y: tuple(dice.randrange(100, 130) for _ in range(3)) if x >= 32 else bars(x, y)),
        )
        low, high = self.worst_error(10), self.worst_error(90)
        self.calibrate(error=(low * high) ** 0.5)
        self.assertEqual(self.qa("-q", "10", "--qa-fallback", "png")["qa"]["action"], "raised")

    def test_png_on_standard_output(self):
        self.calibrate(shift=ALWAYS)
        done = self.run_lic("encode", "-", "-o", "-", "--qa", "--qa-fallback", "png", input=self.get("bars.png"))
        self.assertTrue(done.stdout.startswith(b"\x89PNG"))
        self.assertIn(b"PNG takes its place", done.stderr)

    def test_batches(self):
        self.calibrate(shift=ALWAYS)
        os.makedirs(self.path("in", "deep"))
        shutil.copy(self.path("bars.png"), self.path("in", "a.png"))
        self.put("in/deep/grey.png", png(50, 40, lambda x, y: (x * 5 % 256,), colour_type=0))
        done = self.run_lic("encode", "in", "-r", "-d", "out", "--qa", "--qa-fallback", "png", "-j", "2", "--json")
        self.assertEqual(
            [json.loads(line)["output"] for line in done.stdout.splitlines()],
            ["out/a.lic.png", "out/deep/grey.lic.png"],
        )
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["a.lic.png", "deep"])
        # What a run made is no input of the next, wherever it lies.
        for folder in ("in", "in/made", "in"):
            again = self.run_lic("encode", "in", "-r", "-d", folder, "--qa", "--qa-fallback", "png", "--json")
            self.assertEqual(
                [json.loads(line)["output"] for line in again.stdout.splitlines()],
                [f"{folder}/a.lic.png", f"{folder}/deep/grey.lic.png"],
            )
        shutil.rmtree(self.path("in", "made"))
        # A PNG must not come to lie upon an input.
        shutil.copy(self.path("bars.png"), self.path("in", "a.lic.png"))
        done = self.run_lic(
            "encode",
            "in/a.png",
            "in/a.lic.png",
            "-d",
            "in",
            "--qa",
            "--qa-fallback",
            "png",
            "--json",
            expect=INVALID_ARGUMENT,
        )
        self.assertIn("would overwrite", json.loads(done.stdout.splitlines()[0])["error"]["message"])
        self.assertEqual(self.get("in/a.lic.png"), self.get("bars.png"))

    def test_kinds_of_pictures(self):
        """Alpha, grey and tiny pictures are judged; what nobody sees does not count."""
        self.calibrate(error=ALWAYS)
        pictures = {
            "grey": png(40, 40, lambda x, y: (x * 6 % 256,), 0),
            "dot": png(1, 1, lambda x, y: (1, 2, 3)),
            "thin": png(100, 3, lambda x, y: (x, 255 - x, 9)),
            "alpha": png(40, 40, lambda x, y: (x, y, 99, 6 * x % 256), 6),
            "hidden": png(40, 40, lambda x, y: (x * 6 % 256, y * 6 % 256, 99, 0), 6),
        }
        for name, data in pictures.items():
            self.put("bars.png", data)
            self.assertEqual(self.qa("--qa-max", "50")["qa"]["alarm"], name != "hidden", name)
            done = self.qa("--qa-fallback", "png")
            self.assertEqual(done["qa"]["action"], "none" if name == "hidden" else "png")

    def test_calibrations_that_do_not_fit(self):
        error = self.qa(expect=IO_ERROR)["error"]
        self.assertIn(f"{MODEL}.qa.json", error["message"])
        self.calibrate()
        self.put(
            f"models/{MODEL}.qa.json",
            self.get(f"models/{MODEL}.qa.json").replace(b'"head_hash": "', b'"head_hash": "00'),
        )
        self.assertIn("qa_calibrate.py", self.qa(expect=MODEL_MISMATCH)["error"]["message"])
        self.put(f"models/{MODEL}.qa.json", b"{}")
        self.qa(expect=BAD_MODEL)
        self.assertFalse(os.path.exists(self.path("out.lic")))

    def test_usage(self):
        self.calibrate()
        for wrong in (
            ["--qa-fallback", "png"],
            ["--qa-max", "90"],
            ["--qa", "--qa-fallback", "jpeg"],
            ["--qa", "--qa-max", "101"],
            ["--qa", "--qa-max", "40"],
        ):
            self.run_lic("encode", "bars.png", "-o", "out.lic", *wrong, expect=USAGE)
        self.run_lic("encode", "bars.png", "-o", "a.lic")
        for wrong in (
            ["--map", "x.png"],
            ["--against", "bars.png", "--map", "x.jpg"],
            ["--tiles", "--json"],
            ["--against", "bars.png", "--tiles"],
        ):
            self.run_lic("verify", "a.lic", *wrong, expect=USAGE)
        self.assertFalse(os.path.exists(self.path("x.png")))

    def test_error_map(self):
        self.calibrate(shift=ALWAYS)
        self.run_lic("encode", "bars.png", "-o", "a.lic", "-q", "10")
        line = self.line("verify", "a.lic", "--against", "bars.png", "--map", "map.png")
        self.assertEqual((line["map"], line["flagged"], line["alarm"]), ("map.png", 6, True))
        self.assertEqual(struct.unpack(">II", self.get("map.png")[16:24]), (96, 64))
        os.remove(self.path("models", f"{MODEL}.qa.json"))
        line = self.line("verify", "a.lic", "--against", "bars.png", "--map", "plain.png")
        self.assertIn("no tiles are outlined", line["warnings"][0])
        self.assertNotEqual(self.get("plain.png"), self.get("map.png"))

    def test_maps_overwrite_nothing(self):
        self.calibrate()
        os.mkdir(self.path("several"))
        for name in ("a.lic", "b.lic"):
            self.run_lic("encode", "bars.png", "-o", os.path.join("several", name))
        shutil.copy(self.path("several", "a.lic"), self.path("a.png"))  # readers go by contents
        os.symlink("bars.png", self.path("link.png"))
        for lic, chart in (
            ("a.png", "bars.png"),
            ("a.png", "./several/../bars.png"),
            ("a.png", "link.png"),
            ("a.png", "a.png"),
        ):
            done = self.run_lic("verify", lic, "--against", "bars.png", "--map", chart, expect=USAGE)
            self.assertIn(b"--map would overwrite the", done.stderr)
        for several in (["several", "-r"], ["several/*.lic"]):
            done = self.run_lic("verify", *several, "--against", "bars.png", "--map", "map.png", expect=USAGE)
            self.assertIn(b"single input, not 2", done.stderr)
        self.assertEqual(self.get("bars.png"), png(96, 64, bars))
        self.assertEqual(self.get("a.png"), self.get("several/a.lic"))
        self.assertFalse(os.path.exists(self.path("map.png")))


if __name__ == "__main__":
    unittest.main()
