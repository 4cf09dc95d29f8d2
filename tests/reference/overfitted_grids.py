"""Latents of the overfitted coding: docs/format.md, from #streams-of-the-grids to #context-networks."""

from types import SimpleNamespace

import numpy as np

from tests.reference.lic_bytes import FormatError
from tests.reference.lic_integers import I16_MAX, I16_MIN
from tests.reference.lic_reference import RANS_LOW, RANS_PRECISION, div_up

STRIPE_LEVELS = 2
LANES = 8
LAG = 2
CHUNK_STEPS = 8
CONTEXT_UNIT = 256

SPATIAL = [
    (0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, -2), (-2, 1),
    (-2, -1), (-3, 0), (0, -3), (-2, 2), (-2, -2), (-1, -3), (-3, 1), (-3, -1),
]  # fmt: skip
MARGIN_TOP, MARGIN_LEFT, MARGIN_RIGHT = 3, 3, 2  # how far the spatial contexts reach

PARENT, GRANDPARENT = "parent", "grandparent"
NEAR_VERTICAL, NEAR_HORIZONTAL = "near vertical", "near horizontal"
FAR_VERTICAL, FAR_HORIZONTAL = "far vertical", "far horizontal"
COARSER = [
    [PARENT, GRANDPARENT, NEAR_VERTICAL, NEAR_HORIZONTAL, FAR_VERTICAL, FAR_HORIZONTAL],
    [PARENT, 0, GRANDPARENT, NEAR_VERTICAL, NEAR_HORIZONTAL, FAR_VERTICAL],
    [PARENT, 0, 1, NEAR_VERTICAL, NEAR_HORIZONTAL, GRANDPARENT],
]  # by chain; a number is the chain of a context at the same place


# ---- Integers --------------------------------------------------------------------------------------------------------


def sat16(values):
    return np.minimum(np.maximum(values, I16_MIN), I16_MAX)


def wrap32(sums):
    """Sums modulo 2^32 as signed numbers. Those of this coding are below 2^53, so that float64 holds them exactly."""
    return np.asarray(sums).astype(np.int64).astype(np.int32).astype(np.int64)


def dense(weight, bias, inputs, shift, unit):
    """sat16 of (weight * inputs + unit * bias) >> shift, rounded: weight (outputs, n), inputs (n, positions)."""
    sums = weight.astype(np.float64) @ inputs + ((1 << (shift - 1)) + unit * bias)[:, None]
    return sat16(wrap32(sums) >> shift)


# ---- Streams ---------------------------------------------------------------------------------------------------------


class LaneReader:
    """Takes latents and flags of chunks from a grid stream of eight lanes.

    In the document a step takes all its symbols first and then the words. Here a lane takes its word right after its
    symbol. That gives the words to the same lanes, since no symbol depends on the state of another lane.
    """

    def __init__(self, stream, tables):
        self.tables = tables
        self.x = np.frombuffer(stream, "<u4", LANES).tolist()
        if min(self.x) < RANS_LOW:
            raise FormatError("bad_stream", "first state")
        self.words = iter(np.frombuffer(stream, "<u2", offset=4 * LANES).tolist())

    def advance(self, lane, frequency, start):
        x = self.x[lane]
        x = frequency * (x >> RANS_PRECISION) + (x & 32767) - start
        if x < RANS_LOW:
            word = next(self.words, None)
            if word is None:
                raise FormatError("bad_stream", "no word left")
            x = x << 16 | word
        self.x[lane] = x

    def empty(self, lane, frequency, _):
        """Whether a chunk is empty, which has that frequency."""
        is_empty = self.x[lane] & 32767 < frequency
        self.advance(lane, frequency if is_empty else 32768 - frequency, 0 if is_empty else frequency)
        return is_empty

    def latents(self, lanes, centres, places, _):
        """A latent for each of the lanes, from its table, which is the pair of scale and fraction."""
        found, escaped = [], []
        for at, (lane, centre, place) in enumerate(zip(lanes, centres, places)):
            number, frequency, start = self.tables.symbol(place, self.x[lane] & 32767)
            support = self.tables[place][1]
            self.advance(lane, frequency, start)
            found.append(min(max(centre + number - support, -128), 127))
            if number == 2 * support + 1:
                escaped.append((at, lane))
        for at, lane in escaped:
            raw = (self.x[lane] & 32767) >> 7
            self.advance(lane, 128, raw * 128)
            found[at] = raw - 128
        return found

    def finish(self):
        if any(x != RANS_LOW for x in self.x) or next(self.words, None) is not None:
            raise FormatError("bad_stream", "the stream does not end with its symbols")


