"""The report of pages shows what was measured, keeps pictures without loss, and has all that its pages name."""

import html.parser
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock
from urllib.parse import unquote

import numpy as np

from models.evaluation import report_html
from models.evaluation.codecs import coders
from models.evaluation.figures import comparison
from models.evaluation.measurements.picture_files import read_picture, read_pnm
from models.evaluation.measurements.runs import RunError, Runs
from models.evaluation.report_html import analysis, charts, findings, rate_curves
from models.evaluation.report_html.markup import Markup, element
from tests.evaluation import paths, sample_report
from tests.evaluation.compare_test import curve

VOID = {"img", "input", "link", "meta", "br"}


class Page(html.parser.HTMLParser):
    """The addresses in a page, its text, and whether its elements are closed in order."""

    def __init__(self, path):
        super().__init__()
        self.open, self.addresses, self.text, self.ids, self.alternatives = [], [], "", [], []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.addresses += [attributes[name] for name in ("src", "href", "data-src", "data-error") if name in attributes]
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.alternatives += [attributes["alt"]] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes another element")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data


class SampleReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("cjpeg", "djpeg", "cwebp", "dwebp"):
            if not shutil.which(program):
                paths.skip(f"the report of pages: {program} is missing")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.done = sample_report.run(cls.folder)
        cls.pages = {name: f"{cls.folder}/report/pictures/{name}.html" for name in sample_report.NAMES}
        cls.index = f"{cls.folder}/report/index.html"

    def runs(self):
        codecs, _ = coders.usable_codecs(["lic", "jpeg", "webp"], paths.LIC, sample_report.MODEL)
        return Runs(f"{self.folder}/cache", codecs)

    def results(self):
        return comparison.read_results(f"{self.folder}/out/sample.json"), comparison.read_rows(
            f"{self.folder}/out/sample.csv"
        )

    def test_every_address_is_a_file_or_a_place_of_a_page(self):
        for path in (self.index, *self.pages.values()):
            page = Page(path)
            self.assertEqual(page.open, [])
            self.assertEqual(len(page.ids), len(set(page.ids)))
            self.assertGreater(len(page.addresses), 5)
            for address in page.addresses:
                if address.startswith("data:"):
                    continue
                file, _, place = address.partition("#")
                target = os.path.join(os.path.dirname(path), unquote(file)) if file else path
                self.assertTrue(os.path.isfile(target), address)
                if place:
                    self.assertIn(place, Page(target).ids)

    def test_pages_ask_for_nothing_from_elsewhere(self):
        for path in (self.index, *self.pages.values()):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for word in ("http:", "https:", "//cdn", "@import", "import("):
                self.assertNotIn(word, text)

    def test_summary_quotes_the_results(self):
        results, _ = self.results()
        text = Page(self.index).text
        for codec in results["codecs"].values():
            for words in (codec["version"], codec["command"], codec["decode_command"], *codec["settings"]):
                self.assertIn(words, text)
        for metric in results["bd_rate"].values():
            for figures in filter(None, metric.values()):
                self.assertIn(f"{figures['mean']:+.1f}".replace("-", "\N{MINUS SIGN}"), text)
        for words in (results["processor"], "between 0.15 and 1 bits per pixel", "2 pictures"):
            self.assertIn(words, text)

    def test_pictures_are_those_that_were_measured(self):
        runs = self.runs()
        for name in sample_report.NAMES:
            place, image = f"{self.folder}/report/pictures/{name}", f"{self.folder}/{name}.png"
            with open(f"{place}/found.json", encoding="utf-8") as file:
                found = json.load(file)
            np.testing.assert_array_equal(read_webp(f"{place}/original.webp"), read_picture(image))
            self.assertEqual(list(found["rates"]), ["0.25", "0.5", "1"])
            for rate, codecs in found["rates"].items():
                self.assertEqual(list(codecs), ["lic", "jpeg", "webp"])
                for codec, row in codecs.items():
                    self.assertEqual(row["setting"], runs.at_rate(image, codec, float(rate))[0])
                    decoded = read_picture(runs.decoded(image, codec, row["setting"]))
                    np.testing.assert_array_equal(read_webp(f"{place}/{codec}-{rate}.webp"), decoded)
                    error = analysis.error_map(read_picture(image), decoded)
                    np.testing.assert_array_equal(read_webp(f"{place}/{codec}-{rate}-error.webp"), error)

    def test_names_are_text(self):
        """Those of pictures may hold what means something in HTML and in addresses."""
        self.assertIn("waves & <more> #1", Page(self.index).text)
        page = Page(self.pages["waves & <more> #1"])
        self.assertIn("waves & <more> #1", page.text)
        self.assertEqual(page.alternatives[:4], ["Original", "LIC", "Crop 1 of the original", "Crop 1 of LIC"])

    def test_second_report_makes_no_picture_again(self):
        results, rows = self.results()
        images = [f"{self.folder}/{name}.png" for name in sample_report.NAMES]
        folder = shutil.copytree(f"{self.folder}/report", f"{self.folder}/again")
        picture = f"{folder}/pictures/shapes/lic-0.5.webp"
        before = os.stat(picture).st_mtime_ns
        progress = []
        index = report_html.build(
            folder, results, rows, images, self.runs(), 1, lambda *numbers: progress.append(numbers)
        )
        self.assertEqual((index, progress), (f"{folder}/index.html", [(1, 2), (2, 2)]))
        self.assertEqual(os.stat(picture).st_mtime_ns, before)
        results["codecs"]["lic"]["version"] = "another"
        report_html.build(folder, results, rows, images[:1], self.runs(), 1)
        self.assertNotEqual(os.stat(picture).st_mtime_ns, before)

    def test_codec_that_fails_on_a_picture_is_named_there(self):
        class Failing(Runs):
            def at_rate(self, image_path, codec_key, bits_per_pixel):
                if codec_key == "webp":
                    raise RunError(f"WebP at {bits_per_pixel}: broken <pipe>")
                return super().at_rate(image_path, codec_key, bits_per_pixel)

        results, rows = self.results()
        image = f"{self.folder}/shapes.png"
        rows = [row for row in rows if row["image"] == "shapes"]
        found = findings.find(
            image, f"{self.folder}/failing", results, rows, Failing(f"{self.folder}/cache", self.runs().codecs)
        )
        self.assertEqual(list(found["rates"]["0.5"]), ["lic", "jpeg"])
        page = report_html.picture_page(results, rows, found, None, None)
        self.assertIn("WebP at 0.5: broken &lt;pipe&gt;", page)
        self.assertNotIn("webp-0.5.webp", page)
        found = findings.find(image, f"{self.folder}/failing", results, rows, self.runs())
        self.assertEqual((list(found["rates"]["0.5"]), found["failures"]), (["lic", "jpeg", "webp"], []))

    def test_picture_that_could_not_be_decoded_is_tried_again(self):
        class Failing(Runs):
            def decoded(self, image_path, codec_key, setting):
                if codec_key == "webp":
                    raise RunError("WebP: broken pipe")
                return super().decoded(image_path, codec_key, setting)

        results, rows = self.results()
        image = f"{self.folder}/shapes.png"
        rows = [row for row in rows if row["image"] == "shapes"]
        failing = Failing(f"{self.folder}/cache", self.runs().codecs)
        found = [
            findings.find(image, f"{self.folder}/undecoded", results, rows, runs) for runs in (failing, self.runs())
        ]
        self.assertEqual([len(each["failures"]) for each in found], [3, 0])
        self.assertEqual([list(each["rates"]["1"]) for each in found], [["lic", "jpeg"], ["lic", "jpeg", "webp"]])

    def test_lic_alone(self):
        results, rows = self.results()
        rows = [row for row in rows if row["codec"] == "lic"]
        results = {**results, "codecs": {"lic": results["codecs"]["lic"]}, **comparison.summarize(rows)}
        index = report_html.build(f"{self.folder}/alone", results, rows, [f"{self.folder}/shapes.png"], self.runs())
        self.assertIn("LIC alone", Page(index).text)
        self.assertIn("pictures/shapes.html", Page(index).addresses)

    def test_without_cwebp(self):
        pixels = np.zeros((4, 4, 3), np.uint8)
        with mock.patch.dict(os.environ, PATH=""):
            with self.assertRaisesRegex(report_html.ReportError, "cwebp is not installed"):
                report_html.check(self.folder)
            with self.assertRaisesRegex(report_html.ReportError, "none.webp: cwebp: "):
                findings.save_webp(f"{self.folder}/none.webp", pixels)
        with self.assertRaisesRegex(report_html.ReportError, "cwebp ended with"):
            findings.save_webp(f"{self.folder}/none/none.webp", pixels)

    def test_folder_that_cannot_be_made(self):
        done = sample_report.run(self.folder, report=f"{self.folder}/shapes.png")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "compare.py: the report cannot be written: .*shapes.png")


