"""Quality 1..100 -> Lagrange multiplier, gains of the latents, and the sampling of qualities while training.

Gains follow "variable rate by per-channel scaling" (Theis et al. 2017, section 3.5; Cui et al., "Asymmetric Gained Deep
Image Compression", 2021): latents are multiplied by g(quality, channel) before quantisation and divided by it before
synthesis.
"""
import math

import torch
from torch import nn

from .config import ANCHOR_COUNT

LAMBDA_50 = 0.008  # distortion weight at quality 50: loss = lambda * 255^2 * MSE + bits per pixel
LAMBDA_SLOPE = 0.0733  # natural logarithm per step of quality
QUALITY_LOW, QUALITY_HIGH = 5.0, 100.0
FOCUS_LOW, FOCUS_HIGH = 12.0, 84.0  # about 0.15..1.2 bits per pixel
FOCUS_SHARE = 0.5


def lambda_of(quality):
    """quality (B) -> lambda (B)."""
    return LAMBDA_50 * torch.exp(LAMBDA_SLOPE * (quality - 50.0))


def sample_quality(count, generator=None):
    """Qualities (count): uniform, with more mass where pictures for the web are coded."""
    u = torch.rand(count, generator=generator)
    focused = torch.rand(count, generator=generator) < FOCUS_SHARE
    low = torch.where(focused, torch.tensor(FOCUS_LOW), torch.tensor(QUALITY_LOW))
    high = torch.where(focused, torch.tensor(FOCUS_HIGH), torch.tensor(QUALITY_HIGH))
    return low + u * (high - low)


def nearest_anchor(quality):
    """quality (B) -> index of the nearest of the 8 anchors (B); the integer form stands in docs/format.md."""
    return torch.clamp(torch.floor(quality * (ANCHOR_COUNT - 1) / 100.0 + 0.5).long(), 0, ANCHOR_COUNT - 1)


class Gains(nn.Module):
    """Per-channel log2 gains at 8 anchors, linear between them."""

    def __init__(self, channels):
        super().__init__()
        start = [
            0.5 * math.log2(LAMBDA_50)
            + 0.5 * LAMBDA_SLOPE / math.log(2.0) * (100.0 * a / (ANCHOR_COUNT - 1) - 50.0)
            + 5.7
            for a in range(ANCHOR_COUNT)
        ]  # gain about exp(1.6) at quality 50, growing with sqrt(lambda)
        self.log2 = nn.Parameter(torch.tensor(start)[:, None].repeat(1, channels))  # (anchors, channels)

    def forward(self, quality):
        """quality (B) -> gain (B, channels, 1, 1)."""
        position = quality * (ANCHOR_COUNT - 1) / 100.0
        anchors = torch.arange(ANCHOR_COUNT, device=quality.device)
        near = (1.0 - (position[:, None] - anchors).abs()).clamp(min=0.0)  # (B, anchors): linear between neighbours
        return torch.exp2(near @ self.log2)[:, :, None, None]
