"""Searches for architectures by measurement: trains every variant of a configuration alike, and adds a row for each.

    python3 -m models.training.search --search configs/search.json --data DIR [--only VARIANT ...]
    python3 -m models.training.search --search configs/search.json --data DIR --models OUT

The first line trains, and adds rows to search.csv; the second writes model files of what was trained. A search is
described by a JSON file, whose "resume" may be left out:

    {"base": {changes to config.py's defaults}, "steps": 300, "seed": 0, "pictures": 12, "resume": CHECKPOINT,
     "qualities": [20, 50, 75], "variants": {"base": {}, NAME: {changes to the base}, ...}}

Every variant starts from the same seed, sees the same crops and qualities, ends annealed, and is measured with its
averaged weights on every n-th val crop, so that there are so many `pictures`. Rates are those of rounded latents.
BD-rates are against the base at equal PSNR, over the qualities given; that of a variant with `fixed_quality` is at that
quality alone, on the base's curve. Finished variants are skipped, so that a search which was cut off goes on; one whose
changes or steps differ from its row needs a new name, of the file.
"""
import argparse
import csv
import json
import os
import time

import numpy as np
import torch

from models.measures.bdrate import ANY_RATE, Linear, bd_rate
from models.training.data.crops import data_dir, load_split
from models.training.files import checkpoint
from models.training.learning.optimiser import averaged
from models.training.learning.trainer import Budget, VALIDATION_QUALITIES, validate
from models.training.networks import config as configuration
from models.training.networks.codec import Codec

from . import card, export
from .curves import Curve
from .train import HERE, make_trainer, prepare

BASE = "base"
COLUMNS = (
    "search",
    "variant",
    "changes",
    "steps",
    "qualities",
    "bpp",
    "psnr",
    "ms_ssim",
    "bd_rate",
    "analysis",
    "synthesis",
    "entropy",
    "device",
    "seconds",
)
KEYS = {"base", "steps", "seed", "pictures", "resume", "qualities", "variants"}
FIT_CROPS = 4  # that tables of exported variants are fitted to: enough for the time that they take


class SearchError(ValueError):
    """A search that is not well described."""


class Search:
    """What a JSON file asks for."""

    def __init__(self, path):
        with open(path) as file:
            content = json.load(file)
        if not isinstance(content, dict):
            raise SearchError("not a JSON object")
        unknown = set(content) - KEYS
        if unknown:
            raise SearchError(f"unknown keys: {sorted(unknown)}")
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.base, self.variants = content.get("base", {}), content.get("variants", {})
        self.steps, self.seed = content.get("steps", 0), content.get("seed", 0)
        self.pictures, self.resume = content.get("pictures", 1 << 30), content.get("resume", "")
        self.qualities = tuple(content.get("qualities", VALIDATION_QUALITIES))
        if next(iter(self.variants), None) != BASE or self.variants[BASE]:
            raise SearchError(f'the first variant must be "{BASE}": {{}}')
        if self.steps < 1 or self.pictures < 1 or not self.qualities:
            raise SearchError("steps, pictures and qualities must not be 0")
        for variant in self.variants:
            self.config(variant)  # a mistake shows before the first training

    def changes(self, variant):
        """As the table has them: the base's against the defaults, others against the base."""
        return json.dumps(self.variants[variant] or self.base, sort_keys=True)

    def config(self, variant):
        try:
            config = configuration.from_dict({**self.base, **self.variants[variant]})
        except ValueError as error:
            raise SearchError(f"{variant}: {error}") from error
        if config.fixed_quality and config.fixed_quality not in self.qualities:
            raise SearchError(f"{variant}: fixed_quality {config.fixed_quality:g} is not measured")
        return config


def costs(model):
    """-> kMAC per pixel of analysis, synthesis and entropy networks.

    What only the encoder computes counts as analysis.
    """
    if not isinstance(model, Codec):
        parts = model.costs()
        return parts["analysis"], parts["synthesis"], 0.0
    parts = card.costs(*export.make_files("search", 0, export.entropy_of(model), model))
    return parts["analysis"] + parts["hyper-analysis"], parts["synthesis"], parts["hyper-synthesis"] + parts["context"]


def rate_at(curve, db):
    """The rate of a curve of (bpp, PSNR) at a PSNR.

    The curve is log-linear along the nearest of its segments, also beyond its ends.
    """
    rate, psnr = np.array(sorted(curve)).T
    index = int(np.clip(np.searchsorted(psnr, db) - 1, 0, len(psnr) - 2))
    slope = np.log(rate[index + 1] / rate[index]) / (psnr[index + 1] - psnr[index])
    return float(rate[index] * np.exp(slope * (db - psnr[index])))


def against_base(curve, base, config, qualities):
    """Curves of (bpp, PSNR) by quality -> % of the base's rate, or None."""
    if not config.fixed_quality:
        rate = bd_rate(base, curve, *ANY_RATE, interpolant=Linear)
        return None if rate is None else 100 * rate
    rate, db = curve[qualities.index(config.fixed_quality)]
    return 100 * (rate / rate_at(base, db) - 1)


