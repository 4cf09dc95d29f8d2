"""Random valid models and pictures: programs that no training would give, but that a decoder must run all the same."""

import math
from types import SimpleNamespace

import numpy as np

from tests.models.make_models import add, clamp, gate, integer, real, residual_tables, save, shuffle, unshuffle
from tests.reference import lic_model as licm
from tests.reference.lic_writer import header_of, hyper_values, probable, wild, write_picture

TYPICAL = 1000  # magnitude around which integer layers keep their planes


class IntegerBuilder:
    """Appends random layers and knows what they make of the plane: channels and enlargement."""

    def __init__(self, rng, channels, typical, bias_sets, side_channels=None):
        self.rng, self.channels, self.typical, self.bias_sets = rng, channels, typical, bias_sets
        self.layers, self.enlargement = [], 1
        self.kept = {} if side_channels is None else {0: (side_channels, 1)}

    def weighted(self, weight, outputs, typical=TYPICAL, bias=0):
        taps = weight[0].size
        factor = typical / (self.typical * 70 * math.sqrt(taps)) * 2 ** self.rng.uniform(-1, 1)
        lowest = max(1, math.ceil(-math.log2(factor)) + 1)
        shift = int(self.rng.integers(lowest, min(46, 30 + math.floor(-math.log2(factor))) + 1))
        lo, hi = sorted(self.rng.integers(-32768, 32768, 2)) if self.rng.random() < 0.3 else (-32768, 32767)
        sets = self.bias_sets if self.rng.random() < 0.5 else 1
        layer = integer(weight, factor, bias, sets, lo=int(lo), hi=int(hi), shift=shift, rng=self.rng)
        layer.bias = np.clip(layer.bias, -(2**24), 2**24)
        self.layers.append(layer)
        self.channels, self.typical = outputs, typical

    def convolution(self, outputs, kernel=None, **more):
        kernel = kernel or int(self.rng.choice([1, 3]))
        self.weighted(self.rng.integers(-128, 128, (outputs, self.channels, kernel, kernel)), outputs, **more)

    def random_layer(self):
        kind = self.rng.choice(["convolution", "convolution", "depthwise", "save", "add", "clamp", "gate"])
        slots = [slot for slot, shape in self.kept.items() if shape == (self.channels, self.enlargement)]
        if kind == "convolution":
            wanted = [shape[0] for shape in self.kept.values()] + [int(self.rng.integers(1, 40))]
            self.convolution(int(self.rng.choice(wanted)))
        elif kind == "depthwise":
            self.weighted(self.rng.integers(-128, 128, (self.channels, 3, 3)), self.channels)
        elif kind == "save":
            slot = int(self.rng.integers(1, 4))
            self.kept[slot] = (self.channels, self.enlargement)
            self.layers.append(save(slot))
        elif kind == "add" and slots:
            self.layers.append(add(int(self.rng.choice(slots))))
        elif kind == "clamp":
            self.layers.append(clamp(int(self.rng.integers(-3000, 0)), int(self.rng.integers(0, 3000))))
        elif kind == "gate" and self.channels % 2 == 0:
            self.layers.append(gate(int(self.rng.integers(8, 13))))
            self.channels //= 2

    def enlarge(self, r, channels):
        self.convolution(channels * r * r)
        self.layers.append(shuffle(r))
        self.channels, self.enlargement = channels, self.enlargement * r


def random_hyper_synthesis(rng, m):
    b = IntegerBuilder(rng, m.hyper_channels, 20, 1)
    steps = [4] if rng.random() < 0.3 else [2, 2]
    for i, r in enumerate(steps):
        for _ in range(rng.integers(0, 4)):
            b.random_layer()
        b.enlarge(r, m.feature_channels if i == len(steps) - 1 else int(rng.integers(1, 20)))
    for _ in range(rng.integers(0, 3)):
        b.random_layer()
    if b.channels != m.feature_channels:
        b.convolution(m.feature_channels)
    return b.layers


def random_context(rng, m):
    b = IntegerBuilder(rng, m.latent_channels, 300, m.passes, m.feature_channels)
    for _ in range(rng.integers(0, 10)):
        b.random_layer()
    # The side input is added somewhere, mostly.
    if rng.random() < 0.9:
        b.convolution(m.feature_channels)
        b.layers.append(add(0))
    for _ in range(rng.integers(0, 4)):
        b.random_layer()
    end = rng.choice(["1x1", "3x3", "clamp", "gate", "add"], p=[0.4, 0.15, 0.15, 0.15, 0.15])
    outputs = 2 * m.latent_channels
    if end == "gate":
        b.convolution(2 * outputs, 1)
        return b.layers + [gate(14)]
    b.convolution(outputs, 3 if end == "3x3" else 1, typical=40)
    # Around scale index 30, in the units of the sums.
    head = b.layers[-1]
    head.lo, head.hi = -32768, 32767
    unit = 2.0**head.shift / head.multiplier[m.latent_channels :]
    head.bias[:, m.latent_channels :] += (
        (rng.uniform(0, 50, m.latent_channels) * unit).astype(np.int64).clip(0, 2**28)
    )
    return b.layers + {"clamp": [clamp(-50, 63)], "add": [save(2), add(2)]}.get(end, [])


