"""Rates while training: discretised Gaussians whose scale is one of 64 log-spaced levels.

The released codec uses stored integer tables (tables.py); here the same probabilities come from erfc, differentiable in
the residual and in the (continuous or rounded) scale index. Lower bounds let gradients pass that point back into the
range (Balle et al., "Variational image compression with a scale hyperprior", 2018).
"""
import math

import torch
from torch import nn

from .config import ANCHOR_COUNT, SCALE_COUNT, SIGMA_MAX, SIGMA_MIN

PROBABILITY_MIN = 2.0**-20


class LowerBound(torch.autograd.Function):
    """max(x, bound); below the bound only gradients that push x up pass."""

    @staticmethod
    def forward(ctx, x, bound):
        ctx.save_for_backward(x)
        ctx.bound = bound
        return x.clamp(min=bound)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * ((x >= ctx.bound) | (grad < 0)).to(grad.dtype), None


def round_identity(x):
    """Rounds; the derivative is the identity (Theis et al. 2017)."""
    return x + (torch.round(x) - x).detach()


def sigma_of_index(index):
    """Scale index (continuous or integer) -> standard deviation."""
    top = SCALE_COUNT - 1.0
    index = top - LowerBound.apply(top - LowerBound.apply(index, 0.0), 0.0)
    return SIGMA_MIN * torch.exp(index * (math.log(SIGMA_MAX / SIGMA_MIN) / top))


def gaussian_bits(residual, sigma):
    """-log2 of the mass of N(0, sigma) on [residual - 1/2, residual + 1/2]; shapes broadcast."""
    distance = residual.abs()
    factor = (0.5**0.5) / sigma
    mass = 0.5 * (torch.erfc((distance - 0.5) * factor) - torch.erfc((distance + 0.5) * factor))
    return -torch.log2(LowerBound.apply(mass, PROBABILITY_MIN))


class HyperPrior(nn.Module):
    """The hyper-latents' distribution: per anchor and channel an offset and a scale index."""

    def __init__(self, channels):
        super().__init__()
        self.offset = nn.Parameter(torch.zeros(ANCHOR_COUNT, channels))
        self.index = nn.Parameter(torch.full((ANCHOR_COUNT, channels), 30.0))

    def forward(self, hyper, anchor):
        """hyper (B, channels, h, w), anchor (B) -> bits of the same shape as hyper."""
        chosen = (anchor[:, None] == torch.arange(ANCHOR_COUNT, device=anchor.device)).to(
            self.index.dtype
        )  # (B, anchors)
        index, offset = (chosen @ rows for rows in (self.index, self.offset))
        return gaussian_bits(hyper - offset[:, :, None, None], sigma_of_index(index)[:, :, None, None])
