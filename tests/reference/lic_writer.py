"""Writes valid .lic files of any symbols, also of those that no encoder chooses, and invalid ones on purpose.

The writer walks the second decoder's own path; where that one takes a residual from a stream, here one is chosen and
noted. No network is involved: the symbols are whatever the choosers give.

    Chooser:  f(tables, model) -> residuals     one int for each entry of the list of table indices
"""

import struct
import zlib
from types import SimpleNamespace

import numpy as np

from tests.reference.lic_bytes import section
from tests.reference.lic_reference import (
    AUTOENCODER,
    EXIF,
    HYPER,
    ICC,
    INDEX,
    MAGIC,
    NETWORK,
    OVERFITTED,
    RANS_LOW,
    RANS_PRECISION,
    SlotTables,
    TILES,
    XMP,
    alpha_context,
    decode_hyper,
    decode_latents,
    derive_features,
    latent_window,
    symbol_hash,
    tiles_of,
)

# ---- Streams ---------------------------------------------------------------------------------------------------------


class RansWriter:
    """The mirror of RansReader: notes intervals, writes them last to first."""

    def __init__(self, tables):
        self.tables, self.intervals = tables, []  # (frequency, start)

    def put_raw_bits(self, value, count):
        frequency = 1 << (RANS_PRECISION - count)
        self.intervals.append((frequency, value * frequency))

    def put_residual(self, table, q):
        _, frequencies, starts, support = self.tables[table]
        if abs(q) <= support:
            self.intervals.append((frequencies[q + support], starts[q + support]))
        else:
            self.put_escape(table, abs(q), q < 0)

    def put_escape(self, table, magnitude, negative):
        _, frequencies, starts, support = self.tables[table]
        self.intervals.append((frequencies[-1], starts[-1]))
        bits = (magnitude - support).bit_length() - 1
        for _ in range(bits):
            self.put_raw_bits(1, 1)
        if bits <= 15:  # beyond, a decoder has given up
            self.put_raw_bits(0, 1)
            if bits:
                self.put_raw_bits(magnitude - support - (1 << bits), bits)
            self.put_raw_bits(int(negative), 1)

    def stream(self, first_state=RANS_LOW):
        """The bytes; another first state than RANS_LOW makes a stream that does not end as it must."""
        x, words = first_state, []
        for frequency, start in reversed(self.intervals):
            if x >= frequency << 17:
                words.append(x & 0xFFFF)
                x >>= 16
            x = (x // frequency << RANS_PRECISION) + x % frequency + start
        return struct.pack(f"<I{len(words)}H", x, *reversed(words))


class ChoosingCoder:
    """Stands where the decoder has a RansReader."""

    def __init__(self, model, tables, choose):
        self.model, self.choose, self.writer = model, choose, RansWriter(tables)

    def residuals(self, tables):
        chosen = [int(q) for q in self.choose(tables, self.model)]
        for table, q in zip(tables, chosen, strict=True):
            self.writer.put_residual(table, q)
        return chosen

    def finish(self):
        pass


# ---- Choosers --------------------------------------------------------------------------------------------------------


def all_zero(tables, _):
    return [0] * len(tables)


def constant(q):
    return lambda tables, _: [q] * len(tables)


def probable(seed):
    """Residuals as likely as their tables say, an escape a little beyond the support."""
    rng = np.random.default_rng(seed)

    def choose(tables, model):
        chosen = []
        for table in tables:
            frequency, escape = model.tables[table]
            support = len(frequency) - 1
            slot = int(rng.integers(0, 32768))
            magnitude = int(
                np.searchsorted(
                    np.cumsum(np.concatenate([frequency[:1], 2 * frequency[1:].astype(int)])), slot, "right"
                )
            )
            if magnitude > support:
                magnitude = support + int(rng.geometric(0.2))
            chosen.append(magnitude * int(rng.choice([-1, 1])))
        return chosen

    return choose


def wild(seed, limit=32767):
    """Residuals at every edge: 0, the support, one beyond it, powers of two beyond it, the largest."""
    rng = np.random.default_rng(seed)

    def choose(tables, model):
        chosen = []
        for table in tables:
            support = len(model.tables[table][0]) - 1
            edges = [
                0,
                1,
                support,
                support + 1,
                support + 2,
                support + 3,
                support + (1 << int(rng.integers(0, 15))),
                limit,
            ]
            chosen.append(min(limit, int(rng.choice(edges))) * int(rng.choice([-1, 1])))
        return chosen

    return choose


def hyper_values(z, model, quality256):
    """The chooser that makes the hyper-latents z, an array or a number for all."""
    offset = model.hyper_offset[(quality256 * 7 + 12800) // 25600].astype(int)

    def choose(tables, _):
        count = len(tables) // model.hyper_channels
        wanted = (
            np.broadcast_to(np.asarray(z, int).reshape(-1), len(tables))
            if np.size(z) == 1
            else np.asarray(z).reshape(-1)
        )
        return wanted - np.repeat(offset, count)

    return choose


# ---- Alpha -----------------------------------------------------------------------------------------------------------


def encode_alpha(alpha, classes, tables):
    """The stream of one tile with the given table indices of the classes; a constant tile takes one byte."""
    if (alpha == alpha[0, 0]).all():
        return bytes([alpha[0, 0]])
    writer = RansWriter(tables)
    values = alpha.astype(int).tolist()
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            prediction, pixel_class = alpha_context(values, y, x)
            writer.put_residual(classes[pixel_class], ((value - prediction + 128) & 255) - 128)
    return bytes(classes) + writer.stream()


# ---- Files -----------------------------------------------------------------------------------------------------------


def write_header(h):
    head = MAGIC + struct.pack(
        "<BBHII8s8sHBB",
        h.version, h.flags, h.quality256, h.width, h.height, h.model_id, h.head_hash, h.tile_units, h.coding, 0,
    )  # fmt: skip
    return head + struct.pack("<I", zlib.crc32(head))


def tiles_section(streams):
    payload = b"".join(streams)
    head = struct.pack("<BI", TILES, len(payload))
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def index_payload(streams):
    return b"".join(struct.pack("<II", len(stream), zlib.crc32(stream)) for stream in streams)


def write_file(h, first, streams, icc=b"", exif=b"", xmp=b"", unknown=(), trailer=b""):
    """A file from its parts. `first` is the payload of HYPER or NETWORK; `streams` are in the order of INDEX."""
    out = write_header(h)
    out += section(ICC, icc) if icc else b""
    out += section(NETWORK if h.coding == OVERFITTED else HYPER, first)
    out += section(INDEX, index_payload(streams)) + tiles_section(streams)
    out += section(EXIF, exif) if exif else b""
    out += section(XMP, xmp) if xmp else b""
    return out + b"".join(section(kind, payload) for kind, payload in unknown) + trailer


def header_of(model, width, height, quality256=12800, tile_units=16, alpha=None, grey=False):
    return SimpleNamespace(
        version=model.version,
        flags=(alpha is not None) | grey << 1,
        quality256=quality256,
        width=width,
        height=height,
        model_id=model.id,
        head_hash=model.head_hash,
        tile_units=tile_units,
        coding=AUTOENCODER,
    )


def write_picture(model, h, choose_hyper, choose_latents, alpha=None, alpha_classes=(20, 30, 40, 50), **extras):
    """A whole file and its symbol hash. `h` from header_of, `alpha` (height, width) u8, `extras` as of write_file."""
    tables = SlotTables(model)
    coder = ChoosingCoder(model, tables, choose_hyper)
    z = decode_hyper(model, h, coder)
    hyper = coder.writer.stream()
    features = derive_features(model, h, z)
    value16 = np.zeros((model.latent_channels, *features.shape[1:]), np.int64)
    streams = []
    for tile in tiles_of(h):
        window = latent_window(tile)
        coder = ChoosingCoder(model, tables, choose_latents)
        value16[window] = decode_latents(model, features[window], coder)
        streams.append(coder.writer.stream())
        if alpha is not None:
            y, x, height, width = tile
            streams.append(encode_alpha(alpha[y : y + height, x : x + width], alpha_classes, tables))
    data = write_file(h, hyper, streams, **extras)
    return data, symbol_hash(SimpleNamespace(z=z, value16=value16))