def stripes_of(h):
    """(first, end) rows of the picture of every stripe."""
    side = h.tile_units * 64
    return [(y, min(y + side, h.height)) for y in range(0, h.height, side)]


def rows_in_stripe(level, height, stripe):
    """(first, end) of the rows that a grid of that height has in a stripe; all where `stripe` is None."""
    if level >= STRIPE_LEVELS or stripe is None:
        return 0, height
    return stripe[0] >> level, div_up(stripe[1], 1 << level)


# ---- Contexts --------------------------------------------------------------------------------------------------------


def coarser_place(name, level, y, x):
    """(levels above, row, column) of a context; y and x are arrays."""
    toward_y, toward_x = 2 * (y & 1) - 1, 2 * (x & 1) - 1
    return {
        PARENT: (1, y >> 1, x >> 1),
        GRANDPARENT: (2, y >> 2, x >> 2),
        NEAR_VERTICAL: (1, (y >> 1) + toward_y, x >> 1),
        FAR_VERTICAL: (1, (y >> 1) - toward_y, x >> 1),
        NEAR_HORIZONTAL: (1, y >> 1, (x >> 1) + toward_x),
        FAR_HORIZONTAL: (1, y >> 1, (x >> 1) - toward_x),
    }.get(name, (0, y, x))


def values_at(plane, rows, columns, first, end):
    """Values of a plane at rows x columns, 0 outside of it and outside of its rows from first to end - 1."""
    columns_inside = (columns >= 0) & (columns < plane.shape[1])
    inside = ((rows >= first) & (rows < end))[:, None] & columns_inside
    values = plane[np.clip(rows, 0, plane.shape[0] - 1)][:, np.clip(columns, 0, plane.shape[1] - 1)]
    return np.where(inside, values, 0)


def coarser_contexts(a, grid, count, planes, stripe):
    """(rows, columns, count) of the part of the grid that lies in the stripe, times 256."""
    height, width = planes[grid.number].shape
    first, end = rows_in_stripe(grid.level, height, stripe)
    y, x = np.arange(first, end), np.arange(width)
    numbers = {(g.chain, g.level): g.number for g in a.grids}
    contexts = np.zeros((end - first, width, count))
    for i, name in enumerate(COARSER[grid.chain][:count]):
        above, rows, columns = coarser_place(name, grid.level, y, x)
        chain = name if isinstance(name, int) else grid.chain
        number = numbers.get((chain, grid.level + above))
        if number is not None:
            plane = planes[number]
            seen = rows_in_stripe(grid.level + above, plane.shape[0], stripe)
            contexts[:, :, i] = values_at(plane, rows, columns, *seen) * CONTEXT_UNIT
    return contexts


# ---- Context networks ------------------------------------------------------------------------------------------------


def network_of_grid(a, parameters, grid):
    """The parameters with which the latents of a grid are coded."""
    i = grid.network
    n = a.networks[i]
    using = [g.number for g in a.grids if g.network == i]
    own = using.index(grid.number) if n.own_biases else 0
    return SimpleNamespace(
        weight1=parameters["weight1", i],
        bias1=parameters["bias1", i][own],
        weight2=parameters.get(("weight2", i)),
        bias2=parameters.get(("bias2", i)),
        weight3=parameters["weight3", i],
        bias3=parameters["bias3", i],
        grid_bias=parameters["grid_bias"][grid.number],
    )


def run_context_network(n, contexts):
    """(centres, (scale, fraction) pairs) from contexts (inputs, positions)."""
    hidden = np.maximum(dense(n.weight1, n.bias1, contexts, 12, 4096), 0)
    if n.weight2 is not None:
        hidden = np.maximum(dense(n.weight2, n.bias2, hidden, 12, 4096), 0)
    mean, scale = dense(n.weight3, n.bias3, np.concatenate([hidden, contexts]), 12, 4096)
    m = sat16(sat16(mean + n.grid_bias[0]) + 8) >> 4
    centre = (m + 8) >> 4
    fraction = m - 16 * centre + 8
    scale = np.clip(sat16(scale + n.grid_bias[1]) >> 5, 0, 63)
    return centre.tolist(), list(zip(scale.tolist(), fraction.tolist()))


