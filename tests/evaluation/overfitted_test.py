"""overfitted.py: figures of generated curves, and the command on small generated pictures."""

import os
import signal
import subprocess
import tempfile
import time
import unittest

from models.evaluation import overfitted
from models.evaluation.codecs import coders
from models.evaluation.figures import comparison, markdown_tables, overfitted_figures
from models.evaluation.measurements.picture_files import write_png
from tests.evaluation import paths
from tests.evaluation.compare_test import curve
from tests.measures.metrics_test import waves

KEY = coders.overfitted_key(4)
PREFIX = os.path.join(paths.ROOT, "models/evaluation/results/overfitted/kodak")


def published(image, factor):
    """A curve that takes `factor` times the bytes of curve(), PSNR alone."""
    rows = curve("cool-chic", image, factor)
    points = [{**dict.fromkeys(comparison.METRICS), **of} for of in map(bpp_and_psnr, rows)]
    return {image: dict(enumerate(points))}


def bpp_and_psnr(row):
    return {"bpp": 8 * row["bytes"] / row["pixels"], "psnr": row["psnr"]}


class Figures(unittest.TestCase):
    ROWS = [*curve(KEY, "a", 1), *curve(KEY, "b", 1.5)]
    ANCHORS = [row for image in "abc" for codec, f in (("avif", 2), ("lic", 1)) for row in curve(codec, image, f)]

    def results(self, points=None):
        figures = overfitted_figures.summarize(self.ROWS, self.ANCHORS, points or {})
        codecs = {KEY: {"title": "overfitted", "version": "1", "command": "lic"}}
        return {"codecs": codecs, "against": "some.csv", **figures}

    def test_means_are_over_the_pictures_own_rates(self):
        found = self.results()["bd_rate"]
        self.assertEqual(found["avif"]["psnr"][KEY]["mean"], -37.5)  # -50 % and -25 %
        self.assertEqual(found["lic"]["psnr"][KEY]["mean"], 25)
        self.assertEqual(found["avif"]["ms_ssim"][KEY]["worst_image"], "b")

    def test_each_picture_has_its_own_line(self):
        found = self.results()["of_images"][KEY]
        self.assertEqual({image: of["avif"]["psnr"] for image, of in found.items()}, {"a": -50, "b": -25})
        self.assertIn("| b | -25.0 % | +50.0 % |", overfitted_figures.full_tables(self.results()))

    def test_tables_name_the_pictures(self):
        self.assertIn("overfitted: 2 pictures, a, b.", overfitted_figures.full_tables(self.results()))

    def test_published_points_count_on_the_same_pictures(self):
        points = {"cool-chic": {**published("a", 0.5), **published("z", 9)}}
        found = self.results(points)
        self.assertEqual(found["images"]["cool-chic"], ["a"])
        self.assertEqual(found["bd_rate"]["avif"]["psnr"]["cool-chic"]["mean"], -75)
        self.assertIsNone(found["bd_rate"]["avif"]["ms_ssim"]["cool-chic"])
        self.assertNotIn("cool-chic", found["cost"])
        text = overfitted_figures.full_tables(found)
        self.assertIn(overfitted_figures.PUBLISHED["cool-chic"]["source"], text)
        self.assertIn("| Cool-chic 5.0.1, as published | -75.0 %<br>-75.0 % a | - |", text)

    def test_published_points_of_kodak(self):
        found = overfitted_figures.read_published()["cool-chic"]
        self.assertEqual(len(found), 24)
        self.assertEqual({len(points) for points in found.values()}, {5})
        self.assertEqual(found["kodim05"]["0.001"]["psnr"], 33.291185)

    def test_picture_without_anchor(self):
        figures = overfitted_figures.summarize([*self.ROWS, *curve(KEY, "z", 1)], self.ANCHORS, {})
        self.assertEqual(figures["of_images"][KEY]["z"], {})
        self.assertEqual(figures["bd_rate"]["avif"]["psnr"][KEY]["images"], 2)


