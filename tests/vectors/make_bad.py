"""Makes the files that must not decode as if nothing were wrong.

    python3 -m tests.vectors.make_bad           writes them
    python3 -m tests.vectors.make_bad --check   makes sure that the files there are what the script makes

bad/     reject vectors: NAME_OF_ERROR-what.lic, .dec.licm and .enc.licm, each with one violation of the format.
         Pictures are to be decoded with tests/models/tiny.dec.licm, encoder models to be loaded for
         tests/models/least.dec.licm. Every checksum but the one that a file is about holds, so that a reader gets to
         the violation.
broken/  tiny-broken.dec.licm, the model tiny with the multipliers of its last context layer one higher, and some
         vectors that claim this model. They stand for a decoder that rounds wrongly: their symbol hashes must not be
         those of the vectors of the same name in the manifest (or their streams end with bad_stream).
"""

import copy
import os
import struct
import sys
import zlib

import numpy as np

from tests.reference.lic_bytes import section
from tests.reference.lic_model import read_model, write_model
from tests.reference.lic_reference import EXIF, HEADER_BYTES, HYPER, ICC, INDEX, SlotTables, TILES, XMP, read_layout
from tests.reference.lic_writer import (
    RansWriter,
    header_of,
    hyper_values,
    index_payload,
    probable,
    tiles_section,
    write_picture,
)
from tests.vectors.bad_models import bad_models
from tests.vectors.recipes import HERE, TINY, hyper_of, load_model

FOLDERS = ("bad", "broken")
BROKEN_VECTORS = ("tiny-15x17.lic", "tiny-tiles-of-1.lic", "tiny-alpha-smooth.lic", "tiny-wild.lic")
OFFSETS = {
    "version": (4, "B"),
    "flags": (5, "B"),
    "quality256": (6, "H"),
    "width": (8, "I"),
    "height": (12, "I"),
    "tile_units": (32, "H"),
}
GOOD_SIZE = (66, 2)
OFFSETS |= {"model_id": (16, "Q"), "reserved": (34, "H")}


def good_file(model, **extras):
    """Two tiles with alpha and little else."""
    width, height = GOOD_SIZE
    h = header_of(model, width, height, tile_units=1)
    alpha = np.random.default_rng(3).integers(0, 256, (height, width))
    alpha[:, 64:] = 9
    h.flags |= 1
    return write_picture(
        model, h, hyper_values(hyper_of(model, width, height, 4), model, h.quality256), probable(5), alpha, **extras
    )[0]


def with_header(data, **fields):
    """Fields changed, checksum mended."""
    head = bytearray(data[:36])
    for name, value in fields.items():
        at, code = OFFSETS[name]
        struct.pack_into("<" + code, head, at, value)
    return bytes(head) + struct.pack("<I", zlib.crc32(head)) + data[HEADER_BYTES:]


def sections_of(data):
    """[(type, payload)], in the order of the file."""
    found, at = [], HEADER_BYTES
    while at < len(data):
        kind, length = struct.unpack("<BI", data[at : at + 5])
        found.append((kind, data[at + 9 : at + 9 + length]))
        at += 9 + length
    return found


def with_sections(data, sections):
    out = data[:HEADER_BYTES]
    for kind, payload in sections:
        out += tiles_section([payload]) if kind == TILES else section(kind, payload)
    return out


def with_streams(data, hyper=None, latents=None, alpha=None):
    """Streams exchanged in the first tile, the index mended."""
    h = read_layout(data)
    streams = [stream for pair in zip(h.latent_streams, h.alpha_streams) for stream in pair]
    streams[0] = streams[0] if latents is None else latents
    streams[1] = streams[1] if alpha is None else alpha
    parts = {HYPER: h.hyper if hyper is None else hyper, INDEX: index_payload(streams), TILES: b"".join(streams)}
    return with_sections(data, [(kind, parts.get(kind, payload)) for kind, payload in sections_of(data)])


def bad_starts(good):
    yield "not_lic-png", b"\x89PNG\r\n\x1a\n" + bytes(40)
    yield "not_lic-short", b"\x89L1"
    yield "not_lic-model-file", b"\x89LIM" + good[4:]
    yield "truncated-empty", b""
    yield "truncated-magic", good[:4]
    yield "truncated-header", good[:39]
    yield "unsupported_version-3", with_header(good, version=3)
    yield "unsupported_version-255", with_header(good, version=255, flags=255)
    yield "bad_checksum-header", good[:9] + bytes([good[9] ^ 1]) + good[10:]


