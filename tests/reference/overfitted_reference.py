"""Second decoder of the overfitted coding: latents, alpha and pixels, to the bit.

    python3 -m tests.reference.overfitted_reference FILE.lic...

prints a line for each file: its name and the SHA-256 of its pixels, or the name of the error (docs/format.md#errors).
Written from docs/format.md alone, as the decoder of the autoencoder's symbols in lic_reference.py.
"""

import hashlib
import sys
from types import SimpleNamespace

import numpy as np

from tests.reference.lic_bytes import FormatError
from tests.reference.lic_reference import (
    EXIF,
    HEADER_BYTES,
    ICC,
    NETWORK,
    OVERFITTED,
    RansReader,
    XMP,
    decode_alpha,
    div_up,
    read_file,
    read_header,
    read_sections,
    read_streams,
    tiles_of,
)
from tests.reference.overfitted_grids import LaneReader, decode_grids, stripes_of
from tests.reference.overfitted_networks import parse_architecture, read_parameters
from tests.reference.overfitted_pixels import synthesize
from tests.reference.overfitted_tables import LaplaceTables, ResidualTables

MAX_NETWORK_BYTES = 65536


def kinds_of_streams(h):
    """What each stream of TILES holds, in their order."""
    stripes = stripes_of(h)
    alpha = ["alpha"] * div_up(h.width, h.tile_units * 64) if h.has_alpha else []
    before = ["grid"] if len(stripes) > 1 else []
    return before + (["grid"] + alpha) * len(stripes)


def read_layout(data):
    """The header with all that the file holds: architecture, network, grid_streams, alpha_streams, icc, exif, xmp."""
    h = read_header(data)
    if h.coding != OVERFITTED:
        raise FormatError("bad_header", f"version {h.version} is not that of an overfitted file")
    h.architecture = parse_architecture(h.model_id + h.head_hash)
    sections = read_sections(data, HEADER_BYTES, OVERFITTED)
    h.network = sections[NETWORK]
    h.icc, h.exif, h.xmp = (sections.get(kind, b"") for kind in (ICC, EXIF, XMP))
    if not 4 <= len(h.network) <= MAX_NETWORK_BYTES or len(h.network) % 2:
        raise FormatError("bad_section", "length of NETWORK")
    kinds = kinds_of_streams(h)
    streams = read_streams(sections, kinds)
    h.grid_streams = [stream for stream, kind in zip(streams, kinds) if kind == "grid"]
    h.alpha_streams = [stream for stream, kind in zip(streams, kinds) if kind == "alpha"]
    return h


def decode_alpha_plane(h, tables):
    """(height, width) u8, or None."""
    if not h.has_alpha:
        return None
    alpha = np.zeros((h.height, h.width), np.uint8)
    for (y, x, height, width), stream in zip(tiles_of(h), h.alpha_streams, strict=True):
        alpha[y : y + height, x : x + width] = decode_alpha(stream, height, width, tables)
    return alpha


def shown(h, colours, alpha):
    """(height, width, channels) u8: 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha."""
    if h.is_grey:
        colours = ((colours.astype(int).sum(2, keepdims=True) + 1) // 3).astype(np.uint8)
    return colours if alpha is None else np.concatenate([colours, alpha[:, :, None]], 2)


def decode(data):
    """A namespace: header, maps, parameters, grids (the latents of each), alpha (or None), pixels as they are shown."""
    h = read_layout(data)
    a = h.architecture
    residual_tables, laplace_tables = ResidualTables(), LaplaceTables()
    maps, parameters = read_parameters(RansReader(h.network, residual_tables), a)
    coders = [LaneReader(stream, laplace_tables) for stream in h.grid_streams]
    grids = decode_grids(a, h, maps, parameters, coders)
    alpha = decode_alpha_plane(h, residual_tables)
    pixels = shown(h, synthesize(a, parameters, h, grids), alpha)
    return SimpleNamespace(header=h, maps=maps, parameters=parameters, grids=grids, alpha=alpha, pixels=pixels)


def pixel_hash(decoded):
    return hashlib.sha256(decoded.pixels.tobytes()).hexdigest()


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    for path in arguments:
        try:
            print(path, pixel_hash(decode(read_file(path))))
        except FormatError as error:
            print(path, error.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
