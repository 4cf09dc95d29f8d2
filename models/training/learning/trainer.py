"""The training loop: what a step is, when it is annealed, what is reported and saved.

Loss, for a quality drawn for each crop: lambda^-1/2 (lambda 255^2 distortion + bits per pixel), 1 at quality 50. The
learning rate follows a cosine on elapsed time, so any budget ends annealed. The last part (`hard_fraction`) takes the
rate at the rounded latents, rounds the float networks' weights to int8 as the exported files do, and trains the
decoder's side only.
"""
import contextlib
import ctypes
import dataclasses
import math
import time

import torch

from models.training.files import checkpoint
from models.training.networks.quality import lambda_of, sample_quality

from .losses import LOSSES, mean_squared_error, structure_error, to_ycbcr
from .optimiser import Average, averaged, descend, make_optimiser, set_rate

REPORT_STEPS, SAVE_SECONDS, VALIDATE_SECONDS = 200, 120, 900
FINAL_RATE = 0.02  # of the learning rate, at the end of the cosine
VALIDATION_QUALITIES = (20.0, 50.0, 75.0)
BAD_STEPS, MAX_FAILURES = (
    REPORT_STEPS // 10,
    5,
)  # steps that are not finite between two reports, and how often there may be more
AVERAGE_STEPS = 8  # on a GPU, between two updates of the average
WARM_UP_STEPS = 3  # that a GPU takes before a step is captured
LAMBDA_AT_50 = float(lambda_of(torch.tensor(50.0)))


@dataclasses.dataclass
class Budget:
    """How long a run is: seconds, or a number of steps where it must be repeatable; and its part of the schedule."""

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


def has_fast_bf16(device):
    """GPUs have it, and processors with AVX-512; others emulate it, thirty times slower than float32."""
    if device.type != "cpu":
        return True
    try:
        with open("/proc/cpuinfo") as file:
            return "avx512bw" in file.read()
    except OSError:
        return False


def make_autocast(device):
    """bf16 for the float networks where it is fast. Captured steps may not share cast weights."""
    if not has_fast_bf16(device):
        return contextlib.nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16, cache_enabled=device.type != "cuda")


def exact_sums():
    """Keeps the integer networks' sums in full float32 on a GPU; its tensor cores would round the inputs to 11 bits."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def keep_memory():
    """Lets the C library keep what tensors free: glibc gives large blocks back, and the pages of each new tensor
    cost faults (a third of a step of heads.py)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    for option in (-1, -3):  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
        mallopt(option, 1 << 30)


def rate_distortion(model, x, quality, hard, autocast):
    """-> weighted loss (B), bits per pixel (B), MSE (B), picture (B, 3, H, W) without gradient."""
    picture, bits, hyper_bits = model(x, quality, hard, autocast)
    bpp = (bits + hyper_bits) / (x.shape[2] * x.shape[3])
    loss = lambda_of(quality) * 255.0**2 * LOSSES[model.config.loss](picture, x) + bpp
    picture = picture.detach()
    return loss * (lambda_of(quality) / LAMBDA_AT_50) ** -0.5, bpp, mean_squared_error(picture, x), picture


def psnr(mse):
    return -10.0 * math.log10(max(mse, 1e-12))


@torch.no_grad()
def validate(model, pictures, device, autocast, qualities=VALIDATION_QUALITIES):
    """-> (quality, loss, bits per pixel, PSNR, MS-SSIM of luma) for each quality.

    They are means over the pictures, with everything rounded.
    """
    model.eval()
    points = []
    for q in qualities:
        sums = [0.0] * 4
        for picture in pictures:
            x = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None].float() / 255.0
            loss, bpp, mse, seen = rate_distortion(model, x, torch.full((1,), float(q), device=device), True, autocast)
            similarity = 1.0 - structure_error(*(to_ycbcr(t)[0] for t in (seen.clamp(0.0, 1.0), x)))[0]
            sums = [
                total + value
                for total, value in zip(sums, (loss.item(), bpp.item(), psnr(mse.item()), similarity.item()))
            ]
        points.append((q, *(total / len(pictures) for total in sums)))
    model.train()
    return points


def mean_of(points):
    """Points of validate() -> loss, bits per pixel, PSNR, MS-SSIM over the qualities."""
    return [sum(column) / len(points) for column in list(zip(*points))[1:]]


def freeze_encoder(model):
    """Stops the training of analysis and gains: with hard rounding a residual of 0 has no gradient towards the rate,
    and an analysis that trains on drifts to higher rates (+6 % bits for +0.18 dB in 1,300 steps, 1 % worse than
    before)."""
    for part in (model.analysis, model.gains):
        for parameter in part.parameters():
            parameter.requires_grad_(False)


class CapturedStep:
    """A step as one CUDA graph: its thousand small kernels start without waiting for the processor."""

    def __init__(self, work, x, quality):
        """`work(x, quality)` -> tensor; it must not look at any value. Takes WARM_UP_STEPS steps."""
        self.x, self.quality = x.clone(memory_format=torch.preserve_format), quality.clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_STEPS):
                work(self.x, self.quality)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.values = work(self.x, self.quality)

    def __call__(self, x, quality):
        self.x.copy_(x)
        self.quality.copy_(quality)
        self.graph.replay()
        return self.values


