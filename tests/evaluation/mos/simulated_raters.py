"""Simulated raters of known bias, noise and sensitivity, who answer a plan without its page."""

import dataclasses
import math

import numpy as np

from models.evaluation.mos import design
from models.evaluation.mos.results import Rater

QUALITY = {design.ORIGINAL: 4.9, "fine": 4.2, "plain": 3.4, "rough": 2.6, design.DAMAGED: 1.0}
GAIN_PER_RATE = 1.6  # grades for each bit per pixel beyond the lowest rate
MIDDLE = 3.2  # about which sensitivity turns
ODDS_PER_GRADE = 2.0  # natural logarithm of the odds of a preference


@dataclasses.dataclass(frozen=True)
class Honest:
    bias: float = 0.0  # grades
    noise: float = 0.6  # standard deviation, grades
    sensitivity: float = 1.0  # how strongly differences are felt


def make_key(method, images=8, codecs=("fine", "plain", "rough"), rates=(0.25, 0.37, 0.5), **options):
    """The key of a designed test."""
    conditions = [(f"image {index}", rate) for index in range(images) for rate in rates]
    _, items, _ = design.design(method, conditions, list(codecs), seed=1, **options)
    entries = {}
    for index, item in enumerate(items, 1):
        stimuli = [
            {"image": image, "codec": codec, **({"rate": rate} if rate else {})}
            for image, codec, rate in item["pictures"]
        ]
        more = {
            name: item[name] if name == "expect" else f"i{item[name] + 1}" for name in ("expect", "of") if name in item
        }
        entries[f"i{index}"] = {"kind": item["kind"], "stimuli": stimuli, **more}
    return {
        "method": method,
        "codecs": {codec: codec for codec in codecs},
        "rates": list(rates),
        "items": entries,
        "left_out": [],
    }


def quality(stimulus, image_effects):
    gain = GAIN_PER_RATE * (stimulus["rate"] - 0.25) if "rate" in stimulus else 0
    effect = image_effects.get((stimulus["image"], stimulus["codec"]), 0) if "rate" in stimulus else 0
    return QUALITY[stimulus["codec"]] + gain + effect


def image_effects(key, random, deviation=0.3):
    """How much better or worse than usual each codec does on each image."""
    pairs = {(stimulus["image"], stimulus["codec"]) for entry in key["items"].values() for stimulus in entry["stimuli"]}
    return {pair: random.normal(0, deviation) for pair in sorted(pairs)}


def answer(entry, rater, method, effects, random, ties):
    values = [quality(stimulus, effects) for stimulus in entry["stimuli"]]
    if method == "pair":
        difference = rater.sensitivity * (values[0] - values[1])
        if ties and abs(difference + random.normal(0, 0.3)) < 0.3:
            return "tie"
        return "a" if random.random() < 1 / (1 + math.exp(-ODDS_PER_GRADE * difference)) else "b"
    felt = MIDDLE + rater.sensitivity * (values[-1] - MIDDLE) + rater.bias + random.normal(0, rater.noise)
    return int(min(5, max(1, round(felt))))


def panel(key, raters, random, ties=False, effects=None):
    """Raters as results.usable gives them.

    `raters`: name -> Honest, "random", or a fixed answer (for pairs "first" or "second").
    """
    effects = image_effects(key, random) if effects is None else effects
    method, found = key["method"], []
    scale = (["a", "tie", "b"] if ties else ["a", "b"]) if method == "pair" else [1, 2, 3, 4, 5]
    for name, rater in raters.items():
        swapped = dict(zip(key["items"], random.permuted(np.arange(len(key["items"])) % 2 == 1).tolist()))
        values = {}
        for item, entry in key["items"].items():
            if isinstance(rater, Honest):
                values[item] = answer(entry, rater, method, effects, random, ties)
            elif rater == "random":
                values[item] = scale[random.integers(len(scale))]
            elif rater in ("first", "second"):
                values[item] = "a" if (rater == "first") != swapped[item] else "b"
            else:
                values[item] = rater
        found.append(Rater(name, values, dict.fromkeys(values, 4.0), swapped, 1.0))
    return found


def honest_panel(count, random):
    return {
        f"honest {index}": Honest(random.normal(0, 0.4), random.uniform(0.4, 0.8), random.uniform(0.7, 1.3))
        for index in range(count)
    }
