"""Model files (.licm), read with every duty of docs/format.md#model-files, and written.

Written from the document alone: nothing here was taken from the C++ sources. Layers are plain namespaces whose fields
have the names of the document; read_model(write_model(m)) gives m back, so that a test can change one field of a good
model.
"""

import struct
import zlib
from types import SimpleNamespace

import numpy as np

from tests.reference.lic_bytes import Cursor, FormatError, packed, require, section, short_id

SCALE_COUNT = 64
ANCHOR_COUNT = 8
HYPER_MAX = 1023
RANS_TOTAL = 1 << 15
NO_GROUP = 255
MAGIC = b"\x89LIM"
ENTROPY, SYNTHESIS, OWNER, ANALYSIS, HYPER_ANALYSIS, LOSS = 16, 17, 18, 19, 20, 21
CONVOLUTION, DEPTHWISE, SHUFFLE, UNSHUFFLE, SAVE, ADD, CLAMP, GATE = range(1, 9)


# ---- Files -----------------------------------------------------------------------------------------------------------


def model_file(kind, name, sections, version=0):
    """A whole file from (type, payload) pairs."""
    head = MAGIC + struct.pack("<BBH", version, kind, len(name)) + name.encode()
    return head + b"".join(section(*pair) for pair in sections)


def split_model_file(data, kind, types, optional=None):
    """The name, the version and the payloads of the sections, and of the optional one after them if it is there."""
    cursor = Cursor(data)
    require(cursor.take(4) == MAGIC, "magic")
    version, found_kind, name_length = cursor.one("B"), cursor.one("B"), cursor.one("H")
    if version > 1:
        raise FormatError("unsupported_version", f"model version {version}")
    require(found_kind == kind, "kind")
    require(1 <= name_length <= 64, "length of the name")
    name = cursor.take(name_length)
    require(all(c in b"abcdefghijklmnopqrstuvwxyz0123456789-" for c in name), "name")
    payloads = []
    for wanted in (*types, optional):
        if wanted == optional and (optional is None or cursor.at == len(data)):
            break
        head = cursor.take(9)
        section_type, length, crc = struct.unpack("<BII", head)
        require(section_type == wanted, "section type")
        payload = cursor.take(length)
        if zlib.crc32(head[:5] + payload) != crc:
            raise FormatError("bad_checksum", f"section {wanted}")
        payloads.append(payload)
    cursor.finish()
    return name.decode(), version, payloads


# ---- Integer programs ------------------------------------------------------------------------------------------------


def write_integer_program(layers):
    out = struct.pack("<B", len(layers))
    for layer in layers:
        out += struct.pack("<B", layer.op)
        if layer.op in (CONVOLUTION, DEPTHWISE):
            if layer.op == CONVOLUTION:
                out += struct.pack("<BHH", layer.kernel, layer.weight.shape[1], layer.weight.shape[0])
            else:
                out += struct.pack("<BBH", layer.kernel, layer.stride, layer.weight.shape[0])
            out += struct.pack("<BBhh", len(layer.bias), layer.shift, layer.lo, layer.hi)
            out += packed("i4", layer.multiplier) + packed("i4", layer.bias) + packed("i1", layer.weight)
        elif layer.op == SHUFFLE:
            out += struct.pack("<B", layer.r)
        elif layer.op in (SAVE, ADD):
            out += struct.pack("<B", layer.slot)
        elif layer.op == CLAMP:
            out += struct.pack("<hh", layer.lo, layer.hi)
        elif layer.op == GATE:
            out += struct.pack("<B", layer.shift)
    return out


