"""Figures of the raters that count.

A codec's score at a rate is the mean over raters of each rater's mean over images, with Student's 95 % interval over
raters: raters are the sample, images are as they are. Codecs are compared by the raters' paired differences (t test),
which raters' biases do not touch, with Holm's allowance for the number of pairs.
"""

import itertools

import numpy as np

from . import bradley_terry, student
from .screening import counts, kinds

BOOTSTRAPS = 2000
ALL = "all"  # rates together
SIGNIFICANT = 0.05


def rates_of(key):
    return [*key["rates"], *([ALL] if len(key["rates"]) > 1 else [])]


def rater_scores(rater, key, differential=False):
    """(codec, rate) -> {image: grade}. Differential: grade - grade of the hidden original + 5 (ITU-T P.910, ACR-HR)."""
    references = {
        entry["stimuli"][0]["image"]: rater.values.get(item) for item, entry in kinds(key, "reference").items()
    }
    scores = {}
    for item, entry in kinds(key, "test").items():
        stimulus = entry["stimuli"][-1]
        grade = rater.values.get(item)
        reference = references.get(stimulus["image"]) if differential else 5
        if grade is not None and reference is not None:
            scores.setdefault((stimulus["codec"], stimulus["rate"]), {})[stimulus["image"]] = grade - reference + 5
    return scores


def rater_means(raters, key, differential=False):
    """(codec, rate or ALL) -> {rater: mean over the images}."""
    means = {}
    for rater in raters:
        scores = rater_scores(rater, key, differential)
        for codec in key["codecs"]:
            own = [scores[codec, rate] for rate in key["rates"] if (codec, rate) in scores]
            for rate in rates_of(key):
                grades = (
                    [grade for images in own for grade in images.values()]
                    if rate == ALL
                    else list(scores.get((codec, rate), {}).values())
                )
                if grades:
                    means.setdefault((codec, rate), {})[rater.name] = float(np.mean(grades))
    return means


def mos(raters, key, differential=False):
    """List of {codec, rate, mean, interval (half), raters}."""
    rows = []
    for (codec, rate), of_raters in rater_means(raters, key, differential).items():
        mean, half = student.mean_interval(list(of_raters.values()))
        rows.append({"codec": codec, "rate": rate, "mean": mean, "interval": half, "raters": len(of_raters)})
    return sorted(rows, key=lambda row: (rates_of(key).index(row["rate"]), -row["mean"]))


def originals_mos(raters, key):
    """{mean, interval} of the hidden originals, as for a codec."""
    items = kinds(key, "reference")
    own = [[rater.values[item] for item in items if item in rater.values] for rater in raters]
    mean, half = student.mean_interval([float(np.mean(grades)) for grades in own if grades])
    return {"mean": mean, "interval": half}


def picture_mos(raters, key):
    """List of {image, codec, rate, bpp, mean, interval, raters}, of every picture; originals have no rate."""
    rows = []
    for item, entry in {**kinds(key, "reference"), **kinds(key, "test")}.items():
        grades = [rater.values[item] for rater in raters if item in rater.values]
        mean, half = student.mean_interval(grades)
        stimulus = entry["stimuli"][-1]
        described = {name: stimulus.get(name) for name in ("image", "codec", "rate", "bpp")}
        rows.append({**described, "mean": mean, "interval": half, "raters": len(grades)})
    return rows


def mos_differences(raters, key):
    """List of {rate, better, worse, difference, interval, p}: p is adjusted over the pairs of a rate."""
    means, rows = rater_means(raters, key), []
    for rate in rates_of(key):
        found = []
        for a, b in itertools.combinations(key["codecs"], 2):
            first, second = means.get((a, rate), {}), means.get((b, rate), {})
            differences = [first[name] - second[name] for name in first if name in second]
            mean, half = student.mean_interval(differences)
            if mean is not None:
                better, worse = (a, b) if mean >= 0 else (b, a)
                found.append(
                    {
                        "rate": rate,
                        "better": better,
                        "worse": worse,
                        "difference": abs(mean),
                        "interval": half,
                        "p": student.paired(differences),
                    }
                )
        rows += with_holm(found)
    return rows


def with_holm(rows):
    return [{**row, "p": p} for row, p in zip(rows, student.holm([row["p"] for row in rows]))]


def strengths(raters, key, seed=1):
    """Of each rate: rows, differences as in mos_differences, and notes.

    A row is {codec, rate, strength, low, high, component, wins, losses, ties}.
    """
    codecs, rows, differences, notes = list(key["codecs"]), [], [], []
    for rate in rates_of(key):
        wins, ties = counts(raters, key, codecs, None if rate == ALL else rate)
        fit = bradley_terry.fit(wins.sum(0), ties.sum(0))
        samples = bradley_terry.bootstrap(wins, ties, BOOTSTRAPS, seed)
        low, high = np.percentile(samples, [2.5, 97.5], 0)
        notes += notes_of(rate, codecs, wins.sum(0), ties.sum(0), fit)
        for index in np.argsort(-fit.log_strengths, kind="stable"):
            rows.append(
                {
                    "codec": codecs[index],
                    "rate": rate,
                    "strength": float(fit.log_strengths[index]),
                    "low": float(low[index]),
                    "high": float(high[index]),
                    "component": codecs[fit.components[index]],
                    "wins": int(wins[:, index].sum()),
                    "losses": int(wins[:, :, index].sum()),
                    "ties": int(ties[:, index].sum()),
                }
            )
        differences += with_holm(preferences(rate, codecs, fit, samples))
    return rows, differences, notes


def preferences(rate, codecs, fit, samples):
    """Of the pairs of codecs with a common scale.

    p is that of the bootstrap: how often the difference has the other sign.
    """
    rows = []
    for a, b in itertools.combinations(range(len(codecs)), 2):
        if fit.components[a] != fit.components[b]:
            continue
        better, worse = (a, b) if fit.log_strengths[a] >= fit.log_strengths[b] else (b, a)
        drawn = samples[:, better] - samples[:, worse]
        low, high = np.percentile(drawn, [2.5, 97.5])
        p = min(1.0, 2 * (1 + np.sum(drawn <= 0)) / (1 + len(drawn)))
        difference = fit.log_strengths[better] - fit.log_strengths[worse]
        rows.append(
            {
                "rate": rate,
                "better": codecs[better],
                "worse": codecs[worse],
                "difference": float(difference),
                "p": float(p),
                **{
                    name: float(1 / (1 + np.exp(-value)))
                    for name, value in (("preference", difference), ("low", low), ("high", high))
                },
            }
        )
    return rows


def notes_of(rate, codecs, wins, ties, fit):
    where = "all rates together" if rate == ALL else f"{rate:g} bits per pixel"
    notes = []
    for index, codec in enumerate(codecs):
        won, lost = wins[index].sum(), wins[:, index].sum()
        if ties[index].sum() == 0 and (won == 0) != (lost == 0):
            notes.append(
                f"At {where} {codec} was {'always' if won else 'never'} preferred: how much "
                f"{'better' if won else 'worse'} it is cannot be said."
            )
    if fit.bounded:
        notes.append(f"At {where} the strengths are kept finite by half a preference either way in each compared pair.")
    components = {codecs[index] for index in fit.components}
    if len(components) > 1:
        notes.append(f"At {where} no chain of comparisons links all codecs: strengths compare only within a group.")
    return notes


def ranking(rows, value):
    """codecs from best to worst, all rates together (or at the only one)."""
    last = rows[-1]["rate"] if rows else None
    return [row["codec"] for row in sorted((row for row in rows if row["rate"] == last), key=lambda row: -row[value])]
