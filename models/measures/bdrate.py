"""Bjontegaard's delta rate: how many more bytes one codec takes than another for the same quality, averaged over qualities.

A codec's curve is ln(rate) as a function of a metric in dB, through its measured points by monotone piecewise cubics (PCHIP). The
delta rate is exp(mean difference of two curves) - 1, over the metrics that both reach between the same two rates.
"""

import math

import numpy as np


class Pchip:
    """The interpolant of Fritsch and Carlson, "Monotone piecewise cubic interpolation", 1980, with slopes as Fritsch and Butland
    choose them: weighted harmonic means of the neighbouring secants inside, three-point formulas at the ends."""

    def __init__(self, x, y):
        self.x, self.y = np.asarray(x, float), np.asarray(y, float)
        if len(self.x) < 2 or np.any(np.diff(self.x) <= 0):
            raise ValueError("x must have two points or more, and ascend")
        self.slopes = slopes(self.x, self.y)

    def _segment(self, x):
        """Index, width and coefficients in t = 0..1 of the cubic at x: y = c0 + c1 t + c2 t^2 + c3 t^3."""
        i = int(np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 2))
        width = self.x[i + 1] - self.x[i]
        rise, left, right = self.y[i + 1] - self.y[i], self.slopes[i] * width, self.slopes[i + 1] * width
        return i, width, (self.y[i], left, 3 * rise - 2 * left - right, left + right - 2 * rise)

    def __call__(self, x):
        i, width, c = self._segment(x)
        t = (x - self.x[i]) / width
        return float(c[0] + t * (c[1] + t * (c[2] + t * c[3])))

    def integral(self, low, high):
        """Over low..high, both within the points."""
        knots = [low, *self.x[(self.x > low) & (self.x < high)], high]
        return sum(self._piece(a, b) for a, b in zip(knots, knots[1:]))

    def _piece(self, low, high):
        i, width, c = self._segment((low + high) / 2)
        a, b = (low - self.x[i]) / width, (high - self.x[i]) / width
        return width * sum(c[k] * (b ** (k + 1) - a ** (k + 1)) / (k + 1) for k in range(4))


def slopes(x, y):
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


def rate_curve(points):
    """ln(rate) over metric, of pairs (rate, metric). Pairs that another one beats in both are left out. None if one is left."""
    kept = []
    for rate, metric in sorted(points, key=lambda point: (point[0], -point[1])):
        if not kept or metric > kept[-1][1]:
            kept.append((rate, metric))
    if len(kept) < 2:
        return None
    return Pchip([metric for _, metric in kept], [math.log(rate) for rate, _ in kept])


def metric_range(curve, low_rate, high_rate):
    """The metrics whose rates lie within the two rates. Empty (low >= high) if there are none."""
    return metric_at(curve, low_rate), metric_at(curve, high_rate)


def metric_at(curve, rate):
    """The metric that costs `rate`, or the end of the curve that is nearest."""
    target, (low, high) = math.log(rate), curve.x[[0, -1]]
    for _ in range(60):  # the curve ascends: halving gives the last bit
        middle = (low + high) / 2
        low, high = (middle, high) if curve(middle) < target else (low, middle)
    return (low + high) / 2


def bd_rate(anchor, test, low_rate=0.15, high_rate=1.0):
    """What `test` takes more than `anchor`, as a fraction (-0.2: 20 % less). Both are pairs (bits per pixel, metric in dB).
    None where no metric is reached by both within the rates."""
    curves = [rate_curve(points) for points in (anchor, test)]
    if None in curves:
        return None
    ranges = [metric_range(curve, low_rate, high_rate) for curve in curves]
    low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
    if high - low < 1e-6:
        return None
    return math.expm1((curves[1].integral(low, high) - curves[0].integral(low, high)) / (high - low))
