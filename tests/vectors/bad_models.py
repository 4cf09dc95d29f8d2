"""The model files among the reject vectors: the model `least` of tests/models with one violation each."""

import copy
import os
import struct
from types import SimpleNamespace

import numpy as np

from tests.reference import lic_model as licm
from tests.vectors.recipes import ROOT


def read_least(kind):
    with open(os.path.join(ROOT, "tests", "models", f"least.{kind}.licm"), "rb") as file:
        return file.read()


def layer(op, **fields):
    return SimpleNamespace(op=op, **fields)


def bad_files(good):
    """Violations of the container."""
    name_end = 8 + len("least")
    yield "bad_model-magic", b"\x89LIC" + good[4:]
    yield "bad_model-empty", b""
    yield "bad_model-kind", good[:5] + b"\x02" + good[6:]
    yield "bad_model-kind-0", good[:5] + b"\x00" + good[6:]
    yield "unsupported_version-2", good[:4] + b"\x02" + good[5:]
    yield "bad_model-name-letter", good[:8] + b"L" + good[9:]
    yield "bad_model-name-empty", good[:6] + b"\0\0" + good[name_end:]
    yield "bad_model-name-of-65", good[:6] + struct.pack("<H", 65) + b"a" * 65 + good[name_end:]
    yield "bad_model-name-long", good[:6] + b"\xff\xff" + good[8:]
    yield "bad_model-cut-head", good[: name_end + 5]
    yield "bad_model-cut", good[:-1]
    yield "bad_model-byte-behind", good + b"\0"
    yield "bad_checksum-entropy", good[:100] + bytes([good[100] ^ 1]) + good[101:]
    yield "bad_checksum-synthesis", good[:-1] + bytes([good[-1] ^ 1])
    name, _, (entropy, synthesis) = licm.split_model_file(good, 1, (licm.ENTROPY, licm.SYNTHESIS))
    pairs = {
        "no-synthesis": [(licm.ENTROPY, entropy)],
        "no-entropy": [(licm.SYNTHESIS, synthesis)],
        "order": [(licm.SYNTHESIS, synthesis), (licm.ENTROPY, entropy)],
        "section-type": [(licm.ENTROPY, entropy), (licm.ANALYSIS, synthesis)],
        "section-behind": [(licm.ENTROPY, entropy), (licm.SYNTHESIS, synthesis), (128, b"")],
        "entropy-long": [(licm.ENTROPY, entropy + b"\0"), (licm.SYNTHESIS, synthesis)],
        "entropy-short": [(licm.ENTROPY, entropy[:-1]), (licm.SYNTHESIS, synthesis)],
        "entropy-empty": [(licm.ENTROPY, b""), (licm.SYNTHESIS, synthesis)],
        "synthesis-long": [(licm.ENTROPY, entropy), (licm.SYNTHESIS, synthesis + b"\0")],
        "synthesis-short": [(licm.ENTROPY, entropy), (licm.SYNTHESIS, synthesis[:-1])],
    }
    for what, sections in pairs.items():
        yield f"bad_model-{what}", licm.model_file(1, name, sections)


def entropy_edits():
    """what -> a change of the model that makes it bad: numbers and tables."""

    def setting(name, value):
        return lambda m: setattr(m, name, value)

    def placing(name, at, value):
        return lambda m: getattr(m, name).__setitem__(at, value)

    for name, values in {
        "latent_channels": (0, 513, 3),
        "hyper_channels": (0, 257, 2),
        "feature_channels": (0, 513, 2),
        "passes": (0, 9),
        "groups": (0, 9, 1),
        "skip_below": (64,),
    }.items():
        for value in values:
            yield f"{name}-{value}", setting(name, value)
    yield "group-twice", placing("group", (1, 0), 0)
    yield "group-missing", placing("group", (0, 2), 255)
    yield "group-2", placing("group", (0, 0), 2)
    yield "gain-high", placing("log2_gain", (7, 1), 14337)
    yield "gain-low", placing("log2_gain", (0, 0), -8193)
    yield "hyper-offset-high", placing("hyper_offset", (3, 0), 1024)
    yield "hyper-offset-low", placing("hyper_offset", (3, 0), -32768)
    yield "hyper-table-64", placing("hyper_table", (5, 0), 64)
    yield "table-sum", lambda m: m.tables[9][0].__setitem__(0, m.tables[9][0][0] + 1)
    yield "table-support-0", placing("tables", 63, (np.array([32767]), 1))
    yield "table-support-4096", placing("tables", 0, (np.array([32768 - 8192 - 1] + [1] * 4096), 1))
    yield "table-frequency-0", placing("tables", 3, (np.array([32767, 0, 0]), 1))
    yield "table-escape-0", placing("tables", 3, (np.array([32764, 1, 1]), 0))