class Covering(unittest.TestCase):
    QUALITIES = ("10", "20", "30", "40", "50")

    def measured(self, rates):
        """The qualities that are measured of a picture with these rates."""
        asked = []

        def measure(quality):
            asked.append(quality)
            rate = rates[self.QUALITIES.index(quality)]
            return rate and {"quality": quality, "bytes": rate, "pixels": 8}

        rows = overfitted.covering(self.QUALITIES, measure)
        self.assertEqual(len(asked), len(set(asked)))
        return [row["quality"] for row in rows]

    def test_stops_where_the_rates_are_covered(self):
        self.assertEqual(self.measured([0.1, 0.14, 0.3, 1.2, 2]), ["20", "30", "40"])
        self.assertEqual(self.measured([0.2, 0.3, 0.4, 0.5, 0.6]), list(self.QUALITIES))
        self.assertEqual(self.measured([0.01, 0.02, 0.1, 0.5, 1.5]), ["30", "40", "50"])
        self.assertEqual(self.measured([0.14, 0.9, 1.1, 2, 3]), ["10", "20", "30"])

    def test_what_cannot_be_measured_ends_its_side(self):
        self.assertEqual(self.measured([0.01, None, 0.3, 0.4, 1.2]), ["30", "40", "50"])
        self.assertEqual(self.measured([0.01, 0.1, None, 0.4, 1.2]), [])


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.picture = folder.name, f"{folder.name}/waves.png"
        write_png(self.picture, waves(161, 176))
        anchors = [row for codec in ("avif", "lic") for row in curve(codec, "waves", 20)]
        comparison.write_rows(f"{self.folder}/anchors.csv", anchors)

    def command(self, *arguments):
        own = ["--lic", paths.LIC, "--cache", f"{self.folder}/cache", "--out", f"{self.folder}/out/small"]
        own += ["--against", f"{self.folder}/anchors.csv", "--quick"]
        return [*paths.module("models.evaluation.overfitted"), *own, *arguments]

    def run_it(self, *arguments):
        return subprocess.run(
            self.command(*arguments), cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=300
        )

    def rows(self):
        return comparison.read_rows(f"{self.folder}/out/small.csv")

    def test_efforts_are_measured_kept_and_shown(self):
        done = self.run_it(self.picture, "--efforts", "0", "1", "--qualities", "30", "70")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = self.rows()
        self.assertEqual(
            [(row["codec"], row["setting"]) for row in rows],
            [(f"lic-overfitted-{effort}", quality) for effort in (0, 1) for quality in ("30", "70")],
        )
        self.assertLess(rows[0]["psnr"], rows[1]["psnr"])
        self.assertIsNone(rows[0]["ssimulacra2"])
        self.assertLess(rows[0]["encode_seconds"], rows[2]["encode_seconds"])
        self.assertIn("| LIC, overfitted, effort 0, lic ", done.stdout)
        again = self.run_it(self.picture, "--efforts", "0", "1", "--qualities", "30", "70")
        self.assertEqual(self.rows(), rows)  # with the seconds of the first run
        kept = self.run_it(self.picture, "--efforts", "0", "1", "--qualities", "30", "50", "70", "--kept")
        self.assertEqual((kept.stdout, self.rows()), (again.stdout, rows))

    def test_bad_picture_is_named_and_the_rest_is_measured(self):
        bad = f"{self.folder}/bad.png"
        with open(bad, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
        done = self.run_it(bad, self.picture, "--efforts", "0", "--qualities", "40")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.png: no PNG header", done.stderr)
        self.assertEqual({row["image"] for row in self.rows()}, {"waves"})

    def test_interrupted_run_leaves_no_process(self):
        for kind in (signal.SIGINT, signal.SIGTERM):
            command = self.command(self.picture, "--efforts", "9", "--qualities", "40", "50")
            environment = {**os.environ, "TMPDIR": self.folder}
            with subprocess.Popen(
                command, cwd=paths.ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
            ) as process:
                while not encoders_below(self.folder):
                    self.assertIsNone(process.poll())
                    time.sleep(0.1)
                process.send_signal(kind)
                _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130)
            self.assertEqual(errors, "overfitted.py: interrupted; the same command goes on where it was\n")
            self.assertEqual(encoders_below(self.folder), [])

    def test_wrong_arguments(self):
        self.assertEqual(self.run_it().returncode, 2)
        self.assertEqual(self.run_it(self.picture, self.picture).returncode, 2)
        self.assertEqual(self.run_it(self.picture, "--efforts", "10").returncode, 2)
        self.assertEqual(self.run_it(self.picture, "--lic", "/none/lic").returncode, 1)


def encoders_below(folder):
    """The running encoders whose picture lies below a folder."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"encode" in words and any(word.startswith(f"{folder}/".encode()) for word in words):
            found.append(process)
    return found


class Committed(unittest.TestCase):
    """Figures follow from measurements, and the READMEs quote them."""

    def test_figures_follow_from_measurements(self):
        results = comparison.read_results(f"{PREFIX}.json")
        against = f"{os.path.dirname(os.path.dirname(PREFIX))}/{results['against']}"
        self.assertEqual(overfitted.figures_of(f"{PREFIX}.csv", against, results["codecs"]), results)

    def test_readmes_quote_the_figures(self):
        for file_name, table in overfitted.readme_tables(PREFIX):
            with self.subTest(file_name), open(os.path.join(paths.ROOT, file_name), encoding="utf-8") as file:
                self.assertEqual(markdown_tables.table_in(file.read(), overfitted.TABLE_NAME), table)


if __name__ == "__main__":
    unittest.main()
