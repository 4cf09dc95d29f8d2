"""Charts, and the files for Codec-Compare, of generated measurements."""

import json
import os
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from models.evaluation.figures import codec_compare, comparison, svg_charts
from tests.evaluation.compare_test import curve

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    row
    for codec, factor in (("lic", 1), ("jpeg", 2), ("webp", 1.5))
    for image in "ab"
    for row in curve(codec, image, factor)
]
# What Codec-Compare takes for more than a custom field, of its src/entry.ts, with "_" for " ".
KNOWN_NAMES = {
    "name",
    "codec",
    "version",
    "time",
    "encoding_cmd",
    "decoding_cmd",
    "original_name",
    "quality",
    "psnr",
    "ssim",
    "msssim",
    "ssimulacra2",
    "p3-norm",
    "encoded_size",
    "bpp",
    "encoding_time",
    "decoding_time",
}


def results_of(rows):
    codecs = {
        key: {
            "title": key.upper(),
            "version": "1.2",
            "command": f"{key} -q {{setting}} {{ppm}}",
            "decode_command": f"{key} -d",
            "measured": "2026-01-02T03:04:05Z",
        }
        for key in dict.fromkeys(row["codec"] for row in rows)
    }
    return {"images": 2, "codecs": codecs, "missing": {}, "missing_metrics": {}, **comparison.summarize(rows)}


class Charts(unittest.TestCase):
    def written(self, rows):
        """name -> parsed SVG."""
        with tempfile.TemporaryDirectory() as folder:
            svg_charts.write_charts(f"{folder}/k", results_of(rows))
            return {
                name: ElementTree.parse(os.path.join(folder, name)).getroot() for name in sorted(os.listdir(folder))
            }

    def test_one_for_each_metric_and_way(self):
        names = ["butteraugli", "decode", "encode", "ms-ssim", "psnr-y", "psnr", "ssim", "ssimulacra2"]
        self.assertEqual(sorted(self.written(ROWS)), sorted(f"k-{name}.svg" for name in names))

    def test_what_was_not_measured_has_none(self):
        rows = [{**row, "butteraugli": None} for row in ROWS if row["codec"] != "jpeg"]
        names = set(self.written(rows))
        self.assertEqual({"k-psnr.svg", "k-ssimulacra2.svg"} - names, set())
        self.assertEqual({"k-butteraugli.svg", "k-encode.svg", "k-decode.svg"} & names, set())

    def test_curves_go_through_the_points(self):
        root = self.written(ROWS)["k-psnr.svg"]
        for group in root.iter(f"{SVG}g"):
            dots = [(float(c.get("cx")), float(c.get("cy"))) for c in group.findall(f"{SVG}circle")]
            if not dots:
                continue
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", group.find(f"{SVG}path").get("d"))]
            knots = list(zip(numbers[0::2], numbers[1::2]))[0::3]
            self.assertEqual(knots, dots)
            self.assertEqual([y for _, y in dots], sorted((y for _, y in dots), reverse=True))  # better is higher

    def test_better_is_higher_also_where_less_is_better(self):
        root = self.written(ROWS)["k-butteraugli.svg"]
        dots = [[float(c.get("cy")) for c in group.findall(f"{SVG}circle")] for group in root.iter(f"{SVG}g")]
        for of_codec in filter(None, dots):
            self.assertEqual(of_codec, sorted(of_codec, reverse=True))

    def test_order_of_the_legend(self):
        texts = [text.text for text in self.written(ROWS)["k-psnr.svg"].iter(f"{SVG}text")]
        self.assertEqual([text for text in texts if text in ("LIC", "WEBP", "JPEG")], ["LIC", "WEBP", "JPEG"])

    def test_names_do_not_overlap(self):
        axes = svg_charts.Axes(60, 60, 300, 200, (0.01, 1), 0, -60)
        codecs = {key: {"title": key} for key in "abcdef"}
        placed = svg_charts.labelled_dots(axes, {key: -30.0 for key in codecs}, {key: 0.1 for key in codecs}, codecs)
        labels = {tuple(re.search(r'<text x="(\S+)" y="(\S+)"', part).groups()) for part in placed}
        self.assertEqual(len(labels), len(codecs))

    def test_round_ticks(self):
        self.assertEqual(svg_charts.round_ticks(24.1, 37), [26, 28, 30, 32, 34, 36])
        self.assertEqual(svg_charts.round_ticks(-0.05, 0.21), [-0.05, 0, 0.05, 0.1, 0.15, 0.2])
        self.assertEqual(svg_charts.round_ticks(-60, 0), [-60, -50, -40, -30, -20, -10, 0])


class CodecCompare(unittest.TestCase):
    def written(self, rows, results):
        """As its loader reads them: file -> content, in the order of the list."""
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(codec_compare.folder_of(f"{folder}/k"))
            with open(f"{codec_compare.folder_of(folder + '/k')}/old.json", "w", encoding="utf-8"):
                pass
            codec_compare.write_batches(f"{folder}/k", rows, results)
            place = codec_compare.folder_of(f"{folder}/k")
            with open(f"{place}/batches.json", encoding="utf-8") as file:
                names = [str(name) for [name] in json.load(file)]
            self.assertEqual(sorted(os.listdir(place)), sorted([*names, "batches.json"]))
            contents = {}
            for name in names:
                with open(f"{place}/{name}", encoding="utf-8") as file:
                    contents[name] = json.load(file)
            return contents

    def test_layout(self):
        contents = self.written(ROWS, results_of(ROWS))
        self.assertEqual(list(contents), ["lic.json", "jpeg.json", "webp.json"])
        for batch in contents.values():
            for kind in ("constant", "field"):
                for description in batch[f"{kind}_descriptions"]:
                    [(name, meaning)] = description.items()
                    self.assertIn(name, KNOWN_NAMES)
                    self.assertIsInstance(meaning, str)
            self.assertEqual(len(batch["constant_values"]), len(batch["constant_descriptions"]))
            for value in batch["constant_values"]:
                self.assertIsInstance(value, str)
            for row in batch["field_values"]:
                self.assertEqual(len(row), len(batch["field_descriptions"]))
                self.assertTrue(all(isinstance(value, (int, float)) for value in row[1:]))

    def test_values_are_those_of_the_rows(self):
        batch = self.written(ROWS, results_of(ROWS))["jpeg.json"]
        names = [next(iter(description)) for description in batch["field_descriptions"]]
        rows = [row for row in ROWS if row["codec"] == "jpeg"]
        for row, values in zip(rows, batch["field_values"], strict=True):
            found = dict(zip(names, values))
            self.assertEqual(found["original_name"], row["image"])
            self.assertEqual(
                (found["quality"], found["encoded_size"], found["p3-norm"]),
                (float(row["setting"]), row["bytes"], row["butteraugli"]),
            )
            self.assertAlmostEqual(found["bpp"], 8 * row["bytes"] / row["pixels"], places=4)
        constants = dict(zip((next(iter(d)) for d in batch["constant_descriptions"]), batch["constant_values"]))
        self.assertEqual(constants["encoding_cmd"], "jpeg -q ${quality} ${original_name}")

    def test_fields_that_were_not_measured_are_left_out(self):
        rows = [{**row, "ssimulacra2": None} for row in ROWS]
        fields = [name for d in self.written(rows, results_of(rows))["lic.json"]["field_descriptions"] for name in d]
        self.assertNotIn("ssimulacra2", fields)
        self.assertIn("psnr", fields)


if __name__ == "__main__":
    unittest.main()