def read_integer_layer(cursor):
    layer = SimpleNamespace(op=cursor.one("B"))
    if layer.op in (CONVOLUTION, DEPTHWISE):
        layer.kernel = cursor.one("B")
        if layer.op == CONVOLUTION:
            require(layer.kernel in (1, 3), "kernel")
            channels_in, channels_out = cursor.many("H", 2)
            shape = (channels_out, channels_in, layer.kernel, layer.kernel)
        else:
            require(layer.kernel == 3, "kernel")
            layer.stride = cursor.one("B")
            require(layer.stride == 1, "stride")
            channels_in = channels_out = cursor.one("H")
            shape = (channels_out, 3, 3)
        require(1 <= channels_in <= 1024 and 1 <= channels_out <= 1024, "channels")
        bias_sets, layer.shift = cursor.many("B", 2)
        layer.lo, layer.hi = cursor.many("h", 2)
        require(1 <= layer.shift <= 46, "shift")
        require(layer.lo <= layer.hi, "lo above hi")
        layer.multiplier = cursor.array("i4", channels_out)
        layer.bias = cursor.array("i4", bias_sets, channels_out)
        layer.weight = cursor.array("i1", *shape)
        require((layer.multiplier > 0).all(), "multiplier")
    elif layer.op == SHUFFLE:
        layer.r = cursor.one("B")
        require(layer.r in (2, 4), "shuffle")
    elif layer.op in (SAVE, ADD):
        layer.slot = cursor.one("B")
        require((1 if layer.op == SAVE else 0) <= layer.slot <= 3, "slot")
    elif layer.op == CLAMP:
        layer.lo, layer.hi = cursor.many("h", 2)
        require(layer.lo <= layer.hi, "lo above hi")
    elif layer.op == GATE:
        layer.shift = cursor.one("B")
        require(1 <= layer.shift <= 30, "shift")
    else:
        require(False, "op")
    return layer


def read_integer_program(cursor, channels, magnitude, bias_sets, side_channels, target):
    """Layers that turn `channels` planes of |value| <= magnitude into target = (channels, enlargement)."""
    count = cursor.one("B")
    require(1 <= count <= 64, "number of layers")
    layers, enlargement = [], 1
    kept = {} if side_channels is None else {0: (side_channels, 1)}
    for _ in range(count):
        layer = read_integer_layer(cursor)
        layers.append(layer)
        if layer.op in (CONVOLUTION, DEPTHWISE):
            outputs = layer.weight.shape[0]
            inputs = layer.weight.shape[1] if layer.op == CONVOLUTION else outputs
            require(inputs == channels, "channels of neighbouring layers")
            require(len(layer.bias) in bias_sets, "bias sets")
            sums = np.abs(layer.weight.astype(np.int64)).reshape(outputs, -1).sum(1) * magnitude
            require((sums + np.abs(layer.bias.astype(np.int64)) < 1 << 31).all(), "a sum may leave 32 bits")
            channels, magnitude = outputs, max(-layer.lo, layer.lo, layer.hi, -layer.hi)
        elif layer.op == SHUFFLE:
            require(channels % layer.r**2 == 0, "channels of a shuffle")
            channels, enlargement = channels // layer.r**2, enlargement * layer.r
            require(enlargement <= target[1], "resolution")
        elif layer.op == SAVE:
            kept[layer.slot] = (channels, enlargement)
        elif layer.op == ADD:
            require(kept.get(layer.slot) == (channels, enlargement), "no such plane to add")
            magnitude = 32768
        elif layer.op == CLAMP:
            magnitude = max(-layer.lo, layer.lo, layer.hi, -layer.hi)
        elif layer.op == GATE:
            require(channels % 2 == 0, "channels of a gate")
            channels, magnitude = channels // 2, 32768
    require((channels, enlargement) == target, "output of the program")
    return layers


# ---- Float programs --------------------------------------------------------------------------------------------------


def write_float_network(branches):
    out = struct.pack("<B", len(branches))
    for layers in branches:
        out += struct.pack("<B", len(layers))
        for layer in layers:
            out += struct.pack("<B", layer.op)
            if layer.op in (CONVOLUTION, DEPTHWISE):
                if layer.op == CONVOLUTION:
                    out += struct.pack("<BHH", layer.kernel, layer.weight.shape[1], layer.weight.shape[0])
                else:
                    out += struct.pack("<BBH", layer.kernel, layer.stride, layer.weight.shape[0])
                out += struct.pack("<Bff", layer.bits, layer.lo, layer.hi)
                out += (
                    packed("f4", layer.scale) + packed("f4", layer.bias) + packed(f"i{layer.bits // 8}", layer.weight)
                )
            elif layer.op in (SHUFFLE, UNSHUFFLE):
                out += struct.pack("<B", layer.r)
            elif layer.op in (SAVE, ADD):
                out += struct.pack("<B", layer.slot)
            elif layer.op == CLAMP:
                out += struct.pack("<ff", layer.lo, layer.hi)
    return out