class Trainer:
    """A model with its average, optimiser and crops on a device; `steps` counts over all runs of the checkpoint."""

    def __init__(self, model, average, crops, pictures, device, steps=0):
        self.model, self.crops, self.pictures, self.device, self.steps = model, crops, pictures, device, steps
        self.config, self.autocast = model.config, make_autocast(device)
        self.average = Average(model)
        if average is not None:
            self.average.state = {key: value.float().to(device) for key, value in average.items()}
        self.optimiser = make_optimiser(model, self.config.learning_rate)
        # of its own: other networks draw other numbers of weights and of noise, and should see the same qualities
        self.random = torch.Generator().manual_seed((torch.initial_seed() + steps) % 2**63)
        self.captured = None
        self.hard = False

    def anneal(self, fraction, local):
        """Sets what depends on time: learning rate, hard rounding."""
        if not self.hard and fraction >= 1.0 - self.config.hard_fraction:
            self.hard = True
            self.model.set_quantise(True)
            freeze_encoder(self.model)
            self.captured = None
        self.model.anneal(fraction)
        cosine = 0.5 * (1 + math.cos(math.pi * fraction)) * (1 - FINAL_RATE) + FINAL_RATE
        factor = min(1.0, (local + 1) / self.config.warmup_steps) * cosine
        set_rate(self.optimiser, factor)
        return self.config.learning_rate * factor

    def work(self, x, quality):
        """One step -> (loss, bits per pixel, MSE, 1 if it was not finite and changed nothing), on the device."""
        terms, bpp, mse, _ = rate_distortion(self.model, x, quality, self.hard, self.autocast)
        loss = terms.mean()
        bad = descend(self.model, self.optimiser, loss)
        return torch.stack([loss.detach(), bpp.detach().mean(), mse.mean(), bad])

    def take_step(self):
        """-> what `work` gives, with zeros in place of what is not finite."""
        x, fixed = self.crops.next(), self.config.fixed_quality
        quality = (
            torch.full((self.config.batch,), fixed) if fixed else sample_quality(self.config.batch, self.random)
        ).to(self.device)
        values = self.step_on_gpu(x, quality) if self.device.type == "cuda" else self.step_on_cpu(x, quality)
        self.steps += 1
        return torch.nan_to_num(values, 0.0, 0.0, 0.0)

    def step_on_cpu(self, x, quality):
        values = self.work(x, quality)
        if not values[3]:
            self.average.update(self.model)
        return values

    def step_on_gpu(self, x, quality):
        if self.captured is None:
            self.optimiser.zero_grad(set_to_none=True)  # so that the gradients lie in the graph's memory
            self.captured = CapturedStep(self.work, x, quality)
        values = self.captured(x, quality)
        if self.steps % AVERAGE_STEPS == 0:
            self.average.update(self.model, AVERAGE_STEPS)
        return values

    def roll_back(self):
        """The model becomes its average, with a fresh optimiser."""
        self.model.load_state_dict(self.average.state)
        self.optimiser = make_optimiser(self.model, self.config.learning_rate)
        self.captured = None

    def save(self, path):
        checkpoint.save(path, self.model, self.average.state, self.steps)

    def measure(self, curve, seconds, rate):
        """Validates the average, prints and records it."""
        if not self.pictures:
            return
        with averaged(self.model, self.average):
            points = validate(self.model, self.pictures, self.device, self.autocast)
        loss, bpp, db, _ = mean_of(points)
        curve.add(self.steps, seconds, "val", loss, bpp, db, rate)
        print(
            f"{self.steps} val loss {loss:.4f}  "
            + "  ".join(f"q{q:.0f} {b:.4f} bpp {p:.3f} dB" for q, _, b, p, _ in points),
            flush=True,
        )

    def run(self, budget, out, curve):
        """Trains until the budget is used up; saves to `out` now and then and at the end."""
        start = saved = validated = time.time()
        local, failures, sums, rate = 0, 0, torch.zeros(4, device=self.device), 0.0
        while (elapsed := budget.elapsed(time.time() - start, local)) < 1.0:
            rate = self.anneal(budget.fraction(elapsed), local)
            sums += self.take_step()
            local += 1
            now = time.time()
            if local % REPORT_STEPS == 0:
                *means, bad = sums.tolist()
                loss, bpp, mse = (total / max(1.0, REPORT_STEPS - bad) for total in means)
                sums.zero_()
                if bad > BAD_STEPS:
                    failures += 1
                    print(f"{self.steps} {bad:.0f} steps were not finite: back to the averaged weights", flush=True)
                    if failures > MAX_FAILURES:
                        raise SystemExit("the training does not stay finite: lower the learning rate")
                    self.roll_back()
                curve.add(self.steps, now - start, "train", loss, bpp, psnr(mse), rate)
                print(
                    f"{self.steps} loss {loss:.4f} bpp {bpp:.4f} psnr {psnr(mse):.2f} "
                    f"left {budget.left(now - start, local):.0f} s",
                    flush=True,
                )
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
