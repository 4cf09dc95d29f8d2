"""Which raters count.

One rule after the other, each over the raters whom the ones before it have kept:

1. traps: more than a quarter of the items whose answer is known were answered wrongly;
2. habit: always the same answer, or for pairs nine times in ten the same side;
3. repeats (grades): repeated pictures get grades that differ by more than 1.5 on average;
4. chance: the answers cannot be told from random ones, in a test where those of a rater like the others could be. For
   grades that is the correlation with the mean of the other raters, for pairs the agreement with a Bradley-Terry fit of
   the others;
5. BT.500 (grades): ITU-R BT.500-13, annex 2, section 2.3.1 (the same rule stands in BT.500-14 and -15), once: grades
   further than 2 standard deviations from the mean, or sqrt(20) where the kurtosis says that they are not normal, in
   more than 5 % of the pictures and on both sides. It keeps harsh and mild raters. With fewer than 6 raters no grade is
   ever 2 deviations away.
"""

import dataclasses
import math

import numpy as np

from . import bradley_terry

TRAPS_FAILED = 0.25
HABIT_SIDE, HABIT_ANSWERS = 0.9, 8
REPEAT_DIFFERENCE = 1.5  # grades
CHANCE_Z = 1.645  # one-sided, 5 % of random raters pass
POWER_Z = 3.0  # the rule applies where a rater like the others is expected to reach this
OUTLIERS, ONE_SIDED = 0.05, 0.3


@dataclasses.dataclass
class Verdict:
    name: str
    traps: int = 0
    traps_failed: int = 0
    repeats: float | None = None  # grades: mean difference; pairs: share of equal answers
    agreement: float | None = None  # with the other raters, as a z score against chance
    above: int = 0  # BT.500's P
    below: int = 0  # and Q
    reason: str | None = None  # why the rater does not count

    @property
    def kept(self):
        return self.reason is None


def screen(method, raters, key):
    """Verdicts, in the order of the raters."""
    verdicts = [verdict_alone(method, rater, key) for rater in raters]
    for rule in (chance_of_pairs,) if method == "pair" else (chance_of_grades, bt500):
        rule([(rater, verdict) for rater, verdict in zip(raters, verdicts) if verdict.kept], key)
    return verdicts


def kinds(key, kind):
    return {item: entry for item, entry in key["items"].items() if entry["kind"] == kind}


def verdict_alone(method, rater, key):
    """The rules that need no other raters."""
    verdict = Verdict(rater.name)
    answered = [(item, entry) for item, entry in kinds(key, "trap").items() if item in rater.values]
    verdict.traps = len(answered)
    verdict.traps_failed = sum(rater.values[item] not in entry["expect"] for item, entry in answered)
    pairs = [
        (rater.values[item], rater.values[entry["of"]])
        for item, entry in kinds(key, "repeat").items()
        if item in rater.values
    ]
    if pairs:
        verdict.repeats = float(
            np.mean([first == second if method == "pair" else abs(first - second) for first, second in pairs])
        )
    verdict.reason = (
        f"failed {verdict.traps_failed} of {verdict.traps} traps"
        if verdict.traps_failed > TRAPS_FAILED * verdict.traps
        else habit(method, rater)
        or (
            f"repeated pictures differ by {verdict.repeats:.1f} grades"
            if method != "pair" and (verdict.repeats or 0) > REPEAT_DIFFERENCE
            else None
        )
    )
    return verdict


def habit(method, rater):
    if len(rater.values) < HABIT_ANSWERS:
        return None
    if method != "pair":
        return "gave one grade to everything" if len(set(rater.values.values())) == 1 else None
    places = [place_of(value, rater.swapped[item]) for item, value in rater.values.items()]
    for place, words in (("tie", "no difference"), (0, "the first picture"), (1, "the second picture")):
        if places.count(place) >= HABIT_SIDE * len(places):
            return f"chose {words} {places.count(place)} times of {len(places)}"
    return None


def place_of(value, swapped):
    """Where the chosen picture stood: 0 first, 1 second."""
    return "tie" if value == "tie" else int((value == "b") != swapped)


def grades(raters, key):
    """(raters, items) of the hidden references and test pictures; NaN where a rater did not see one."""
    items = [item for item, entry in key["items"].items() if entry["kind"] in ("test", "reference")]
    return np.array([[rater.values.get(item, np.nan) for item in items] for rater in raters]).reshape(
        len(raters), len(items)
    )


