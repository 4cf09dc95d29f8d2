"""Second decoder of the entropy half of .lic files: hyper-latents, latents and alpha, exact.

    python3 -m tests.reference.lic_reference MODEL.dec.licm FILE.lic...

prints a line for each file: its name and its symbol hash, or the name of the error (docs/format.md#errors).
Written from docs/format.md alone: nothing here was taken from the C++ sources, so that an agreement of both
says that the document is complete. The order of the functions is that of the document.
"""

import hashlib
import struct
import sys
import zlib
from types import SimpleNamespace

import numpy as np

from tests.reference.lic_bytes import FormatError
from tests.reference.lic_integers import I16_MAX, I16_MIN, run_integer_program
from tests.reference.lic_model import HYPER_MAX, NO_GROUP, read_model

MAGIC = b"\x89LIC"
HEADER_BYTES = 40
ICC, HYPER, INDEX, TILES, EXIF, XMP, NETWORK = range(1, 8)
AUTOENCODER, OVERFITTED = range(2)
ORDERS = [(ICC, needed, INDEX, TILES, EXIF, XMP) for needed in (HYPER, NETWORK)]  # of sections, by coding
LEAST_LENGTH = {"latent": 4, "alpha": 8, "grid": 32}  # of streams; an alpha stream may also have one byte
FIRST_SKIPPED_TYPE = 128
BLOCK_MAX = 4194304
RANS_PRECISION = 15
RANS_LOW = 1 << 16