# ---- Wavefront -------------------------------------------------------------------------------------------------------


def lanes_of_step(t, rows, width):
    """The lanes of a band of that many rows that decode a latent at step t."""
    return range(max(0, (t - width) // LAG + 1), min(rows - 1, t // LAG) + 1)


def read_flags(part, top, rows, above, coder):
    """Which chunks of a band are empty; `above` has those of the band above, or is None."""
    steps = part.width + LAG * (rows - 1)
    flags = []
    for k in range(div_up(steps, CHUNK_STEPS)):
        empty_before = bool(flags and flags[-1])
        empty_above = bool(above and above[min(k + 2, len(above) - 1)])
        last = min(CHUNK_STEPS * (k + 1), steps)
        places = [(r, t - LAG * r) for t in range(CHUNK_STEPS * k, last) for r in lanes_of_step(t, rows, part.width)]
        y, x = np.array(places).T
        frequency = 128 * part.map[empty_before + empty_above]
        flags.append(coder.empty(k % LANES, frequency, (part.number, part.first + top + y, x)))
    return flags


def decode_band(part, top, rows, flags, coder):
    stride = part.padded.shape[1]
    spatial = np.array([dy * stride + dx for dy, dx in SPATIAL[: part.spatial]])[:, None]
    flat = part.padded.reshape(-1)
    for t in range(part.width + LAG * (rows - 1)):
        lanes = lanes_of_step(t, rows, part.width)
        if not lanes or flags and flags[t // CHUNK_STEPS]:
            continue
        r = np.array(lanes)
        y, x = top + r, t - LAG * r
        at = (y + MARGIN_TOP) * stride + x + MARGIN_LEFT
        contexts = np.concatenate([flat[at + spatial], part.coarser[y, x].T])
        centres, places = run_context_network(part.network, contexts)
        latents = coder.latents(lanes, centres, places, (part.number, part.first + y, x))
        flat[at] = np.array(latents) * CONTEXT_UNIT


def decode_part(a, parameters, maps, grid, planes, stripe, coder):
    """Decodes the latents of a grid that lie in a stripe into planes[grid.number]."""
    n = a.networks[grid.network]
    plane = planes[grid.number]
    first, end = rows_in_stripe(grid.level, plane.shape[0], stripe)
    height, width = end - first, plane.shape[1]
    part = SimpleNamespace(
        number=grid.number,
        first=first,
        width=width,
        spatial=n.spatial,
        map=maps[grid.number],
        network=network_of_grid(a, parameters, grid),
        coarser=coarser_contexts(a, grid, n.coarser, planes, stripe),
        padded=np.zeros((height + MARGIN_TOP, MARGIN_LEFT + width + MARGIN_RIGHT)),
    )
    flags = None
    for top in range(0, height, LANES):
        rows = min(LANES, height - top)
        flags = read_flags(part, top, rows, flags, coder) if part.map else None
        decode_band(part, top, rows, flags, coder)
    plane[first:end] = part.padded[MARGIN_TOP:, MARGIN_LEFT : MARGIN_LEFT + width] // CONTEXT_UNIT


def parts_of_streams(a, h):
    """For each grid stream its parts: pairs of a grid and a stripe, which is None where the grid is not cut."""
    stripes = stripes_of(h)
    if len(stripes) == 1:
        return [[(grid, None) for grid in a.grids]]
    whole = [(grid, None) for grid in a.grids if grid.level >= STRIPE_LEVELS]
    return [whole] + [[(grid, stripe) for grid in a.grids if grid.level < STRIPE_LEVELS] for stripe in stripes]


def empty_planes(a, h):
    return [
        np.zeros((div_up(h.height, 1 << grid.level), div_up(h.width, 1 << grid.level)), np.int64) for grid in a.grids
    ]


def decode_grids(a, h, maps, parameters, coders):
    """The latents of every grid; `coders` has a LaneReader for each grid stream."""
    planes = empty_planes(a, h)
    for parts, coder in zip(parts_of_streams(a, h), coders, strict=True):
        for grid, stripe in parts:
            decode_part(a, parameters, maps, grid, planes, stripe, coder)
        coder.finish()
    return planes