def read_float_layer(cursor):
    layer = SimpleNamespace(op=cursor.one("B"))
    if layer.op in (CONVOLUTION, DEPTHWISE):
        layer.kernel = cursor.one("B")
        if layer.op == CONVOLUTION:
            require(layer.kernel in (1, 3), "kernel")
            layer.stride = 1
            channels_in, channels_out = cursor.many("H", 2)
            shape = (channels_out, channels_in, layer.kernel, layer.kernel)
        else:
            require(layer.kernel in (3, 5), "kernel")
            layer.stride = cursor.one("B")
            require(layer.stride in (1, 2), "stride")
            channels_in = channels_out = cursor.one("H")
            shape = (channels_out, layer.kernel, layer.kernel)
        require(1 <= channels_in <= 1024 and 1 <= channels_out <= 1024, "channels")
        layer.bits = cursor.one("B")
        require(layer.bits in (8, 16), "bits")
        layer.lo, layer.hi = cursor.many("f", 2)
        require(layer.lo < layer.hi, "lo not below hi")
        layer.scale, layer.bias = cursor.array("f4", channels_out), cursor.array("f4", channels_out)
        require(np.isfinite(layer.scale).all() and np.isfinite(layer.bias).all(), "a number that is not finite")
        layer.weight = cursor.array(f"i{layer.bits // 8}", *shape)
        with np.errstate(over="ignore"):
            largest = np.abs(layer.weight.astype(np.float32)).reshape(channels_out, -1).max(1)
            require(np.isfinite(largest * layer.scale).all(), "a weight that is not finite")
    elif layer.op in (SHUFFLE, UNSHUFFLE):
        layer.r = cursor.one("B")
        require(layer.r in (2, 4, 8, 16), "shuffle")
    elif layer.op in (SAVE, ADD):
        layer.slot = cursor.one("B")
        require(1 <= layer.slot <= 3, "slot")
    elif layer.op == CLAMP:
        layer.lo, layer.hi = cursor.many("f", 2)
        require(layer.lo < layer.hi, "lo not below hi")
    else:
        require(layer.op == GATE, "op")
    return layer


def read_float_network(payload, channels_in, channels_out, step_in, step_out):
    """Branches from channels_in at 1/step_in to channels_out at 1/step_out."""
    cursor = Cursor(payload)
    count = cursor.one("B")
    require(1 <= count <= 4, "number of branches")
    branches = []
    for _ in range(count):
        layers, channels, step, kept = [], channels_in, step_in, {}
        layer_count = cursor.one("B")
        require(1 <= layer_count <= 64, "number of layers")
        for _ in range(layer_count):
            layer = read_float_layer(cursor)
            layers.append(layer)
            if layer.op in (CONVOLUTION, DEPTHWISE):
                require(
                    layer.weight.shape[1 if layer.op == CONVOLUTION else 0] == channels,
                    "channels of neighbouring layers",
                )
                channels, step = layer.weight.shape[0], step * layer.stride
            elif layer.op == SHUFFLE:
                require(channels % layer.r**2 == 0 and step % layer.r == 0, "shuffle")
                channels, step = channels // layer.r**2, step // layer.r
            elif layer.op == UNSHUFFLE:
                channels, step = channels * layer.r**2, step * layer.r
            elif layer.op == SAVE:
                kept[layer.slot] = (channels, step)
            elif layer.op == ADD:
                require(kept.get(layer.slot) == (channels, step), "no such plane to add")
            elif layer.op == GATE:
                require(channels % 2 == 0, "channels of a gate")
                channels //= 2
            require(
                channels <= 1024 and min(step_in, step_out) <= step <= max(step_in, step_out), "channels or resolution"
            )
            require(layer.op not in (SHUFFLE, UNSHUFFLE) or step_out <= 16, "a shuffle in hyper-analysis")
        require((channels, step) == (channels_out, step_out), "output of the network")
        branches.append(layers)
    cursor.finish()
    return branches


# ---- Models ----------------------------------------------------------------------------------------------------------


def write_entropy(m):
    out = struct.pack("<HHHBB", m.latent_channels, m.hyper_channels, m.feature_channels, m.passes, m.groups)
    out += packed("u1", m.group) + struct.pack("<B", m.skip_below)
    out += packed("i2", m.log2_gain) + packed("i2", m.hyper_offset) + packed("u1", m.hyper_table)
    for frequency, escape in m.tables:
        out += struct.pack("<H", len(frequency) - 1) + packed("u2", frequency) + struct.pack("<H", escape)
    return out + write_integer_program(m.hyper_synthesis) + write_integer_program(m.context)


