"""Files of the overfitted coding with one violation of the format each, for make_overfitted.py.

Every function yields pairs NAME_OF_ERROR-what and the bytes. Every checksum but the one that a file is about holds.
"""

import struct
import zlib

import numpy as np

from tests.reference.lic_bytes import section
from tests.reference.lic_reference import (
    EXIF,
    HEADER_BYTES,
    HYPER,
    ICC,
    INDEX,
    NETWORK,
    RANS_LOW,
    RansReader,
    read_header,
)
from tests.reference.lic_writer import RansWriter, index_payload, tiles_section, write_header
from tests.reference.overfitted_base_sets import base_sets
from tests.reference.overfitted_grids import LANES
from tests.reference.overfitted_networks import groups_of, read_parameters
from tests.reference.overfitted_random import architecture, random_file
from tests.reference.overfitted_reference import read_layout
from tests.reference.overfitted_tables import ResidualTables
from tests.reference.overfitted_writer import network_bytes, networks_field, write_grids, write_network

TWO = [network_bytes(3, 2, 3), network_bytes(2, 1, 2)]
NETWORKS_AT = 16
RESIDUALS = ResidualTables()


def good_file():
    """Two stripes with alpha, and every group of parameters but weight2 and bias2."""
    networks = architecture([(0, 2), (2, 6)], TWO, (0, 1, 1), hidden=2, convolutions=1)
    return random_file(1, networks, 9, 66, alpha=True, mapped=1, tile_units=1, wildness=0)


# ---- Header ----------------------------------------------------------------------------------------------------------

BYTES_OF_NETWORKS = [
    (16, 255, "unsupported_version", "base-set-255"),
    (16, 1, "bad_header", "base-set-of-other-networks"),
    (17, 255, "bad_header", "no-chain-0"),
    (17, 0x71, "bad_header", "joined-7"),
    (17, 0x77, "bad_header", "finest-7"),
    (17, 0x12, "bad_header", "joined-below-finest"),
    (20, 0, "bad_header", "hidden-0"),
    (20, 65, "bad_header", "hidden-65"),
    (21, 3, "bad_header", "convolutions-3"),
    (21, 16, "bad_header", "unused-bit-of-layers"),
    (22, 64 + 20, "bad_header", "unused-bit-of-network-of"),
    (22, 16 * 3 + 4, "bad_header", "class-of-network-3"),
    (22, 16 * 2 + 4, "bad_header", "class-of-a-network-of-width-0"),
    (22, 0, "bad_header", "network-without-a-class"),
    (23, 2 * 32, "bad_header", "spatial-0"),
    (23, 2 * 32 + 17, "bad_header", "spatial-17"),
    (23, 7 * 32 + 3, "bad_header", "coarser-7"),
    (24, 0, "bad_header", "width-0-of-network-0"),
    (24, 33, "bad_header", "width-33-of-network-0"),
    (25, 0, "bad_header", "depth-0"),
    (25, 3, "bad_header", "depth-3"),
    (25, 8 + 1, "bad_header", "unused-bit-of-network-0"),
    (27, 33, "bad_header", "width-33-of-network-1"),
    (29, 1, "bad_header", "contexts-of-a-network-of-width-0"),
    (31, 1, "bad_header", "depth-of-a-network-of-width-0"),
    (34, 0, "bad_header", "coding-0-in-version-2"),
    (34, 2, "bad_header", "coding-2"),
    (35, 1, "bad_header", "reserved"),
]


def with_bytes(data, at, changed):
    """The file with other bytes in its header, and the header's checksum."""
    head = bytearray(data[: HEADER_BYTES - 4])
    head[at : at + len(changed)] = changed
    return bytes(head) + struct.pack("<I", zlib.crc32(head)) + data[HEADER_BYTES:]


