"""Convolutions of the float networks and of the integer networks.

The float ones have 8-bit weights at the end; the integer ones are fake-quantised while training.

An integer layer of the released decoder computes clamp((acc * m + 2^(s-1)) >> s, lo, hi) on int16 activations and int8
weights. While training the same layer works on real numbers that are multiples of a step: weights are rounded to int8
times a per-channel scale, outputs to multiples of `out_step`, both with the identity as derivative (Jacob et al. 2017,
arXiv 1712.05877). integer.py emulates the exact arithmetic, export.py turns these layers into it.
"""
import torch
import torch.nn.functional as F
from torch import nn

from .entropy import round_identity

INT16_MIN, INT16_MAX = -32768, 32767
WIDTH_STEP = 8  # of the channels inside a gated block


def fake_int8(weight):
    """weight (out, ...) -> the same, rounded to int8 times max|w| / 127 of its output channel."""
    scale = weight.detach().flatten(1).abs().amax(1).clamp(min=1e-12) / 127.0
    scale = scale.reshape(-1, *([1] * (weight.dim() - 1)))
    return round_identity(weight / scale) * scale


class WideDepthwise(torch.autograd.Function):
    """Depthwise 5x5, stride 1, padding 2. Its weight gradient is put together from four 3x3 ones, whose taps cover
    the 5x5: on a CPU oneDNN's own 5x5 weight gradient takes ten times as long (30 ms for 8x64x48x48 in bf16, this 2.4
    ms)."""

    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, bias, 1, 2, 1, weight.shape[0])

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        channels, height, width = grad.shape[1:]
        grad = grad.contiguous(memory_format=torch.channels_last)
        grad_x = F.conv2d(grad, weight.flip(2, 3), None, 1, 2, 1, channels)
        padded, small = F.pad(x, (2, 2, 2, 2)), weight[:, :, :3, :3].contiguous()
        grad_weight = torch.zeros_like(weight)
        for dy in (0, 2):
            for dx in (0, 2):
                part = padded[:, :, dy : dy + height + 2, dx : dx + width + 2].contiguous(
                    memory_format=torch.channels_last
                )
                grad_weight[:, :, dy : dy + 3, dx : dx + 3] = torch.ops.aten.convolution_backward(
                    grad, part, small, [0], [1, 1], [0, 0], [1, 1], False, [0, 0], channels, [False, True, False]
                )[1]
        return grad_x, grad_weight, grad.sum((0, 2, 3))


class Conv(nn.Conv2d):
    """Float convolution, zero padding (kernel - 1) / 2; its weights become int8 once `quantise` is set."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, depthwise=False):
        super().__init__(inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=inputs if depthwise else 1)
        self.quantise = False

    def forward(self, x):
        weight = fake_int8(self.weight) if self.quantise else self.weight
        if self.groups > 1 and self.kernel_size == (5, 5) and self.stride == (1, 1) and not x.is_cuda:
            kind = torch.bfloat16 if torch.is_autocast_cpu_enabled() else torch.float32
            return WideDepthwise.apply(x.to(kind), weight.to(kind), self.bias.to(kind))
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, 1, self.groups)


class Gate(nn.Module):
    """Product of the two halves of the channels."""

    def forward(self, x):
        first, second = x.chunk(2, 1)
        return first * second


class Block(nn.Module):
    """x + 1x1(act(1x1(depthwise(x)))), twice as wide inside unless `hidden` says otherwise; with gates as many MACs:
    2 * 4/3 before them, 4/3 after them."""

    def __init__(self, channels, kernel, activation="relu", hidden=0):
        super().__init__()
        gate = activation == "gate"
        default = WIDTH_STEP * -(-4 * channels // (3 * WIDTH_STEP)) if gate else 2 * channels
        inner = hidden or default
        self.depthwise = Conv(channels, channels, kernel, depthwise=True)
        self.widen = Conv(channels, 2 * inner if gate else inner)
        self.act = Gate() if gate else nn.ReLU()
        self.narrow = Conv(inner, channels)

    def forward(self, x):
        return x + self.narrow(self.act(self.widen(self.depthwise(x))))


class IntegerConv(nn.Module):
    """One integer layer in real numbers. `lo`, `hi` are the int16 clamp; steps are the values of one unit.

    `out_steps` is a tensor (out, 1, 1) where output channels differ (means in 1/16, scale indices in 1).
    """

    def __init__(
        self,
        inputs,
        outputs,
        kernel=1,
        depthwise=False,
        bias_sets=1,
        in_step=1 / 256,
        out_step=1 / 256,
        lo=INT16_MIN,
        hi=INT16_MAX,
    ):
        super().__init__()
        start = nn.Conv2d(inputs, outputs, kernel, groups=inputs if depthwise else 1)
        self.weight = nn.Parameter(start.weight.detach().clone())
        self.bias = nn.Parameter(start.bias.detach().clone().repeat(bias_sets, 1))  # (sets, out)
        self.groups = inputs if depthwise else 1
        self.kernel, self.in_step, self.lo, self.hi = kernel, in_step, lo, hi
        step = out_step if torch.is_tensor(out_step) else torch.full((outputs, 1, 1), float(out_step))
        self.register_buffer("out_step", step, persistent=False)

    def rounded_weight(self):
        return fake_int8(self.weight)

    def requantise(self, x, step=None):
        """x (..., out, h, w) -> rounded to the output step and clamped to int16."""
        step = self.out_step if step is None else step
        return round_identity(x / step).clamp(self.lo, self.hi) * step

    def forward(self, x, weight=None, bias_set=0):
        """x (B, in, h, w) in real units; `weight` may carry rounded_weight() of an earlier call."""
        weight = self.rounded_weight() if weight is None else weight
        return self.requantise(F.conv2d(x, weight, self.bias[bias_set], 1, self.kernel // 2, 1, self.groups))
