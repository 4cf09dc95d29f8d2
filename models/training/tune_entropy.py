"""Trains the entropy networks alone, at the real rate, on latents computed once.

A step costs a fifth of one of train.py.

    python3 -m models.training.tune_entropy --checkpoint checkpoints/lic-photo.pt --minutes 10 [--out CHECKPOINT]

For the end of a training: analysis, synthesis and gains stay as they are. Latents are rounded, residuals centred,
exactly as the released codec does, so what changes is only how well the stream is predicted.
"""
import argparse
import math
import time

import numpy as np
import torch

from models.training.data.crops import data_dir, load_split
from models.training.files import checkpoint
from models.training.learning.optimiser import Average, CLIP
from models.training.learning.trainer import FINAL_RATE, REPORT_STEPS, make_autocast
from models.training.networks.entropy import gaussian_bits, round_identity, sigma_of_index
from models.training.networks.quality import lambda_of, nearest_anchor, sample_quality

RATE = 1e-3
RATE_FACTORS = {"hyper_analysis": 1.0, "hyper_synthesis": 1.0, "context": 1.0, "prior": 10.0}
BATCH, WINDOW, ALIGN = 8, 12, 4  # windows of latents; their origin keeps the grid of the hyper-latents
PIXELS_PER_LATENT = 256


@torch.no_grad()
def latents_of(model, pictures, autocast):
    """uint8 pictures of one size -> latents without gain, fp16 (N, M, h, w)."""
    parts = []
    for start in range(0, len(pictures), BATCH):
        pixels = torch.from_numpy(np.stack(pictures[start : start + BATCH])).permute(0, 3, 1, 2).float().div(255.0)
        x = pixels.contiguous(memory_format=torch.channels_last)
        parts.append(model.analysis(x - 0.5, autocast).half().contiguous())
    return torch.cat(parts)


def rate(model, y, quality):
    """y (B, M, h, w) with gain -> bits (B) of latents and hyper-latents together, everything rounded."""
    z = round_identity(model.hyper_analysis(y))
    features = model.hyper_synthesis(z)[:, :, : y.shape[2], : y.shape[3]]
    target, mean, index, _ = model.context(y, features)
    bits = gaussian_bits(round_identity(target - mean), sigma_of_index(index))
    bits = bits.reshape(*bits.shape[:2], len(y), -1).sum((0, 1, 3))
    return bits + model.prior(z, nearest_anchor(quality)).sum((1, 2, 3))


def tune(model, latents, budget):
    """Returns the running average of the weights."""
    groups = [
        {"params": list(getattr(model, name).parameters()), "base": RATE * factor}
        for name, factor in RATE_FACTORS.items()
    ]
    parameters = [parameter for group in groups for parameter in group["params"]]
    optimiser, average = torch.optim.Adam(groups, lr=RATE, betas=(0.9, 0.98)), Average(model)
    start, step, total = time.time(), 0, 0.0
    while (fraction := (time.time() - start) / budget) < 1.0:
        cosine = 0.5 * (1 + math.cos(math.pi * fraction)) * (1 - FINAL_RATE) + FINAL_RATE
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * min(1.0, (step + 1) / 100) * cosine
        chosen = torch.randint(0, len(latents), (BATCH,))
        top, left = (ALIGN * int(torch.randint(0, (size - WINDOW) // ALIGN + 1, ())) for size in latents.shape[2:])
        quality = sample_quality(BATCH)
        with torch.no_grad():
            y = latents[chosen, :, top : top + WINDOW, left : left + WINDOW].float() * model.gains(quality)
        bpp = rate(model, y, quality) / (WINDOW * WINDOW * PIXELS_PER_LATENT)
        loss = (bpp * (lambda_of(quality) / lambda_of(torch.tensor(50.0))) ** -0.5).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if torch.isfinite(torch.nn.utils.clip_grad_norm_(parameters, CLIP)):
            optimiser.step()
            average.update(model)
        step, total = step + 1, total + loss.item()
        if step % REPORT_STEPS == 0:
            print(f"{step} loss {total / REPORT_STEPS:.4f} left {budget - (time.time() - start):.0f} s", flush=True)
            total = 0.0
    return average


def tune_on(model, pictures, budget):
    """Tunes the entropy networks on crops of one size, in place; -> running average of all weights."""
    return tune(model, latents_of(model, pictures, make_autocast(torch.device("cpu"))), budget)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", default="", help="default: the same file")
    parser.add_argument("--data", default="")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--every", type=int, default=2, help="uses every n-th crop")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, content = checkpoint.load(args.checkpoint)
    model.set_quantise(True)
    pictures = load_split(data_dir(args.data), "train")[:: args.every]
    average = tune_on(model, pictures, args.minutes * 60.0)
    checkpoint.save(args.out or args.checkpoint, model, average.state, content["step"])


if __name__ == "__main__":
    main()
