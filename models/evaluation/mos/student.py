"""Student's t distribution and the tests that stand on it. numpy has neither."""

import math

import numpy as np


def beta_fraction(a, b, x):
    """The continued fraction of the incomplete beta function, by Lentz's method (Numerical Recipes, section 6.4)."""
    tiny, c = 1e-300, 1.0
    d = 1 / (1 - (a + b) * x / (a + 1) or tiny)
    value = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d or tiny)
            c = 1 + term / c or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def incomplete_beta(a, b, x):
    """I_x(a, b), regularised."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * beta_fraction(a, b, x) / a
    return 1 - front * beta_fraction(b, a, 1 - x) / b


def two_sided(t, freedom):
    """The probability of a value at least as far from 0 as t."""
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def quantile(freedom, confidence=0.95):
    """t such that values lie between -t and t with this probability."""
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if two_sided(middle, freedom) < 1 - confidence else (middle, high)
    return high


def mean_interval(values):
    """Mean and half of its 95 % interval; the latter is None for fewer than two values."""
    values = np.asarray(values, float)
    if len(values) < 2:
        return (float(values[0]) if len(values) else None), None
    return float(values.mean()), float(quantile(len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))


def paired(differences):
    """p of a two-sided t test that the mean difference is 0; None for fewer than two."""
    differences = np.asarray(differences, float)
    if len(differences) < 2:
        return None
    deviation = differences.std(ddof=1)
    if deviation == 0:
        return 1.0 if differences[0] == 0 else 0.0
    t = differences.mean() / deviation * math.sqrt(len(differences))
    return two_sided(t, len(differences) - 1)


def holm(p_values):
    """p values that allow for there being many (Holm 1979), in the same order; None stays None."""
    order = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    adjusted, highest = list(p_values), 0.0
    for rank, (p, index) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - rank)))
        adjusted[index] = highest
    return adjusted
