"""Interpolation and BD-rate against SciPy's values, closed forms and laws."""

import math
import unittest

from models.measures.bdrate import ANY_RATE, Linear, Pchip, bd_rate, metric_range, rate_curve

# Curves that the Python package bjontegaard (FAU Erlangen-Nuremberg) gives as its examples: rates, PSNR.
EXAMPLES = [
    (
        ([9487.76, 4593.60, 2486.44, 1358.24], [40.037, 38.615, 36.845, 34.851]),
        ([9787.80, 4469.00, 2451.52, 1356.24], [40.121, 38.651, 36.970, 34.987]),
        -0.04417485350589,
    ),
    (
        ([82472.76, 26875.24, 9487.76, 4593.6], [43.825, 41.404, 40.037, 38.615]),
        ([99896.96, 33952.04, 9787.8, 4469.0], [44.731, 41.875, 40.121, 38.651]),
        -0.04472182002762,
    ),
    (
        ([82472.76, 26875.24, 9487.76, 4593.6, 3600, 2900], [43.825, 41.404, 40.037, 38.615, 36.5, 35.1]),
        ([99896.96, 33952.04, 9787.8, 4469.0, 4040, 3300], [44.731, 41.875, 40.121, 38.651, 37, 36.5]),
        -0.02952802411643,
    ),
]  # with the BD-rate by SciPy 1.10.1: PchipInterpolator of ln(rate), its integral over the common PSNR

CURVE = [(0.1, 26.0), (0.2, 28.5), (0.4, 31.2), (0.8, 34.1), (1.6, 37.4)]


def scaled(curve, factor):
    return [(factor * rate, metric) for rate, metric in curve]


class Interpolation(unittest.TestCase):
    def test_equals_scipy(self):
        """Values of SciPy 1.10.1's PchipInterpolator: with a level piece, a fall and end slopes of both kinds."""
        curve = Pchip([0, 1, 2.5, 3, 5, 6], [1, 3, 3.5, 3.5, 2, 8])
        expected = {0.3: 1.7862, 1.7: 3.3445037037037038, 2.7: 3.5, 3.9: 2.862125, 5.5: 3.96875, 6: 8.0}
        for x, y in expected.items():
            self.assertAlmostEqual(curve(x), y, places=12)
        self.assertAlmostEqual(curve.integral(0.5, 5.7), 15.874725694444447, places=12)

    def test_two_points_make_a_line(self):
        line = Pchip([1, 3], [5, 9])
        self.assertAlmostEqual(line(1.5), 6)
        self.assertAlmostEqual(line.integral(1, 3), 14)

    def test_never_leaves_the_points_range(self):
        curve = Pchip([0, 1, 2, 3], [0, 0, 1, 1])  # a cubic through all of them would
        values = [curve(i / 100) for i in range(301)]
        self.assertEqual(values, sorted(values))
        self.assertEqual((values[0], values[-1]), (0, 1))

    def test_straight_lines(self):
        line = Linear([0, 1, 3], [2, 4, 0])
        for x, y in ((0, 2), (0.25, 2.5), (1, 4), (2, 2), (3, 0)):
            self.assertAlmostEqual(line(x), y)
        self.assertAlmostEqual(line.integral(0.5, 2), 1.75 + 3)

    def test_rejects_unsorted_points(self):
        for x in ([1, 1], [2, 1], [1]):
            with self.assertRaises(ValueError):
                Pchip(x, x)


class BdRate(unittest.TestCase):
    def test_equals_scipy(self):
        for anchor, test, expected in EXAMPLES:
            anchor, test = list(zip(*anchor)), list(zip(*test))
            self.assertAlmostEqual(bd_rate(anchor, test, 1, 1e9), expected, places=12)

    def test_scaled_rates(self):
        for factor in (1.1, 0.8, 1.0):
            self.assertAlmostEqual(bd_rate(CURVE, scaled(CURVE, factor), 0.01, 100), factor - 1, places=12)

    def test_scaled_rates_within_limits(self):
        self.assertAlmostEqual(bd_rate(CURVE, scaled(CURVE, 1.1)), 0.1, places=12)

    def test_swapped_codecs(self):
        anchor, test, _ = (list(zip(*part)) if isinstance(part, tuple) else part for part in EXAMPLES[0])
        there, back = bd_rate(anchor, test, 1, 1e9), bd_rate(test, anchor, 1, 1e9)
        self.assertAlmostEqual((1 + there) * (1 + back), 1, places=12)

    def test_points_outside_the_limits_do_not_count(self):
        """Within 0.15..1 bpp the two curves are the same line."""
        line = [(math.exp(x), 30 + 5 * x) for x in (-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5)]
        other = [(rate * (1 if 0.05 < rate < 3 else 2), metric) for rate, metric in line[1:]]
        self.assertAlmostEqual(bd_rate(line, other), 0, places=12)

    def test_range_of_rates(self):
        low, high = metric_range(rate_curve(CURVE), 0.2, 0.8)
        self.assertAlmostEqual(low, 28.5)
        self.assertAlmostEqual(high, 34.1)
        self.assertAlmostEqual(metric_range(rate_curve(CURVE), 0.01, 0.2)[0], 26.0)  # the curve ends there

    def test_beaten_points_are_left_out(self):
        with_beaten = [*CURVE, (0.5, 31.0)]  # more bytes than the point at 0.4, and worse
        self.assertAlmostEqual(bd_rate(with_beaten, scaled(CURVE, 1.2)), 0.2, places=12)

    def test_straight_lines_by_hand(self):
        """From 28.5 to 31.2 dB the other curve takes e^0.1 times the rate on average, from there on e^0.3 times."""
        anchor = [(0.2, 28.5), (0.4, 31.2), (0.8, 34.1)]
        other = [(0.2, 28.5), (0.4 * math.exp(0.2), 31.2), (0.8 * math.exp(0.4), 34.1)]
        mean = (0.1 * (31.2 - 28.5) + 0.3 * (34.1 - 31.2)) / (34.1 - 28.5)
        self.assertAlmostEqual(bd_rate(anchor, other, *ANY_RATE, interpolant=Linear), math.expm1(mean), places=12)

    def test_no_common_quality(self):
        worse = [(rate, metric - 30) for rate, metric in CURVE]
        self.assertIsNone(bd_rate(CURVE, worse))
        self.assertIsNone(bd_rate(CURVE, CURVE[:1]))


if __name__ == "__main__":
    unittest.main()
