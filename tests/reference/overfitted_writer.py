"""Writes .lic files of the overfitted coding from given networks and latents, also such as no encoder chooses.

The writer walks the second decoder's own path, as lic_writer.py does. Where that one takes a latent from a stream, the
wanted one is noted here.

    Group:  None where all differences are 0, otherwise (step, table, differences)
"""

import struct
from types import SimpleNamespace

import numpy as np

from tests.reference.lic_reference import OVERFITTED, RANS_LOW, RANS_PRECISION, RansReader, tiles_of
from tests.reference.lic_writer import RansWriter, encode_alpha, write_file
from tests.reference.overfitted_grids import LANES, decode_grids, parts_of_streams, stripes_of
from tests.reference.overfitted_networks import NO_CHAIN, NO_DIFFERENCES, groups_of, parse_architecture, read_parameters
from tests.reference.overfitted_tables import LaplaceTables, ResidualTables

# ---- Header ----------------------------------------------------------------------------------------------------------


def chain_byte(finest, joined):
    return finest + 16 * joined


def network_bytes(spatial, coarser, width, depth=1, own_biases=False):
    return [spatial + 32 * coarser, width, depth + 4 * own_biases]


def networks_field(chains, networks, network_of, hidden=8, convolutions=0, noise=0, base_set=0):
    """The 16 bytes: `chains` are pairs (finest, joined), `networks` from network_bytes, `network_of` is by class."""
    chain_bytes = [chain_byte(*chain) for chain in chains] + [NO_CHAIN] * (3 - len(chains))
    of_class = sum(network << 2 * c for c, network in enumerate(network_of))
    context = [byte for network in networks for byte in network] + [0, 0, 0] * (3 - len(networks))
    return bytes([base_set, *chain_bytes, hidden, convolutions + 4 * noise, of_class, *context])


def header_of(networks, width, height, tile_units=16, quality256=12800, alpha=None, grey=False):
    return SimpleNamespace(
        version=2,
        flags=(alpha is not None) | grey << 1,
        quality256=quality256,
        width=width,
        height=height,
        model_id=networks[:8],
        head_hash=networks[8:],
        tile_units=tile_units,
        coding=OVERFITTED,
    )


# ---- NETWORK ---------------------------------------------------------------------------------------------------------


def write_network(a, maps, groups, tables):
    """The payload of NETWORK; `groups` by key, those that are missing have no differences."""
    writer = RansWriter(tables)
    for probabilities in maps:
        writer.put_raw_bits(int(probabilities is not None), 1)
        for probability in probabilities or []:
            writer.put_raw_bits(probability, 8)
    for key, _ in groups_of(a):
        step, table, differences = groups.get(key) or (NO_DIFFERENCES, 0, None)
        writer.put_raw_bits(step, 4)
        if step != NO_DIFFERENCES:
            writer.put_raw_bits(table, 6)
            for q in np.asarray(differences).reshape(-1).tolist():
                writer.put_residual(table, q)
    return writer.stream()


# ---- Streams of the grids --------------------------------------------------------------------------------------------


class LaneWriter:
    """Stands where the decoder has a LaneReader, and notes what gives the wanted latents.

    `whims` is None, or a random generator that sometimes takes an escape or a full chunk where there is no need.
    """

    def __init__(self, wanted, tables, whims=None):
        self.wanted, self.tables, self.whims = wanted, tables, whims
        self.events = []  # (lane, frequency, start)

    def has_whim(self):
        return self.whims is not None and self.whims.random() < 0.1

    def empty(self, lane, frequency, cells):
        number, y, x = cells
        is_empty = not self.wanted[number][y, x].any() and not self.has_whim()
        self.events.append((lane, frequency if is_empty else 32768 - frequency, 0 if is_empty else frequency))
        return is_empty

    def latents(self, lanes, centres, places, cells):
        number, y, x = cells
        latents = self.wanted[number][y, x].tolist()
        escapes = []
        for lane, centre, place, latent in zip(lanes, centres, places, latents):
            starts, support = self.tables[place]
            symbol = self.symbol(latent, centre, support)
            if symbol == 2 * support + 1:
                escapes.append((lane, 128, 128 * (latent + 128)))
            self.events.append((lane, starts[symbol + 1] - starts[symbol], starts[symbol]))
        self.events += escapes
        return latents

    def symbol(self, latent, centre, support):
        """The number of a symbol that gives the latent: the nearest to the centre, or the escape."""
        if self.has_whim():
            return 2 * support + 1
        difference = latent - centre
        if latent == -128 and centre < -128 or latent == 127 and centre > 127:
            difference = 0
        return difference + support if abs(difference) <= support else 2 * support + 1

    def finish(self):
        pass

    def stream(self, last_states=(RANS_LOW,) * LANES):
        """The bytes; other last states than RANS_LOW make a stream that does not end as it must."""
        states, words = list(last_states), []
        for lane, frequency, start in reversed(self.events):
            x = states[lane]
            if x >= frequency << 17:
                words.append(x & 0xFFFF)
                x >>= 16
            states[lane] = (x // frequency << RANS_PRECISION) + x % frequency + start
        return struct.pack(f"<{LANES}I{len(words)}H", *states, *reversed(words))


# ---- Files -----------------------------------------------------------------------------------------------------------


def alpha_streams_of_stripes(h, alpha, classes, tables):
    """For each stripe the alpha streams of its tiles."""
    stripes = {first: [] for first, _ in stripes_of(h)}
    for y, x, height, width in tiles_of(h):
        if alpha is not None:
            stripes[y].append(encode_alpha(alpha[y : y + height, x : x + width], classes, tables))
    return list(stripes.values())


def write_grids(a, h, maps, parameters, wanted, whims=None):
    """A LaneWriter with its events for each grid stream."""
    tables = LaplaceTables()
    coders = [LaneWriter(wanted, tables, whims) for _ in parts_of_streams(a, h)]
    decode_grids(a, h, maps, parameters, coders)
    return coders


def write_picture(h, maps, groups, wanted, alpha=None, classes=(20, 30, 40, 50), whims=None, **extras):
    """A whole file. `h` is from header_of, `extras` are those of write_file.

    `wanted` has the latents of each grid, `alpha` is (height, width) u8 or None.
    """
    a = parse_architecture(h.model_id + h.head_hash)
    tables = ResidualTables()
    network = write_network(a, maps, groups, tables)
    maps, parameters = read_parameters(RansReader(network, tables), a)
    coders = write_grids(a, h, maps, parameters, wanted, whims)
    grid_streams = [coder.stream() for coder in coders]
    alpha_streams = alpha_streams_of_stripes(h, alpha, classes, tables)
    streams = grid_streams[:1] if len(grid_streams) > len(alpha_streams) else []
    for grid_stream, of_stripe in zip(grid_streams[len(streams) :], alpha_streams, strict=True):
        streams += [grid_stream, *of_stripe]
    return write_file(h, network, streams, **extras)
