"""Makes the models of the tests: small, random, and exercising every layer and every limit of docs/format.md.

    python3 -m tests.models.make_models           writes them beside this script
    python3 -m tests.models.make_models --check   says whether the files there are what the script makes

tiny   a codec that works: the linear branches are a 16x16 DCT (16 luma and twice 4 chroma coefficients), everything
       else is random and weak. It uses every layer of every program, and 3 groups in 4 passes. Hyper-latent 0 steers
       all scale indices, so that z[0] near -200 makes every latent of a region skipped.
edge   a model at the limits: sums just below 2^31, shift 46, multiplier 2^31 - 1, support 4095, means of +-32767, one
       pass, no skipping, enlargement by 4 at once. It is for generated streams only: nothing can be seen with it.
least  a model of few bytes with every layer once, for tests that damage model files byte by byte.
"""

import math
import os
import sys
from types import SimpleNamespace

import numpy as np

from tests.reference import lic_model as licm

HERE = os.path.dirname(os.path.abspath(__file__))

LUMA, CHROMA = 16, 4
LATENTS = LUMA + 2 * CHROMA
HYPER, FEATURES, PASSES, GROUPS = 6, 10, 4, 3
INF = math.inf


# ---- Layers ----------------------------------------------------------------------------------------------------------


def shuffle(r):
    return SimpleNamespace(op=licm.SHUFFLE, r=r)


def unshuffle(r):
    return SimpleNamespace(op=licm.UNSHUFFLE, r=r)


def save(slot):
    return SimpleNamespace(op=licm.SAVE, slot=slot)


def add(slot):
    return SimpleNamespace(op=licm.ADD, slot=slot)


def clamp(lo, hi):
    return SimpleNamespace(op=licm.CLAMP, lo=lo, hi=hi)


def gate(shift=0):
    return SimpleNamespace(op=licm.GATE, shift=shift)


