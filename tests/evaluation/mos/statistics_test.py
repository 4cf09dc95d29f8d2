"""Student's t, Holm and Bradley-Terry against published values, brute force and cases where no maximum exists."""

import itertools
import math
import unittest

import numpy as np

from models.evaluation.mos import bradley_terry, student


class Student(unittest.TestCase):
    def test_quantiles(self):
        """Of the usual tables, two-sided."""
        for freedom, at_95, at_99 in (
            (1, 12.706, 63.657),
            (2, 4.303, 9.925),
            (5, 2.571, 4.032),
            (14, 2.145, 2.977),
            (23, 2.069, 2.807),
            (120, 1.980, 2.617),
        ):
            self.assertAlmostEqual(student.quantile(freedom), at_95, delta=6e-4)
            self.assertAlmostEqual(student.quantile(freedom, 0.99), at_99, delta=6e-4)

    def test_closed_forms(self):
        for t in (0.1, 1.0, 3.0, 20.0):
            self.assertAlmostEqual(student.two_sided(t, 1), 1 - 2 / math.pi * math.atan(t), places=12)  # Cauchy
            self.assertAlmostEqual(student.two_sided(t, 2), 1 - t / math.sqrt(2 + t * t), places=12)

    def test_intervals_and_pairs(self):
        mean, half = student.mean_interval([1, 2, 3, 4, 5])
        self.assertEqual(mean, 3)
        self.assertAlmostEqual(half, 2.776 * math.sqrt(2.5 / 5), places=3)
        self.assertEqual((student.mean_interval([4]), student.mean_interval([])), ((4.0, None), (None, None)))
        self.assertEqual([student.paired([0, 0]), student.paired([1, 1]), student.paired([1])], [1.0, 0.0, None])
        self.assertAlmostEqual(student.paired([1, 2, 3, 4, 5]), student.two_sided(3 / math.sqrt(2.5 / 5), 4))

    def test_holm(self):
        for given, adjusted in (([0.01, 0.04, None, 0.03], [0.03, 0.06, None, 0.06]), ([0.9, 0.8], [1.0, 1.0])):
            for found, wanted in zip(student.holm(given), adjusted):
                self.assertTrue(found is wanted or math.isclose(found, wanted))


def likelihood(logs, tie, wins, ties):
    """Davidson's, from its definition."""
    total = 0.0
    for i, j in itertools.combinations(range(len(logs)), 2):
        a, b = math.exp(logs[i]), math.exp(logs[j])
        neither = tie * math.sqrt(a * b)
        for count, part in ((wins[i][j], a), (wins[j][i], b), (ties[i][j], neither)):
            if count:
                total += count * math.log(part / (a + b + neither))
    return total


class BradleyTerry(unittest.TestCase):
    def test_two_codecs(self):
        found = bradley_terry.fit([[0, 30], [10, 0]], np.zeros((2, 2)))
        self.assertAlmostEqual(found.log_strengths[0] - found.log_strengths[1], math.log(3), places=6)
        self.assertAlmostEqual(bradley_terry.preference(found.log_strengths)[0, 1], 0.75, places=6)
        found = bradley_terry.fit([[0, 30], [10, 0]], [[0, 20], [20, 0]])
        self.assertAlmostEqual(found.log_strengths[0] - found.log_strengths[1], math.log(3), places=6)
        self.assertAlmostEqual(float(found.tie), 20 / math.sqrt(300), places=6)

    def test_no_nearby_point_is_likelier(self):
        random = np.random.default_rng(2)
        for with_ties in (False, True):
            wins = random.integers(1, 30, (5, 5)) * (1 - np.eye(5, dtype=int))
            ties = np.triu(random.integers(0, 12, (5, 5)), 1) * with_ties
            ties = ties + ties.T
            found = bradley_terry.fit(wins, ties)
            best = likelihood(found.log_strengths, float(found.tie), wins, ties)
            for _ in range(200):
                logs = found.log_strengths + random.normal(0, 0.02, 5)
                tie = float(found.tie) * math.exp(random.normal(0, 0.02)) if with_ties else 0
                self.assertLessEqual(likelihood(logs, tie, wins, ties), best + 1e-9)

    def test_unbeaten_is_finite_and_said_so(self):
        wins = np.array([[0, 9, 9], [0, 0, 6], [0, 3, 0]])
        found = bradley_terry.fit(wins, np.zeros((3, 3)))
        self.assertTrue(found.bounded)
        self.assertTrue(np.isfinite(found.log_strengths).all())
        self.assertEqual(np.argsort(-found.log_strengths).tolist(), [0, 1, 2])
        self.assertFalse(bradley_terry.fit(wins + wins.T, np.zeros((3, 3))).bounded)

    def test_groups_without_comparison(self):
        wins = np.zeros((5, 5))
        wins[0, 1], wins[1, 0] = 3, 1
        wins[2, 3], wins[3, 2] = 4, 4
        found = bradley_terry.fit(wins, np.zeros((5, 5)))
        self.assertEqual(found.components.tolist(), [0, 0, 2, 2, 4])
        np.testing.assert_allclose(found.log_strengths, [math.log(3) / 2, -math.log(3) / 2, 0, 0, 0], atol=1e-6)

    def test_nothing_compared(self):
        self.assertEqual(bradley_terry.fit(np.zeros((2, 2)), np.zeros((2, 2))).log_strengths.tolist(), [0, 0])

    def test_many_at_once_equal_one_by_one(self):
        random = np.random.default_rng(5)
        wins = random.integers(0, 5, (20, 4, 4)) * (1 - np.eye(4, dtype=int))
        together = bradley_terry.fit(wins, np.zeros_like(wins))
        for index, one in enumerate(wins):
            alone = bradley_terry.fit(one, np.zeros((4, 4)))
            np.testing.assert_allclose(together.log_strengths[index], alone.log_strengths, atol=1e-5)
            self.assertEqual(together.bounded[index], alone.bounded)

    def test_bootstrap_is_as_wide_as_panels_differ(self):
        random = np.random.default_rng(7)

        def panel():
            share = 1 / (1 + math.exp(-0.8))
            won = random.binomial(6, share, 20)
            return np.array([[[0, w], [6 - w, 0]] for w in won]), np.zeros((20, 2, 2))

        real = np.std([bradley_terry.fit(*(part.sum(0) for part in panel())).log_strengths[0] for _ in range(200)])
        drawn = np.mean([bradley_terry.bootstrap(*panel(), 200, 1)[:, 0].std() for _ in range(10)])
        self.assertAlmostEqual(drawn / real, 1, delta=0.25)


if __name__ == "__main__":
    unittest.main()
