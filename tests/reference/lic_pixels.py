"""Pixels from decoded latents, in float64: what any decoder's pixels may differ from by 1 (docs/format.md#pixels)."""

import numpy as np

from tests.reference.lic_integers import gains, shuffle, taps
from tests.reference.lic_model import ADD, CLAMP, CONVOLUTION, DEPTHWISE, GATE, SAVE, SHUFFLE, UNSHUFFLE


def unshuffle(plane, r):
    """(c, h r, w r) to (c r r, h, w)."""
    channels, height, width = plane.shape
    plane = plane.reshape(channels, height // r, r, width // r, r)
    return plane.transpose(0, 2, 4, 1, 3).reshape(channels * r**2, height // r, width // r)


def convolve(layer, plane):
    weight = layer.weight * layer.scale.astype(np.float64).reshape(-1, *[1] * (layer.weight.ndim - 1))
    outputs, stride = len(weight), layer.stride
    height, width = (-(-n // stride) for n in plane.shape[1:])
    total = np.zeros((outputs, height * width)) + layer.bias[:, None]
    for (ky, kx), shifted in taps(plane, layer.kernel):
        flat = shifted[:, ::stride, ::stride].reshape(len(plane), height * width)
        if layer.op == CONVOLUTION:
            total += weight[:, :, ky, kx] @ flat
        else:
            total += weight[:, ky, kx, None] * flat
    return np.clip(total, layer.lo, layer.hi).reshape(outputs, height, width)


def run_float_network(branches, plane):
    """The sum of what the branches make of `plane` (channels, height, width) float64."""
    total = 0
    for layers in branches:
        at, kept = plane, {}
        for layer in layers:
            if layer.op in (CONVOLUTION, DEPTHWISE):
                at = convolve(layer, at)
            elif layer.op == SHUFFLE:
                at = shuffle(at, layer.r)
            elif layer.op == UNSHUFFLE:
                at = unshuffle(at, layer.r)
            elif layer.op == SAVE:
                kept[layer.slot] = at
            elif layer.op == ADD:
                at = at + kept[layer.slot]
            elif layer.op == CLAMP:
                at = np.clip(at, layer.lo, layer.hi)
            elif layer.op == GATE:
                a, b = np.split(at, 2)
                at = a * b
        total = total + at
    return total


def synthesize(model, decoded):
    """(height, width, channels) u8 as the file is coded: 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha."""
    h = decoded.header
    latents = decoded.value16 / 16 / (gains(model, h.quality256)[:, None, None] / 65536)
    picture = run_float_network(model.synthesis, latents)[:, : h.height, : h.width]
    pixels = np.floor(np.clip(picture + 0.5, 0, 1) * 255 + 0.5).astype(np.int64).transpose(1, 2, 0)
    if h.is_grey:
        pixels = (pixels.sum(2, keepdims=True) + 1) // 3
    if decoded.alpha is not None:
        pixels = np.concatenate([pixels, decoded.alpha[:, :, None]], 2)
    return pixels.astype(np.uint8)