def integer_program_edits():
    def edit(program, at, **fields):
        return lambda m: vars(getattr(m, program)[at]).update(fields)

    def insert(program, at, *layers):
        return lambda m: getattr(m, program).__setitem__(slice(at, at), layers)

    hyper, context = "hyper_synthesis", "context"
    yield "hyper-no-layers", lambda m: setattr(m, hyper, [])
    yield "context-65-layers", insert(context, 1, *[layer(licm.CLAMP, lo=-9, hi=9)] * 58)
    yield "op-0", insert(context, 0, layer(0))
    yield "op-unshuffle", insert(context, 0, layer(licm.UNSHUFFLE))
    yield "op-9", insert(hyper, 0, layer(9))
    yield "kernel-2", edit(context, 0, kernel=2)
    yield "depthwise-kernel-5", edit(context, 3, kernel=5)
    yield "depthwise-stride-2", edit(context, 3, stride=2)
    yield "shift-0", edit(context, 0, shift=0)
    yield "shift-47", edit(context, 0, shift=47)
    yield "lo-above-hi", edit(hyper, 0, lo=5, hi=4)
    yield "clamp-lo-above-hi", edit(context, 5, lo=5, hi=4)
    yield "multiplier-0", lambda m: m.hyper_synthesis[0].multiplier.__setitem__(2, 0)
    yield "multiplier-negative", lambda m: m.context[0].multiplier.__setitem__(0, -5)
    yield "bias-sets-0", lambda m: setattr(m.context[0], "bias", np.zeros((0, 1)))
    yield "bias-sets-3", lambda m: setattr(m.context[0], "bias", np.zeros((3, 1)))
    yield "bias-sets-of-hyper", lambda m: setattr(m.hyper_synthesis[0], "bias", np.zeros((2, 4)))
    yield "bias-beyond", lambda m: m.context[0].bias.__setitem__((1, 0), 2**31 - 1)
    yield "bias-lowest", lambda m: m.context[0].bias.__setitem__((0, 0), -(2**31))
    yield "neighbour-channels", lambda m: setattr(m.context[-1], "weight", np.zeros((4, 2, 1, 1)))
    yield "channels-0", lambda m: setattr(m.context[-1], "weight", np.zeros((4, 0, 1, 1)))
    yield "shuffle-3", edit(hyper, 1, r=3)
    yield "shuffle-of-2", insert(hyper, 1, layer(licm.GATE, shift=1))
    yield "shuffle-in-context", insert(context, 7, layer(licm.SHUFFLE, r=2))
    yield "save-slot-0", edit(context, 2, slot=0)
    yield "save-slot-4", edit(context, 2, slot=4)
    yield "add-slot-4", edit(context, 4, slot=4)
    yield "add-not-kept", edit(context, 4, slot=2)
    yield "add-side-in-hyper", insert(hyper, 0, layer(licm.ADD, slot=0))
    yield "add-other-shape", insert(context, 7, layer(licm.ADD, slot=1))
    yield "add-other-size", lambda m: m.hyper_synthesis.extend([layer(licm.ADD, slot=1)]) or m.hyper_synthesis.insert(
        2, layer(licm.SAVE, slot=1)
    )
    yield "gate-shift-0", edit(hyper, 3, shift=0)
    yield "gate-shift-31", edit(hyper, 3, shift=31)
    yield "gate-odd", insert(hyper, 0, layer(licm.GATE, shift=3))
    yield "hyper-too-fine", lambda m: m.hyper_synthesis.extend(m.hyper_synthesis[:2])
    yield "sum-of-32-bits", heavy_sum


