"""The exact half of the codec in numpy: integer programs, gains, and the passes over the latents.

Sums are formed in float64, where every integer below 2^53 is exact, and requantised in int64: bit for bit what
docs/format.md demands. The exporter measures with it, so its rates are those of the real tables.
"""
import numpy as np

from models.training.networks.config import HYPER_MAX

from . import licm
from .residual_tables import costs

INT16_MIN, INT16_MAX = -32768, 32767


def requantise(acc, layer):
    """acc int64 (out, h, w) -> (acc * m + 2^(s-1)) >> s, clamped."""
    product = acc * layer.multiplier.astype(np.int64)[:, None, None] + (1 << (layer.shift - 1))
    return np.clip(product >> layer.shift, layer.lo, layer.hi)


def accumulate(weight, x):
    """Cross-correlation with zero padding.

    weight (out, in, k, k) or (c, k, k); x int64 (in, h, w) -> int64 (out, h, w).
    """
    kernel, (_, height, width) = weight.shape[-1], x.shape
    margin = kernel // 2
    padded = np.pad(x.astype(np.float64), ((0, 0), (margin, margin), (margin, margin)))
    out = np.zeros((weight.shape[0], height, width))
    for dy in range(kernel):
        for dx in range(kernel):
            part, w = padded[:, dy : dy + height, dx : dx + width], weight[..., dy, dx].astype(np.float64)
            if weight.ndim == 3:
                out += w[:, None, None] * part
            else:
                out += (w @ part.reshape(part.shape[0], -1)).reshape(out.shape)
    return out.astype(np.int64)


def shuffle(x, r):
    """(c r r, h, w) -> (c, h r, w r)."""
    channels, height, width = x.shape[0] // (r * r), x.shape[1], x.shape[2]
    return x.reshape(channels, r, r, height, width).transpose(0, 3, 1, 4, 2).reshape(channels, height * r, width * r)


def run_program(layers, x, side=None, bias_set=0):
    """x int64 (channels, h, w) -> output plane, int64."""
    kept = {0: side}
    for layer in layers:
        if isinstance(layer, licm.IntegerConvolution):
            bias = layer.bias[min(bias_set, len(layer.bias) - 1)].astype(np.int64)
            x = requantise(accumulate(layer.weight, x) + bias[:, None, None], layer)
        elif isinstance(layer, licm.Shuffle):
            x = shuffle(x, layer.r)
        elif isinstance(layer, licm.Save):
            kept[layer.slot] = x
        elif isinstance(layer, licm.Add):
            x = np.clip(x + kept[layer.slot], INT16_MIN, INT16_MAX)
        elif isinstance(layer, licm.Clamp):
            x = np.clip(x, layer.lo, layer.hi)
        elif isinstance(layer, licm.Gate):
            half = x.shape[0] // 2
            product = (x[:half] * x[half:] + (1 << (layer.shift - 1))) >> layer.shift
            x = np.clip(product, INT16_MIN, INT16_MAX)
        else:
            raise ValueError(f"{type(layer).__name__} in an integer program")
    return x


def magnitude_after(layer, before):
    """The bound on |output| that a reader derives from a layer alone."""
    if isinstance(layer, (licm.IntegerConvolution, licm.Clamp)):
        return max(abs(layer.lo), abs(layer.hi))
    return 32768 if isinstance(layer, (licm.Add, licm.Gate)) else before


def check_bounds(layers, magnitude):
    """Raises ValueError if a sum of the program could leave 32 bits. `magnitude` bounds the input."""
    for number, layer in enumerate(layers):
        if isinstance(layer, licm.IntegerConvolution):
            weights = np.abs(layer.weight.astype(np.int64)).reshape(len(layer.weight), -1).sum(1)
            if (weights * magnitude + np.abs(layer.bias.astype(np.int64)).max(0)).max() >= 1 << 31:
                raise ValueError(f"layer {number}: a sum may leave 32 bits")
        magnitude = magnitude_after(layer, magnitude)


def check_entropy(entropy):
    check_bounds(entropy.hyper_synthesis, HYPER_MAX)
    check_bounds(entropy.context, 32768)


EXP2_COARSE = [round(2.0 ** (i / 32) * 2**30) for i in range(32)]
EXP2_FINE = [round(2.0 ** (i / 1024) * 2**30) for i in range(32)]


def gains(entropy, quality256):
    """Gains of all channels in 1/65536, int64 (M)."""
    t = quality256 * 7
    k = min(t // 25600, 6)
    f = t - 25600 * k
    low, high = entropy.gains[k].astype(np.int64), entropy.gains[k + 1].astype(np.int64)
    result = []
    for l in (low * (25600 - f) + high * f + 12800) // 25600:
        e = int(l) // 1024
        j = int(l) - 1024 * e
        result.append((EXP2_COARSE[j // 32] * EXP2_FINE[j % 32] + (1 << (43 - e))) >> (44 - e))
    return np.array(result, np.int64)


def anchor_of(quality256):
    return (quality256 * 7 + 12800) // 25600


def round_half_up(x):
    return np.floor(x + 0.5).astype(np.int64)


def code_hyper(entropy, z, quality256, cost):
    """z int64 (Z, h, w) -> bits."""
    a = anchor_of(quality256)
    residual = np.abs(z - entropy.hyper_offset[a].astype(np.int64)[:, None, None])
    return float(cost[entropy.hyper_index[a].astype(np.int64)[:, None, None], residual].sum())


def features_of(entropy, z, height, width):
    """z int64 (Z, h, w) -> features int64 (C, height, width)."""
    return run_program(entropy.hyper_synthesis, z)[:, :height, :width]


def classes(height, width):
    """Class of every position (height, width)."""
    return 2 * (np.arange(height)[:, None] & 1) + (np.arange(width)[None] & 1)


def code_latents(entropy, y, features):
    """One tile. y float (M, h, w) with gain -> value16 (M, h, w), residuals, scale indices, coded (all as y).

    `coded` is False where the residual is not in the stream. Residuals of skipped symbols are 0.
    """
    m, height, width = y.shape
    plane = np.zeros(y.shape, np.int64)
    value16, residuals, indices = (np.zeros(y.shape, np.int64) for _ in range(3))
    coded = np.zeros(y.shape, bool)
    group, position = m // entropy.groups, classes(height, width)
    for p, active in enumerate(entropy.group_table):
        out = run_program(entropy.context, plane, features, p)
        mean, index = out[:m], np.clip(out[m:], 0, 63)
        mask = np.zeros(y.shape, bool)
        for s, g in enumerate(active):
            if g != 255:
                mask[g * group : (g + 1) * group] |= position == s
        present = mask & (index >= entropy.skip_below)
        q = np.clip(round_half_up(y - mean / 16.0), -32767, 32767) * present
        value16[mask] = (16 * q + mean)[mask]
        residuals[mask], indices[mask] = q[mask], index[mask]
        coded |= present
        plane = np.clip(value16, INT16_MIN, INT16_MAX)
    return value16, residuals, indices, coded


def cost_table(entropy):
    """Bits (64, 32768) by table and |residual|."""
    return np.stack([costs(table) for table in entropy.tables])
