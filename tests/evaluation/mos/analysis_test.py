"""The analysis of subjective tests, on simulated raters.

The true ranking is recovered, and those who do not look are screened out.
"""

import unittest

import numpy as np

from models.evaluation.mos import report, scores, screening
from tests.evaluation.mos import simulated_raters
from tests.evaluation.mos.simulated_raters import Honest, honest_panel, make_key, panel

ORDER = ["fine", "plain", "rough"]
BAD = {"random 1": "random", "random 2": "random"}
BAD_GRADES = {**BAD, "all 3": 3, "all 5": 5}
BAD_PAIRS = {**BAD, "left": "first", "right": "second"}


def screened(key, raters, random, **options):
    answers = panel(key, raters, random, **options)
    verdicts = screening.screen(key["method"], answers, key)
    return [rater for rater, verdict in zip(answers, verdicts) if verdict.kept], {
        verdict.name: verdict for verdict in verdicts
    }


class Panels(unittest.TestCase):
    """Many panels; the shares are bounds that hold with room to spare."""

    def judge(self, method, bad, ranking, images=8, panels=25, size=16, **options):
        random = np.random.default_rng(11)
        key = make_key(method, images=images)
        out = {"bad": 0, "honest": 0, "harsh": 0}
        for _ in range(panels):
            honest = honest_panel(size, random)
            raters = {**honest, "harsh": Honest(bias=-0.9), **bad}
            kept, verdicts = screened(key, raters, random, **options)
            out["bad"] += sum(not verdicts[name].kept for name in bad)
            out["honest"] += sum(not verdicts[name].kept for name in honest)
            out["harsh"] += not verdicts["harsh"].kept
            self.assertEqual(ranking(kept, key), ORDER)
        self.assertGreaterEqual(out["bad"], 0.97 * panels * len(bad))
        self.assertLessEqual(out["honest"], 0.06 * panels * size)
        self.assertLessEqual(out["harsh"], 0.1 * panels)

    def test_grades(self):
        for method in ("acr", "dsis"):
            with self.subTest(method):
                self.judge(method, BAD_GRADES, lambda kept, key: scores.ranking(scores.mos(kept, key), "mean"))

    def test_pairs(self):
        def ranking(kept, key):
            return scores.ranking(scores.strengths(kept, key)[0], "strength")

        self.judge("pair", BAD_PAIRS, ranking, panels=6)
        self.judge("pair", {**BAD_PAIRS, "never decides": "tie"}, ranking, panels=6, ties=True)


class Recovery(unittest.TestCase):
    def test_scores_and_intervals(self):
        """The 95 % interval of a codec's score holds its expected value in about 95 % of the panels."""
        random = np.random.default_rng(3)
        key = make_key("acr", images=6)
        effects = {pair: 0 for pair in simulated_raters.image_effects(key, random)}
        held = total = 0
        for _ in range(60):
            raters = {f"honest {index}": Honest(random.normal(0, 0.3), 0.5) for index in range(12)}
            for row in scores.mos(panel(key, raters, random, effects=effects), key):
                if (
                    row["codec"] == "plain" and row["rate"] == 0.37
                ):  # far from the ends of the scale, which cut grades off
                    expected = simulated_raters.quality({"image": "", "codec": "plain", "rate": 0.37}, {})
                    held += abs(row["mean"] - expected) <= row["interval"]
                    total += 1
        self.assertEqual(total, 60)
        self.assertGreaterEqual(held, 52)  # 57 expected; fewer than 52: once in 200 times

    def test_strengths(self):
        """Log strengths differ by the qualities' difference times the raters' odds for a grade."""
        random = np.random.default_rng(4)
        key = make_key("pair", images=8, rates=(0.25,))
        effects = {pair: 0 for pair in simulated_raters.image_effects(key, random)}
        kept = panel(key, {f"honest {index}": Honest() for index in range(200)}, random, effects=effects)
        strength = {row["codec"]: row for row in scores.strengths(kept, key)[0]}
        for better, worse in (("fine", "plain"), ("plain", "rough")):
            expected = simulated_raters.ODDS_PER_GRADE * (
                simulated_raters.QUALITY[better] - simulated_raters.QUALITY[worse]
            )
            self.assertAlmostEqual(strength[better]["strength"] - strength[worse]["strength"], expected, delta=0.25)
            self.assertLess(strength[worse]["high"], strength[better]["low"])

    def test_equal_codecs_are_not_called_different(self):
        """At a level of 5 %, adjusted for many pairs, few panels may find a difference that is not there."""
        random = np.random.default_rng(9)
        key = make_key("acr", images=5, codecs=("fine", "fine2", "fine3"), rates=(0.25,))
        simulated_raters.QUALITY.update(fine2=4.2, fine3=4.2)
        self.addCleanup(lambda: [simulated_raters.QUALITY.pop(name) for name in ("fine2", "fine3")])
        effects = {pair: 0 for pair in simulated_raters.image_effects(key, random)}
        false = 0
        for _ in range(100):
            kept = panel(key, honest_panel(10, random), random, effects=effects)
            false += any(row["p"] < 0.05 for row in scores.mos_differences(kept, key))
        self.assertLessEqual(false, 11)  # 5 expected at most; more than 11: once in 200 times

    def test_hidden_reference_takes_bias_away(self):
        random = np.random.default_rng(6)
        key = make_key("acr", images=8, rates=(0.25,))
        mild, harsh = (panel(key, {"one": Honest(bias, 0.1)}, random, effects={}) for bias in (-0.2, -1.2))
        originals = [scores.originals_mos(raters, key)["mean"] for raters in (mild, harsh)]
        self.assertAlmostEqual(originals[0], 5, delta=0.3)  # 4.9 - 0.2, rounded
        self.assertAlmostEqual(originals[1], 4, delta=0.3)
        plain = [scores.mos(raters, key) for raters in (mild, harsh)]
        differential = [scores.mos(raters, key, differential=True) for raters in (mild, harsh)]
        by_codec = lambda rows: {row["codec"]: row["mean"] for row in rows}  # noqa: E731
        self.assertGreater(by_codec(plain[0])["plain"] - by_codec(plain[1])["plain"], 0.6)
        self.assertAlmostEqual(by_codec(differential[0])["plain"], by_codec(differential[1])["plain"], delta=0.3)


