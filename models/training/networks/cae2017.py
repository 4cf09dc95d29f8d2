"""The network of Theis, Shi, Cunningham, Huszar 2017 (arXiv 1703.00395), which LIC descends from, for comparison: it
trains, it has no model files.

    picture -> normalise -> mirror padding -> 5x5/2 -> 5x5/2 -> 3 residual blocks -> 5x5/2 -> latents * gain -> round
                                                                                                                  |
    picture <- clip <- sub-pixel x2 <- sub-pixel x2 <- 3 residual blocks <- sub-pixel x2 <- latents / gain <------+

Rounding and clipping have the identity as derivative; the rate is that of a Gaussian scale mixture for each channel, at
latents with uniform noise while training, which bounds it from above. Unlike the paper: the scale parameters of all
rates (Gains) are trained along, not one by one afterwards; no coefficients are masked at first (incremental training);
one mixture serves all rates, its scales times the gain.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from models.training.files.residual_tables import TAIL_MASS, costs, integer_table

from .entropy import LowerBound, PROBABILITY_MIN, round_identity
from .quality import Gains

MEAN, DEVIATION = (0.430, 0.426, 0.381), 0.27  # of red, green and blue in training crops
LATENTS, STRIDE, WIDTH, SLOPE = 96, 8, 128, 0.2
MARGIN = 14  # pixels that three centred 5x5/2 convolutions see beyond the picture
MIXTURE, SCALE_FIRST, SCALE_LAST = 6, 0.02, 4.0
LARGEST = 2047  # magnitude of a coded coefficient


def convolution(inputs, outputs, kernel, stride=1, padding=0):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding)
    nn.init.kaiming_normal_(conv.weight, SLOPE)
    nn.init.zeros_(conv.bias)
    return conv


class Residual(nn.Module):
    """x + 3x3(leaky(3x3(x)))."""

    def __init__(self):
        super().__init__()
        self.first, self.second = (convolution(WIDTH, WIDTH, 3, padding=1) for _ in range(2))
        self.second.weight.data.mul_(0.1)

    def forward(self, x):
        return x + self.second(F.leaky_relu(self.first(x), SLOPE))


class Encoder(nn.Module):
    """normalised picture (B, 3, 8h, 8w) -> latents (B, 96, h, w)."""

    def __init__(self):
        super().__init__()
        self.down2 = convolution(3, 64, 5, 2)
        self.down4 = convolution(64, WIDTH, 5, 2)
        self.blocks = nn.Sequential(*[Residual() for _ in range(3)])
        self.down8 = convolution(WIDTH, LATENTS, 5, 2)

    def forward(self, x):
        h = F.leaky_relu(self.down2(F.pad(x, [MARGIN] * 4, mode="reflect")), SLOPE)
        return self.down8(self.blocks(F.leaky_relu(self.down4(h), SLOPE)))


class Decoder(nn.Module):
    """latents (B, 96, h, w) -> normalised picture (B, 3, 8h, 8w)."""

    def __init__(self):
        super().__init__()
        self.up4 = convolution(LATENTS, 4 * WIDTH, 3, padding=1)
        self.blocks = nn.Sequential(*[Residual() for _ in range(3)])
        self.up2 = convolution(WIDTH, 4 * 64, 3, padding=1)
        self.up1 = convolution(64, 4 * 3, 3, padding=1)

    def forward(self, y):
        h = self.blocks(F.leaky_relu(F.pixel_shuffle(self.up4(y), 2), SLOPE))
        return F.pixel_shuffle(self.up1(F.leaky_relu(F.pixel_shuffle(self.up2(h), 2), SLOPE)), 2)


class ScaleMixture(nn.Module):
    """Zero-mean mixture of six Gaussians for each channel; latents with gain follow it with their gain as a factor."""

    def __init__(self):
        super().__init__()
        start = torch.linspace(math.log(SCALE_FIRST), math.log(SCALE_LAST), MIXTURE)
        self.log_scale = nn.Parameter(start.repeat(LATENTS, 1))  # (channels, six)
        self.logit = nn.Parameter(torch.zeros(LATENTS, MIXTURE))

    def parts(self, gain):
        """gain (B, channels, 1, 1) -> log weights (1, 96, 6, 1, 1), scales (B, 96, 6, 1, 1)."""
        return (
            self.logit.log_softmax(1)[None, :, :, None, None],
            self.log_scale.exp()[None, :, :, None, None] * gain[:, :, None],
        )

    def noisy_bits(self, y, gain):
        """-log2 of the density at y (B, channels, h, w)."""
        weight, scale = self.parts(gain)
        exponent = weight - scale.log() - 0.5 * (y[:, :, None] / scale).square()
        return (0.5 * math.log(2 * math.pi) - exponent.logsumexp(2)) / math.log(2)

    def bits(self, q, gain):
        """-log2 of the mass between q - 1/2 and q + 1/2."""
        weight, scale = self.parts(gain)
        distance, factor = q.abs()[:, :, None], 0.5**0.5 / scale
        mass = 0.5 * (torch.erfc((distance - 0.5) * factor) - torch.erfc((distance + 0.5) * factor))
        return -torch.log2(LowerBound.apply((weight.exp() * mass).sum(2), PROBABILITY_MIN))


class CompressiveAutoencoder(nn.Module):
    """What Codec is to the trainer."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.analysis, self.synthesis = Encoder(), Decoder()
        self.mixture, self.gains = ScaleMixture(), Gains(LATENTS)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)

    def anneal(self, fraction):
        """Nothing changes over the schedule."""

    def set_quantise(self, on):
        """Its weights stay in float."""

    def analyse(self, x, autocast):
        """x (B, 3, H, W) in 0..1 -> latents without gain."""
        with autocast():
            y = self.analysis((x - self.mean) / DEVIATION)
        return y.float()

    def synthesise(self, y, autocast):
        with autocast():
            normalised = self.synthesis(y)
        picture = normalised.float() * DEVIATION + self.mean
        return picture + (picture.clamp(0.0, 1.0) - picture).detach()

    def forward(self, x, quality, hard, autocast):
        """As Codec's: picture, bits (B), and no bits of hyper-latents."""
        gain = self.gains(quality)
        y = self.analyse(x, autocast) * gain
        rounded = round_identity(y)
        bits = self.mixture.bits(rounded, gain) if hard else self.mixture.noisy_bits(y + torch.rand_like(y) - 0.5, gain)
        return self.synthesise(rounded / gain, autocast), bits.sum((1, 2, 3)), torch.zeros_like(quality)

    def costs(self):
        """-> part: kMAC per pixel."""
        parts = {"analysis": 0.0, "synthesis": 0.0}
        for name, conv in self.named_modules():
            if isinstance(conv, nn.Conv2d):
                part, layer = name.split(".")[:2]
                parts[part] += conv.weight.numel() / OUTPUT_SIDE[part, layer] ** 2 / 1000
        return parts


