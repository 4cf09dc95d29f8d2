"""Model files (.licm): writes and reads the bytes that docs/format.md specifies under "Model files".

Layers are plain dataclasses over numpy arrays; a program is a list of layers, a float network a list of programs
(branches).
"""
import dataclasses
import hashlib
import struct
import zlib

import numpy as np

MAGIC = b"\x89LIM"
DECODER, ENCODER = 1, 2
ENTROPY, SYNTHESIS, OWNER, ANALYSIS, HYPER_ANALYSIS, LOSS = 16, 17, 18, 19, 20, 21


@dataclasses.dataclass
class IntegerConvolution:
    """weight int8 (out, in, k, k), or depthwise (channels, k, k); multiplier (out); bias (sets, out)."""

    weight: np.ndarray
    multiplier: np.ndarray
    bias: np.ndarray
    shift: int
    lo: int
    hi: int


@dataclasses.dataclass
class FloatConvolution:
    """weight int8 or int16 (out, in, k, k), or depthwise (channels, k, k); scale and bias f32 (out)."""

    weight: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    lo: float = -np.inf
    hi: float = np.inf
    stride: int = 1


@dataclasses.dataclass
class Shuffle:
    r: int


@dataclasses.dataclass
class Unshuffle:
    r: int


@dataclasses.dataclass
class Save:
    slot: int


@dataclasses.dataclass
class Add:
    slot: int


@dataclasses.dataclass
class Clamp:
    lo: float
    hi: float


@dataclasses.dataclass
class Gate:
    """shift is for integer programs only."""

    shift: int = 0


@dataclasses.dataclass
class Table:
    """frequencies of 0..K and of the escape."""

    frequency: np.ndarray
    escape: int


@dataclasses.dataclass
class Entropy:
    """The entropy half of a decoder.

    group_table (passes, 4); gains int16 (8, M); hyper_offset, hyper_index (8, Z); tables: 64; two integer programs.
    """

    latent_channels: int
    hyper_channels: int
    feature_channels: int
    groups: int
    group_table: np.ndarray
    skip_below: int
    gains: np.ndarray
    hyper_offset: np.ndarray
    hyper_index: np.ndarray
    tables: list
    hyper_synthesis: list
    context: list


@dataclasses.dataclass
class Decoder:
    name: str
    version: int
    entropy: Entropy
    synthesis: list

    def model_id(self):
        return hashlib.sha256(write_entropy(self.entropy)).digest()[:8]

    def head_hash(self):
        return hashlib.sha256(write_network(self.synthesis)).digest()[:8]


@dataclasses.dataclass
class Encoder:
    name: str
    version: int
    model_id: bytes
    head_hash: bytes
    analysis: list
    hyper_analysis: list
    loss: tuple = ()  # weights of structure, detail, colour and fidelity; none: the squared error