def bad_headers(good):
    for at, value, error, what in BYTES_OF_NETWORKS:
        yield f"{error}-{what}", with_bytes(good.data, at, [value])
    yield "bad_header-coding-1-in-version-1", with_bytes(good.data, 4, [1])
    yield "bad_header-chain-2-without-chain-1", with_bytes(good.data, 18, [255, 0x22])
    large = [network_bytes(16, 6, 32, depth=2)]
    fields = {
        "network-of-class-1-without-grids": networks_field([(6, 6)], TWO, (0, 1)),
        "network-of-class-2-without-grids": networks_field([(0, 6)], TWO, (0, 1, 1)),
        "network-2-without-network-1": networks_field([(0, 6)], [TWO[0], [0, 0, 0], TWO[1]], (0, 2)),
        "work": networks_field([(1, 1), (0, 6), (1, 6)], large, (0, 0, 0), hidden=23),
    }
    for number, trained in base_sets().items():
        other = bytearray([number, *trained.networks])
        other[4] -= 1
        fields[f"hidden-not-of-base-set-{number}"] = bytes(other)
    for what, field in fields.items():
        yield f"bad_header-{what}", with_bytes(good.data, NETWORKS_AT, field)


# ---- Sections --------------------------------------------------------------------------------------------------------


def parts_of(good):
    """NETWORK and the list of all streams."""
    h = read_layout(good.data)
    streams = h.grid_streams[:1]
    for grid_stream, alpha_stream in zip(h.grid_streams[1:], h.alpha_streams, strict=True):
        streams += [grid_stream, alpha_stream]
    return h.network, streams


def file_of_sections(good, before, streams, after=()):
    out = write_header(good.h) + b"".join(section(*s) for s in before)
    return out + tiles_section(streams) + b"".join(section(*s) for s in after)


def file_of(good, network, streams):
    return file_of_sections(good, [(NETWORK, network), (INDEX, index_payload(streams))], streams)


def bad_orders(good):
    network, streams = parts_of(good)
    network, index, hyper = (NETWORK, network), (INDEX, index_payload(streams)), (HYPER, bytes(4))
    lists = {
        "no-network": ([index], ()),
        "no-index": ([network], ()),
        "hyper-for-network": ([hyper, index], ()),
        "hyper-before-network": ([hyper, network, index], ()),
        "network-after-index": ([index, network], ()),
        "icc-after-network": ([network, (ICC, b"p"), index], ()),
        "network-twice": ([network, network, index], ()),
        "network-after-tiles": ([network, index], [network]),
        "type-8": ([network, (8, b""), index], ()),
        "type-128-before-tiles": ([network, (128, b""), index], ()),
        "type-200-twice": ([network, index], [(200, b""), (200, b"")]),
        "exif-after-type-200": ([network, index], [(200, b""), (EXIF, b"e")]),
    }
    for what, (before, after) in lists.items():
        yield f"bad_section-{what}", file_of_sections(good, before, streams, after)


def bad_lengths(good):
    network, streams = parts_of(good)
    first, others = streams[0], streams[1:]
    sections = [(NETWORK, network), (INDEX, index_payload(streams))]
    yield "bad_section-network-odd", file_of(good, network + b"\0", streams)
    yield "bad_section-network-2", file_of(good, network[:2], streams)
    yield "bad_section-network-65538", file_of(good, network + bytes(65538 - len(network)), streams)
    yield "bad_section-stream-too-few", file_of(good, network, streams[:-1])
    yield "bad_section-stream-too-many", file_of(good, network, [*streams, first])
    yield "bad_section-grid-stream-30", file_of(good, network, [first[:30], *others])
    yield "bad_section-grid-stream-odd", file_of(good, network, [first + b"\0", *others])
    yield "bad_section-grid-stream-1", file_of(good, network, [b"\0", *others])
    yield "bad_section-alpha-stream-6", file_of(good, network, [*streams[:-1], bytes(6)])
    yield "bad_section-tiles-longer-than-in-index", file_of_sections(good, sections, [*streams, b"\0"])
    other = first[:-1] + bytes([first[-1] ^ 1])
    yield "bad_checksum-grid-stream", file_of_sections(good, sections, [other, *others])
    yield "bad_checksum-network", good.data[:60] + bytes([good.data[60] ^ 1]) + good.data[61:]


