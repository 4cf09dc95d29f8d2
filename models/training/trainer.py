"""The training loop: what a step is, when it is annealed, what is reported and saved.

Loss, for a quality drawn for each crop: lambda^-1/2 (lambda 255^2 MSE + bits per pixel), 1 at quality 50. The learning rate
follows a cosine on elapsed time, so any budget ends annealed. The last part (`hard_fraction`) takes the rate at the rounded
latents, rounds the float networks' weights to int8 as the exported files do, and trains the decoder's side only.
"""
import dataclasses
import math
import time

import torch

import checkpoint
from optimiser import Average, averaged, make_optimiser, set_rate, step
from quality import lambda_of, sample_quality

REPORT_STEPS, SAVE_SECONDS, VALIDATE_SECONDS = 200, 120, 900
FINAL_RATE = 0.02  # of the learning rate, at the end of the cosine
VALIDATION_QUALITIES = (20.0, 50.0, 75.0)
LAMBDA_AT_50 = float(lambda_of(torch.tensor(50.0)))


@dataclasses.dataclass
class Budget:
    """Seconds, or a number of steps where a run must be repeatable; and the part of the schedule that the run covers."""

    seconds: float = 0.0
    steps: int = 0
    span: tuple = (0.0, 1.0)

    def elapsed(self, seconds, steps):
        """0..1 over the run."""
        return steps / self.steps if self.steps else seconds / self.seconds

    def fraction(self, elapsed):
        """0..1 over the schedule."""
        return self.span[0] + (self.span[1] - self.span[0]) * elapsed

    def left(self, seconds, steps):
        """Seconds to the end; None before the first step of a counted run."""
        if not self.steps:
            return max(0.0, self.seconds - seconds)
        return (self.steps - steps) * seconds / steps if steps else None


def make_autocast(device):
    """bf16 for the float networks, on either kind of device."""
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


