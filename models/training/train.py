"""Trains a model for a number of minutes and can go on from a checkpoint, so that many short budgets add up.

    python3 -m models.training.train --config configs/lic-photo.json --data DIR --minutes 60 [--resume CHECKPOINT]

trainer.py has the loop. Beside the checkpoint stand its curves, NAME.csv and, where matplotlib is there, NAME.png. A
run of --steps instead of --minutes is repeatable: the same seed gives the same weights on the same machine and thread
count.
"""
import argparse
import importlib.util
import os

import torch

from models.training.data.crops import Crops, data_dir, load_split
from models.training.files import checkpoint
from models.training.learning.trainer import Budget, Trainer, exact_sums
from models.training.networks import config as configuration
from models.training.networks.families import make_model

from .curves import Curve, plot

HERE = os.path.dirname(os.path.abspath(__file__))
VALIDATION_EVERY = 3  # every third val crop


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="configs/lic-photo.json", help="path, also relative to models/training")
    parser.add_argument("--data", default="", help="folder with the shards; default: LIC_TEST_DATA")
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--steps", type=int, default=0, help="instead of --minutes")
    parser.add_argument("--resume", default="", metavar="CHECKPOINT")
    parser.add_argument(
        "--span",
        type=float,
        nargs=2,
        default=(0.0, 1.0),
        metavar=("FROM", "TO"),
        help="the part of the schedule that this run covers, to split one over several runs",
    )
    parser.add_argument("--out", default="", help="default: checkpoints/NAME.pt beside this file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--all-licences",
        action="store_true",
        help="also crops of unstated origin: for experiments, never for a released model",
    )
    args = parser.parse_args()
    if (args.minutes > 0) == (args.steps > 0):
        parser.error("give one of --minutes and --steps")
    return args


def find_config(path):
    """The path, also relative to this folder."""
    return path if os.path.exists(path) else os.path.join(HERE, path)


def build(config, resume):
    """-> model, average of the checkpoint or None, steps done.

    The checkpoint's networks must have the configuration's shapes.
    """
    model = make_model(config)
    if not resume:
        return model, None, 0
    content = checkpoint.read(resume)
    try:
        model.load_state_dict({key: value.float() for key, value in content["weights"].items()})
    except RuntimeError as error:
        raise SystemExit(f"{resume} has other networks than the configuration: {error}") from error
    return model, content["average"], content["step"]


def prepare(threads):
    """Sets torch up -> the device."""
    torch.set_num_threads(threads)
    exact_sums()
    torch.backends.cudnn.benchmark = True
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_trainer(config, resume, seed, photos, pictures, device):
    """A seeded trainer of a new or resumed model, on photos, with pictures to validate on."""
    torch.manual_seed(seed)
    model, average, steps = build(config, resume)
    crops = Crops(photos, config.crop, config.batch, seed + steps, device)
    return Trainer(model.to(device, memory_format=torch.channels_last), average, crops, pictures, device, steps)


def run(args):
    device, config, directory = prepare(args.threads), configuration.load(find_config(args.config)), data_dir(args.data)
    photos = load_split(directory, "train", args.all_licences)
    pictures = load_split(directory, "val", args.all_licences)[::VALIDATION_EVERY]
    trainer = make_trainer(config, args.resume, args.seed, photos, pictures, device)
    out = args.out or os.path.join(HERE, "checkpoints", config.name + ".pt")
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    print(f"{len(photos)} pictures, {len(pictures)} for validation, from step {trainer.steps}", flush=True)
    course = os.path.splitext(out)[0]
    trainer.run(Budget(args.minutes * 60.0, args.steps, tuple(args.span)), out, Curve(course + ".csv"))
    if importlib.util.find_spec("matplotlib"):
        plot([course + ".csv"], course + ".png")


if __name__ == "__main__":
    run(arguments())