def random_synthesis(rng, channels):
    """Branches of random layers; outputs of moderate size."""
    branches = []
    for _ in range(rng.integers(1, 4)):
        layers, now, step, kept = [], channels, 16, {}

        def convolve(outputs, gain=1.0):
            kernel = int(rng.choice([1, 3]))
            weight = rng.normal(0, gain / math.sqrt(now * kernel**2), (outputs, now, kernel, kernel))
            layers.append(
                real(
                    weight,
                    rng.normal(0, 0.1),
                    int(rng.choice([8, 16])),
                    *rng.choice([[-math.inf, math.inf], [-3, 3], [0, 4]]),
                )
            )
            return outputs

        while step > 1 or not layers:
            kind = rng.choice(["convolution", "depthwise", "save", "add", "gate", "shuffle", "shuffle", "unshuffle"])
            slots = [slot for slot, shape in kept.items() if shape == (now, step)]
            if kind == "convolution":
                now = convolve(int(rng.integers(1, 24)))
            elif kind == "depthwise":
                kernel = int(rng.choice([3, 5]))
                stride = 2 if step < 16 and rng.random() < 0.3 else 1
                layers.append(real(rng.normal(0, 1 / kernel, (now, kernel, kernel)), 0.1, stride=stride))
                step *= stride
            elif kind == "save":
                slot = int(rng.integers(1, 4))
                kept[slot] = (now, step)
                layers.append(save(slot))
            elif kind == "add" and slots:
                layers.append(add(int(rng.choice(slots))))
            elif kind == "gate" and now % 2 == 0:
                layers += [clamp(-2.0, 2.0), gate()]
                now //= 2
            elif kind == "shuffle":
                r = int(rng.choice([r for r in (2, 4, 8, 16) if r <= step] or [0]))
                if r:
                    outputs = int(rng.integers(1, 1 + max(1, 60 // r**2)))
                    now = convolve(outputs * r * r) // r**2
                    layers.append(shuffle(r))
                    step //= r
            elif kind == "unshuffle" and step <= 8 and now <= 12:
                layers.append(unshuffle(2))
                now, step = now * 4, step * 2
        convolve(3, 0.2)
        branches.append(layers[:64])
    return branches


def random_model(seed):
    """A model that its own reader accepts."""
    rng = np.random.default_rng(seed)
    m = SimpleNamespace(name=f"random-{seed}", version=0)
    m.groups = int(rng.integers(1, 5))
    m.passes = int(rng.integers(m.groups, 7))
    m.latent_channels = m.groups * int(rng.integers(1, 7))
    m.hyper_channels, m.feature_channels = int(rng.integers(1, 8)), int(rng.integers(1, 20))
    m.group = np.full((m.passes, 4), licm.NO_GROUP)
    for position_class in range(4):
        m.group[rng.permutation(m.passes)[: m.groups], position_class] = np.arange(m.groups)
    m.skip_below = int(rng.choice([0, 3, 20, 63]))
    m.log2_gain = np.sort(rng.integers(0, 7000, (8, m.latent_channels)), 0)
    m.hyper_offset = rng.integers(-9, 10, (8, m.hyper_channels))
    m.hyper_table = rng.integers(20, 60, (8, m.hyper_channels))
    most = int(rng.integers(2, 60))
    m.tables = residual_tables(lambda sigma: min(most, math.ceil(3 * sigma)))
    m.hyper_synthesis = random_hyper_synthesis(rng, m)
    m.context = random_context(rng, m)
    m.synthesis = random_synthesis(rng, m.latent_channels)
    return licm.read_model(licm.write_model(m))


def random_picture(seed, model):
    """A file for the model, its symbols chosen at random."""
    rng = np.random.default_rng(seed)
    width, height = (int(n) for n in rng.integers(1, 200, 2))
    quality256 = int(rng.integers(256, 25601))
    h = header_of(model, width, height, quality256, tile_units=int(rng.integers(1, 4)), grey=bool(rng.random() < 0.2))
    shape = (model.hyper_channels, -(-height // 64), -(-width // 64))
    limit = int(rng.choice([3, 30, 1023]))
    z = rng.integers(-limit, limit + 1, shape)
    choose = wild(seed, 200) if rng.random() < 0.2 else probable(seed)
    return write_picture(model, h, hyper_values(z, model, quality256), choose)