def exact_sums():
    """Keeps the integer networks' sums in full float32 on a GPU; its tensor cores would round the inputs to 11 bits."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def rate_distortion(model, x, quality, hard, autocast):
    """-> weighted loss (B), bits per pixel (B), MSE (B)."""
    picture, bits, hyper_bits = model(x, quality, hard, autocast)
    bpp = (bits + hyper_bits) / (x.shape[2] * x.shape[3])
    mse = (picture - x).square().mean((1, 2, 3))
    loss = lambda_of(quality) * 255.0 ** 2 * mse + bpp
    return loss * (lambda_of(quality) / LAMBDA_AT_50) ** -0.5, bpp, mse


def psnr(mse):
    return -10.0 * math.log10(max(mse, 1e-12))


@torch.no_grad()
def validate(model, pictures, device, autocast):
    """-> (quality, loss, bits per pixel, PSNR) for three qualities: means over the pictures, everything rounded."""
    model.eval()
    points = []
    for q in VALIDATION_QUALITIES:
        sums = [0.0] * 3
        for picture in pictures:
            x = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None].float() / 255.0
            loss, bpp, mse = rate_distortion(model, x, torch.full((1,), q, device=device), True, autocast)
            sums = [total + value for total, value in zip(sums, (loss.item(), bpp.item(), psnr(mse.item())))]
        points.append((q, *(total / len(pictures) for total in sums)))
    model.train()
    return points


def mean_of(points):
    """Points of validate() -> loss, bits per pixel, PSNR over the qualities."""
    return [sum(column) / len(points) for column in list(zip(*points))[1:]]


def freeze_encoder(model):
    """Stops the training of analysis and gains: with hard rounding a residual of 0 has no gradient towards the rate, and an
    analysis that trains on drifts to higher rates (+6 % bits for +0.18 dB in 1,300 steps, 1 % worse than before)."""
    for part in (model.analysis, model.gains):
        for parameter in part.parameters():
            parameter.requires_grad_(False)


def compiled(model, device):
    """The model through torch.compile on a GPU, where thousands of small kernels would wait for their launches."""
    if device.type != "cuda" or not hasattr(torch, "compile"):
        return model
    import torch._dynamo
    torch._dynamo.config.suppress_errors = True  # what it cannot compile runs as it is
    return torch.compile(model)


class Trainer:
    """A model with its average, optimiser and crops on a device; `steps` counts over all runs of the checkpoint."""

    def __init__(self, model, average, crops, pictures, device, steps=0):
        self.model, self.crops, self.pictures, self.device, self.steps = model, crops, pictures, device, steps
        self.config, self.autocast = model.config, make_autocast(device)
        self.average = Average(model)
        if average is not None:
            self.average.state = {key: value.float().to(device) for key, value in average.items()}
        self.optimiser = make_optimiser(model, self.config.learning_rate)
        self.forward = compiled(model, device)
        self.hard = False

    def anneal(self, fraction, local):
        """Sets what depends on time: learning rate, activations, hard rounding."""
        if not self.hard and fraction >= 1.0 - self.config.hard_fraction:
            self.hard = True
            self.model.set_quantise(True)
            freeze_encoder(self.model)
        slope = self.config.start_slope * max(0.0, 1.0 - self.steps / self.config.relu_steps)
        self.model.set_slope(slope)
        cosine = 0.5 * (1 + math.cos(math.pi * fraction)) * (1 - FINAL_RATE) + FINAL_RATE
        factor = min(1.0, (local + 1) / self.config.warmup_steps) * cosine
        set_rate(self.optimiser, factor)
        return self.config.learning_rate * factor

    def take_step(self):
        """-> (loss, bits per pixel, MSE) of the batch, or None: not finite, and the model is back at its average."""
        x, quality = self.crops.next(), sample_quality(self.config.batch).to(self.device)
        terms, bpp, mse = rate_distortion(self.forward, x, quality, self.hard, self.autocast)
        loss = terms.mean()
        if not torch.isfinite(loss) or not step(self.model, self.optimiser, loss):
            self.model.load_state_dict(self.average.state)
            self.optimiser = make_optimiser(self.model, self.config.learning_rate)
            return None
        self.average.update(self.model)
        self.steps += 1
        return torch.stack([loss.detach(), bpp.detach().mean(), mse.detach().mean()])

    def save(self, path):
        checkpoint.save(path, self.model, self.average.state, self.steps)

    def measure(self, curve, seconds, rate):
        """Validates the average, prints and records it."""
        if not self.pictures:
            return
        with averaged(self.model, self.average):
            points = validate(self.model, self.pictures, self.device, self.autocast)
        loss, bpp, db = mean_of(points)
        curve.add(self.steps, seconds, "val", loss, bpp, db, rate)
        print(f"{self.steps} val loss {loss:.4f}  " + "  ".join(f"q{q:.0f} {b:.4f} bpp {p:.3f} dB" for q, _, b, p in points), flush=True)

    def run(self, budget, out, curve):
        """Trains until the budget is used up; saves to `out` now and then and at the end."""
        start = saved = validated = time.time()
        local, failures, sums, rate = 0, 0, torch.zeros(3, device=self.device), 0.0
        while (elapsed := budget.elapsed(time.time() - start, local)) < 1.0:
            rate = self.anneal(budget.fraction(elapsed), local)
            values = self.take_step()
            if values is None:
                failures += 1
                print(f"{self.steps} not finite: back to the averaged weights", flush=True)
                if failures > 20:
                    raise SystemExit("the training does not stay finite: lower the learning rate")
                continue
            local, sums = local + 1, sums + values
            now = time.time()
            if local % REPORT_STEPS == 0:
                loss, bpp, mse = (sums / REPORT_STEPS).tolist()
                curve.add(self.steps, now - start, "train", loss, bpp, psnr(mse), rate)
                print(f"{self.steps} loss {loss:.4f} bpp {bpp:.4f} psnr {psnr(mse):.2f} "
                      f"left {budget.left(now - start, local):.0f} s", flush=True)
                sums.zero_()
            if now - saved > SAVE_SECONDS:
                self.save(out)
                saved = now
            if now - validated > VALIDATE_SECONDS:
                self.measure(curve, now - start, rate)
                validated = time.time()
        self.save(out)
        if budget.span[1] >= 1.0:
            self.model.set_quantise(True)
        self.measure(curve, time.time() - start, rate)