def read_webp(path):
    done = subprocess.run(["dwebp", "-quiet", path, "-ppm", "-o", "-"], capture_output=True, check=True)
    return read_pnm(done.stdout)


class Analysis(unittest.TestCase):
    def setUp(self):
        self.original = np.random.default_rng(5).integers(40, 200, (171, 203, 3), np.uint8)

    def test_error_map_of_a_constant_error(self):
        decoded = self.original + np.uint8(9)
        colour = analysis.RAMP[len(analysis.RAMP) // 2]  # the middle, as 9 is a quarter of 36
        expected = np.broadcast_to(colour, (43, 51, 3))
        np.testing.assert_array_equal(analysis.error_map(self.original, decoded), expected)
        self.assertEqual(analysis.ERROR_LIMIT, 36)

    def test_error_map_shows_where(self):
        decoded = self.original.copy()
        decoded[168:, 200:] += 5  # the last block, which is narrower and lower
        errors = analysis.error_map(self.original, decoded)
        np.testing.assert_array_equal(np.argwhere((errors != analysis.RAMP[0]).any(2)), [[42, 50]])
        np.testing.assert_array_equal(errors[42, 50], analysis.colours(np.float64(5)))

    def test_window_errors_are_those_of_crops(self):
        decoded = np.random.default_rng(6).integers(0, 255, self.original.shape, np.uint8)
        errors = analysis.window_errors(self.original, decoded)
        top, left = analysis.window_starts(171), analysis.window_starts(203)
        self.assertEqual((top[-1], left[-1]), (171 - analysis.CROP, 203 - analysis.CROP))
        for i, j in ((0, 0), (3, 5), (-1, -1)):
            area = np.s_[top[i] : top[i] + analysis.CROP, left[j] : left[j] + analysis.CROP]
            expected = np.mean((self.original[area].astype(float) - decoded[area]) ** 2)
            self.assertAlmostEqual(errors[i, j], expected, places=4)

    def test_crops_lie_where_codecs_differ(self):
        shape = (400, 600, 3)
        original = np.full(shape, 100, np.uint8)
        pictures = {codec: original + np.uint8(step) for codec, step in (("lic", 3), ("jpeg", 4), ("webp", 5))}
        pictures["jpeg"][0:80, 160:240] = 160  # much worse than the others
        pictures["lic"][240:320, 0:80] = 100  # perfect here
        pictures["lic"][320:400, 520:600] = 120  # worse than both here
        errors = {codec: analysis.window_errors(original, decoded) for codec, decoded in pictures.items()}
        crops = analysis.differing_crops(errors, *shape[:2])
        self.assertEqual([(crop["x"], crop["y"]) for crop in crops[:3]], [(160, 0), (0, 240), (520, 320)])
        self.assertIn("ahead", crops[1]["reason"])
        self.assertIn("behind", crops[2]["reason"])
        self.assertEqual(crops[1]["psnr"]["lic"], float("inf"))
        self.assertAlmostEqual(crops[0]["psnr"]["jpeg"], 20 * np.log10(255 / 60))
        for i, a in enumerate(crops):
            for b in crops[:i]:
                self.assertTrue(abs(a["x"] - b["x"]) >= analysis.CROP or abs(a["y"] - b["y"]) >= analysis.CROP)


class Curves(unittest.TestCase):
    ROWS = [*curve("lic", "a", 1), *curve("jpeg", "a", 2), *curve("lic", "b", 1.5), *curve("jpeg", "b", 2)]

    def test_bd_rates_are_those_of_the_results(self):
        for name in "ab":
            rows = [row for row in self.ROWS if row["image"] == name]
            expected = comparison.summarize(rows)["bd_rate"]
            for metric, rivals in rate_curves.bd_rates(rows).items():
                self.assertAlmostEqual(rivals["jpeg"], expected[metric]["jpeg"]["mean"], delta=0.005)

    def test_mean_curves_are_those_of_the_results(self):
        expected = comparison.summarize(self.ROWS)["mean_curves"]
        for codec, points in rate_curves.mean_curves(self.ROWS).items():
            for point in points:
                for key, value in expected[codec][point["setting"]].items():
                    self.assertAlmostEqual(point[key], value, delta=5e-5)

    def test_mean_curves_without_a_common_picture_are_empty(self):
        self.assertEqual(
            rate_curves.mean_curves([*curve("lic", "a", 1), *curve("jpeg", "b", 2)]), {"lic": [], "jpeg": []}
        )

    def test_values_are_read_off_between_points(self):
        points = [{"bpp": 0.1, "psnr": 20.0}, {"bpp": 0.4, "psnr": 30.0}, {"bpp": 0.8, "psnr": None}]
        self.assertAlmostEqual(rate_curves.value_at(points, "psnr", 0.2), 25)
        self.assertEqual(rate_curves.value_at(points, "psnr", 0.4), 30)
        for bpp in (0.09, 0.5):
            self.assertIsNone(rate_curves.value_at(points, "psnr", bpp))


class Markings(unittest.TestCase):
    def test_text_is_escaped(self):
        made = element("a", "<b>", Markup("<i>"), None, ["x", 1], href='"&', class_="c", data_x=2, hidden=True, id=None)
        self.assertEqual(made, '<a href="&quot;&amp;" class="c" data-x="2" hidden>&lt;b&gt;<i>x1</a>')

    def test_axes(self):
        axis = charts.Axis(0.1, 10, 0, 100, logarithmic=True)
        self.assertAlmostEqual(axis(1), 50)
        self.assertEqual([text for _, text in axis.ticks()], ["0.1", "0.2", "0.5", "1", "2", "5", "10"])
        falling = charts.Axis(4, -1, 200, 100)  # 4 below, as for a metric of which less is better
        self.assertEqual((falling(4), falling(-1)), (200, 100))
        self.assertEqual([text for _, text in falling.ticks(5)], ["\N{MINUS SIGN}1", "0", "1", "2", "3", "4"])


if __name__ == "__main__":
    unittest.main()