class Rules(unittest.TestCase):
    def verdict(self, method, rater, seed=2, others=12):
        random = np.random.default_rng(seed)
        _, verdicts = screened(make_key(method), {**honest_panel(others, random), "one": rater}, random)
        return verdicts["one"]

    def test_reasons(self):
        self.assertRegex(self.verdict("acr", 5).reason, "failed 3 of 6 traps")
        self.assertRegex(self.verdict("pair", "second").reason, "traps|second picture")
        self.assertTrue(self.verdict("acr", Honest(bias=-1)).kept)

    def test_habits(self):
        key = {"items": {f"i{index}": {"kind": "test", "stimuli": []} for index in range(20)}}
        for method, rater, reason in (
            ("acr", 2, "gave one grade"),
            ("pair", "first", "chose the first picture 20 times of 20"),
            ("pair", "tie", "no difference"),
        ):
            answers = panel({**key, "method": method}, {"one": rater}, np.random.default_rng(1), effects={})
            self.assertIn(reason, screening.verdict_alone(method, answers[0], key).reason)

    def test_chance_without_traps(self):
        """A random rater is found by the others alone."""
        random = np.random.default_rng(8)
        for method in ("acr", "pair"):
            key = make_key(method, trap_count=0, repeat_count=0)
            found = 0
            for _ in range(10):
                _, verdicts = screened(key, {**honest_panel(12, random), "one": "random"}, random)
                found += not verdicts["one"].kept
            self.assertGreaterEqual(found, 8, method)

    def test_chance_says_nothing_where_all_pictures_are_alike(self):
        random = np.random.default_rng(8)
        key = make_key("acr", codecs=("fine",), rates=(0.25,), trap_count=0, repeat_count=0)
        flat = {**simulated_raters.QUALITY, "original": 4.2}
        original, simulated_raters.QUALITY = simulated_raters.QUALITY, flat
        self.addCleanup(setattr, simulated_raters, "QUALITY", original)
        _, verdicts = screened(key, honest_panel(8, random), random, effects={})
        self.assertFalse([v.reason for v in verdicts.values() if "chance" in (v.reason or "")])

    def test_bt500_by_hand(self):
        """Ten raters; a column of nine 3 and one 5 has the kurtosis 8.1, so that sqrt(20) deviations hold: nobody is
        far. A column of 1, 2 and 4, 5 around 3 with an outlier is near to normal: 2 deviations hold."""
        spiked = np.array([[3.0]] * 9 + [[5.0]])
        self.assertEqual(screening.outliers(spiked)[0].sum(), 0)
        normal = np.array(
            [[v] for v in (2, 2, 3, 3, 3, 3, 3, 4, 4, 1)], float
        )  # mean 2.8, deviation 0.92, kurtosis 2.5: 1.8 below is 1.96
        self.assertEqual([part.sum() for part in screening.outliers(normal)[:2]], [0, 0])
        wider = np.array(
            [[v] for v in (3, 3, 3, 3, 3, 3, 2, 2, 4, 4, 4, 1)], float
        )  # 2.92, 0.90, kurtosis 3.2: 1.92 below is 2.13
        above, below, count = screening.outliers(wider)
        self.assertEqual((above.sum(), below.tolist()), (0, [0] * 11 + [1]))
        self.assertEqual(count.tolist(), [1] * 12)
        self.assertEqual(screening.outliers(np.full((5, 4), 3.0))[0].sum(), 0)  # all alike: nobody is far

    def test_bt500_keeps_the_one_sided(self):
        random = np.random.default_rng(12)
        base = np.clip(np.round(random.normal(3, 0.7, (30, 40))), 1, 5)
        erratic, harsh = base.copy(), base.copy()
        erratic[0, ::4], erratic[0, 2::4] = 5, 1
        harsh[0, ::4] = 1
        key = {"items": {f"i{index}": {"kind": "test"} for index in range(40)}}
        for table, kept in ((erratic, False), (harsh, True)):
            raters = [
                simulated_raters.Rater(str(row), dict(zip(key["items"], grades)), {}, {}, 1.0)
                for row, grades in enumerate(table)
            ]
            pairs = [(rater, screening.Verdict(rater.name)) for rater in raters]
            screening.bt500(pairs, key)
            self.assertEqual(pairs[0][1].kept, kept)


class Report(unittest.TestCase):
    def test_no_rater_left(self):
        plan = {"id": "0" * 16, "title": "t", "method": "acr", "items": [], "scale": [], "seed": 1}
        analysis = report.analyse(plan, make_key("acr"), [])
        self.assertIn("No rater is left", report.ranking_line(analysis))
        self.assertIn("No rater is left", report.as_html("t", list(report.sections_of(analysis)), {}))

    def test_markup_in_names_stays_text(self):
        self.assertEqual(report.plain("a|b*<i>"), "a\\|b\\*\\<i>")
        page = report.as_html("<b>", [("h", ["<script>"], None, [["<td>"], ["&"]])], {})
        self.assertNotIn("<script>", page)
        self.assertIn("&lt;script&gt;", page)


if __name__ == "__main__":
    unittest.main()