def bad_ends(good):
    network, streams = parts_of(good)
    ends = {
        "header-39": HEADER_BYTES - 1,
        "after-header": HEADER_BYTES,
        "in-head-of-network": HEADER_BYTES + 8,
        "in-network": HEADER_BYTES + 9 + len(network) - 1,
        "after-network": HEADER_BYTES + 9 + len(network),
        "after-index": HEADER_BYTES + 18 + len(network) + 8 * len(streams),
        "in-tiles": len(good.data) - 1,
    }
    for what, end in ends.items():
        yield f"truncated-{what}", good.data[:end]


# ---- Streams ---------------------------------------------------------------------------------------------------------


def bad_grid_streams(good):
    network, streams = parts_of(good)
    for i, what in ((0, "coarse"), (1, "stripe-0"), (3, "stripe-1")):

        def with_stream(stream):
            return file_of(good, network, [*streams[:i], stream, *streams[i + 1 :]])

        stream = streams[i]
        yield f"bad_stream-{what}-word-left", with_stream(stream + bytes(2))
        yield f"bad_stream-{what}-word-missing", with_stream(stream[:-2])
    low = struct.pack("<I", RANS_LOW - 1)
    for lane in range(LANES):
        stream = streams[0][: 4 * lane] + low + streams[0][4 * lane + 4 :]
        yield f"bad_stream-first-state-of-lane-{lane}", file_of(good, network, [stream, *streams[1:]])
    maps, parameters = read_parameters(RansReader(network, RESIDUALS), good.a)
    coarse, *_ = write_grids(good.a, good.h, maps, parameters, good.latents)
    for lane in range(LANES):
        stream = coarse.stream([RANS_LOW + (i == lane) for i in range(LANES)])
        yield f"bad_stream-last-state-of-lane-{lane}", file_of(good, network, [stream, *streams[1:]])


def name_of(key):
    return key if isinstance(key, str) else f"{key[0]}-{key[1]}"


def bad_networks(good):
    network, streams = parts_of(good)
    yield "bad_stream-network-word-left", file_of(good, network + bytes(2), streams)
    yield "bad_stream-network-word-missing", file_of(good, network[:-2], streams)
    yield "bad_stream-network-first-state", file_of(good, struct.pack("<I", RANS_LOW - 1) + network[4:], streams)
    for place in range(3):
        maps = [[0 if i == place else 128 for i in range(3)], *good.maps[1:]]
        network = write_network(good.a, maps, good.groups, RESIDUALS)
        yield f"bad_stream-probability-{place}-is-0", file_of(good, network, streams)
    for key, base in groups_of(good.a):
        last = int(base.flat[-1])
        for end, difference in (("low", (-32769 - last) // 2), ("high", (32769 - last) // 2)):
            differences = np.zeros(base.size, int)
            differences[-1] = difference
            network = write_network(good.a, good.maps, good.groups | {key: (1, 40, differences)}, RESIDUALS)
            yield f"bad_stream-too-{end}-{name_of(key)}", file_of(good, network, streams)
    for magnitude in (32768, 1 << 17):
        writer = RansWriter(RESIDUALS)
        for _ in good.a.grids:
            writer.put_raw_bits(0, 1)
        writer.put_raw_bits(0, 4)
        writer.put_raw_bits(10, 6)
        writer.put_escape(10, magnitude, False)
        yield f"bad_stream-difference-{magnitude}", file_of(good, writer.stream(), streams)


def bad_alpha_streams(good):
    network, streams = parts_of(good)
    for i in range(4):
        classes = bytes(64 if i == place else 20 for place in range(4))
        stream = classes + struct.pack("<I", RANS_LOW)
        yield f"bad_stream-alpha-table-{i}", file_of(good, network, [*streams[:-1], stream])
    for q in (-129, 128):
        writer = RansWriter(RESIDUALS)
        h = read_header(good.data)
        for residual in [q] + [0] * (h.width * (h.height - 64) - 1):
            writer.put_residual(20, residual)
        stream = bytes([20] * 4) + writer.stream()
        yield f"bad_stream-alpha-residual-{q}", file_of(good, network, [*streams[:-1], stream])


def bad_overfitted():
    good = good_file()
    for part in (bad_headers, bad_orders, bad_lengths, bad_ends, bad_grid_streams, bad_networks, bad_alpha_streams):
        yield from part(good)
