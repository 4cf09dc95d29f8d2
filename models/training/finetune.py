"""Adapts a model to a company's own photos, and keeps the result only if it is better and exact.

    python3 -m models.training.finetune --data PHOTOS --base models/lic-photo --out OUT/acme [--minutes 50] \
        [--audit-only]

    PHOTOS -> audit (photos.py) -> split by source -> train (trainer.py) -> tune_entropy -> export
                                       |                                                     |
                                   held out --------> base against new, in % of rate <-------+-> selftest.py -> OUT.*

Writes OUT.dec.licm, OUT.enc.licm and the card OUT.md. Refuses, with exit status 1 and the reason, a model that takes
more rate than its base on the held-out pictures or that the C++ codec does not code bit for bit. OUT.pt is the
checkpoint, also of a refused run; --resume goes on from it.
"""
import argparse
import dataclasses
import os
import shlex
import shutil
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

from models.measures.bdrate import ANY_RATE, bd_rate, common_range, rate_curve
from models.training.data import photos
from models.training.data.crops import Crops
from models.training.files import checkpoint
from models.training.files.coder import Coder, load_model
from models.training.learning.trainer import Budget, Trainer
from models.training.networks import config as configuration
from models.training.networks.codec import Codec

from . import card, selftest
from .curves import Curve
from .evaluate import codec_curve
from .export import export, save_files
from .train import prepare
from .tune_entropy import tune_on

HERE = os.path.dirname(os.path.abspath(__file__))
LEARNING_RATE, WARMUP_STEPS = 2e-4, 50
TUNE_SHARE = 0.15  # of the time, for the entropy networks alone
QUALITIES = (5, 15, 25, 40, 55, 70, 85, 100)
HELD_SIDE, HELD_PICTURES = 512, 24  # the centres of so many held-out pictures are measured
SELFTEST_SIDE, SELFTEST_PICTURES = 256, 3
FIT_PICTURES, FIT_SIDE = 100, 384  # what tables are fitted to, and the entropy networks tuned on
CEILING_LOSS, LEAST_COMMON = 0.2, 0.3  # of the base's range of PSNR: what its top may lose, and what both must reach


class Refused(Exception):
    """Why no model is written."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of photos; its folders are the sources")
    parser.add_argument(
        "--base", default=os.path.join(HERE, "..", "lic-photo"), metavar="MODEL", help="model files without .dec.licm"
    )
    parser.add_argument("--checkpoint", default="", help="the base's; default: checkpoints/NAME.pt beside this file")
    parser.add_argument("--out", required=True, metavar="NEW", help="path and name of the new model, without extension")
    parser.add_argument("--minutes", type=float, default=50.0)
    parser.add_argument(
        "--held-out", default="", metavar="DIR", help="pictures to hold the model against; default: a part of --data"
    )
    parser.add_argument(
        "--share", type=float, default=0.2, help="held out of --data, about; whole folders where there are several"
    )
    parser.add_argument("--resume", action="store_true", help="go on from OUT.pt")
    parser.add_argument("--audit-only", action="store_true", help="look at the pictures and stop")
    parser.add_argument("--licence", default="not stated", help="of the photos, for the card")
    parser.add_argument(
        "--lic", default=os.path.join(selftest.ROOT, "build", "release", "native", "lic"), help="the command"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def look_at(args):
    """-> Audit, training photos, (folder, held-out photos). Prints what a person should know."""
    found = photos.audit(args.data)
    print("\n".join(found.lines()), flush=True)
    for photo in found.photos:
        if photo.problem:
            print(f"  {photo.path}: {photo.problem}")
    if args.held_out:
        held = photos.audit(args.held_out)
        train, held_photos, folder = found.fit, held.fit, args.held_out
    else:
        try:
            train, held_photos = photos.split(found.fit, args.share, args.seed)
        except ValueError as error:
            raise Refused(str(error)) from error
        folder = args.data
    if not train or not held_photos:
        raise Refused(f"{len(train)} pictures to train on and {len(held_photos)} held out: both are needed")
    both = photos.alike(held_photos, train)
    if both:
        raise Refused(f"held-out pictures look like training pictures: {', '.join(photo.path for photo in both[:5])}")
    print(
        f"{len(train)} to train on, {len(held_photos)} held out, of the sources: "
        + ", ".join(sorted({photo.source or "." for photo in held_photos})),
        flush=True,
    )
    return found, train, (folder, held_photos)


def centre(pixels, side):
    """At most side x side pixels from the middle."""
    top, left = (max(0, (length - side) // 2) for length in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def load(folder, chosen):
    return [photos.load_photo(os.path.join(folder, photo.path))[0] for photo in chosen]


def start_of(args, name):
    """-> model, average, steps of the base or of an earlier part of this run."""
    path = (
        args.out + ".pt"
        if args.resume
        else args.checkpoint or os.path.join(HERE, "checkpoints", os.path.basename(args.base) + ".pt")
    )
    try:
        content = checkpoint.read(path)
    except (OSError, RuntimeError) as error:
        raise Refused(f"no checkpoint to start from: {error}") from error
    config = dataclasses.replace(
        configuration.from_dict(content["config"]),
        name=name,
        learning_rate=LEARNING_RATE,
        warmup_steps=WARMUP_STEPS,
        batch=8,
        crop=192,
    )
    model = Codec(config)
    # the averaged weights are the model that was exported
    model.load_state_dict({key: value.float() for key, value in content["average"].items()})
    return model, content["average"], content["step"]


def train(args, name, pictures, held):
    """-> model with its averaged weights, steps done."""
    device = prepare(args.threads)
    model, average, steps = start_of(args, name)
    model = model.to(device, memory_format=torch.channels_last)
    trainer = Trainer(
        model,
        average,
        Crops(pictures, model.config.crop, model.config.batch, args.seed + steps, device),
        held,
        device,
        steps,
    )
    trainer.run(Budget(seconds=args.minutes * 60 * (1 - TUNE_SHARE)), args.out + ".pt", Curve(args.out + ".csv"))
    model.load_state_dict(trainer.average.state)
    model = model.to("cpu")
    model.set_quantise(True)
    average = tune_on(
        model, photos.windows(pictures, FIT_SIDE, FIT_PICTURES, args.seed), args.minutes * 60 * TUNE_SHARE
    )
    model.load_state_dict(average.state)
    checkpoint.save(args.out + ".pt", model, average.state, trainer.steps)
    return model, trainer.steps


def compare(base, new, pictures):
    """Prefixes of two models -> curves of both, and what the new one takes more rate than the base, in %. Refused if
    it has lost the base's high qualities, or shares little of its range: on the rest alone a broken model can look
    good."""
    curves = [codec_curve(Coder(*load_model(prefix)), pictures, QUALITIES)[0] for prefix in (base, new)]
    return curves, gain_of(*([(bpp, db) for _, bpp, db, _ in curve] for curve in curves))


def gain_of(base, new):
    """Curves of (bpp, PSNR) -> % of the base's rate."""
    curves = [rate_curve(points) for points in (base, new)]
    first, last = (0.0, 0.0) if None in curves else common_range(curves, *ANY_RATE)
    least, most = min(db for _, db in base), max(db for _, db in base)
    top = max(db for _, db in new)
    if top < most - CEILING_LOSS * (most - least):
        raise Refused(f"the base reaches {most:.1f} dB on the held-out pictures, the new model {top:.1f} dB")
    if last - first < LEAST_COMMON * (most - least):
        raise Refused(
            f"the base reaches {least:.1f} to {most:.1f} dB on the held-out pictures, of which the new model shares "
            "too little to compare"
        )
    return 100 * bd_rate(base, new, *ANY_RATE)


