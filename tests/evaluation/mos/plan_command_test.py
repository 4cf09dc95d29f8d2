"""lic-mos plan: studies from tables and from runs of codecs, and what is refused."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np

from models.evaluation.measurements.picture_files import read_picture, write_png
from models.evaluation.mos import study
from tests.evaluation import paths
from tests.evaluation.mos import study_pictures
from tests.evaluation.mos.study_command import Command, lic_mos

LAUNCHER = os.path.join(paths.ROOT, "models", "evaluation", "lic-mos")


class Launcher(unittest.TestCase):
    def test_the_command_runs_from_any_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [LAUNCHER, "plan", "study", "--method", "acr", "--table", "none.csv"],
                cwd=folder,
                env={**os.environ, "LIC_PYTHON": sys.executable},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^lic-mos: .*none.csv")


class Plans(Command):
    def test_counts_and_kinds(self):
        """4 images, one of them for training; 3 codecs, 3 rates."""
        for method, tests, references in (("acr", 27, 3), ("dsis", 27, 0), ("pair", 27, 0)):
            with self.subTest(method):
                place, status, output, _ = self.plan(method, method=method)
                self.assertEqual(status, 0)
                plan, key = study.read_study(place)
                kinds = [entry["kind"] for entry in key["items"].values()]
                counts = {kind: kinds.count(kind) for kind in ("test", "reference", "trap", "repeat")}
                self.assertEqual(counts, {"test": tests, "reference": references, "trap": 6, "repeat": 6})
                self.assertIn(
                    f"{len(kinds)} items, {len(kinds)} for each rater, about {plan['expected_minutes']} minutes", output
                )
                trained = {picture for item in plan["training"] for picture in item["pictures"]}
                self.assertFalse(trained & {picture for item in plan["items"] for picture in item["pictures"]})

    def test_pictures_are_lossless_and_what_the_key_says(self):
        place, *_ = self.plan("pixels", method="dsis")
        plan, key = study.read_study(place)
        for item in plan["items"]:
            for name, stimulus in zip(item["pictures"], key["items"][item["id"]]["stimuli"]):
                original = study_pictures.original(study_pictures.IMAGES.index(stimulus["image"]))
                wanted = {"original": lambda: original, "damaged": lambda: study.damage(original)}.get(
                    stimulus["codec"], lambda: study_pictures.coded(original, stimulus["codec"], stimulus["rate"])
                )()
                np.testing.assert_array_equal(
                    read_picture(os.path.join(place, "public", plan["pictures"][name]["file"])), wanted
                )

    def test_webp(self):
        if not shutil.which("dwebp"):
            paths.skip("lossless WebP: dwebp is missing")
        place, status, *_ = self.plan("webp", "--format", "webp")
        self.assertEqual(status, 0)
        files = [entry["file"] for entry in study.read_study(place)[0]["pictures"].values()]
        png = os.path.join(self.folder, "decoded.png")
        subprocess.run(["dwebp", "-quiet", os.path.join(place, "public", files[0]), "-o", png], check=True)
        decoded = read_picture(png)
        everything = [study_pictures.original(seed) for seed in range(4)]
        everything += [
            study_pictures.coded(o, c, r)
            for o in everything
            for c in study_pictures.LEVELS
            for r in study_pictures.RATES
        ]
        self.assertTrue(
            any(np.array_equal(decoded, pixels) for pixels in everything + [study.damage(o) for o in everything[:4]])
        )

    def test_the_plan_tells_raters_nothing(self):
        place, *_ = self.plan("secret", method="pair")
        with open(os.path.join(place, "public", "plan.json"), encoding="utf-8") as file:
            text = file.read()
        for word in (*study_pictures.LEVELS, *study_pictures.IMAGES, "damaged.png", "trap", "repeat"):
            self.assertNotIn(f'"{word}"', text)
        self.assertFalse(os.path.exists(os.path.join(place, "public", "key.json")))

    def test_same_seed_same_plan(self):
        plans = [study.read_study(self.plan(f"seed{index}", "--seed", seed)[0]) for index, seed in enumerate("112")]
        self.assertEqual(plans[0], plans[1])
        self.assertNotEqual(plans[0][0]["id"], plans[2][0]["id"])

    def test_a_slash_at_the_end_changes_nothing(self):
        place, status, _, errors = self.plan("slash/")
        self.assertEqual(status, 0, errors)
        study.read_study(place)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("slash")], ["slash"])
        self.assertEqual(sorted(os.listdir(place)), ["key.json", "public"])

    def test_fewer_images_a_rater(self):
        place, *_ = self.plan("few", "--images-per-rater", "2")
        plan, _ = study.read_study(place)
        self.assertEqual((plan["groups_per_rater"], plan["items_per_rater"]), (2, 2 * (9 + 1 + 3) + 6))

    def test_options_reach_the_plan(self):
        texts = os.path.join(self.folder, "texts.json")
        with open(texts, "w", encoding="utf-8") as file:
            json.dump({"consent": "Yes."}, file)
        place, *_ = self.plan(
            "texts",
            "--texts",
            texts,
            "--collect",
            "none",
            "--ties",
            "--layout",
            "beside",
            "--gap",
            "0.25",
            method="pair",
        )
        plan, _ = study.read_study(place)
        self.assertEqual(
            (plan["texts"]["consent"], plan["collect"], plan["layout"], plan["timing"]["gap_seconds"]),
            ("Yes.", None, "beside", 0.25),
        )
        self.assertEqual(
            [(entry["value"], entry["label"]) for entry in plan["scale"]],
            [("a", "Left"), ("tie", "No difference"), ("b", "Right")],
        )

    def test_one_codec_off_the_rate_leaves_out_all(self):
        rows = self.rows()
        for row in rows:
            if (row["image"], row["codec"], row["rate"]) == ("reef", "plain", "0.25"):
                row["bpp"] = "0.4"
        place, status, _, errors = self.plan("off", "--seed", "3", table=self.write_table(rows))
        self.assertEqual(status, 0)
        self.assertIn("left out: reef at 0.25 bits per pixel: plain takes 0.400", errors)
        key = study.read_study(place)[1]
        at = [
            s
            for entry in key["items"].values()
            for s in entry["stimuli"]
            if s["image"] == "reef" and s.get("rate") == 0.25
        ]
        self.assertEqual((at, key["left_out"]), ([], ["reef at 0.25 bits per pixel: plain takes 0.400"]))

    def test_refused(self):
        rows = self.rows()
        broken = {
            "must be numbers": [*rows[:1], {**rows[1], "bpp": "much"}],
            "there is no file": [{**rows[0], "path": "none.png"}],
            "no original of dunes": rows[1:10],
            "holds no coded pictures": rows[:1],
            "needs the columns": [{"image": "a", "codec": "b"}],
            "none is left for the test": rows[:10],
        }
        for words, table in broken.items():
            with self.subTest(words):
                place, status, _, errors = self.plan("bad", table=self.write_table(table))
                self.assertEqual((status, os.path.exists(place)), (1, False))
                self.assertIn(words, errors)
                self.assertNotIn("Traceback", errors)
        for words, options in {
            "9 images a rater are wanted": ["--images-per-rater", "9"],
            "/texts/joke: is unknown": ["--texts", self.write_json({"joke": "?"})],
            "/timing/gap_seconds": ["--gap", "-1"],
        }.items():
            place, status, _, errors = self.plan("bad", *options)
            self.assertEqual((status, os.path.exists(place)), (1, False), errors)
            self.assertIn(words, errors)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("bad")], [])

    def write_json(self, value):
        path = os.path.join(self.folder, "value.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def test_sizes_must_agree(self):
        rows = self.rows()
        write_png(os.path.join(os.path.dirname(self.table), "small.png"), study_pictures.original(1, 100, 100))
        rows[1]["path"] = "small.png"
        _, status, _, errors = self.plan("sizes", "--training-images", "0", table=self.write_table(rows))
        self.assertEqual(status, 1)
        self.assertRegex(errors, "has 100 x 100 pixels|has 240 x 160 pixels")

    def test_nothing_is_overwritten(self):
        place, *_ = self.plan("twice")
        status, _, errors = lic_mos("plan", place, "--method", "acr", "--table", self.table)
        self.assertEqual(status, 1)
        self.assertIn("never overwritten", errors)


class Runs(Command):
    """Pictures by real encoders, of the runs that compare.py makes."""

    def plan_runs(self, name, *options):
        originals = []
        for seed in range(3):
            originals.append(os.path.join(self.folder, f"field{seed}.png"))
            write_png(originals[-1], study_pictures.original(seed, 320, 200))
        place = os.path.join(self.folder, name)
        arguments = [
            "plan",
            place,
            "--method",
            "pair",
            "--images",
            *originals,
            "--cache",
            os.path.join(self.folder, "cache"),
            "--lic",
            paths.LIC,
        ]
        return place, *lic_mos(*arguments, *options)

    def test_equal_rates(self):
        if not (shutil.which("cjpeg") and shutil.which("cwebp")):
            paths.skip("a plan of runs: cjpeg or cwebp is missing")
        place, status, _, errors = self.plan_runs(
            "runs", "--codecs", "jpeg,webp", "--rates", "0.5,0.9", "--tolerance", "0.08"
        )
        self.assertEqual(status, 0, errors)
        plan, key = study.read_study(place)
        rates = {
            (s["codec"], s["rate"]): s["bpp"]
            for entry in key["items"].values()
            for s in entry["stimuli"]
            if "rate" in s
        }
        self.assertEqual(set(rates), {(codec, rate) for codec in ("jpeg", "webp") for rate in (0.5, 0.9)})
        for (codec, rate), bpp in rates.items():
            self.assertLessEqual(abs(bpp - rate), 0.08 * rate, codec)
        shown = {picture for item in plan["items"] for picture in item["pictures"]}
        for name in shown:
            self.assertEqual(
                read_picture(os.path.join(place, "public", plan["pictures"][name]["file"])).shape, (200, 320, 3)
            )

    def test_refused(self):
        for words, options in {
            "no codec is called bmp": ["--codecs", "bmp"],
            "must be numbers with commas": ["--codecs", "jpeg", "--rates", "much"],
            "lic cannot be used": ["--codecs", "lic", "--lic", "/none"],
        }.items():
            place, status, _, errors = self.plan_runs("bad-runs", *options)
            self.assertEqual((status, os.path.exists(place)), (1, False))
            self.assertIn(words, errors)
            self.assertNotIn("Traceback", errors)
        status, _, errors = lic_mos("plan", os.path.join(self.folder, "neither"), "--method", "acr")
        self.assertEqual((status, "either --images or --table" in errors), (1, True))


if __name__ == "__main__":
    unittest.main()