def heavy_sum(m):
    """516 weights of 127 and a bias of 131072: 2^31 in the worst case, one more than may be."""
    spread = copy.deepcopy(m.context[-1])
    spread.weight, spread.multiplier = np.ones((516, 1, 1, 1)), np.ones(516)
    spread.bias, spread.lo, spread.hi = np.zeros((1, 516)), -32768, 32767
    summed = copy.deepcopy(spread)
    summed.weight, summed.multiplier, summed.bias = np.full((1, 516, 1, 1), 127), np.ones(1), np.full((1, 1), 131072)
    m.context[6:6] = [spread, summed]


def float_edits(name):
    """Violations of a float network.

    `name` is that of a field of the model whose first layer of branch 0 has weights.
    """

    def edit(**fields):
        return lambda m: vars(first_weighted(m)).update(fields)

    def first_weighted(m):
        return next(x for x in getattr(m, name)[0] if x.op in (licm.CONVOLUTION, licm.DEPTHWISE))

    def put(field, at, value):
        return lambda m: getattr(first_weighted(m), field).__setitem__(at, value)

    def append(*layers):
        return lambda m: getattr(m, name)[0].extend(layers)

    yield "no-branch", lambda m: setattr(m, name, [])
    yield "5-branches", lambda m: setattr(m, name, getattr(m, name)[:1] * 5)
    yield "no-layers", lambda m: getattr(m, name).__setitem__(0, [])
    yield "65-layers", append(*[layer(licm.CLAMP, lo=0.0, hi=1.0)] * 65)
    yield "op-0", append(layer(0))
    yield "kernel-7", edit(kernel=7)
    yield "bits-9", edit(bits=9)
    yield "lo-is-hi", edit(lo=1.0, hi=1.0)
    yield "lo-nan", edit(lo=np.nan)
    yield "scale-infinite", put("scale", 0, np.inf)
    yield "bias-nan", put("bias", 1, np.nan)
    yield "weight-infinite", put("scale", 0, 3e38)
    yield "add-not-kept", append(layer(licm.ADD, slot=3))
    yield "add-slot-0", append(layer(licm.ADD, slot=0))
    yield "save-slot-4", append(layer(licm.SAVE, slot=4))
    yield "clamp-empty", append(layer(licm.CLAMP, lo=1.0, hi=-1.0))
    yield "output", append(layer(licm.GATE))


