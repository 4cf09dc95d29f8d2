"""Trains a synthesis alone, against a frozen encoder: cheaper heads for the files that exist.

    python3 -m models.training.heads --config configs/head-pruned.json --prune-to 2 --steps 6000 --out OUT/tiny

    models/lic-photo.{enc,dec}.licm -> rounded latents of train crops -> synthesis, pruned and trained -> OUT.*
                                                                             |
                                       of val pictures -------------> BD-rate against the base's synthesis

The new file has the base's entropy half and therefore its model id: it decodes the same files, from the same symbols.
`--cache` keeps the latents, so that several heads are trained on the same ones. `--activation-bits` trains what an
integer synthesis would give; no file can hold such a one.
"""
import argparse
import contextlib
import dataclasses
import json
import math
import os
import re
import time

import numpy as np
import torch

from models.measures.bdrate import bd_rate
from models.training.data.crops import data_dir
from models.training.files import checkpoint, licm
from models.training.files.coder import Coder, Network, load_model
from models.training.learning.losses import LOSSES, mean_squared_error
from models.training.learning.optimiser import Average, descend, make_optimiser, set_rate
from models.training.learning.trainer import (
    Budget,
    FINAL_RATE,
    LAMBDA_AT_50,
    REPORT_STEPS,
    keep_memory,
    psnr as psnr_of_mse,
)
from models.training.networks import config as configuration
from models.training.networks.layers import Conv
from models.training.networks.quality import lambda_of
from models.training.synthesis import pruning, rounded_latents
from models.training.synthesis.activations import QuantisedSynthesis

from .curves import Curve
from .evaluate import psnr
from .export import synthesis_branches
from .train import HERE, find_config, prepare

QUALITIES = (5, 15, 25, 40, 55, 70, 85, 100)
MEASURE_STEPS = 50  # in which ranges of activations are measured
CROPS_FOR_SPLIT = 64


@dataclasses.dataclass
class Recipe:
    """`shape` changes fields of the base's configuration; `prune_to` is kMAC per pixel, 0: no pruning;
    `activation_bits` 0: float."""

    name: str
    shape: dict = dataclasses.field(default_factory=dict)
    prune_to: float = 0.0
    prune_share: float = 0.5  # of the steps, over which channels go in `prune_rounds` rounds
    prune_rounds: int = 10
    activation_bits: int = 0
    learning_rate: float = 4e-4
    warmup_steps: int = 100
    batch: int = 3
    hard_fraction: float = 0.2  # last part: int8 weights

    def __post_init__(self):
        if not re.fullmatch("[a-z0-9-]{1,64}", self.name):
            raise ValueError(f"no name for a model file: {self.name}")
        if self.prune_to and self.activation_bits:
            raise ValueError("prune first, then train with few bits from that checkpoint")


def load_recipe(path, **changes):
    with open(find_config(path)) as file:
        values = {**json.load(file), **changes}
    unknown = set(values) - {field.name for field in dataclasses.fields(Recipe)}
    if unknown:
        raise ValueError(f"unknown keys of a head: {sorted(unknown)}")
    return Recipe(**values)


def start(base, config, recipe, latents):
    """-> the synthesis to train, its configuration.

    It is the base's, or one of another shape that begins with what it can use of the base's.
    """
    wanted = configuration.from_dict({**configuration.to_dict(config), **recipe.shape, "name": recipe.name})
    if wanted.synthesis_linear > 0 and config.synthesis_linear == configuration.FULL:
        y, _, _ = latents.draw(np.random.default_rng(0), CROPS_FOR_SPLIT)
        base, _ = pruning.split_linear(base, config, wanted.synthesis_linear, y.permute(0, 2, 3, 1).flatten(0, 2))
    return pruning.inherit(wanted, base), wanted


