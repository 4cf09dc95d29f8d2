"""lic-mos analyze: reports from every kind of results file, and which results count."""

import json
import os
import sqlite3
import unittest
import xml.etree.ElementTree

import numpy as np

from models.evaluation.mos import study
from tests.evaluation.mos import simulated_raters
from tests.evaluation.mos.study_command import Command, lic_mos


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