class Reader:
    """Takes fields from bytes, little-endian."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, layout):
        layout = "<" + layout
        values = struct.unpack_from(layout, self.data, self.position)
        self.position += struct.calcsize(layout)
        return values if len(values) > 1 else values[0]

    def array(self, kind, *shape):
        count = int(np.prod(shape))
        values = np.frombuffer(self.data, kind, count, self.position).reshape(shape)
        self.position += values.nbytes
        return values.copy()


def pack(array, kind):
    return np.ascontiguousarray(array).astype(kind).tobytes()


def write_integer_layer(layer):
    if isinstance(layer, IntegerConvolution):
        w, sets = layer.weight, len(layer.bias)
        if w.ndim == 4:
            head = struct.pack(
                "<BBHHBBhh", 1, w.shape[2], w.shape[1], w.shape[0], sets, layer.shift, layer.lo, layer.hi
            )
        else:
            head = struct.pack("<BBBHBBhh", 2, w.shape[1], 1, w.shape[0], sets, layer.shift, layer.lo, layer.hi)
        return head + pack(layer.multiplier, "<i4") + pack(layer.bias, "<i4") + pack(w, "i1")
    if isinstance(layer, Clamp):
        return struct.pack("<Bhh", 7, layer.lo, layer.hi)
    if isinstance(layer, Gate):
        return struct.pack("<BB", 8, layer.shift)
    return write_plain_layer(layer)


def read_integer_layer(reader):
    op = reader.take("B")
    if op == 1:
        kernel, inputs, outputs, sets, shift, lo, hi = reader.take("BHHBBhh")
        shape = (outputs, inputs, kernel, kernel)
    elif op == 2:
        kernel, _, outputs, sets, shift, lo, hi = reader.take("BBHBBhh")
        shape = (outputs, kernel, kernel)
    elif op == 7:
        return Clamp(*reader.take("hh"))
    elif op == 8:
        return Gate(reader.take("B"))
    else:
        return read_plain_layer(op, reader)
    multiplier, bias = reader.array("<i4", outputs), reader.array("<i4", sets, outputs)
    return IntegerConvolution(reader.array("i1", *shape), multiplier, bias, shift, lo, hi)


def write_float_layer(layer):
    if isinstance(layer, FloatConvolution):
        w = layer.weight
        bits = 8 * w.itemsize
        if w.ndim == 4:
            head = struct.pack("<BBHHBff", 1, w.shape[2], w.shape[1], w.shape[0], bits, layer.lo, layer.hi)
        else:
            head = struct.pack("<BBBHBff", 2, w.shape[1], layer.stride, w.shape[0], bits, layer.lo, layer.hi)
        return head + pack(layer.scale, "<f4") + pack(layer.bias, "<f4") + pack(w, f"<i{w.itemsize}")
    if isinstance(layer, Clamp):
        return struct.pack("<Bff", 7, layer.lo, layer.hi)
    if isinstance(layer, Gate):
        return struct.pack("<B", 8)
    return write_plain_layer(layer)


def read_float_layer(reader):
    op, stride = reader.take("B"), 1
    if op == 1:
        kernel, inputs, outputs, bits, lo, hi = reader.take("BHHBff")
        shape = (outputs, inputs, kernel, kernel)
    elif op == 2:
        kernel, stride, outputs, bits, lo, hi = reader.take("BBHBff")
        shape = (outputs, kernel, kernel)
    elif op == 7:
        return Clamp(*reader.take("ff"))
    elif op == 8:
        return Gate()
    else:
        return read_plain_layer(op, reader)
    scale, bias = reader.array("<f4", outputs), reader.array("<f4", outputs)
    return FloatConvolution(reader.array(f"<i{bits // 8}", *shape), scale, bias, lo, hi, stride)


PLAIN = {3: Shuffle, 4: Unshuffle, 5: Save, 6: Add}


def write_plain_layer(layer):
    op = next(op for op, kind in PLAIN.items() if isinstance(layer, kind))
    return struct.pack("<BB", op, layer.r if op < 5 else layer.slot)


def read_plain_layer(op, reader):
    return PLAIN[op](reader.take("B"))


def write_program(layers, write_layer):
    return struct.pack("<B", len(layers)) + b"".join(write_layer(layer) for layer in layers)


def read_program(reader, read_layer):
    return [read_layer(reader) for _ in range(reader.take("B"))]


def write_network(branches):
    return struct.pack("<B", len(branches)) + b"".join(write_program(layers, write_float_layer) for layers in branches)


def read_network(data):
    reader = Reader(data)
    branches = [read_program(reader, read_float_layer) for _ in range(reader.take("B"))]
    check_end(reader)
    return branches


def write_entropy(e):
    head = struct.pack("<HHHBB", e.latent_channels, e.hyper_channels, e.feature_channels, len(e.group_table), e.groups)
    tables = b"".join(
        struct.pack("<H", len(t.frequency) - 1) + pack(t.frequency, "<u2") + struct.pack("<H", t.escape)
        for t in e.tables
    )
    return (
        head
        + pack(e.group_table, "u1")
        + struct.pack("<B", e.skip_below)
        + pack(e.gains, "<i2")
        + pack(e.hyper_offset, "<i2")
        + pack(e.hyper_index, "u1")
        + tables
        + write_program(e.hyper_synthesis, write_integer_layer)
        + write_program(e.context, write_integer_layer)
    )


def read_entropy(data):
    reader = Reader(data)
    m, z, features, passes, groups = reader.take("HHHBB")
    table, skip_below = reader.array("u1", passes, 4), reader.take("B")
    gains, offset, index = reader.array("<i2", 8, m), reader.array("<i2", 8, z), reader.array("u1", 8, z)
    tables = []
    for _ in range(64):
        frequency = reader.array("<u2", reader.take("H") + 1)
        tables.append(Table(frequency, reader.take("H")))
    hyper_synthesis, context = (read_program(reader, read_integer_layer) for _ in range(2))
    check_end(reader)
    return Entropy(m, z, features, groups, table, skip_below, gains, offset, index, tables, hyper_synthesis, context)


def check_end(reader):
    if reader.position != len(reader.data):
        raise ValueError("bytes after the last field")


def write_file(kind, name, version, sections):
    """sections: (type, payload) in their order -> bytes of the file."""
    out = MAGIC + struct.pack("<BBH", version, kind, len(name)) + name.encode("ascii")
    for section, payload in sections:
        head = struct.pack("<BI", section, len(payload))
        out += head + struct.pack("<I", zlib.crc32(head + payload)) + payload
    return out


def read_file(data, kind, types, optional=()):
    """-> name, version, payloads of the sections.

    The sections must be `types`; the `optional` ones may follow.
    """
    if data[:4] != MAGIC:
        raise ValueError("not a model file")
    reader = Reader(data)
    reader.position = 4
    version, found, length = reader.take("BBH")
    name, payloads = reader.array("u1", length).tobytes().decode("ascii"), []
    for section in (*types, *optional):
        start = reader.position
        if section in optional and start == len(data):
            break
        got, size, crc = reader.take("BII")
        payload = reader.array("u1", size).tobytes()
        if found != kind or got != section:
            raise ValueError("another kind of model file")
        if crc != zlib.crc32(data[start : start + 5] + payload):
            raise ValueError("bad checksum")
        payloads.append(payload)
    check_end(reader)
    return name, version, payloads


def write_decoder(model):
    return write_file(
        DECODER,
        model.name,
        model.version,
        ((ENTROPY, write_entropy(model.entropy)), (SYNTHESIS, write_network(model.synthesis))),
    )


def read_decoder(data):
    name, version, (entropy, synthesis) = read_file(data, DECODER, (ENTROPY, SYNTHESIS))
    return Decoder(name, version, read_entropy(entropy), read_network(synthesis))


def write_encoder(model):
    return write_file(
        ENCODER,
        model.name,
        model.version,
        (
            (OWNER, model.model_id + model.head_hash),
            (ANALYSIS, write_network(model.analysis)),
            (HYPER_ANALYSIS, write_network(model.hyper_analysis)),
            *([(LOSS, pack(model.loss, "<f4"))] if model.loss else []),
        ),
    )


def read_encoder(data):
    name, version, (owner, analysis, hyper, *loss) = read_file(
        data, ENCODER, (OWNER, ANALYSIS, HYPER_ANALYSIS), (LOSS,)
    )
    weights = tuple(Reader(loss[0]).array("<f4", 4).tolist()) if loss else ()
    return Encoder(name, version, owner[:8], owner[8:], read_network(analysis), read_network(hyper), weights)