def read_rows(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def append_row(path, row):
    """The head comes with the first row."""
    fresh = not os.path.exists(path)
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def find_row(rows, search, variant):
    """The variant's finished row, or None."""
    for row in rows:
        if (row["search"], row["variant"]) == (search.name, variant):
            if (row["changes"], row["steps"]) != (search.changes(variant), str(search.steps)):
                raise SearchError(
                    f"{variant} was another one when {search.name} was measured: give the search a new name"
                )
            return row
    return None


def numbers(cell):
    return [float(value) for value in cell.split()]


def curve_of(row):
    return list(zip(numbers(row["bpp"]), numbers(row["psnr"])))


class Stopwatch:
    """Processor seconds where the processor computes, which a busy machine does not stretch; elapsed ones on a GPU."""

    def __init__(self, device):
        self.clock = time.time if device.type == "cuda" else time.process_time
        self.start = self.clock()

    def seconds(self):
        return self.clock() - self.start


def stem_of(folder, search, variant):
    return os.path.join(folder, f"{search.name}-{variant}")


def measure(search, variant, photos, pictures, device, folder):
    """Trains a variant -> its row, without a BD-rate."""
    watch, config = Stopwatch(device), search.config(variant)
    resume = search.resume and os.path.join(HERE, search.resume)
    trainer = make_trainer(config, resume, search.seed, photos, [], device)
    stem = stem_of(folder, search, variant)
    trainer.run(Budget(steps=search.steps), stem + ".pt", Curve(stem + ".csv"))
    with averaged(trainer.model, trainer.average) as model:
        points = validate(model, pictures, device, trainer.autocast, search.qualities)
    seconds = watch.seconds()
    qualities, _, bpp, psnr, similarity = zip(*points)
    cells = dict(zip(("analysis", "synthesis", "entropy"), costs(trainer.model.to("cpu"))))
    columns = (
        ("qualities", qualities, "g"),
        ("bpp", bpp, ".5f"),
        ("psnr", psnr, ".4f"),
        ("ms_ssim", similarity, ".5f"),
    )
    return {
        "search": search.name,
        "variant": variant,
        "changes": search.changes(variant),
        "steps": search.steps,
        **{key: " ".join(format(value, form) for value in values) for key, values, form in columns},
        **{part: f"{cost:.2f}" for part, cost in cells.items()},
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "CPU",
        "seconds": f"{seconds:.0f}",
    }


def run(search, table, photos, pictures, device, folder, only=()):
    """Measures what `table` lacks; with `only`, of these variants and the base."""
    for variant in only:
        if variant not in search.variants:
            raise SearchError(f"no variant {variant}")
    pictures = pictures[:: max(1, len(pictures) // search.pictures)][: search.pictures]
    for variant in search.variants:
        rows = read_rows(table)
        if find_row(rows, search, variant) or (only and variant not in (BASE, *only)):
            continue
        print(f"{search.name}: {variant} {search.changes(variant)}", flush=True)
        row = measure(search, variant, photos, pictures, device, folder)
        base = row if variant == BASE else find_row(rows, search, BASE)
        rate = against_base(curve_of(row), curve_of(base), search.config(variant), search.qualities)
        row["bd_rate"] = "" if rate is None else f"{rate:+.2f}"
        append_row(table, row)
        print(f"  {row['bpp']} bpp, {row['psnr']} dB, BD-rate {row['bd_rate'] or 'none'} %", flush=True)


def export_models(search, photos, folder, models):
    """Model files of the variants that were trained in `folder`, and costs.json beside them, for
    scripts/bench-models.js."""
    found = {}
    for variant in search.variants:
        path = stem_of(folder, search, variant) + ".pt"
        if not os.path.exists(path) or search.config(variant).network != "lic":
            continue
        model, _ = checkpoint.load(path)
        export.save_files(*export.export(model, variant, 0, photos[:FIT_CROPS]), os.path.join(models, variant))
        _, synthesis, entropy = costs(model)
        found[variant] = {"synthesis": round(synthesis, 2), "entropy": round(entropy, 2)}
    if not found:
        raise SearchError(f"no trained variants in {folder}")
    with open(os.path.join(models, "costs.json"), "w") as file:
        json.dump(found, file, indent=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--search", default="configs/search.json", metavar="JSON", help="path, also relative to models/training"
    )
    parser.add_argument("--data", default="", help="folder with the shards; default: LIC_TEST_DATA")
    parser.add_argument("--only", nargs="+", default=(), metavar="VARIANT")
    parser.add_argument("--table", default=os.path.join(HERE, "search.csv"), metavar="CSV")
    parser.add_argument("--out", default=os.path.join(HERE, "runs"), metavar="DIR", help="of checkpoints and curves")
    parser.add_argument("--models", default="", metavar="DIR", help="train nothing; export there what --out has")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    device = prepare(args.threads)
    path = args.search if os.path.exists(args.search) else os.path.join(HERE, args.search)
    try:
        search, directory = Search(path), data_dir(args.data)
        os.makedirs(args.out, exist_ok=True)
        if args.models:
            os.makedirs(args.models, exist_ok=True)
            export_models(search, load_split(directory, "train", limit=FIT_CROPS), args.out, args.models)
        else:
            run(
                search,
                args.table,
                load_split(directory, "train"),
                load_split(directory, "val"),
                device,
                args.out,
                args.only,
            )
    except (SearchError, OSError, json.JSONDecodeError) as error:
        raise SystemExit(f"search: {error}") from error


if __name__ == "__main__":
    main()
