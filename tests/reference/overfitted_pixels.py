"""Pixels of the overfitted coding from its latents, to the bit: docs/format.md, from #channels to #synthesis.

Planes are int64 in 1/64, which every layer saturates to 16 bits.
"""

import numpy as np

from tests.reference.lic_reference import div_up
from tests.reference.overfitted_grids import dense, sat16, wrap32
from tests.reference.overfitted_networks import COARSEST, channels_of_chains, joined_grids

MASK = np.uint64(0xFFFFFFFF)


def double_rows(plane, taps):
    """(h, w) to (2 h, w)."""
    height = len(plane)
    rows = {d: plane[np.clip(np.arange(height) + d, 0, height - 1)] for d in range(-2, 3)}
    doubled = np.zeros((2 * height, plane.shape[1]), np.int64)
    doubled[0::2] = taps[0] * rows[-2] + taps[1] * rows[-1] + taps[2] * rows[0] + taps[3] * rows[1]
    doubled[1::2] = taps[3] * rows[-1] + taps[2] * rows[0] + taps[1] * rows[1] + taps[0] * rows[2]
    return sat16(wrap32(doubled + 8192) >> 14)


def double(plane, taps, shape):
    """A plane of the next finer level, which has that shape."""
    doubled = double_rows(double_rows(plane, taps).T, taps).T
    return doubled[: shape[0], : shape[1]]


def channel(a, parameters, planes, shapes, chain, level):
    """A channel at 1:1 that begins at a level of a chain."""
    latents = {g.level: planes[g.number] for g in a.grids if g.chain == chain}
    joined = a.chains[chain].joined
    if level < joined or joined == COARSEST:
        plane, at = 64 * latents[level], level
    else:
        gains = dict(zip(joined_grids(a), parameters["gain"].tolist()))
        shares = {l: sat16((values * gains[chain, l] + 32) >> 6) for l, values in latents.items() if l >= joined}
        plane, at = shares[COARSEST], COARSEST
        while at > joined:
            at -= 1
            plane = sat16(double(plane, parameters["taps"][at], shapes[at]) + shares[at])
    while at > 0:
        at -= 1
        plane = double(plane, parameters["taps"][at], shapes[at])
    return plane


def noise_plane(k, height, width):
    y, x = np.indices((height, width)).astype(np.uint64)
    n = x * np.uint64(0x9E3779B1) + y * np.uint64(0x85EBCA77) + np.uint64((k + 1) * 0xC2B2AE3D) & MASK
    n = (n ^ n >> np.uint64(16)) * np.uint64(0x7FEB352D) & MASK
    n = (n ^ n >> np.uint64(15)) * np.uint64(0x846CA68B) & MASK
    n = (n ^ n >> np.uint64(16)).astype(np.int64)
    return (n & 255) + (n >> 8 & 255) + (n >> 16 & 255) + (n >> 24) - 510


def convolve(weight, bias, planes):
    """A 3x3 layer on planes (3, height, width)."""
    _, height, width = planes.shape
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)), "edge")
    taps = [padded[:, r : r + height, c : c + width] for r in range(3) for c in range(3)]
    inputs = np.stack(taps, 1).reshape(27, height * width)
    return dense(weight.reshape(3, 27), bias, inputs, 12, 4096).reshape(3, height, width)


def synthesize(a, parameters, h, planes):
    """(height, width, 3) u8: red, green and blue."""
    shapes = [(div_up(h.height, 1 << level), div_up(h.width, 1 << level)) for level in range(COARSEST + 1)]
    channels = [channel(a, parameters, planes, shapes, *place) for place in channels_of_chains(a)]
    channels += [noise_plane(k, h.height, h.width) for k in range(a.noise)]
    x = np.stack(channels).reshape(a.inputs, h.height * h.width)
    hidden = np.maximum(dense(parameters["mix1"], parameters["mix_bias1"], x, 12, 4096), 0)
    t = dense(parameters["mix2"], parameters["mix_bias2"], hidden, 8, 256).reshape(3, h.height, h.width)
    bypass = dense(parameters["bypass"], parameters["bypass_bias"], x, 8, 256).reshape(t.shape)
    for i in range(a.convolutions):
        t = convolve(parameters["convolution", i], parameters["convolution_bias", i], t)
        if i < a.convolutions - 1:
            t = np.maximum(t, 0)
    samples = np.clip(sat16(sat16(t + bypass) + 8224) >> 6, 0, 255)
    return samples.transpose(1, 2, 0).astype(np.uint8)