# Pixels between the output positions of a layer.
OUTPUT_SIDE = {
    ("analysis", "down2"): 2,
    ("analysis", "down4"): 4,
    ("analysis", "blocks"): 4,
    ("analysis", "down8"): 8,
    ("synthesis", "up4"): 8,
    ("synthesis", "blocks"): 4,
    ("synthesis", "up2"): 4,
    ("synthesis", "up1"): 2,
}


class TableCoder:
    """Codes pictures at the cost of integer tables, one for each channel, as runner.Coder does for model files."""

    OVERHEAD = 40 + 2 * 9 + 8 + 4  # header, heads of an index and of the latents, an index entry, one final state

    def __init__(self, model, autocast):
        self.model, self.autocast, self.tables = model.eval(), autocast, {}

    @torch.no_grad()
    def analyse(self, pixels):
        """uint8 (height, width, 3) -> latents without gain (1, 96, ceil(height/8), ceil(width/8))."""
        height, width = pixels.shape[:2]
        least = 2 * STRIDE  # mirroring needs more than its margin
        below, right = (max(least, -(-side // STRIDE) * STRIDE) - side for side in (height, width))
        padded = np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="edge")
        return self.model.analyse(torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255.0, self.autocast)

    @torch.no_grad()
    def table_costs(self, quality):
        """Bits (96, LARGEST + 1) of |q| by channel."""
        if quality not in self.tables:
            gain = self.model.gains(torch.tensor([quality]))
            sizes = torch.arange(LARGEST + 1.0).expand(1, LATENTS, 1, LARGEST + 1)
            weight, scale = (part.double() for part in self.model.mixture.parts(gain))
            edge = torch.erf((sizes[:, :, None] + 0.5) * 0.5**0.5 / scale)
            within = (weight.exp() * edge).sum(2)[0, :, 0].numpy()  # mass of |q| <= k
            self.tables[quality] = np.stack([costs(mixture_table(row))[: LARGEST + 1] for row in within])
        return self.tables[quality]

    @torch.no_grad()
    def code(self, pixels, quality256, latents=None):
        """-> bytes (float), of which hyper-latents (none), decoded pixels."""
        height, width = pixels.shape[:2]
        quality = quality256 / 256.0
        gain = self.model.gains(torch.tensor([quality]))
        y = (self.analyse(pixels) if latents is None else latents) * gain
        q = torch.round(y).clamp(-LARGEST, LARGEST)
        bits = np.take_along_axis(self.table_costs(quality), q[0].abs().long().flatten(1).numpy(), 1).sum()
        picture = self.model.synthesise(q / gain, self.autocast)[0].permute(1, 2, 0).numpy()
        return bits / 8 + self.OVERHEAD, 0.0, np.floor(picture * 255 + 0.5).astype(np.uint8)[:height, :width]


def mixture_table(within):
    """Masses of |q| <= 0, 1, ... -> table of those that matter, the rest escapes."""
    support = max(1, int(np.searchsorted(within, 1.0 - TAIL_MASS)))
    masses = within[: support + 1].copy()
    masses[1:] = np.diff(within[: support + 1]) / 2
    return integer_table(masses)
