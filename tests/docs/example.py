"""The example in docs/format.md: every byte of a small vector, explained.

    python3 -m tests.docs.example    writes it anew between the markers of the document
"""

import os
import struct

from tests.reference.lic_model import read_model

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
from tests.reference.lic_reference import (
    HEADER_BYTES,
    HYPER,
    INDEX,
    TILES,
    XMP,
    decode,
    read_file,
    read_layout,
    symbol_hash,
)  # noqa: E402

DOCUMENT = os.path.join(ROOT, "docs", "format.md")
VECTOR = "tests/vectors/tiny-example.lic"
MODEL = "tests/models/tiny.dec.licm"
BEGIN, END = "<!-- example, written by tests/docs/example.py -->\n", "<!-- end of the example -->\n"
NAMES = {HYPER: "HYPER", INDEX: "INDEX", TILES: "TILES", XMP: "XMP"}
BYTES_PER_LINE = 8


def header_fields(h):
    """(length, meaning) of the fields, in their order."""
    return [
        (4, "magic"),
        (1, f"version {h.version}"),
        (1, f"flags: alpha {h.flags & 1}, grey {h.flags >> 1}"),
        (2, f"quality256 {h.quality256}: quality {h.quality256 / 256:g}"),
        (4, f"width {h.width}"),
        (4, f"height {h.height}"),
        (8, "model_id: of " + MODEL),
        (8, "head_hash"),
        (2, f"tile_units {h.tile_units}"),
        (2, "0"),
        (4, "CRC-32 of bytes 0..35"),
    ]


def section_fields(data, at, h):
    kind, length = struct.unpack("<BI", data[at : at + 5])
    fields = [
        (1, f"section {kind}, {NAMES[kind]}"),
        (4, f"length {length}"),
        (4, "CRC-32" + (" of the five bytes" if kind == TILES else "")),
    ]
    latents, alpha = len(h.latent_streams[0]), len(h.alpha_streams[0])
    if kind == HYPER:
        fields += [(4, "first state"), (length - 4, "words")]
    elif kind == INDEX:
        fields += [
            (4, f"tile 0: latent stream of {latents} bytes"),
            (4, "its CRC-32"),
            (4, f"alpha stream of {alpha} bytes"),
            (4, "its CRC-32"),
        ]
    elif kind == TILES:
        fields += [(4, "latent stream: first state"), (latents - 4, "words")]
        fields += [(4, "alpha stream: tables of the four classes"), (4, "first state"), (alpha - 8, "words")]
    else:
        fields += [(length, f'"{data[at + 9 : at + 9 + length].decode()}"')]
    return fields


def dump(data):
    """Lines of offset, bytes and meaning."""
    h = read_layout(data)
    fields, at = header_fields(h), HEADER_BYTES
    while at < len(data):
        more = section_fields(data, at, h)
        fields += more
        at += sum(length for length, _ in more)
    lines, at = [], 0
    for length, meaning in fields:
        for start in range(at, at + length, BYTES_PER_LINE):
            piece = data[start : min(start + BYTES_PER_LINE, at + length)]
            lines.append(f"    {start:04x}  {piece.hex(' '):24} {meaning if start == at else ''}".rstrip())
        at += length
    return lines


def numbers(values):
    return " ".join(str(v) for v in values)


def example():
    """The text between the markers."""
    data = read_file(os.path.join(ROOT, VECTOR))
    decoded = decode(data, read_model(read_file(os.path.join(ROOT, MODEL))))
    lines = [f"`{VECTOR}`, {len(data)} bytes:", ""]
    lines += dump(data)
    lines += ["", "It holds these numbers, each plane in the order channel, row, column:", ""]
    lines.append("    hyper-latents  " + numbers(decoded.z.reshape(-1)))
    value16 = decoded.value16.reshape(-1)
    for start in range(0, len(value16), 12):
        lines.append(f"    {'value16' if start == 0 else '':15}" + numbers(value16[start : start + 12]))
    lines.append("    alpha          " + numbers(decoded.alpha.reshape(-1)))
    lines.append("    symbol hash    " + symbol_hash(decoded))
    return "\n".join(lines) + "\n"


def main():
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + example() + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