def div_up(a, b):
    return -(-a // b)


# ---- Picture file ----------------------------------------------------------------------------------------------------


def read_header(data):
    if len(data) < HEADER_BYTES:
        raise FormatError("truncated" if data[:4] == MAGIC[: len(data)] else "not_lic", "header")
    if data[:4] != MAGIC:
        raise FormatError("not_lic", "magic")
    h = SimpleNamespace()
    (
        h.version,
        h.flags,
        h.quality256,
        h.width,
        h.height,
        h.model_id,
        h.head_hash,
        h.tile_units,
        h.coding,
        zero,
        crc,
    ) = struct.unpack("<BBHII8s8sHBBI", data[4:HEADER_BYTES])
    if zlib.crc32(data[:36]) != crc:
        raise FormatError("bad_checksum", "header")
    if h.version > 2:
        raise FormatError("unsupported_version", f"version {h.version}")
    fields_hold = (
        h.flags < 4
        and 256 <= h.quality256 <= 25600
        and 1 <= h.width <= 65535
        and 1 <= h.height <= 65535
        and h.width * h.height <= 1 << 28
        and 1 <= h.tile_units <= 1024
        and h.coding == (h.version == 2)
        and zero == 0
    )
    if not fields_hold:
        raise FormatError("bad_header", "a field outside its range")
    h.has_alpha, h.is_grey = bool(h.flags & 1), bool(h.flags & 2)
    return h


def tiles_of(h):
    """(y, x, height, width) in pixels of every tile in raster order."""
    side = h.tile_units * 64
    for y in range(0, h.height, side):
        for x in range(0, h.width, side):
            yield y, x, min(side, h.height - y), min(side, h.width - x)


def is_section(data, at):
    """Whether a whole section with a right checksum begins there."""
    if at + 9 > len(data):
        return False
    kind, length, crc = struct.unpack("<BII", data[at : at + 9])
    covered = b"" if kind == TILES else data[at + 9 : at + 9 + length]
    return at + 9 + length <= len(data) and zlib.crc32(data[at : at + 5] + covered) == crc


def read_sections(data, at, coding):
    """Payloads by type, all duties but those of the contents checked. A trailer is passed over."""
    order = ORDERS[coding]
    sections, last = {}, -1
    while at < len(data) and (TILES not in sections or is_section(data, at)):
        if at + 9 > len(data):
            raise FormatError("truncated", "head of a section")
        kind, length, crc = struct.unpack("<BII", data[at : at + 9])
        if kind not in order and kind < FIRST_SKIPPED_TYPE:
            raise FormatError("bad_section", f"type {kind} is unknown, or of another coding")
        place = order.index(kind) if kind in order else kind
        if place <= last:
            raise FormatError("bad_section", f"type {kind} is not after the type before it")
        if any(needed not in sections for needed in order[1 : min(place, 4)]):
            raise FormatError("bad_section", f"a required section is missing before type {kind}")
        if at + 9 + length > len(data):
            raise FormatError("truncated", f"section {kind}")
        payload = data[at + 9 : at + 9 + length]
        if not is_section(data, at):
            raise FormatError("bad_checksum", f"section {kind}")
        if kind in (ICC, EXIF, XMP) and not 1 <= length <= BLOCK_MAX:
            raise FormatError("bad_section", f"length of section {kind}")
        sections[kind], last, at = payload, place, at + 9 + length
    if TILES not in sections:
        raise FormatError("truncated", "ends before TILES")
    return sections


def read_streams(sections, kinds):
    """The streams of TILES; `kinds` has for each the key of its least length."""
    if len(sections[INDEX]) != 8 * len(kinds):
        raise FormatError("bad_section", "length of INDEX")
    entries = list(struct.iter_unpack("<II", sections[INDEX]))
    if sum(length for length, _ in entries) != len(sections[TILES]):
        raise FormatError("bad_section", "length of TILES")
    streams, at = [], 0
    for (length, crc), kind in zip(entries, kinds):
        if not (length == 1 and kind == "alpha" or length % 2 == 0 and length >= LEAST_LENGTH[kind]):
            raise FormatError("bad_section", f"length of {kind} stream {len(streams)}")
        stream = sections[TILES][at : at + length]
        at += length
        if zlib.crc32(stream) != crc:
            raise FormatError("bad_checksum", f"stream {len(streams)}")
        streams.append(stream)
    return streams


def read_layout(data):
    """The header, with the streams and metadata of the whole file.

    These are hyper, latent_streams, alpha_streams, icc, exif and xmp.
    """
    h = read_header(data)
    sections = read_sections(data, HEADER_BYTES, AUTOENCODER)
    h.hyper = sections[HYPER]
    h.icc, h.exif, h.xmp = (sections.get(kind, b"") for kind in (ICC, EXIF, XMP))
    if len(h.hyper) < 4 or len(h.hyper) % 2:
        raise FormatError("bad_section", "length of HYPER")
    kinds = ["latent", "alpha"] if h.has_alpha else ["latent"]
    streams = read_streams(sections, kinds * sum(1 for _ in tiles_of(h)))
    h.latent_streams = streams[:: len(kinds)]
    h.alpha_streams = streams[1::2] if h.has_alpha else []
    return h


# ---- Entropy coding --------------------------------------------------------------------------------------------------


class SlotTables:
    """For each table of a model: slot -> (residual, frequency, start), made when first used.

    The residual of the escape is None.
    """

    def __init__(self, model):
        self.model, self.made = model, {}

    def __getitem__(self, index):
        if index not in self.made:
            self.made[index] = self.make(*self.model.tables[index])
        return self.made[index]

    @staticmethod
    def make(frequency, escape):
        support = len(frequency) - 1
        frequencies = np.concatenate([frequency[:0:-1], frequency, [escape]]).astype(np.int64)
        starts = np.cumsum(frequencies) - frequencies
        symbol_of_slot = np.repeat(np.arange(len(frequencies)), frequencies).tolist()
        return symbol_of_slot, frequencies.tolist(), starts.tolist(), support


class RansReader:
    """Takes residuals from a stream (docs/format.md#rans, #residual-tables)."""

    def __init__(self, stream, tables):
        self.tables = tables
        self.x = int.from_bytes(stream[:4], "little")
        if self.x < RANS_LOW:
            raise FormatError("bad_stream", "first state")
        self.words = iter(np.frombuffer(stream, "<u2", offset=4).tolist())

    def advance(self, frequency, start):
        x = frequency * (self.x >> RANS_PRECISION) + (self.x & 32767) - start
        if x < RANS_LOW:
            word = next(self.words, None)
            if word is None:
                raise FormatError("bad_stream", "no word left")
            x = x << 16 | word
        self.x = x

    def raw_bits(self, count):
        value = (self.x & 32767) >> (RANS_PRECISION - count)
        frequency = 1 << (RANS_PRECISION - count)
        self.advance(frequency, value * frequency)
        return value

    def escaped(self, support):
        bits = 0
        while self.raw_bits(1):
            bits += 1
            if bits > 15:
                raise FormatError("bad_stream", "an escape with too many bits")
        magnitude = support + ((1 << bits) | (self.raw_bits(bits) if bits else 0))
        negative = self.raw_bits(1)
        if magnitude > 32767:
            raise FormatError("bad_stream", "a residual above 32767")
        return -magnitude if negative else magnitude

    def residual(self, table):
        symbol_of_slot, frequencies, starts, support = self.tables[table]
        symbol = symbol_of_slot[self.x & 32767]
        self.advance(frequencies[symbol], starts[symbol])
        return self.escaped(support) if symbol == 2 * support + 1 else symbol - support

    def residuals(self, tables):
        return [self.residual(table) for table in tables]

    def finish(self):
        if self.x != RANS_LOW or next(self.words, None) is not None:
            raise FormatError("bad_stream", "the stream does not end with its symbols")


def decode_hyper(model, h, coder):
    """z (hyper_channels, height, width)."""
    shape = (model.hyper_channels, div_up(h.height, 64), div_up(h.width, 64))
    anchor = (h.quality256 * 7 + 12800) // 25600
    per_channel = shape[1] * shape[2]
    tables = np.repeat(model.hyper_table[anchor], per_channel).tolist()
    z = (
        np.array(coder.residuals(tables), np.int64).reshape(shape)
        + model.hyper_offset[anchor].astype(np.int64)[:, None, None]
    )
    if (np.abs(z) > HYPER_MAX).any():
        raise FormatError("bad_stream", "a hyper-latent above 1023")
    coder.finish()
    return z


def derive_features(model, h, z):
    features = run_integer_program(model.hyper_synthesis, z)
    return features[:, : div_up(h.height, 16), : div_up(h.width, 16)]


def coded_in_pass(model, p, height, width):
    """Which latents (height, width, channels) of a tile pass p codes."""
    rows, columns = np.indices((height, width))
    group_here = model.group[p][2 * (rows & 1) + (columns & 1)].astype(int)
    group_of_channel = np.arange(model.latent_channels) // (model.latent_channels // model.groups)
    return (group_here[:, :, None] == group_of_channel) & (group_here[:, :, None] != NO_GROUP)


def decode_latents(model, features, coder):
    """value16 (latent_channels, height, width) of one tile from the features of that tile."""
    _, height, width = features.shape
    channels = model.latent_channels
    context = np.zeros((channels, height, width), np.int64)
    value16 = np.zeros((channels, height, width), np.int64)
    for p in range(model.passes):
        output = run_integer_program(model.context, context, features, p)
        mean = output[:channels]
        scale = np.clip(output[channels:], 0, 63).transpose(1, 2, 0)
        coded = coded_in_pass(model, p, height, width)
        read = coded & (scale >= model.skip_below)
        q = np.zeros((height, width, channels), np.int64)
        q[read] = coder.residuals(scale[read].tolist())
        coded = coded.transpose(2, 0, 1)
        value16[coded] = (16 * q.transpose(2, 0, 1) + mean)[coded]
        context = np.clip(value16, I16_MIN, I16_MAX)
    coder.finish()
    return value16


def alpha_context(alpha, y, x):
    """The prediction and the class of a pixel from its neighbours in the tile."""
    if y == 0:
        return (alpha[0][x - 1] if x else 255), 0
    if x == 0:
        return alpha[y - 1][0], 0
    w, n, nw = alpha[y][x - 1], alpha[y - 1][x], alpha[y - 1][x - 1]
    d = abs(w - nw) + abs(n - nw)
    return min(max(w + n - nw, min(w, n)), max(w, n)), (0 if d == 0 else 1 if d < 8 else 2 if d < 32 else 3)


def decode_alpha(stream, height, width, tables):
    if len(stream) == 1:
        return np.full((height, width), stream[0], np.uint8)
    classes = stream[:4]
    if max(classes) > 63:
        raise FormatError("bad_stream", "an alpha table above 63")
    coder = RansReader(stream[4:], tables)
    alpha = [[0] * width for _ in range(height)]
    for y in range(height):
        for x in range(width):
            prediction, pixel_class = alpha_context(alpha, y, x)
            q = coder.residual(classes[pixel_class])
            if not -128 <= q <= 127:
                raise FormatError("bad_stream", "an alpha residual outside a byte")
            alpha[y][x] = (prediction + q) & 255
    coder.finish()
    return np.array(alpha, np.uint8)


# ---- Whole files -----------------------------------------------------------------------------------------------------


def latent_window(tile):
    """The slice of the latent grid that a tile covers."""
    y, x, height, width = tile
    return (slice(None), slice(y // 16, y // 16 + div_up(height, 16)), slice(x // 16, x // 16 + div_up(width, 16)))


def decode(data, model):
    """A namespace with header, z, value16 (of the whole picture) and alpha (or None)."""
    h = read_layout(data)
    if h.model_id != model.id:
        raise FormatError("model_mismatch", "made with another model")
    tables = SlotTables(model)
    z = decode_hyper(model, h, RansReader(h.hyper, tables))
    features = derive_features(model, h, z)
    value16 = np.zeros((model.latent_channels, *features.shape[1:]), np.int64)
    alpha = np.zeros((h.height, h.width), np.uint8) if h.has_alpha else None
    for i, tile in enumerate(tiles_of(h)):
        window = latent_window(tile)
        value16[window] = decode_latents(model, features[window], RansReader(h.latent_streams[i], tables))
        if h.has_alpha:
            y, x, height, width = tile
            alpha[y : y + height, x : x + width] = decode_alpha(h.alpha_streams[i], height, width, tables)
    return SimpleNamespace(header=h, z=z, value16=value16, alpha=alpha)


def symbol_hash(decoded):
    latents = np.clip(decoded.value16, I16_MIN, I16_MAX)
    return hashlib.sha256(decoded.z.astype("<i2").tobytes() + latents.astype("<i2").tobytes()).hexdigest()


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    model = read_model(read_file(arguments[0]))
    for path in arguments[1:]:
        try:
            print(path, symbol_hash(decode(read_file(path), model)))
        except FormatError as error:
            print(path, error.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
