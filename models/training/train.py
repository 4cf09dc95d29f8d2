"""Trains a model for a number of minutes and can go on from a checkpoint, so that many short budgets add up.

    python3 models/training/train.py --config configs/lic-photo.json --data DIR --minutes 60 [--resume CHECKPOINT]

Loss, for a quality drawn for each crop: lambda^-1/2 (lambda 255^2 MSE + bits per pixel), normalised. The learning rate follows a
cosine on elapsed time, so any budget ends annealed. The last part (`hard_fraction`) takes the rate at the rounded latents, rounds
the float networks' weights to int8 as the exported files do, and trains the decoder's side only.
"""
import argparse
import contextlib
import math
import os
import time

import torch

import checkpoint
import config as configuration
from data import Crops, data_dir, load_split
from networks import Codec
from quality import lambda_of, sample_quality

HERE = os.path.dirname(os.path.abspath(__file__))
REPORT_STEPS, SAVE_SECONDS, VALIDATE_SECONDS = 200, 120, 900
CLIP, AVERAGE_DECAY, FINAL_RATE = 1.0, 0.999, 0.02
# The hyper prior's parameters are in units of tables and of integers; the entropy networks start later than the transform.
RATE_FACTORS = {"hyper_analysis": 2.5, "hyper_synthesis": 2.5, "context": 2.5, "prior": 25.0}
VALIDATION_QUALITIES, VALIDATION_EVERY = (20.0, 50.0, 75.0), 3  # every third val crop


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="configs/lic-photo.json", help="path, also relative to models/training")
    parser.add_argument("--data", default="", help="folder with the shards; default: LIC_TEST_DATA")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--resume", default="")
    parser.add_argument("--span", type=float, nargs=2, default=(0.0, 1.0), metavar=("FROM", "TO"),
                        help="the part of the schedule that this run covers, to split one over several runs")
    parser.add_argument("--out", default="", help="default: checkpoints/NAME.pt beside this file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--all-licences", action="store_true",
                        help="also crops of unstated origin: for experiments, never for a released model")
    return parser.parse_args()


def make_autocast(device):
    """bf16 for the float networks, on either kind of device."""
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


def rate_distortion(model, x, quality, hard, autocast):
    """-> loss terms (B), bits per pixel (B), MSE (B)."""
    picture, bits, hyper_bits = model(x, quality, hard, autocast)
    bpp = (bits + hyper_bits) / (x.shape[2] * x.shape[3])
    mse = (picture - x).square().mean((1, 2, 3))
    return lambda_of(quality) * 255.0 ** 2 * mse + bpp, bpp, mse


def psnr(mse):
    return -10.0 * math.log10(max(mse, 1e-12))


@torch.no_grad()
def validate(model, pictures, device, autocast):
    """One line: weighted loss, and bits per pixel and PSNR at three qualities, hard rounding, on the val crops."""
    model.eval()
    parts, total = [], 0.0
    for q in VALIDATION_QUALITIES:
        bpp_sum = psnr_sum = loss_sum = 0.0
        for picture in pictures:
            x = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None].float() / 255.0
            quality = torch.full((1,), q, device=device)
            loss, bpp, mse = rate_distortion(model, x, quality, True, autocast)
            loss_sum += (loss * lambda_of(quality) ** -0.5).item()
            bpp_sum, psnr_sum = bpp_sum + bpp.item(), psnr_sum + psnr(mse.item())
        total += loss_sum / len(pictures)
        parts.append(f"q{q:.0f} {bpp_sum / len(pictures):.4f} bpp {psnr_sum / len(pictures):.3f} dB")
    model.train()
    return f"val loss {total / len(VALIDATION_QUALITIES):.4f}  " + "  ".join(parts)


class Average:
    """Exponential running average of the weights."""

    def __init__(self, model):
        self.state = {key: value.detach().clone() for key, value in model.state_dict().items()}
        self.count = 0

    @torch.no_grad()
    def update(self, model):
        self.count += 1
        decay = min(AVERAGE_DECAY, (1 + self.count) / (10 + self.count))
        for key, value in model.state_dict().items():
            self.state[key].mul_(decay).add_(value, alpha=1 - decay)


@contextlib.contextmanager
def averaged(model, average):
    """The model with the averaged weights inside the block."""
    own = {key: value.detach().clone() for key, value in model.state_dict().items()}
    model.load_state_dict(average.state)
    yield model
    model.load_state_dict(own)