def resolution_edits(name):
    """Programs that end as they must, on a way that they must not take."""

    def insert(at, *layers):
        return lambda m: getattr(m, name)[0].__setitem__(slice(at, at), layers)

    down, up = layer(licm.UNSHUFFLE, r=2), layer(licm.SHUFFLE, r=2)
    yield "coarser-or-shuffled", insert(99 if name == "analysis" else 0, down, up)
    if name == "synthesis":
        yield "finer", lambda m: m.synthesis[0].extend([*m.synthesis[0][-2:], down, gathering_layer()])
        yield "shuffle-3", insert(1, layer(licm.SHUFFLE, r=3))
        yield "shuffle-of-4", insert(1, layer(licm.SHUFFLE, r=4))
        widening = gathering_layer(1, 1024 // 4 + 1)
        yield "1028-channels", insert(2, widening, down, up, gathering_layer(1024 // 4 + 1, 1))


def gathering_layer(inputs=12, outputs=3):
    ones = np.ones(outputs)
    return layer(
        licm.CONVOLUTION,
        kernel=1,
        stride=1,
        bits=8,
        lo=-1.0,
        hi=1.0,
        scale=ones,
        bias=ones,
        weight=np.ones((outputs, inputs, 1, 1)),
    )


def edited(edits, read, write):
    """(name, file) of the model that each edit made bad; read() gives a fresh good one."""
    for what, edit in edits:
        m = copy.deepcopy(read())
        edit(m)
        yield f"bad_model-{what}", write(m)


def prefixed(prefix, edits):
    return ((f"{prefix}-{what}", edit) for what, edit in edits)


def bad_models():
    """(file name, contents)."""
    decoder_file, encoder_file = read_least("dec"), read_least("enc")
    decoder = licm.read_model(decoder_file)
    encoder = licm.read_encoder_model(encoder_file, decoder)
    decoder_edits = [entropy_edits(), integer_program_edits()]
    decoder_edits += [prefixed("synthesis", edits("synthesis")) for edits in (float_edits, resolution_edits)]
    for edits in decoder_edits:
        for name, data in edited(edits, lambda: decoder, licm.write_model):
            yield f"{name}.dec.licm", data
    for name, data in bad_files(decoder_file):
        yield f"{name}.dec.licm", data
    for network in ("analysis", "hyper_analysis"):
        for edits in (float_edits(network), resolution_edits(network)):
            edits = prefixed(network.replace("_", "-"), edits)
            for name, data in edited(edits, lambda: encoder, lambda m: licm.write_encoder_model(m, decoder)):
                yield f"{name}.enc.licm", data
    for name, data in bad_encoder_files(encoder, decoder):
        yield f"{name}.enc.licm", data


def bad_encoder_files(encoder, decoder):
    other = copy.copy(decoder)
    other.id = bytes(8)
    yield "model_mismatch-owner", licm.write_encoder_model(encoder, other)
    owner = decoder.id + decoder.head_hash
    parts = [
        (licm.ANALYSIS, licm.write_float_network(encoder.analysis)),
        (licm.HYPER_ANALYSIS, licm.write_float_network(encoder.hyper_analysis)),
    ]
    yield "bad_model-no-owner", licm.model_file(2, "least", parts)
    yield "bad_model-owner-short", licm.model_file(2, "least", [(licm.OWNER, owner[:15]), *parts])
    yield "bad_model-owner-long", licm.model_file(2, "least", [(licm.OWNER, owner + b"\0"), *parts])
    yield "bad_model-kind", licm.model_file(1, "least", [(licm.OWNER, owner), *parts])
    yield "bad_model-no-hyper-analysis", licm.model_file(2, "least", [(licm.OWNER, owner), parts[0]])
    yield "unsupported_version-9", licm.model_file(2, "least", [(licm.OWNER, owner), *parts], 9)
    yield from bad_losses([(licm.OWNER, owner), *parts])
    yield "bad_checksum-hyper-analysis", licm.write_encoder_model(encoder, decoder)[:-1] + b"?"


def bad_losses(sections):
    """LOSS after all that has to be there."""

    def with_loss(*weights, rest=b""):
        return licm.model_file(2, "least", [*sections, (licm.LOSS, struct.pack(f"<{len(weights)}f", *weights) + rest)])

    yield "bad_model-loss-empty", with_loss()
    yield "bad_model-loss-short", with_loss(1, 1, 1)
    yield "bad_model-loss-long", with_loss(1, 1, 1, 1, rest=b"\0")
    yield "bad_model-loss-nan", with_loss(1, float("nan"), 1, 1)
    yield "bad_model-loss-negative", with_loss(-1, 1, 1, 1)
    yield "bad_model-loss-heavy", with_loss(1, 1, 1001, 1)
    yield "bad_model-loss-no-fidelity", with_loss(1, 1, 1, 0)
    yield "bad_model-loss-cut", with_loss(1, 1, 1, 1)[:-17]
    yield "bad_model-section-behind-loss", licm.model_file(
        2, "least", [*sections, (licm.LOSS, struct.pack("<4f", 1, 1, 1, 1)), (licm.LOSS, b"")]
    )
    yield "bad_model-section-22", licm.model_file(2, "least", [*sections, (22, b"")])
    yield "bad_checksum-loss", with_loss(1, 1, 1, 1)[:-1] + b"!"
