"""Strengths from paired comparisons.

Bradley and Terry (1952), with ties after Davidson (1970): i is preferred to j with a probability in proportion to s_i,
j to i to s_j, and neither to nu sqrt(s_i s_j). The maximum of the likelihood is found by minorisation and maximisation
(Hunter, "MM algorithms for generalized Bradley-Terry models", Annals of Statistics 32, 2004); Davidson's geometric mean
is minorised by the weighted arithmetic one.

The maximum exists only where one can get from each codec to each other one along preferences (Ford 1957). Where one is
always or never preferred, half a preference either way is added to each compared pair, which keeps strengths finite,
and the result says so. Codecs between which no chain of comparisons leads have no common scale: they are of different
components.

All functions take any leading dimensions, so that a bootstrap is one call.
"""

import dataclasses

import numpy as np

ITERATIONS, TOLERANCE = 5000, 1e-8
PRIOR = 0.5  # preferences either way


@dataclasses.dataclass(frozen=True)
class Fit:
    log_strengths: np.ndarray  # (..., codecs), natural logarithms; their mean in each component is 0
    tie: np.ndarray  # (...), nu
    components: np.ndarray  # (..., codecs), the least index of a codec in the same component
    bounded: np.ndarray  # (...), whether the prior was needed


def reachable(links):
    """(..., codecs, codecs): whether a path leads from one to another, or to itself."""
    codecs = links.shape[-1]
    reach = links | np.eye(codecs, dtype=bool)
    for _ in range(max(1, (codecs - 1).bit_length())):
        reach = (reach[..., :, :, None] & reach[..., None, :, :]).any(-2)
    return reach


def fit(wins, ties):
    """wins[..., i, j]: how often i was preferred to j; ties[..., i, j] = ties[..., j, i]: how often neither."""
    wins, ties = np.asarray(wins, float), np.asarray(ties, float)
    compared = (wins + wins.swapaxes(-1, -2) + ties) > 0
    connected = reachable(compared)
    strongly = reachable((wins + ties) > 0)
    bounded = (strongly != connected).any((-1, -2))
    wins = wins + PRIOR * (compared & bounded[..., None, None])
    components = connected.argmax(-1)
    log_strengths, tie = maximise(wins, ties, connected)
    return Fit(log_strengths, tie, components, bounded)


def maximise(wins, ties, connected):
    counts = wins + wins.swapaxes(-1, -2) + ties  # each pair twice
    scores = (wins + ties / 2).sum(-1)
    tie_count = ties.sum((-1, -2)) / 2
    of_component = connected / connected.sum(-1, keepdims=True)
    logs = np.zeros(scores.shape)
    tie = np.where(tie_count > 0, 1.0, 0.0)
    for _ in range(ITERATIONS):
        strengths = np.exp(logs)
        root = np.sqrt(strengths[..., :, None] * strengths[..., None, :])
        rate = counts / (strengths[..., :, None] + strengths[..., None, :] + tie[..., None, None] * root)
        weights = (rate * (1 + tie[..., None, None] / 2 * root / strengths[..., :, None])).sum(-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = np.where(weights > 0, np.log(scores / weights), 0.0)
        new -= (of_component @ new[..., None])[..., 0]
        balance = (rate * root).sum((-1, -2)) / 2
        new_tie = np.divide(tie_count, balance, out=np.zeros_like(tie), where=balance > 0)
        change = max(np.abs(new - logs).max(initial=0), np.abs(new_tie - tie).max(initial=0))
        logs, tie = new, new_tie
        if change < TOLERANCE:
            break
    return logs, tie


def preference(log_strengths):
    """(..., codecs, codecs): how probable it is that the first is preferred, of those who prefer one."""
    difference = log_strengths[..., :, None] - log_strengths[..., None, :]
    return 1 / (1 + np.exp(-difference))


def bootstrap(wins, ties, samples, seed):
    """Strengths of so many panels drawn from the raters.

    wins and ties have the shape (raters, codecs, codecs). Returns (samples, codecs).
    """
    raters = len(wins)
    drawn = np.random.default_rng(seed).multinomial(raters, np.full(raters, 1 / raters), samples).astype(float)
    together = [np.tensordot(drawn, of_raters, 1) for of_raters in (wins, ties)]
    return fit(*together).log_strengths