class HeadTrainer:
    """A synthesis with its configuration, optimiser and average, on rounded latents."""

    def __init__(self, synthesis, config, recipe, latents, seed=0):
        self.recipe, self.latents, self.random = recipe, latents, np.random.default_rng(seed)
        self.scores, self.rounds, self.hard = None, 0, False
        self.adopt(synthesis, config)
        self.first_cost = pruning.cost(synthesis)
        if recipe.prune_to:
            self.scores = pruning.FisherScores(synthesis)

    def adopt(self, synthesis, config):
        self.config, bits = config, self.recipe.activation_bits
        self.head = (QuantisedSynthesis(synthesis, bits) if bits else synthesis).to(self.latents.value16.device)
        self.optimiser, self.average = make_optimiser(self.head, self.recipe.learning_rate), Average(self.head)

    @property
    def synthesis(self):
        return self.head.synthesis if self.recipe.activation_bits else self.head

    def prune(self, fraction):
        """Removes channels once a round is over; costs fall by the same amount in each."""
        recipe = self.recipe
        due = min(recipe.prune_rounds, int(fraction / recipe.prune_share * recipe.prune_rounds))
        if self.scores is None or due <= self.rounds:
            return
        wanted = self.first_cost + (recipe.prune_to - self.first_cost) * due / recipe.prune_rounds
        kept = pruning.choose(self.scores.inner, self.scores.close(), pruning.cost(self.synthesis) - wanted)
        self.adopt(*pruning.without(self.synthesis, self.config, kept))
        self.rounds = due
        self.scores = pruning.FisherScores(self.synthesis) if due < recipe.prune_rounds else None
        print(
            f"pruned to {pruning.cost(self.synthesis):.3f} kMAC per pixel, inner channels "
            f"{self.config.synthesis_hidden}, linear {self.config.synthesis_linear}",
            flush=True,
        )

    def anneal(self, fraction, local):
        """Sets what depends on time -> learning rate."""
        self.prune(fraction)
        if not self.hard and fraction >= 1 - self.recipe.hard_fraction:
            self.hard = True
            for module in self.synthesis.modules():
                if isinstance(module, Conv):
                    module.quantise = True
        if self.recipe.activation_bits and local == MEASURE_STEPS:
            self.head.stop_measuring()
        cosine = 0.5 * (1 + math.cos(math.pi * fraction)) * (1 - FINAL_RATE) + FINAL_RATE
        factor = min(1.0, (local + 1) / self.recipe.warmup_steps) * cosine
        set_rate(self.optimiser, factor)
        return self.recipe.learning_rate * factor

    def take_step(self):
        """-> weighted distortion, MSE; zeros if they were not finite."""
        y, x, quality = self.latents.draw(self.random, self.recipe.batch)
        picture = self.head(y, contextlib.nullcontext) + 0.5
        weight = 255.0**2 * (lambda_of(quality) * LAMBDA_AT_50) ** 0.5
        loss = (weight * LOSSES[self.config.loss](picture, x)).mean()
        if descend(self.head, self.optimiser, loss):
            return 0.0, 0.0
        self.average.update(self.head)
        return loss.item(), mean_squared_error(picture.detach(), x).mean().item()

    def run(self, budget, curve):
        """Trains until the budget is used up; ends with the averaged weights -> steps."""
        begin, local, sums = time.time(), 0, [0.0, 0.0]
        while (elapsed := budget.elapsed(time.time() - begin, local)) < 1.0:
            rate = self.anneal(budget.fraction(elapsed), local)
            sums = [total + value for total, value in zip(sums, self.take_step())]
            local += 1
            if local % REPORT_STEPS == 0:
                loss, mse = (total / REPORT_STEPS for total in sums)
                sums = [0.0, 0.0]
                curve.add(local, time.time() - begin, "train", loss, 0.0, psnr_of_mse(mse), rate)
                print(f"{local} loss {loss:.4f} left {budget.left(time.time() - begin, local):.0f} s", flush=True)
        if self.scores is not None:
            self.scores.close()
        self.head.load_state_dict(self.average.state)
        self.head.to("cpu")
        return local


@torch.no_grad()
def rate_curves(synthesize, latents, qualities=len(QUALITIES)):
    """For each picture its points (bits per pixel, PSNR of the bytes).

    `synthesize`: latents (1, M, h, w) -> picture - 1/2.
    """
    points = []
    for row in range(len(latents)):
        y, _, _ = latents.part(slice(row, row + 1))
        picture = synthesize(y)[0].permute(1, 2, 0).numpy()
        decoded = np.floor(np.clip(picture + 0.5, 0, 1) * 255 + 0.5).astype(np.uint8)
        points.append((float(latents.bpp[row]), psnr(latents.pixels[row].numpy(), decoded)))
    return [points[first : first + qualities] for first in range(0, len(points), qualities)]


def mean_bd_rate(anchors, tests):
    """Mean over the pictures, in %; None if no picture can be compared."""
    rates = [rate for rate in map(bd_rate, anchors, tests) if rate is not None]
    return 100 * sum(rates) / len(rates) if rates else None


def compare(name, curves, path, latents):
    """Prints what a head costs against the synthesis of a decoder file -> BD-rate in % or None, mean gain in dB."""
    with open(path, "rb") as file:
        other = licm.read_decoder(file.read())
    anchor = rate_curves(Network(other.synthesis), latents)
    rate = mean_bd_rate(anchor, curves)
    gain = np.mean([own - db for mine, theirs in zip(curves, anchor) for (_, own), (_, db) in zip(mine, theirs)])
    print(
        f"{name} against {os.path.basename(path)}: "
        + ("no common PSNR" if rate is None else f"{rate:+.2f} %")
        + f", {gain:+.3f} dB",
        flush=True,
    )
    return rate, float(gain)