def integer(weight, factor, bias=0, sets=1, lo=-32768, hi=32767, shift=30, rng=None):
    """A convolution (weight of 4 axes) or depthwise layer (3) whose sums are multiplied by about `factor`."""
    outputs = len(weight)
    multiplier = np.full(outputs, round(factor * 2**shift), np.int64)
    biases = np.tile(np.asarray(bias, np.int64), (sets, 1)) * np.ones((sets, outputs), np.int64)
    if rng is not None:
        multiplier = multiplier + rng.integers(0, multiplier // 16 + 1)
        biases = biases + rng.integers(-200, 201, biases.shape)
    layer = SimpleNamespace(
        weight=weight.astype(np.int8), multiplier=multiplier, bias=biases, shift=shift, lo=lo, hi=hi
    )
    layer.op = licm.CONVOLUTION if weight.ndim == 4 else licm.DEPTHWISE
    layer.kernel, layer.stride = weight.shape[-1], 1
    return layer


def real(weight, bias=0.0, bits=8, lo=-INF, hi=INF, stride=1):
    """A float layer; each output channel is stored as whole multiples of its own scale."""
    outputs = len(weight)
    largest = np.abs(weight).reshape(outputs, -1).max(1)
    scale = np.where(largest > 0, largest / (2 ** (bits - 1) - 1), 1.0).astype(np.float32)
    stored = np.rint(weight / scale.reshape(-1, *[1] * (weight.ndim - 1)))
    layer = SimpleNamespace(
        weight=stored, scale=scale, bias=np.full(outputs, bias, np.float32), bits=bits, lo=lo, hi=hi
    )
    layer.op = licm.CONVOLUTION if weight.ndim == 4 else licm.DEPTHWISE
    layer.kernel, layer.stride = weight.shape[-1], stride
    return layer


# ---- Parts -----------------------------------------------------------------------------------------------------------


def residual_tables(support_of):
    """64 tables of a normal distribution with standard deviations 0.11 .. 64 in equal ratios."""
    tables = []
    for i in range(licm.SCALE_COUNT):
        sigma = 0.11 * (64 / 0.11) ** (i / 63)
        support = support_of(sigma)
        edges = [0.5 * (1 + math.erf((k - 0.5) / sigma / math.sqrt(2))) for k in range(support + 2)]
        total = 32768 - 2 * support  # leaves room for what max() adds
        frequency = [max(1, round((edges[k + 1] - edges[k]) * total)) for k in range(support + 1)]
        escape = max(1, round(2 * (1 - edges[support + 1]) * total))
        frequency[0] += 32768 - (2 * sum(frequency) - frequency[0] + escape)
        tables.append((np.array(frequency), escape))
    return tables


def dct_basis():
    """(LATENTS, 3, 16, 16): orthonormal, coefficients by rising frequency, in a luma and two chroma directions."""
    wave = np.array([[math.cos((2 * x + 1) * k * math.pi / 32) for x in range(16)] for k in range(16)])
    wave *= np.where(np.arange(16) == 0, 0.25, math.sqrt(1 / 8))[:, None]
    order = sorted(((v, u) for v in range(16) for u in range(16)), key=lambda p: (p[0] ** 2 + p[1] ** 2, p))
    colours = np.array([[1, 1, 1], [1, 0, -1], [-0.5, 1, -0.5]])
    colours = colours / np.linalg.norm(colours, axis=1)[:, None]
    return np.array(
        [
            colours[c][:, None, None] * np.outer(wave[v], wave[u])
            for c, count in enumerate((LUMA, CHROMA, CHROMA))
            for v, u in order[:count]
        ]
    )


def tiny_hyper_synthesis(rng):
    first = rng.integers(-40, 41, (32, HYPER, 1, 1))
    first[:4] = 0
    first[:4, 0] = 100  # hyper-latent 0 becomes channel 0, times 100 / 8
    last = rng.integers(-30, 31, (4 * FEATURES, 8, 1, 1))
    last[:4] = 0
    last[:4, 0] = 64  # and feature 0
    depthwise = rng.integers(-60, 61, (8, 3, 3))
    return [
        integer(first, 1 / 8, rng=rng),
        shuffle(2),
        save(1),
        integer(depthwise, 1 / 128, shift=36, rng=rng),
        integer(rng.integers(-50, 51, (16, 8, 3, 3)), 1 / 200, lo=0, shift=34, rng=rng),
        gate(9),
        add(1),
        clamp(-20000, 20001),
        integer(last, 1 / 64, rng=rng),
        shuffle(2),
    ]


def tiny_context(rng):
    last = rng.integers(-25, 26, (2 * LATENTS, FEATURES, 1, 1))
    last[:LATENTS] //= 4
    last[LATENTS:] //= 12
    last[LATENTS:, 0] = 20  # feature 0 steers the scale indices
    # Scale index of a quiet place: high for the low frequencies, a little lower from pass to pass.
    quiet = np.concatenate([np.linspace(48, 28, LUMA), np.linspace(36, 24, CHROMA), np.linspace(36, 24, CHROMA)])
    bias = np.concatenate([np.zeros(LATENTS), quiet * 400]).astype(np.int64)
    output = integer(last, 1 / 400, bias, PASSES, -4000, 4000, shift=18, rng=rng)
    output.bias[:, LATENTS:] -= 400 * np.arange(PASSES)[:, None]
    return [
        integer(rng.integers(-100, 101, (FEATURES, LATENTS, 1, 1)), 1 / 3000, 0, PASSES, shift=40, rng=rng),
        add(0),
        save(1),
        integer(rng.integers(-90, 91, (FEATURES, 3, 3)), 1 / 300, rng=rng),
        integer(rng.integers(-70, 71, (2 * FEATURES, FEATURES, 3, 3)), 1 / 400, 0, PASSES, rng=rng),
        gate(10),
        save(3),
        clamp(-300, 290),
        save(2),
        add(3),
        clamp(-500, 500),
        add(2),
        add(1),
        output,
    ]


def tiny_decoder():
    rng = np.random.default_rng(1703)
    m = SimpleNamespace(
        name="tiny", version=0, latent_channels=LATENTS, hyper_channels=HYPER, feature_channels=FEATURES
    )
    m.passes, m.groups, m.skip_below = PASSES, GROUPS, 6
    m.group = [[0, 255, 2, 1], [255, 0, 1, 2], [1, 2, 255, 0], [2, 1, 0, 255]]
    low, high = np.linspace(1500, 1000, LATENTS), np.linspace(6500, 6000, LATENTS)
    m.log2_gain = np.rint([low + (high - low) * k / 7 for k in range(8)])
    m.hyper_offset = rng.integers(-5, 6, (8, HYPER))
    m.hyper_table = rng.integers(40, 56, (8, HYPER))
    m.tables = residual_tables(lambda sigma: min(40, math.ceil(4 * sigma) + 1))
    m.hyper_synthesis = tiny_hyper_synthesis(rng)
    m.context = tiny_context(rng)
    linear = dct_basis().reshape(LATENTS, 768).T.reshape(768, LATENTS, 1, 1)
    weak = lambda *shape: rng.normal(0, 1, shape) / math.sqrt(np.prod(shape[1:]))  # noqa: E731
    m.synthesis = [
        [real(linear), shuffle(16)],
        [
            real(weak(32, LATENTS, 1, 1), 0.1, 16, -2.0, 2.0),
            shuffle(2),
            save(1),
            real(weak(8, 5, 5), 0.1),
            real(weak(16, 8, 3, 3), 0.2, lo=0.0),
            gate(),
            add(1),
            real(0.2 * weak(48, 8, 1, 1), bits=16),
            shuffle(4),
            save(2),
            real(weak(3, 3, 3), bits=16),
            save(3),
            add(2),
            add(3),
            real(0.2 * weak(12, 3, 3, 3), 0.001, 16),
            shuffle(2),
            clamp(-0.1, 0.11),
        ],
    ]
    return m


def tiny_encoder():
    rng = np.random.default_rng(395)
    weak = lambda *shape: rng.normal(0, 1, shape) / math.sqrt(np.prod(shape[1:]))  # noqa: E731
    # The order of unshuffle: channel, row, column.
    linear = dct_basis().reshape(LATENTS, 768, 1, 1)
    energy = np.zeros((12, LATENTS, 1, 1))
    energy[:8] = weak(8, LATENTS, 1, 1)
    energy[8:, :] = rng.normal(0, 0.3, (4, LATENTS, 1, 1))
    return SimpleNamespace(
        name="tiny",
        version=0,
        analysis=[
            [unshuffle(16), real(linear, bits=16)],
            [
                unshuffle(2),
                real(weak(16, 12, 1, 1), 0.1),
                gate(),
                real(weak(8, 5, 5), stride=2),
                save(1),
                real(weak(8, 3, 3)),
                add(1),
                unshuffle(4),
                clamp(-2.0, 2.0),
                real(0.1 * weak(LATENTS, 128, 1, 1), 0.0, 8, -0.3, 0.3),
            ],
        ],
        hyper_analysis=[
            [
                real(energy, 0.0, 16, 0.0, 200.0),
                real(np.abs(weak(12, 5, 5)), stride=2),
                real(weak(12, 12, 3, 3), 0.0, 8, -50.0, 60.0),
                real(np.abs(weak(12, 3, 3)), stride=2),
                real(0.2 * weak(HYPER, 12, 1, 1), 0.0, 8, -20.0, 20.0),
            ]
        ],
        loss=None,
    )


def edge_decoder():
    rng = np.random.default_rng(46)
    m = SimpleNamespace(name="edge", version=1, latent_channels=2, hyper_channels=1, feature_channels=3)
    m.passes, m.groups, m.skip_below = 1, 1, 0
    m.group = [[0, 0, 0, 0]]
    m.log2_gain = np.linspace(-8192, 14336, 16).reshape(8, 2)
    m.hyper_offset = np.linspace(-1023, 1023, 8).reshape(8, 1)
    m.hyper_table = np.arange(0, 64, 9).reshape(8, 1)
    m.tables = residual_tables(lambda sigma: 4095 if sigma > 60 else 1 if sigma < 2 else math.ceil(3 * sigma))
    # 516 * 127 * 32768 + 131071 = 2^31 - 1: the most that a sum may be.
    heavy = 127 * rng.choice([-1, 1], (8, 516, 1, 1))
    heavy[0], heavy[1] = 127, -127
    summed = integer(heavy, 0.5, [131071, -131071, 131071, -131071, 0, 1, -1, 5], shift=46)
    summed.multiplier = np.full(8, 2**31 - 1)
    spread = integer(127 * rng.choice([-1, 1], (516, 3, 1, 1)), 1.5, shift=1)
    spread.multiplier = np.where(np.arange(516) % 3 == 0, 1, 2**31 - 1)
    m.hyper_synthesis = [integer(rng.integers(-128, 128, (48, 1, 1, 1)), 1, shift=3), shuffle(4)]
    m.context = [
        integer(rng.integers(-128, 128, (3, 2, 3, 3)), 1 / 4, -(2**30), shift=20),
        add(0),
        spread,
        summed,
        gate(1),
        integer(
            np.array([[1, -1, 1, 0], [0, 2, -3, 1], [1, 0, 0, 0], [0, 0, 0, -128]]).reshape(4, 4, 1, 1), 1, shift=1
        ),
    ]
    m.synthesis = [[real(rng.normal(0, 1e-4, (768, 2, 1, 1))), shuffle(16)]]
    return m


def least_decoder():
    rng = np.random.default_rng(1)
    m = SimpleNamespace(name="least", version=0, latent_channels=2, hyper_channels=1, feature_channels=1)
    m.passes, m.groups, m.skip_below = 2, 2, 1
    m.group = [[0, 1, 0, 1], [1, 0, 1, 0]]
    m.log2_gain = np.repeat(np.linspace(0, 7000, 8).reshape(8, 1), 2, 1)
    m.hyper_offset = np.zeros((8, 1))
    m.hyper_table = np.full((8, 1), 40)
    m.tables = residual_tables(lambda sigma: 2)
    small = lambda *shape: rng.integers(-100, 101, shape)  # noqa: E731
    m.hyper_synthesis = [integer(small(4, 1, 1, 1), 1), shuffle(2), integer(small(8, 1, 1, 1), 1), gate(9), shuffle(2)]
    context = [
        integer(small(1, 2, 3, 3), 0.01, sets=2),
        add(0),
        save(1),
        integer(small(1, 3, 3), 0.01),
        add(1),
        clamp(-9999, 9999),
    ]
    m.context = context + [integer(small(4, 1, 1, 1), 0.01, [0, 0, 4000, 4000])]
    weak = lambda *shape: rng.normal(0, 0.3, shape)  # noqa: E731
    up = lambda channels: [real(weak(channels, 1, 1, 1)), shuffle(2)]  # noqa: E731
    m.synthesis = [
        [
            real(weak(4, 2, 1, 1)),
            shuffle(2),
            save(1),
            real(weak(1, 3, 3), bits=16),
            add(1),
            real(weak(8, 1, 1, 1)),
            gate(),
            shuffle(2),
        ]
        + up(4)
        + up(12),
        [real(weak(16, 2, 1, 1), bits=16), shuffle(4), clamp(-0.1, 0.1), real(weak(48, 1, 1, 1)), shuffle(4)],
    ]
    return m


def least_encoder():
    rng = np.random.default_rng(2)
    weak = lambda *shape: rng.normal(0, 0.3, shape)  # noqa: E731
    halve = real(weak(2, 3, 3), stride=2)
    analysis = [
        unshuffle(4),
        real(weak(2, 48, 1, 1)),
        halve,
        save(1),
        real(weak(2, 5, 5)),
        add(1),
        halve,
        gate(),
        real(weak(2, 1, 1, 1)),
    ]
    hyper = [halve, clamp(-9.0, 9.0), halve, real(weak(1, 2, 3, 3), bits=16)]
    return SimpleNamespace(name="least", version=0, analysis=[analysis], hyper_analysis=[hyper], loss=None)


def make():
    """File name to contents."""
    tiny = licm.write_model(tiny_decoder())
    least = licm.write_model(least_decoder())
    return {
        "tiny.dec.licm": tiny,
        "tiny.enc.licm": licm.write_encoder_model(tiny_encoder(), licm.read_model(tiny)),
        "edge.dec.licm": licm.write_model(edge_decoder()),
        "least.dec.licm": least,
        "least.enc.licm": licm.write_encoder_model(least_encoder(), licm.read_model(least)),
    }


def main(arguments):
    differ = []
    for name, contents in make().items():
        path = os.path.join(HERE, name)
        if arguments == ["--check"]:
            with open(path, "rb") as file:
                if file.read() != contents:
                    differ.append(name)
        else:
            with open(path, "wb") as file:
                file.write(contents)
    print("differ: " + ", ".join(differ) if differ else "ok")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