def correlation_with_others(table, index):
    """Pearson's, and over how many pictures. 0 where it is not defined."""
    others = np.delete(table, index, 0)
    seen = ~np.isnan(table[index]) & ~np.isnan(others).all(0)
    own, mean = table[index, seen], np.nanmean(others[:, seen], 0) if seen.any() else np.array([])
    if len(own) < 3 or own.std() == 0 or mean.std() == 0:
        return 0.0, len(own)
    return float(np.corrcoef(own, mean)[0, 1]), len(own)


def chance_of_grades(pairs, key):
    """Random grades have a correlation of 0 with a deviation of 1 / sqrt(pictures - 1)."""
    if len(pairs) < 3:
        return
    table = grades([rater for rater, _ in pairs], key)
    found = [correlation_with_others(table, index) for index in range(len(pairs))]
    scores = [r * math.sqrt(max(count - 1, 0)) for r, count in found]
    for (_, verdict), (r, _), score in zip(pairs, found, scores):
        verdict.agreement = score
        if score < CHANCE_Z and np.median(scores) >= POWER_Z:
            verdict.reason = f"is no nearer to the others than chance (correlation {r:.2f})"


def bt500(pairs, key):
    table = grades([rater for rater, _ in pairs], key)
    above, below, count = outliers(table)
    for index, (_, verdict) in enumerate(pairs):
        verdict.above, verdict.below = int(above[index]), int(below[index])
        together = verdict.above + verdict.below
        if together > OUTLIERS * count[index] and abs(verdict.above - verdict.below) < ONE_SIDED * together:
            verdict.reason = (
                f"BT.500: {verdict.above} grades far above and {verdict.below} far below the mean, of {count[index]}"
            )


def outliers(table):
    """P, Q and the number of grades of each rater. (raters, pictures) with NaN."""
    above, below = np.zeros(len(table), int), np.zeros(len(table), int)
    for column in table.T:
        seen = ~np.isnan(column)
        values = column[seen]
        if len(values) < 2 or values.std() == 0:
            continue
        centred = values - values.mean()
        kurtosis = np.mean(centred**4) / np.mean(centred**2) ** 2
        limit = (2 if 2 <= kurtosis <= 4 else math.sqrt(20)) * values.std(ddof=1)
        above[seen] += centred >= limit
        below[seen] += centred <= -limit
    return above, below, (~np.isnan(table)).sum(1)


def counts(raters, key, codecs, rate=None):
    """wins and ties of each rater, (raters, codecs, codecs), at a rate or at all."""
    places = {codec: index for index, codec in enumerate(codecs)}
    wins, ties = (np.zeros((len(raters), len(codecs), len(codecs))) for _ in range(2))
    for item, entry in kinds(key, "test").items():
        a, b = entry["stimuli"]
        if rate is not None and a["rate"] != rate:
            continue
        first, second = places[a["codec"]], places[b["codec"]]
        for index, rater in enumerate(raters):
            value = rater.values.get(item)
            if value == "tie":
                ties[index, first, second] += 1
                ties[index, second, first] += 1
            elif value:
                wins[(index, first, second) if value == "a" else (index, second, first)] += 1
    return wins, ties


def chance_of_pairs(pairs, key):
    """How far a rater's preferences go along with those of the others, weighed by how clear these are.

    The score is a sum of +-w, w being the log odds by the others' fit: 0 by chance with the deviation sqrt(sum w^2),
    and sum |w| tanh(|w| / 2) for one who is like the others.
    """
    if len(pairs) < 3:
        return
    codecs = list(key["codecs"])
    tables = [counts([rater for rater, _ in pairs], key, codecs, rate) for rate in key["rates"]]
    scores, expected = np.zeros(len(pairs)), np.zeros(len(pairs))
    for index in range(len(pairs)):
        total = awaited = variance = 0.0
        for wins, ties in tables:
            others = bradley_terry.fit(np.delete(wins, index, 0).sum(0), np.delete(ties, index, 0).sum(0))
            odds = others.log_strengths[:, None] - others.log_strengths[None, :]
            decided = np.triu(wins[index] + wins[index].T)
            total += (np.triu(wins[index] - wins[index].T) * odds).sum()
            awaited += (decided * np.abs(odds) * np.tanh(np.abs(odds) / 2)).sum()
            variance += (decided * odds**2).sum()
        deviation = math.sqrt(variance) or 1.0
        scores[index], expected[index] = total / deviation, awaited / deviation
    for (_, verdict), score, like_others in zip(pairs, scores, expected):
        verdict.agreement = float(score)
        if score < CHANCE_Z and like_others >= POWER_Z:
            verdict.reason = f"is no nearer to the others than chance (z = {score:.1f}, others {like_others:.1f})"
