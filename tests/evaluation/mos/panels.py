"""How well raters are screened: `python3 -m tests.evaluation.mos.panels` simulates many panels and prints the
figures that models/evaluation/mos/README.md quotes. About a minute of processor time."""

import collections

import numpy as np

from models.evaluation.mos import screening
from tests.evaluation.mos.simulated_raters import Honest, honest_panel, make_key, panel

PANELS = 60
SIZES = ((4, 6), (4, 15), (9, 15), (9, 24))  # images, honest raters


def main():
    random = np.random.default_rng(5)
    for method in ("acr", "dsis", "pair"):
        out, of = collections.Counter(), collections.Counter()
        for images, size in SIZES:
            key = make_key(method, images=images)
            for _ in range(PANELS):
                bad = {"random 1": "random", "random 2": "random", "constant": "second" if method == "pair" else 5}
                raters = {**honest_panel(size, random), "harsh": Honest(bias=-0.9), **bad}
                for verdict in screening.screen(method, panel(key, raters, random), key):
                    kind = verdict.name.split()[0]
                    of[kind] += 1
                    out[kind] += not verdict.kept
        print(method, ", ".join(f"{kind}: {out[kind]} of {of[kind]} out" for kind in of))


if __name__ == "__main__":
    main()
