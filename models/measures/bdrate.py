"""Bjontegaard's delta rate: how many more bytes one codec takes than another for the same quality.

The figure is an average over qualities.

A codec's curve is ln(rate) as a function of a metric in dB, through its measured points. The delta rate is exp(mean
difference of two curves) - 1, over the metrics that both reach between the same two rates. Comparisons of codecs
interpolate by monotone cubics (Pchip). Searches of architectures measure three qualities, too few for cubics: they join
the points by straight lines (Linear).
"""

import bisect
import math

import numpy as np

ANY_RATE = (1e-4, 1e4)  # bits per pixel: the whole range that two curves have in common


class Interpolant:
    """A curve through points, made of a polynomial between each two: c0 + c1 t + c2 t^2 + c3 t^3 for t = 0..1."""

    def __init__(self, x, y):
        x, y = np.asarray(x, float), np.asarray(y, float)
        if len(x) < 2 or np.any(np.diff(x) <= 0):
            raise ValueError("x must have two points or more, and ascend")
        # Numbers of Python in place of numpy's: a BD-rate evaluates its curves hundreds of times.
        self.x = x.tolist()
        self._segments = list(zip(np.diff(x).tolist(), self.polynomials(x, y)))

    def _segment(self, x):
        return min(max(bisect.bisect_right(self.x, x) - 1, 0), len(self.x) - 2)

    def __call__(self, x):
        i = self._segment(x)
        width, c = self._segments[i]
        t = (x - self.x[i]) / width
        return c[0] + t * (c[1] + t * (c[2] + t * c[3]))

    def integral(self, low, high):
        """The area from `low` to `high`, which both lie within the points."""
        knots = [low, *(x for x in self.x if low < x < high), high]
        return sum(self._piece(a, b) for a, b in zip(knots, knots[1:]))

    def _piece(self, low, high):
        i = self._segment((low + high) / 2)
        width, c = self._segments[i]
        a, b = (low - self.x[i]) / width, (high - self.x[i]) / width
        return width * sum(c[k] * (b ** (k + 1) - a ** (k + 1)) / (k + 1) for k in range(4))


class Linear(Interpolant):
    """Straight lines."""

    def polynomials(self, x, y):
        return [(low, high - low, 0.0, 0.0) for low, high in zip(y.tolist(), y.tolist()[1:])]


class Pchip(Interpolant):
    """Cubics that never overshoot the points: Fritsch and Carlson, "Monotone piecewise cubic interpolation", 1980."""

    def polynomials(self, x, y):
        self.slopes = slopes(x, y)
        ends = zip(np.diff(x).tolist(), y.tolist(), y.tolist()[1:], self.slopes.tolist(), self.slopes.tolist()[1:])
        return [cubic(*segment) for segment in ends]


def cubic(width, y, next_y, slope, next_slope):
    """The polynomial between two points with the given slopes there."""
    rise, left, right = next_y - y, slope * width, next_slope * width
    return y, left, 3 * rise - 2 * left - right, left + right - 2 * rise


def slopes(x, y):
    """Slopes at the points, as Fritsch and Butland choose them: weighted harmonic means of the neighbouring secants
    inside, three-point formulas at the ends."""
    width, secant = np.diff(x), np.diff(y) / np.diff(x)
    if len(x) == 2:
        return np.array([secant[0], secant[0]])
    inner = np.zeros(len(x) - 2)
    same = secant[:-1] * secant[1:] > 0  # elsewhere the curve is level: a local extreme
    before, after = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
    inner[same] = (
        (before + after) / (before / np.where(same, secant[:-1], 1) + after / np.where(same, secant[1:], 1))
    )[same]
    return np.concatenate([[end_slope(width, secant)], inner, [end_slope(width[::-1], secant[::-1])]])


def end_slope(width, secant):
    slope = ((2 * width[0] + width[1]) * secant[0] - width[0] * secant[1]) / (width[0] + width[1])
    if slope * secant[0] <= 0:
        return 0.0
    if secant[0] * secant[1] <= 0 and abs(slope) > 3 * abs(secant[0]):
        return 3 * secant[0]
    return slope


def rate_curve(points, interpolant=Pchip):
    """ln(rate) over metric, of pairs (rate, metric); None if fewer than two pairs are left.

    Pairs that another one beats in both are left out."""
    kept = []
    for rate, metric in sorted(points, key=lambda point: (point[0], -point[1])):
        if not kept or metric > kept[-1][1]:
            kept.append((rate, metric))
    if len(kept) < 2:
        return None
    return interpolant([metric for _, metric in kept], [math.log(rate) for rate, _ in kept])


def metric_range(curve, low_rate, high_rate):
    """The metrics whose rates lie within the two rates. Empty (low >= high) if there are none."""
    return metric_at(curve, low_rate), metric_at(curve, high_rate)


def metric_at(curve, rate):
    """The metric that costs `rate`, or the end of the curve that is nearest."""
    target, low, high = math.log(rate), curve.x[0], curve.x[-1]
    for _ in range(60):  # the curve ascends: halving gives the last bit
        middle = (low + high) / 2
        low, high = (middle, high) if curve(middle) < target else (low, middle)
    return (low + high) / 2


def common_range(curves, low_rate, high_rate):
    """The metrics that all curves reach within the two rates. Empty (low >= high) if there are none."""
    ranges = [metric_range(curve, low_rate, high_rate) for curve in curves]
    return max(low for low, _ in ranges), min(high for _, high in ranges)


def bd_rate(anchor, test, low_rate=0.15, high_rate=1.0, interpolant=Pchip):
    """What `test` takes more than `anchor`, as a fraction (-0.2: 20 % less).

    Both are pairs (bits per pixel, metric in dB). None where no metric is reached by both within the rates."""
    curves = [rate_curve(points, interpolant) for points in (anchor, test)]
    if None in curves:
        return None
    low, high = common_range(curves, low_rate, high_rate)
    if high - low < 1e-6:
        return None
    return math.expm1((curves[1].integral(low, high) - curves[0].integral(low, high)) / (high - low))