def make_optimiser(model, rate):
    """Adam with a group for each part, whose `base` rate the schedule multiplies."""
    groups = [{"params": list(part.parameters()), "base": rate * RATE_FACTORS.get(name, 1.0)}
              for name, part in model.named_children()]
    return torch.optim.Adam(groups, lr=rate, betas=(0.9, 0.98))


def freeze_encoder(model):
    """Stops the training of analysis and gains: with hard rounding a residual of 0 has no gradient towards the rate, and an
    analysis that trains on drifts to higher rates (+6 % bits for +0.18 dB in 1,300 steps, 1 % worse than before)."""
    for part in (model.analysis, model.gains):
        for parameter in part.parameters():
            parameter.requires_grad_(False)


def run(args):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    path = args.config if os.path.exists(args.config) else os.path.join(HERE, args.config)
    config = configuration.load(path)
    model, step = Codec(config), 0
    if args.resume:
        content = checkpoint.read(args.resume)
        model.load_state_dict({key: value.float() for key, value in content["weights"].items()})
        step = content["step"]
    model = model.to(device, memory_format=torch.channels_last)
    average, optimiser = Average(model), make_optimiser(model, config.learning_rate)
    if args.resume:
        average.state = {key: value.float().to(device) for key, value in content["average"].items()}
    directory = data_dir(args.data)
    crops = Crops(load_split(directory, "train", args.all_licences), config.crop, config.batch, args.seed + step)
    pictures = load_split(directory, "val", args.all_licences)[::VALIDATION_EVERY]
    out = args.out or os.path.join(HERE, "checkpoints", config.name + ".pt")
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    print(f"{len(crops.pictures)} crops, {len(pictures)} for validation, from step {step}", flush=True)
    train(model, average, optimiser, crops, pictures, step, out, args.minutes * 60.0, args.span, device)


def train(model, average, optimiser, crops, pictures, step, out, budget, span, device):
    """The loop; `step` counts over all runs, `local` over this one."""
    config, autocast = model.config, make_autocast(device)
    start = saved = validated = time.time()
    local, sums, hard = 0, [0.0] * 3, False
    while True:
        elapsed = (time.time() - start) / budget
        if elapsed >= 1.0:
            break
        fraction = span[0] + (span[1] - span[0]) * elapsed
        if not hard and fraction >= 1.0 - config.hard_fraction:
            hard = True
            model.set_quantise(True)
            freeze_encoder(model)
        slope = config.start_slope * max(0.0, 1.0 - step / config.relu_steps)
        model.set_slope(slope)
        cosine = 0.5 * (1 + math.cos(math.pi * fraction)) * (1 - FINAL_RATE) + FINAL_RATE
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * min(1.0, (local + 1) / config.warmup_steps) * cosine
        x, quality = crops.next(device), sample_quality(config.batch).to(device)
        terms, bpp, mse = rate_distortion(model, x, quality, hard, autocast)
        loss = (terms * (lambda_of(quality) / lambda_of(torch.tensor(50.0))) ** -0.5).mean()
        optimiser.zero_grad(set_to_none=True)
        if not torch.isfinite(loss):
            print(f"{step} loss is not finite: back to the averaged weights", flush=True)
            model.load_state_dict(average.state)
            optimiser = make_optimiser(model, config.learning_rate)
            continue
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        if torch.isfinite(norm):
            optimiser.step()
            average.update(model)
        step, local = step + 1, local + 1
        sums = [total + value for total, value in zip(sums, (loss.item(), bpp.mean().item(), mse.mean().item()))]
        if local % REPORT_STEPS == 0:
            mean = [total / REPORT_STEPS for total in sums]
            left = budget - (time.time() - start)
            print(f"{step} loss {mean[0]:.4f} bpp {mean[1]:.4f} psnr {psnr(mean[2]):.2f} left {left:.0f} s", flush=True)
            sums = [0.0] * 3
        if time.time() - saved > SAVE_SECONDS:
            checkpoint.save(out, model, average.state, step)
            saved = time.time()
        if time.time() - validated > VALIDATE_SECONDS:
            with averaged(model, average):
                print(f"{step} {validate(model, pictures, device, autocast)}", flush=True)
            validated = time.time()
    checkpoint.save(out, model, average.state, step)
    with averaged(model, average):
        model.set_quantise(True)
        print(f"{step} {validate(model, pictures, device, autocast)}", flush=True)


if __name__ == "__main__":
    run(arguments())
