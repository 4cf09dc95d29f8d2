"""Integer frequency tables for residuals: 64 symmetric distributions with an escape.

docs/format.md describes them under "Residual tables".
"""
import math

import numpy as np

from models.training.networks.config import SCALE_COUNT, SIGMA_MAX, SIGMA_MIN

from .licm import Table

PRECISION = 15
TOTAL = 1 << PRECISION
TAIL_MASS = 2.0**-12
MAX_SUPPORT = 4095
PRIOR_COUNT = 200.0  # weight of the Gaussian against observed residuals, in symbols


def sigma(index):
    return SIGMA_MIN * (SIGMA_MAX / SIGMA_MIN) ** (index / (SCALE_COUNT - 1))


def gaussian_masses(deviation, support):
    """Mass of [k - 1/2, k + 1/2] for k = 0..support."""
    edge = [math.erf((k + 0.5) / deviation / math.sqrt(2)) for k in range(support + 1)]
    return np.array([edge[0]] + [(edge[k] - edge[k - 1]) / 2 for k in range(1, support + 1)])


def support_of(deviation):
    """The smallest K, at least 1, with at most TAIL_MASS beyond it on both sides together."""
    k = 1
    while 1.0 - math.erf((k + 0.5) / deviation / math.sqrt(2)) > TAIL_MASS and k < MAX_SUPPORT:
        k += 1
    return k


def integer_table(masses):
    """masses of 0..K (both signs share one entry from 1 on); the rest escapes -> Table with the exact sum."""
    exact = masses * TOTAL
    pairs = np.maximum(1, np.floor(exact)).astype(np.int64)
    escape = max(1, int((1.0 - masses[0] - 2 * masses[1:].sum()) * TOTAL))
    # What rounding down has left goes to the pairs with the largest remainders; the centre takes the last unit, and
    # pays for the pairs and the escape that had to be raised to 1.
    left = max(0, int(TOTAL - escape - pairs[0] - 2 * pairs[1:].sum()) // 2)
    order = 1 + np.argsort(pairs[1:] - exact[1:], kind="stable")
    pairs[order[:left]] += 1
    pairs[0] = TOTAL - escape - 2 * pairs[1:].sum()
    return Table(pairs.astype(np.uint16), escape)


def gaussian_table(index):
    deviation = sigma(index)
    return integer_table(gaussian_masses(deviation, support_of(deviation)))


def gaussian_tables():
    return [gaussian_table(i) for i in range(SCALE_COUNT)]


def fitted_tables(histograms):
    """histograms[i][|q|]: how often residuals of that size met table i -> tables fitted to them.

    The Gaussian of the index stands in as PRIOR_COUNT symbols, so that rare indices and rare residuals stay sensible.
    """
    tables = []
    for i, counts in enumerate(histograms):
        deviation = sigma(i)
        support = support_of(deviation)
        prior = gaussian_masses(deviation, support) * PRIOR_COUNT
        pairs = prior.copy()
        pairs[0] += counts[0]
        pairs[1:] += counts[1 : support + 1] / 2
        total = PRIOR_COUNT + counts.sum()
        tables.append(integer_table(pairs / total))
    return tables


def costs(table):
    """Bits of |q| = 0, 1, ... as a float array up to 32767, escapes included."""
    k = len(table.frequency) - 1
    bits = np.empty(32768)
    bits[: k + 1] = PRECISION - np.log2(table.frequency.astype(np.float64))
    m = np.arange(k + 1, 32768) - k
    bits[k + 1 :] = PRECISION - math.log2(table.escape) + 2 * np.floor(np.log2(m)) + 2
    return bits
