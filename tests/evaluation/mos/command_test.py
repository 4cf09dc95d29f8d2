"""lic-mos as its users run it: plans from tables, what is refused, reports from every kind of results file."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np

from models.evaluation.measurements.picture_files import read_picture, write_png
from models.evaluation.mos import study
from tests.evaluation import paths
from tests.evaluation.mos import simulated_raters, study_pictures

COMMAND = os.path.join(paths.ROOT, "models", "evaluation", "lic-mos")


def lic_mos(*arguments):
    done = subprocess.run(
        [COMMAND, *arguments],
        env={**os.environ, "LIC_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.table = study_pictures.write(os.path.join(cls.folder, "pictures"))

    def plan(self, name, *arguments, method="acr", table=None):
        place = os.path.join(self.folder, name)
        shutil.rmtree(place, ignore_errors=True)
        status, output, errors = lic_mos("plan", place, "--method", method, "--table", table or self.table, *arguments)
        return place, status, output, errors

    def rows(self):
        with open(self.table, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write_table(self, rows):
        path = os.path.join(os.path.dirname(self.table), "other.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return path

    def results(self, place, raters, **options):
        """As the page sends them."""
        plan, key = study.read_study(place)
        random = np.random.default_rng(3)
        for index, rater in enumerate(
            simulated_raters.panel({**key, "method": plan["method"]}, raters, random, **options)
        ):
            answers = [
                {"item": item, "value": value, "seconds": 3.5, "swapped": rater.swapped[item]}
                for item, value in rater.values.items()
            ]
            yield {
                "format": "lic-mos-result",
                "version": 1,
                "id": f"00000000-0000-0000-0000-{index:012d}",
                "plan": plan["id"],
                "rater": rater.name,
                "started": f"2026-01-02T03:04:{index:02d}Z",
                "finished": "2026-01-02T04:00:00Z",
                "pauses": 0,
                "display": {"pixel_ratio": 1, "width": 1280, "height": 800},
                "training": [],
                "answers": answers,
            }


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


class Analysis(Command):
    RATERS = {**simulated_raters.honest_panel(7, np.random.default_rng(1)), "random": "random"}

    def analysis(self, place, *files):
        status, output, errors = lic_mos("analyze", place, *files)
        self.assertEqual(status, 0, errors)
        with open(os.path.join(place, "report", "analysis.json"), encoding="utf-8") as file:
            return json.load(file), output

    def save(self, place, results, kind):
        path = os.path.join(place, f"answers.{kind}")
        if kind == "sqlite":
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE results (id, rater, answers, finished, received, result)")
                connection.executemany(
                    "INSERT INTO results VALUES ('', '', 0, 1, ?, ?)",
                    [(str(i), json.dumps(r)) for i, r in enumerate(results)],
                )
            connection.close()
        elif kind == "folder":
            os.mkdir(path)
            for index, result in enumerate(results):
                with open(os.path.join(path, f"{index}.json"), "w", encoding="utf-8") as file:
                    json.dump(result, file, indent=1)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(result) + "\n" for result in results)
        return path

    def test_every_kind_of_file_says_the_same(self):
        place, *_ = self.plan("kinds")
        results = list(self.results(place, self.RATERS))
        found = [self.analysis(place, self.save(place, results, kind))[0] for kind in ("jsonl", "sqlite", "folder")]
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[0], found[2])
        self.assertEqual((found[0]["ranking"], found[0]["kept"]), (["fine", "plain", "rough"], 7))

    def test_reports(self):
        for method, options in (("acr", {}), ("pair", {"ties": True})):
            place, *_ = self.plan(f"report-{method}", *(["--ties"] if method == "pair" else []), method=method)
            analysis, output = self.analysis(
                place, self.save(place, self.results(place, self.RATERS, **options), "jsonl")
            )
            self.assertIn("7 of 8 raters count", output)
            folder = os.path.join(place, "report")
            figure = {"acr": "mos.svg", "pair": "strengths.svg"}[method]
            self.assertEqual(sorted(os.listdir(folder)), sorted(["analysis.json", "report.html", "report.md", figure]))
            xml.etree.ElementTree.parse(os.path.join(folder, figure))
            with open(os.path.join(folder, "report.md"), encoding="utf-8") as file:
                text = file.read()
            for words in ("fine", "random", "BT.500 asks for 15", "## Differences"):
                self.assertIn(words, text)
            self.assertTrue(all(0 <= row["p"] <= 1 for row in analysis["differences"]))

    def test_results_that_do_not_count_are_named(self):
        place, *_ = self.plan("left-out")
        results = list(self.results(place, self.RATERS))
        good = len(results)
        more = [
            {**results[0], "id": "10000000-0000-0000-0000-000000000000", "started": "2026-02-02T03:04:00Z"},
            {
                **results[1],
                "id": "20000000-0000-0000-0000-000000000000",
                "rater": "left early",
                "finished": None,
                "answers": results[1]["answers"][:5],
            },
            {**results[2], "plan": "f" * 16},
            {**results[3], "answers": [{**results[3]["answers"][0], "value": 9}]},
            {**results[3], "answers": results[3]["answers"][:1] * 2},
        ]
        analysis, _ = self.analysis(place, self.save(place, results + more, "jsonl"))
        self.assertEqual(len(analysis["raters"]), good)
        for words in (
            "took part again",
            "left early: unfinished, 5 answers",
            "belongs to another plan",
            "/answers/0/value: must be one of",
            "or one twice",
        ):
            self.assertTrue(any(words in line for line in analysis["left_out"]), (words, analysis["left_out"]))

    def test_odd_answers_do_not_stop_the_study(self):
        place, *_ = self.plan("odd")
        results = list(self.results(place, self.RATERS))
        _, key = study.read_study(place)
        repeated = next(entry["of"] for entry in key["items"].values() if entry["kind"] == "repeat")

        def other(number, **changes):
            return {**results[number], "id": f"{number}0000000-0000-0000-0000-000000000000", **changes}

        odd = [
            other(1, rater="\ud800"),
            other(2, rater="a\x85b"),
            other(3, **{"\udfff": 1}),
            other(4, pauses=10**400),
            other(
                5, rater="lacks one", answers=[answer for answer in results[5]["answers"] if answer["item"] != repeated]
            ),
            other(6, rater="none", answers=[]),
        ]
        path = os.path.join(place, "odd.jsonl")
        with open(path, "w", encoding="utf-8") as file:  # as an endpoint writes them: only lone surrogates are escaped
            for result in results + odd:
                line = json.dumps(result, ensure_ascii=False)
                file.write("".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in line) + "\n")
        analysis, output = self.analysis(place, path)
        self.assertIn("7 of 8 raters count", output)
        count = len(results[0]["answers"])
        for words in (
            f"{path}:9: /rater: must match",
            f"{path}:10: /rater: must match",
            f"{path}:11: /\\udfff: is unknown",
            f"{path}:12: /pauses: must be integer",
            f"lacks one: says finished, but not all items of a rater are answered, {count - 1} answers",
            "none: says finished",
        ):
            self.assertTrue(any(words in line for line in analysis["left_out"]), (words, analysis["left_out"]))
        self.assertEqual(len(analysis["left_out"]), len(odd))

    def test_raters_of_fewer_images_are_complete_with_those(self):
        place, *_ = self.plan("fewer", "--images-per-rater", "2")
        plan, _ = study.read_study(place)
        groups = sorted({item["group"] for item in plan["items"] if item["group"]})
        results = list(self.results(place, self.RATERS))
        for number, result in enumerate(results):
            seen = {None, *(groups[:2] if number else groups)}
            items = {item["id"] for item in plan["items"] if item["group"] in seen}
            result["answers"] = [answer for answer in result["answers"] if answer["item"] in items]
        analysis, _ = self.analysis(place, self.save(place, results, "jsonl"))
        self.assertEqual((len(analysis["raters"]), len(analysis["left_out"])), (7, 1))
        self.assertEqual({len(result["answers"]) for result in results[1:]}, {plan["items_per_rater"]})

    def test_a_later_state_of_a_session_counts(self):
        place, *_ = self.plan("states")
        results = list(self.results(place, self.RATERS))
        early = {**results[0], "finished": None, "answers": results[0]["answers"][:10]}
        analysis, _ = self.analysis(place, self.save(place, [*results, early], "jsonl"))
        self.assertEqual((len(analysis["raters"]), analysis["left_out"]), (8, []))

    def test_refused(self):
        place, *_ = self.plan("refused")
        damaged = os.path.join(place, "damaged.json")
        with open(damaged, "w", encoding="utf-8") as file:
            file.write('{"format": ')
        for words, arguments in {
            "no JSON": [place, damaged],
            "No such file": [place, os.path.join(place, "none.json")],
            "plan.json": [self.folder, damaged],
        }.items():
            status, _, errors = lic_mos("analyze", *arguments)
            self.assertEqual(status, 1)
            self.assertIn(words, errors)
            self.assertNotIn("Traceback", errors)
        self.assertFalse(os.path.exists(os.path.join(place, "report")))


if __name__ == "__main__":
    unittest.main()