def read_entropy(payload):
    c, m = Cursor(payload), SimpleNamespace()
    m.latent_channels, m.hyper_channels, m.feature_channels = c.many("H", 3)
    m.passes, m.groups = c.many("B", 2)
    require(
        1 <= m.latent_channels <= 512 and 1 <= m.hyper_channels <= 256 and 1 <= m.feature_channels <= 512, "channels"
    )
    require(1 <= m.passes <= 8 and 1 <= m.groups <= 8 and m.latent_channels % m.groups == 0, "passes or groups")
    m.group = c.array("u1", m.passes, 4)
    for position_class in range(4):
        coded = sorted(g for g in m.group[:, position_class].tolist() if g != NO_GROUP)
        require(coded == list(range(m.groups)), "each group exactly once")
    m.skip_below = c.one("B")
    require(m.skip_below <= 63, "skip_below")
    m.log2_gain = c.array("i2", ANCHOR_COUNT, m.latent_channels)
    require((m.log2_gain >= -8192).all() and (m.log2_gain <= 14336).all(), "log2 gain")
    m.hyper_offset = c.array("i2", ANCHOR_COUNT, m.hyper_channels)
    require((np.abs(m.hyper_offset.astype(int)) <= HYPER_MAX).all(), "hyper offset")
    m.hyper_table = c.array("u1", ANCHOR_COUNT, m.hyper_channels)
    require((m.hyper_table < SCALE_COUNT).all(), "hyper table")
    m.tables = []
    for _ in range(SCALE_COUNT):
        support = c.one("H")
        require(1 <= support <= 4095, "support")
        frequency, escape = c.array("u2", support + 1), c.one("H")
        require((frequency >= 1).all() and escape >= 1, "a frequency of 0")
        require(2 * frequency.sum(dtype=np.int64) - frequency[0] + escape == RANS_TOTAL, "sum of a table")
        m.tables.append((frequency, escape))
    m.hyper_synthesis = read_integer_program(c, m.hyper_channels, HYPER_MAX, {1}, None, (m.feature_channels, 4))
    m.context = read_integer_program(
        c, m.latent_channels, 32768, {1, m.passes}, m.feature_channels, (2 * m.latent_channels, 1)
    )
    c.finish()
    return m


def write_model(m):
    sections = [(ENTROPY, write_entropy(m)), (SYNTHESIS, write_float_network(m.synthesis))]
    return model_file(1, m.name, sections, m.version)


def read_model(data):
    """A decoder model: the fields of ENTROPY, and name, version, id, head_hash, synthesis."""
    name, version, (entropy, synthesis) = split_model_file(data, 1, (ENTROPY, SYNTHESIS))
    m = read_entropy(entropy)
    m.name, m.version, m.id, m.head_hash = name, version, short_id(entropy), short_id(synthesis)
    m.synthesis = read_float_network(synthesis, m.latent_channels, 3, 16, 1)
    return m


def write_encoder_model(m, decoder):
    sections = [
        (OWNER, decoder.id + decoder.head_hash),
        (ANALYSIS, write_float_network(m.analysis)),
        (HYPER_ANALYSIS, write_float_network(m.hyper_analysis)),
    ]
    if m.loss is not None:
        sections.append((LOSS, packed("<f4", m.loss)))
    return model_file(2, m.name, sections, m.version)


def read_loss(payload):
    cursor = Cursor(payload)
    weights = cursor.array("<f4", 4)
    cursor.finish()
    require(all(0 <= weight <= 1000 for weight in weights) and weights[3] > 0, "weights of the loss")
    return weights


def read_encoder_model(data, decoder):
    name, version, (owner, analysis, hyper_analysis, *loss) = split_model_file(
        data, 2, (OWNER, ANALYSIS, HYPER_ANALYSIS), LOSS
    )
    require(len(owner) == 16, "length of OWNER")
    if owner[:8] != decoder.id:
        raise FormatError("model_mismatch", "made for another decoder model")
    m = SimpleNamespace(name=name, version=version)
    m.analysis = read_float_network(analysis, 3, decoder.latent_channels, 1, 16)
    m.hyper_analysis = read_float_network(hyper_analysis, decoder.latent_channels, decoder.hyper_channels, 16, 64)
    m.loss = read_loss(loss[0]) if loss else None
    return m