def gather(args, coder):
    """-> RoundedLatents to train on and to measure with."""
    if args.cache and os.path.exists(args.cache):
        return rounded_latents.load(args.cache, ("train", "val")).values()
    directory = data_dir(args.data)
    train = rounded_latents.for_training(coder, directory, args.crops, args.side, args.per_crop, args.seed)
    val = rounded_latents.for_measuring(coder, directory, args.every, QUALITIES)
    if args.cache:
        rounded_latents.save(args.cache, {"train": train, "val": val})
    return train, val


def write(args, base, model, trainer):
    """OUT.dec.licm, unless its activations have few bits, and OUT.pt -> the synthesis as it was written."""
    model.synthesis, model.config = trainer.synthesis, trainer.config
    checkpoint.save(args.out + ".pt", model, model.state_dict(), checkpoint.read(args.checkpoint)["step"])
    if trainer.recipe.activation_bits:
        trainer.head.eval()
        return lambda y: trainer.head(y, contextlib.nullcontext)
    decoder = licm.Decoder(trainer.config.name, base.version, base.entropy, synthesis_branches(trainer.synthesis))
    assert decoder.model_id() == base.model_id()
    with open(args.out + ".dec.licm", "wb") as file:
        file.write(licm.write_decoder(decoder))
    print(f"{args.out}.dec.licm: id {decoder.model_id().hex()}, head {decoder.head_hash().hex()}", flush=True)
    return Network(decoder.synthesis)


def run(args):
    """-> BD-rate and gain against the base and each file of --against."""
    device = prepare(args.threads)
    changes = {
        key: value
        for key, value in (("prune_to", args.prune_to), ("activation_bits", args.activation_bits))
        if value is not None
    }
    recipe = load_recipe(args.config, **changes, **({"name": os.path.basename(args.out)}))
    decoder, encoder = load_model(args.base)
    model, _ = checkpoint.load(args.checkpoint)
    train, val = gather(args, Coder(decoder, encoder))
    trainer = HeadTrainer(*start(model.synthesis, model.config, recipe, train), recipe, train.to(device), args.seed)
    os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
    print(
        f"{len(train)} train crops, {len(val)} val pictures, {pruning.cost(trainer.synthesis):.3f} kMAC per pixel",
        flush=True,
    )
    steps = trainer.run(Budget(args.minutes * 60, args.steps), Curve(args.out + ".csv"))
    curves = rate_curves(write(args, decoder, model, trainer), val)
    print(f"{recipe.name}: {steps} steps, {pruning.cost(trainer.synthesis):.3f} kMAC per pixel")
    return [compare(recipe.name, curves, path, val) for path in (args.base + ".dec.licm", *args.against)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="configs/head.json", help="path, also relative to models/training")
    parser.add_argument(
        "--base", default=os.path.join(HERE, "..", "lic-photo"), metavar="MODEL", help="model files without .dec.licm"
    )
    parser.add_argument(
        "--checkpoint", default="", help="whose synthesis to start from; default: checkpoints/NAME.pt of the base"
    )
    parser.add_argument("--out", required=True, metavar="HEAD", help="path and name of the head, without extension")
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--steps", type=int, default=0, help="instead of --minutes")
    parser.add_argument("--prune-to", type=float, metavar="KMAC", help="per pixel, in place of the configuration's")
    parser.add_argument("--activation-bits", type=int, metavar="BITS", help="in place of the configuration's")
    parser.add_argument("--against", nargs="*", default=[], metavar="HEAD.dec.licm", help="other heads to compare with")
    parser.add_argument("--data", default="")
    parser.add_argument("--cache", default="", metavar="FILE.npz", help="latents; read if it is there, else written")
    parser.add_argument("--crops", type=int, default=600)
    parser.add_argument("--per-crop", type=int, default=1, help="qualities of each")
    parser.add_argument("--side", type=int, default=256, help="of a crop, in pixels, a multiple of 16")
    parser.add_argument("--every", type=int, default=2, help="measures with every n-th val picture")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if (args.minutes > 0) == (args.steps > 0):
        parser.error("give one of --minutes and --steps")
    args.checkpoint = args.checkpoint or os.path.join(HERE, "checkpoints", os.path.basename(args.base) + ".pt")
    return args


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    keep_memory()
    run(args)


if __name__ == "__main__":
    main()
