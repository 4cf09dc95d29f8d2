"""The exact half of a model at work: integer programs (docs/format.md#integer-programs) and gains (#gains).

Planes are int64. Sums of products are formed in float64, where numpy is fast: they are whole numbers below 2^31, as
reading a model makes sure, and float64 is exact up to 2^53 in whatever order they are added.
"""

import numpy as np

from tests.reference.lic_model import ADD, CLAMP, CONVOLUTION, DEPTHWISE, GATE, SAVE, SHUFFLE

I16_MIN, I16_MAX = -32768, 32767


def taps(plane, kernel):
    """The plane shifted to each tap of a centred kernel, zeros outside: pairs ((ky, kx), shifted plane)."""
    _, height, width = plane.shape
    edge = kernel // 2
    padded = np.pad(plane, ((0, 0), (edge, edge), (edge, edge)))
    for ky in range(kernel):
        for kx in range(kernel):
            yield (ky, kx), padded[:, ky : ky + height, kx : kx + width]


def shuffle(plane, r):
    """(c r r, h, w) to (c, h r, w r)."""
    channels, height, width = plane.shape
    plane = plane.reshape(channels // r**2, r, r, height, width)
    return plane.transpose(0, 3, 1, 4, 2).reshape(channels // r**2, height * r, width * r)


def round_shift(values, shift):
    return (values + (1 << (shift - 1))) >> shift


def convolve(layer, plane, bias_set):
    _, height, width = plane.shape
    weight = layer.weight.astype(np.float64)
    bias = layer.bias[bias_set if len(layer.bias) > 1 else 0].astype(np.float64)
    acc = np.zeros((len(bias), height * width)) + bias[:, None]
    for (ky, kx), shifted in taps(plane.astype(np.float64), layer.kernel):
        flat = shifted.reshape(len(plane), height * width)
        if layer.op == CONVOLUTION:
            acc += weight[:, :, ky, kx] @ flat
        else:
            acc += weight[:, ky, kx, None] * flat
    scaled = round_shift(acc.astype(np.int64) * layer.multiplier.astype(np.int64)[:, None], layer.shift)
    return np.clip(scaled, layer.lo, layer.hi).reshape(len(bias), height, width)


def run_integer_program(layers, plane, side=None, bias_set=0):
    """`plane` (channels, height, width) int64 through the layers; `side` is what an add of slot 0 adds."""
    kept = {0: side}
    for layer in layers:
        if layer.op in (CONVOLUTION, DEPTHWISE):
            plane = convolve(layer, plane, bias_set)
        elif layer.op == SHUFFLE:
            plane = shuffle(plane, layer.r)
        elif layer.op == SAVE:
            kept[layer.slot] = plane
        elif layer.op == ADD:
            plane = np.clip(plane + kept[layer.slot], I16_MIN, I16_MAX)
        elif layer.op == CLAMP:
            plane = np.clip(plane, layer.lo, layer.hi)
        elif layer.op == GATE:
            a, b = np.split(plane, 2)
            plane = np.clip(round_shift(a * b, layer.shift), I16_MIN, I16_MAX)
    return plane


def gains(model, quality256):
    """The gain of each latent channel in 1/65536."""
    t = quality256 * 7
    k = min(t // 25600, 6)
    f = t - 25600 * k
    low, high = model.log2_gain[k].astype(int), model.log2_gain[k + 1].astype(int)
    result = []
    for l in ((low * (25600 - f) + high * f + 12800) // 25600).tolist():
        e = l // 1024
        j = l - 1024 * e
        a, b = round(2 ** (j // 32 / 32) * 2**30), round(2 ** (j % 32 / 1024) * 2**30)
        result.append((a * b + (1 << (43 - e))) >> (44 - e))
    return np.array(result, np.int64)
