"""Activations in few bits, as an integer synthesis would have them: ranges are measured, then learned, roundings
have the identity as derivative.

After "Learned step size quantization" (Esser et al. 2020, arXiv 1902.08153). Between layers a tensor is rounded to
2^bits levels between the ends of its range; the latents and the sum of both branches keep 16 bits, as the layers around
them would be int16 with 32-bit sums.
"""
import torch
from torch import nn

from models.training.networks.entropy import round_identity
from models.training.networks.layers import Block

LATENT_BITS = 16
ROOM = {16: 2.0}  # of a range beyond what was measured, where levels abound: pictures differ from those that were seen


class FakeActivation(nn.Module):
    """x -> x, rounded to 2^bits levels of its range and clamped to it."""

    def __init__(self, bits):
        super().__init__()
        self.bits, self.measuring = bits, True
        self.low, self.high = nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(()))

    @torch.no_grad()
    def measure(self, x):
        room = ROOM.get(self.bits, 1.0)
        self.low.copy_(torch.minimum(self.low, room * x.min()))
        self.high.copy_(torch.maximum(self.high, room * x.max()))

    def forward(self, x):
        if self.measuring:
            self.measure(x)
        step = (self.high - self.low).clamp(min=1e-9) / (2**self.bits - 1)
        return (
            round_identity((torch.minimum(torch.maximum(x, self.low), self.high) - self.low) / step) * step + self.low
        )


class QuantisedSynthesis(nn.Module):
    """A synthesis whose activations have few bits: after its 1x1 and depthwise layers, and after sums of blocks."""

    def __init__(self, synthesis, bits):
        super().__init__()
        self.synthesis = synthesis
        self.latents = FakeActivation(LATENT_BITS)
        self.ranges = nn.ModuleDict()
        for name, module in synthesis.named_modules():
            if (
                isinstance(module, Block)
                or name.endswith((".depthwise", ".act", ".narrow"))
                or name in ("enter", "up8", "up4", "smooth")
            ):
                self.ranges[name.replace(".", "_")] = FakeActivation(bits)
                module.register_forward_hook(self.after(name.replace(".", "_")))

    def after(self, key):
        return lambda _, __, output: self.ranges[key](output)

    def stop_measuring(self):
        """From here on ranges are learned like weights."""
        for module in self.modules():
            if isinstance(module, FakeActivation):
                module.measuring = False

    def forward(self, y, autocast):
        return self.synthesis(self.latents(y), autocast)