def save_selftest_pictures(pictures, folder):
    paths = []
    for index, pixels in enumerate(pictures[:SELFTEST_PICTURES]):
        paths.append(os.path.join(folder, f"held-out-{index}.png"))
        Image.fromarray(centre(pixels, SELFTEST_SIDE)).save(paths[-1])
    return paths


def write_card(args, prefix, found, counts, curves, gain, steps):
    rows = [
        (quality, f"{b0:.4f}", f"{p0:.2f}", f"{b1:.4f}", f"{p1:.2f}")
        for (quality, b0, p0, _), (_, b1, p1, _) in zip(*curves)
    ]
    base = os.path.basename(args.base)
    measured = (
        f"{counts[1]} held-out pictures, rates of the stored tables, no encoder search: **{gain:+.1f} %** of the rate "
        f"of {base} at equal PSNR.\n\n" + card.table(("quality", f"bpp, {base}", "PSNR", "bpp, new", "PSNR"), rows)
    )
    data = "\n".join(
        f"- {line}" for line in [*found.lines(), f"{counts[0]} to train on", f"licence of the photos: {args.licence}"]
    )
    command = shlex.join(["python3", "-m", "models.training.finetune", *sys.argv[1:]])
    commit = card.commit()
    text = card.card(
        os.path.basename(args.out),
        f"{base}, adapted to photos of its own.",
        prefix,
        [
            ("Measurements", measured),
            ("Data", data),
            (
                "Training",
                f"    {command}\n\n{steps} steps in all, the base's included"
                + (f"; code at {commit}." if commit else "."),
            ),
            (
                "Exactness",
                "Held-out pictures, coded by the C++ codec: symbols equal to the second decoder's, pixels within "
                "rounding.",
            ),
            (
                "Known weaknesses",
                "Better on pictures like its own, and likely worse on others: keep the base for those.",
            ),
        ],
    )
    with open(prefix + ".md", "w") as file:
        file.write(text)


def finetune(args):
    """The gain in % of rate (negative: less). Refused if there is none."""
    if not os.path.exists(args.lic):
        raise Refused(f"there is no {args.lic}: build it (scripts/build.sh release) or name it by --lic")
    found, chosen, (held_folder, held_photos) = look_at(args)
    if args.audit_only:
        return None
    name = os.path.basename(args.out)
    os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
    pictures = load(args.data, chosen)
    held = [
        centre(pixels, HELD_SIDE) for pixels in load(held_folder, photos.sample(held_photos, HELD_PICTURES, args.seed))
    ]
    model, steps = train(args, name, pictures, held)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(args.out))) as folder:
        prefix = os.path.join(folder, name)
        decoder, encoder = export(model, name, 0, photos.windows(pictures, FIT_SIDE, FIT_PICTURES, args.seed + 1))
        save_files(decoder, encoder, prefix)
        curves, gain = compare(args.base, prefix, held)
        print(f"held out: {gain:+.2f} % of the base's rate at equal PSNR", flush=True)
        if not gain < 0:
            raise Refused(f"the new model takes {gain:+.2f} % more rate than its base on the held-out pictures")
        try:
            agreed = selftest.check(args.lic, prefix, save_selftest_pictures(held, folder))
        except selftest.Mismatch as error:
            raise Refused(f"the C++ codec does not agree: {error}") from error
        print(f"self-test: {agreed} files agree with the second decoder")
        write_card(args, prefix, found, (len(pictures), len(held)), curves, gain, steps)
        for extension in ("dec.licm", "enc.licm", "md"):
            shutil.move(f"{prefix}.{extension}", f"{args.out}.{extension}")
    return gain


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    try:
        finetune(args)
    except Refused as error:
        raise SystemExit(f"finetune: {error}") from error


if __name__ == "__main__":
    main()
