"""compare.py as its users run it, on small generated pictures with the small model of the tests."""

import csv
import json
import os
import pty
import shutil
import subprocess
import tempfile
import unittest

import numpy as np

from models.evaluation import compare
from models.evaluation.codecs import coders
from models.evaluation.figures import comparison, markdown_tables
from models.evaluation.measurements.picture_files import write_png, write_ppm
from tests.evaluation import paths
from tests.measures.metrics_test import waves

MODEL = os.path.join(paths.ROOT, "tests", "models", "tiny.dec.licm")


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.picture = os.path.join(self.folder, "waves.png")
        write_png(self.picture, waves(161, 190))

    def run_compare(self, *arguments, path="", stderr=subprocess.PIPE):
        command = [
            *paths.module("models.evaluation.compare"),
            *arguments,
            "--lic",
            paths.LIC,
            "--model",
            MODEL,
            "--cache",
            f"{self.folder}/cache",
        ]
        return subprocess.run(
            [*command, "--out", f"{self.folder}/out/small"],
            env={**os.environ, "PATH": path, "LIC_RIVALS": self.folder},
            cwd=paths.ROOT,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            check=False,
            timeout=300,
        )

    def rows(self):
        return comparison.read_rows(f"{self.folder}/out/small.csv")

    def results(self):
        return comparison.read_results(f"{self.folder}/out/small.json")

    def test_missing_codecs_are_named(self):
        done = self.run_compare(self.picture)
        self.assertEqual(done.returncode, 1)
        for codec in coders.RIVALS:
            reason = f"{codec.encode[0]} is not installed"
            self.assertIn(f"{codec.key} is left out: {reason}", done.stderr)
            self.assertEqual(self.results()["missing"][codec.key], reason)
            self.assertIn(f"| {codec.key} | not measured: {reason} |", done.stdout)
        for metric in ("ssimulacra2", "butteraugli"):
            self.assertIn(f"{metric} is left out: ", done.stderr)
            self.assertEqual({row[metric] for row in self.rows()}, {None})
            self.assertIn(f"{comparison.METRICS[metric].title} was not measured: ", done.stdout)
        self.assertEqual([row["setting"] for row in self.rows()], list(coders.LIC.settings))

    def test_old_codec_is_named(self):
        fake = os.path.join(self.folder, "cjpeg")
        with open(fake, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho 'libjpeg-turbo version 1.5.2 (build 1)'\n")
        os.chmod(fake, 0o755)
        shutil.copy(fake, os.path.join(self.folder, "djpeg"))
        done = self.run_compare(self.picture, path=self.folder)
        self.assertIn("jpeg is left out: cjpeg 1.5.2 is older than 2.0", done.stderr)

    def test_bad_pictures_are_named_and_the_rest_is_measured(self):
        broken, small = f"{self.folder}/broken.png", f"{self.folder}/small.ppm"
        with open(broken, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
        write_ppm(small, waves(160, 300))
        done = self.run_compare(broken, self.picture, small, f"{self.folder}/none.png")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("broken.png"), 1)
        for words in ("no PNG header", "a side is shorter than 161 pixels", "none.png"):
            self.assertIn(words, done.stderr)
        self.assertEqual({row["image"] for row in self.rows()}, {"waves"})

    def test_second_run_measures_nothing(self):
        self.run_compare(self.picture)
        before = self.rows()
        cached = sorted(os.listdir(f"{self.folder}/cache"))
        for name in cached:  # what the cache says is believed
            path = f"{self.folder}/cache/{name}"
            if not name.endswith(".json"):
                continue
            with open(path, encoding="ascii") as file:
                record = json.load(file)
            if "psnr" in record:
                with open(path, "w", encoding="ascii") as file:
                    json.dump({**record, "psnr": record["psnr"] + 1}, file)
        self.run_compare(self.picture)
        self.assertEqual(sorted(os.listdir(f"{self.folder}/cache")), cached)
        for old, new in zip(before, self.rows()):
            self.assertAlmostEqual(new["psnr"], old["psnr"] + 1, places=3)

    def test_measurements_equal_those_of_lic_verify(self):
        self.run_compare(self.picture)
        row = next(row for row in self.rows() if row["setting"] == "50")
        coded = f"{self.folder}/waves.lic"
        subprocess.run([paths.LIC, "encode", self.picture, "-o", coded, "-q", "50", "-m", MODEL, "--quiet"], check=True)
        verify = [paths.LIC, "verify", coded, "--against", self.picture, "-m", MODEL, "--json"]
        verified = json.loads(subprocess.run(verify, capture_output=True, check=True).stdout)
        self.assertEqual(row["bytes"], verified["bytes"])
        self.assertAlmostEqual(row["psnr"], verified["psnr"], places=3)

    def test_rival_is_measured(self):
        cjpeg = shutil.which("cjpeg") or paths.skip("compare.py with a rival: cjpeg is missing")
        done = self.run_compare(self.picture, path=os.path.dirname(cjpeg))
        rows = [row for row in self.rows() if row["codec"] == "jpeg"]
        self.assertEqual([row["setting"] for row in rows], list(coders.JPEG.settings), done.stderr)
        for key in ("bytes", "psnr"):
            values = [row[key] for row in rows]
            self.assertEqual(values, sorted(values))

    def test_chosen_codecs_alone_are_measured(self):
        done = self.run_compare(self.picture, "--codecs", "webp", "-j", "1")
        self.assertEqual(list(self.results()["missing"]), ["webp"])
        self.assertNotIn("jpeg", done.stderr)
        done = self.run_compare(self.picture, "--codecs", "webp,gif")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no codec is called gif", done.stderr)

    def test_progress_is_for_terminals(self):
        self.assertNotIn("curves", self.run_compare(self.picture).stderr)
        ours, theirs = pty.openpty()
        self.run_compare(self.picture, stderr=theirs)
        os.close(theirs)
        self.assertIn(b"1 of 1 curves\r\x1b[K", os.read(ours, 10_000))
        os.close(ours)

    def test_results_and_their_charts_are_written(self):
        self.run_compare(self.picture)
        self.assertLessEqual(
            {"small.csv", "small.json", "small-psnr.svg", "small-codec-compare"}, set(os.listdir(f"{self.folder}/out"))
        )
        for name in ("small.csv", "small.json"):  # nothing of where it was made
            with open(f"{self.folder}/out/{name}", encoding="utf-8") as file:
                text = file.read()
            self.assertNotIn(self.folder, text)
            self.assertNotIn(paths.ROOT, text)

    def test_wrong_arguments(self):
        self.assertEqual(self.run_compare(self.picture, "--jobs", "0").returncode, 2)
        self.assertEqual(self.run_compare().returncode, 2)
        self.assertEqual(self.run_compare(self.picture, self.picture).returncode, 2)
        self.assertEqual(self.run_compare(self.picture, "--model", "/none.dec.licm").returncode, 1)


def curve(codec, image, factor, pixels=100_000):
    """Measurements of a codec that takes `factor` times the bytes."""
    for setting, psnr in enumerate((28, 30, 32, 34, 36)):
        yield {
            "image": image,
            "codec": codec,
            "setting": str(setting),
            "bytes": round(1000 * factor * 2**setting),
            "pixels": pixels,
            "psnr": psnr,
            "psnr_y": psnr + 1,
            "ssim": 1 - 10 ** (-psnr / 30),
            "ms_ssim": 1 - 10 ** (-psnr / 20),
            "ssimulacra2": 2 * psnr,
            "butteraugli": 40 - psnr,
            "encode_seconds": 0.2 * factor,
            "encode_wall_seconds": 0.3 * factor,
            "encode_memory": 2_000_000,
            "decode_seconds": 0.1,
            "decode_wall_seconds": 0.1,
            "decode_memory": 1_000_000 + setting,
        }


class Report(unittest.TestCase):
    ROWS = [
        *curve("lic", "a", 1),
        *curve("lic", "b", 1.5),
        *curve("lic", "c", 2),
        *curve("jpeg", "a", 2),
        *curve("jpeg", "b", 2),
        *curve("jpeg", "c", 2),
    ]  # -50 %, -25 %, 0

    def test_figures(self):
        for metric in comparison.METRICS:
            figures = comparison.summarize(self.ROWS)["bd_rate"][metric]["jpeg"]
            self.assertEqual((figures["mean"], figures["worst"], figures["worst_image"]), (-25, 0, "c"))
            self.assertEqual(figures["of_mean_curves"], -25)  # (1 + 1.5 + 2) / 6 of the bytes
            self.assertEqual((figures["images"], figures["no_common_quality"]), (3, []))

    def test_image_without_common_quality_is_named(self):
        rows = self.ROWS + [*curve("lic", "d", 1), *curve("jpeg", "d", 100)]
        figures = comparison.summarize(rows)["bd_rate"]["psnr"]["jpeg"]
        self.assertEqual((figures["mean"], figures["images"], figures["no_common_quality"]), (-25, 3, ["d"]))

    def test_table_says_of_how_many_images_a_mean_is(self):
        rows = self.ROWS + [*curve("lic", "d", 1), *curve("jpeg", "d", 100)]
        results = {
            "images": 4,
            "missing": {},
            "missing_metrics": {},
            "codecs": {key: {"title": key, "version": "1"} for key in ("lic", "jpeg")},
        }
        self.assertIn(
            "<br>+0.0 % c<br>3 of 4 pictures |",
            markdown_tables.bd_table({**results, **comparison.summarize(rows)}, ("psnr",)),
        )
        self.assertNotIn(
            "3 of 3", markdown_tables.bd_table({**results, "images": 3, **comparison.summarize(self.ROWS)}, ("psnr",))
        )

    def test_mean_curves_are_over_the_images_that_all_codecs_have(self):
        rows = [*self.ROWS, *curve("webp", "a", 1), *curve("webp", "b", 1)]  # failed on c
        self.assertEqual(comparison.common_images(comparison.curves_of(rows)), ["a", "b"])
        means = comparison.summarize(rows)["mean_curves"]
        self.assertEqual(means["lic"]["0"]["bpp"], 8 * 1250 / 100_000)
        self.assertEqual(means["webp"]["0"]["bpp"], 8 * 1000 / 100_000)
        self.assertEqual(
            comparison.mean_of({"images": 3, "images_of_mean_curves": 2}),
            "2 of 3 pictures, those that all codecs could code,",
        )
        self.assertEqual(comparison.mean_of({"images": 3, "images_of_mean_curves": 3}), "3 pictures")

    def test_no_image_that_all_codecs_have(self):
        self.assertEqual(
            comparison.summarize([*curve("lic", "a", 1), *curve("jpeg", "b", 1)])["mean_curves"],
            {"lic": {}, "jpeg": {}},
        )

    def test_processors_are_those_of_the_rows(self):
        rows = [
            {"encode_processor": "Z80", "decode_processor": "6502"},
            {"encode_processor": "Z80", "decode_processor": "Z80"},
        ]
        self.assertEqual(compare.processors(rows), "6502, Z80")
        self.assertEqual(compare.processors([*rows, {}]), "6502, Z80, not recorded for older measurements")

    def test_rows_survive_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            comparison.write_rows(f"{folder}/rows.csv", self.ROWS)
            found = comparison.read_rows(f"{folder}/rows.csv")
            with open(f"{folder}/rows.csv", encoding="utf-8") as file:
                self.assertEqual(next(csv.reader(file)), list(comparison.COLUMNS))
        self.assertEqual([row["bytes"] for row in found], [row["bytes"] for row in self.ROWS])
        np.testing.assert_allclose([row["ms_ssim"] for row in found], [row["ms_ssim"] for row in self.ROWS], atol=5e-7)

    def test_table_between_markers(self):
        text = "before\n<!-- table:kodak -->\nold\n<!-- /table:kodak -->\nafter\n"
        self.assertEqual(markdown_tables.table_in(text, "kodak"), "old")
        self.assertIsNone(markdown_tables.table_in(text, "other"))
        self.assertEqual(markdown_tables.with_table(text, "kodak", "new"), text.replace("old", "new"))
        empty = text.replace("old\n", "")
        self.assertEqual(markdown_tables.table_in(empty, "kodak"), "")
        self.assertEqual(markdown_tables.with_table(empty, "kodak", "new"), text.replace("old", "new"))


if __name__ == "__main__":
    unittest.main()