def bad_headers(good):
    fields = {
        "flags": [4, 128],
        "quality256": [0, 255, 25601, 65535],
        "width": [0, 65536, 2**32 - 1],
        "height": [0, 65536],
    }
    fields |= {"tile_units": [0, 1025, 65535], "reserved": [1, 256]}
    for name, values in fields.items():
        for value in values:
            yield f"bad_header-{name}-{value}", with_header(good, **{name: value})
    yield "bad_header-too-many-pixels", with_header(good, width=65535, height=4097)
    yield "model_mismatch-id", with_header(good, model_id=0)


def bad_sections(good):
    hyper, index, tiles = sections_of(good)
    icc, exif, xmp = (ICC, b"i"), (EXIF, b"e"), (XMP, b"x")
    orders = {
        "no-hyper": [index, tiles],
        "no-index": [hyper, tiles],
        "no-tiles": [hyper, index, exif],
        "icc-late": [hyper, icc, index, tiles],
        "hyper-twice": [hyper, hyper, index, tiles],
        "exif-twice": [hyper, index, tiles, exif, exif],
        "exif-behind-xmp": [hyper, index, tiles, xmp, exif],
        "exif-early": [exif, hyper, index, tiles],
        "tiles-before-index": [hyper, tiles, index],
        "unknown-7": [hyper, index, tiles, (7, b"?")],
        "unknown-127": [hyper, index, tiles, (127, b"")],
        "unknown-0": [(0, b""), hyper, index, tiles],
        "ignored-before-tiles": [hyper, index, (128, b""), tiles],
        "ignored-out-of-order": [hyper, index, tiles, (130, b""), (129, b"")],
        "xmp-behind-ignored": [hyper, index, tiles, (128, b""), xmp],
        "icc-empty": [(ICC, b""), hyper, index, tiles],
        "exif-empty": [hyper, index, tiles, (EXIF, b"")],
        "xmp-empty": [hyper, index, tiles, (XMP, b"")],
        "hyper-odd": [(HYPER, hyper[1] + b"\0"), index, tiles],
        "hyper-short": [(HYPER, hyper[1][:2]), index, tiles],
        "hyper-empty": [(HYPER, b""), index, tiles],
        "index-short": [hyper, (INDEX, index[1][:-8]), tiles],
        "index-long": [hyper, (INDEX, index[1] + bytes(8)), tiles],
        "index-empty": [hyper, (INDEX, b""), tiles],
        "tiles-short": [hyper, index, (TILES, tiles[1][:-2])],
        "tiles-long": [hyper, index, (TILES, tiles[1] + b"\0\0")],
    }
    for what, sections in orders.items():
        yield f"bad_section-{what}", with_sections(good, sections)
    overflowing = struct.pack("<I", 2**32 - 4) + index[1][4:]
    yield "bad_section-index-overflow", with_sections(good, [hyper, (INDEX, overflowing), tiles])
    layout = read_layout(good)
    yield "bad_section-latents-odd", with_streams(good, latents=layout.latent_streams[0] + b"\0")
    yield "bad_section-latents-short", with_streams(good, latents=b"\0\0")
    yield "bad_section-latents-empty", with_streams(good, latents=b"")
    for length in (0, 2, 6, 9):
        yield f"bad_section-alpha-of-{length}", with_streams(good, alpha=bytes(length))


def bad_ends(good):
    ends, at = {}, HEADER_BYTES
    for kind, payload in sections_of(good):
        ends[kind] = (at, at + 9 + len(payload))
        at = ends[kind][1]
    for kind, name in ((HYPER, "hyper"), (INDEX, "index"), (TILES, "tiles")):
        yield f"truncated-before-{name}", good[: ends[kind][0]]
        yield f"truncated-head-of-{name}", good[: ends[kind][0] + 8]
        yield f"truncated-inside-{name}", good[: ends[kind][1] - 1]
        damaged = bytearray(good)
        damaged[ends[kind][0] + 9] ^= 16
        yield f"bad_checksum-{name}", bytes(damaged)
        damaged = bytearray(good)
        damaged[ends[kind][0] + 5] ^= 16
        yield f"bad_checksum-head-of-{name}", bytes(damaged)
    yield "bad_checksum-alpha", good[:-1] + bytes([good[-1] ^ 1])


def bad_streams(good, model):
    layout = read_layout(good)
    tables = SlotTables(model)
    count = model.hyper_channels * 2

    def hyper_stream(residuals, first_state=65536):
        writer = RansWriter(tables)
        for table, q in zip(np.repeat(model.hyper_table[4], 2).tolist(), residuals):
            writer.put_residual(table, q)
        return writer.stream(first_state)

    zeros = [0] * count
    for name, hyper in {
        "state-low": struct.pack("<I", 65535),
        "state-zero": bytes(4),
        "word-missing": layout.hyper[:-2],
        "word-left": layout.hyper + b"\0\0",
        "end-state": hyper_stream(zeros, 65537),
        "z-1024": hyper_stream([1024 - int(model.hyper_offset[4][0]), *zeros[1:]]),
        "z-minus-1024": hyper_stream([*zeros[1:], -1024 - int(model.hyper_offset[4][-1])]),
        "escape-of-16-bits": hyper_stream([70000 + 40, *zeros[1:]]),
        "residual-32768": hyper_stream([32768, *zeros[1:]]),
        "residual-minus-32768": hyper_stream([-32768, *zeros[1:]]),
    }.items():
        yield f"bad_stream-hyper-{name}", with_streams(good, hyper=hyper)
    latents, alpha = layout.latent_streams[0], layout.alpha_streams[0]
    yield "bad_stream-latents-state", with_streams(good, latents=struct.pack("<I", 65535) + latents[4:])
    yield "bad_stream-latents-word-missing", with_streams(good, latents=latents[:-2])
    yield "bad_stream-latents-word-left", with_streams(good, latents=latents + b"\0\0")
    yield "bad_stream-latents-of-zeros", with_streams(good, latents=struct.pack("<I", 65536) + bytes(2000))
    yield "bad_stream-alpha-word-missing", with_streams(good, alpha=alpha[:-2])
    yield "bad_stream-alpha-word-left", with_streams(good, alpha=alpha + b"\0\0")
    yield "bad_stream-alpha-table-64", with_streams(good, alpha=alpha[:3] + b"\x40" + alpha[4:])
    yield "bad_stream-alpha-table-255", with_streams(good, alpha=b"\xff" + alpha[1:])
    for q in (128, -129):
        writer = RansWriter(tables)
        for residual in [q] + [0] * (64 * GOOD_SIZE[1] - 1):
            writer.put_residual(20, residual)
        yield f"bad_stream-alpha-residual-{q}", with_streams(good, alpha=bytes([20] * 4) + writer.stream())


def make():
    """File name to contents."""
    model = load_model(TINY)
    good = good_file(model)
    files = {}
    for part in (bad_starts(good), bad_headers(good), bad_sections(good), bad_ends(good), bad_streams(good, model)):
        files |= {f"{name}.lic": data for name, data in part}
    files |= dict(bad_models())
    return {f"bad/{name}": data for name, data in files.items()} | {
        f"broken/{name}": data for name, data in broken_files(model)
    }


def broken_files(model):
    broken = copy.deepcopy(model)
    broken.context[-1].multiplier += 1
    broken_model = write_model(broken)
    yield "tiny-broken.dec.licm", broken_model
    model_id = int.from_bytes(read_model(broken_model).id, "little")
    for name in BROKEN_VECTORS:
        with open(os.path.join(HERE, name), "rb") as file:
            yield name, with_header(file.read(), model_id=model_id)


def main(arguments):
    files = make()
    here = {}
    for folder in FOLDERS:
        os.makedirs(os.path.join(HERE, folder), exist_ok=True)
        for name in os.listdir(os.path.join(HERE, folder)):
            with open(os.path.join(HERE, folder, name), "rb") as file:
                here[f"{folder}/{name}"] = file.read()
    differ = sorted(name for name in here.keys() | files.keys() if here.get(name) != files.get(name))
    if arguments != ["--check"]:
        for name in differ:
            path = os.path.join(HERE, name)
            if name not in files:
                os.remove(path)
                continue
            with open(path, "wb") as file:
                file.write(files[name])
        differ = []
    print(
        f"{len(files)} files, {sum(map(len, files.values()))} bytes"
        + ("; differ: " + ", ".join(differ) if differ else "")
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
