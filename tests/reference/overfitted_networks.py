"""The networks that a file of the overfitted coding carries: their architecture and their parameters.

They are in docs/format.md#architecture, #order-of-the-grids, #network-payload and #base-sets. The functions have the
order of the document.
"""

from types import SimpleNamespace

import numpy as np

from tests.reference.lic_bytes import FormatError
from tests.reference.lic_integers import I16_MAX, I16_MIN
from tests.reference.overfitted_base_sets import base_sets

LEVELS = 7
COARSEST = LEVELS - 1
NO_CHAIN = 255
MAX_WORK = 4096
NO_DIFFERENCES = 15  # the step of a group whose differences are all 0

# ---- Architecture ----------------------------------------------------------------------------------------------------


def require(condition, what):
    if not condition:
        raise FormatError("bad_header", what)


def parse_chain(byte):
    if byte == NO_CHAIN:
        return None
    finest, joined = byte & 15, byte >> 4
    require(finest <= COARSEST, f"finest level {finest}, allowed are 0..6")
    require(finest <= joined <= COARSEST, f"joined level {joined}, allowed are {finest}..6")
    return SimpleNamespace(finest=finest, joined=joined)


def parse_context_network(contexts, width, shape):
    """The network of three bytes, or None for one of width 0."""
    if width == 0:
        require(contexts == 0 and shape == 0, "bytes of a network of width 0")
        return None
    n = SimpleNamespace(spatial=contexts & 31, coarser=contexts >> 5, width=width)
    n.depth, n.own_biases = shape & 3, bool(shape & 4)
    require(width <= 32, f"width {width}, allowed are 1..32")
    require(1 <= n.spatial <= 16, f"{n.spatial} spatial contexts, allowed are 1..16")
    require(n.coarser <= 6, f"{n.coarser} coarser contexts, allowed are 0..6")
    require(1 <= n.depth <= 2, f"depth {n.depth}, allowed are 1..2")
    require(shape < 8, "unused bits of a network")
    n.inputs = n.spatial + n.coarser
    return n


def grids_in_order(chains):
    """A namespace of number, chain, level and class for each grid."""
    grids = []
    for level in range(COARSEST, -1, -1):
        for number, chain in enumerate(chains):
            if chain and level >= chain.finest:
                of_class = 2 if number else int(level > chain.finest)
                grids.append(SimpleNamespace(number=len(grids), chain=number, level=level, of_class=of_class))
    return grids


def work_of(a):
    """The multiplications for a pixel in 1/4096."""
    work = 4096 * (a.inputs * a.hidden + 3 * a.hidden + 3 * a.inputs + 81 * a.convolutions)
    for grid in a.grids:
        n = a.networks[grid.network]
        products = n.inputs * n.width + (n.depth - 1) * n.width**2 + 2 * (n.width + n.inputs)
        work += products * 4 ** (COARSEST - grid.level)
    return work


def check_trained_set(networks):
    trained = base_sets().get(networks[0])
    if not trained:
        raise FormatError("unsupported_version", f"base set {networks[0]}, known are 0..{len(base_sets())}")
    require(trained.networks == networks[1:], f"base set {networks[0]} with other networks than its own")


def parse_architecture(networks):
    """What the 16 bytes of a header say; raises unsupported_version or bad_header."""
    a = SimpleNamespace(base_set=networks[0], hidden=networks[4])
    if a.base_set != 0:
        check_trained_set(networks)
    a.chains = [parse_chain(byte) for byte in networks[1:4]]
    require(a.chains[0], "chain 0 is missing")
    require(a.chains[1] or not a.chains[2], "chain 2 without chain 1")
    require(1 <= a.hidden <= 64, f"{a.hidden} hidden outputs, allowed are 1..64")
    a.convolutions, a.noise = networks[5] & 3, networks[5] >> 2 & 3
    require(a.convolutions <= 2 and networks[5] < 16, "byte of layers")
    require(networks[6] < 64, "unused bits of network_of")
    network_of = [networks[6] >> shift & 3 for shift in (0, 2, 4)]
    a.networks = [parse_context_network(*networks[at : at + 3]) for at in (7, 10, 13)]
    require(a.networks[0], "context network 0 is missing")
    require(a.networks[1] or not a.networks[2], "context network 2 without network 1")
    a.grids = grids_in_order(a.chains)
    classes = {grid.of_class for grid in a.grids}
    require(all(network_of[c] == 0 for c in range(3) if c not in classes), "network of a class without grids")
    used = {network_of[c] for c in classes}
    require(used == {i for i in range(3) if a.networks[i]}, "a class without its network, or a network without class")
    for grid in a.grids:
        grid.network = network_of[grid.of_class]
    a.inputs = a.noise + sum(chain.joined - chain.finest + 1 for chain in a.chains if chain)
    require(work_of(a) <= 4096 * MAX_WORK, f"work {work_of(a)}, allowed are {4096 * MAX_WORK}")
    return a


# ---- Parameters ------------------------------------------------------------------------------------------------------


def joined_grids(a):
    """(chain, level) of each grid that has a gain."""
    return [
        (number, level)
        for number, chain in enumerate(a.chains)
        if chain and chain.joined < COARSEST
        for level in range(chain.joined, LEVELS)
    ]


def channels_of_chains(a):
    """(chain, level) of each channel but the noise planes."""
    return [
        (number, level)
        for number, chain in enumerate(a.chains)
        if chain
        for level in range(chain.finest, chain.joined + 1)
    ]


def context_groups(a, i):
    """Groups 1 to 6 of context network i: pairs (key, base)."""
    n = a.networks[i]
    sets = sum(grid.network == i for grid in a.grids) if n.own_biases else 1
    groups = [
        (("weight1", i), 4096 * np.eye(n.width, n.inputs, dtype=np.int64)),
        (("bias1", i), np.zeros((sets, n.width), np.int64)),
    ]
    if n.depth == 2:
        groups += [
            (("weight2", i), 4096 * np.eye(n.width, dtype=np.int64)),
            (("bias2", i), np.zeros(n.width, np.int64)),
        ]
    return groups + [(("weight3", i), np.zeros((2, n.width + n.inputs), np.int64)), (("bias3", i), np.array([0, 896]))]


def base_bypass(a):
    of_chain = [[6528, 6528, 6528], [0, -2246, 11568], [9152, -4661, 0]]
    columns = [of_chain[chain] for chain, _ in channels_of_chains(a)] + [[0, 0, 0]] * a.noise
    return np.array(columns, np.int64).T


def base_convolution():
    weight = np.zeros((3, 3, 3, 3), np.int64)
    weight[range(3), range(3), 1, 1] = 4096
    return weight


def groups_of(a):
    """Every group in the order of the file: pairs of a key and the base set's values in the group's shape."""
    groups = []
    for i in range(3):
        groups += context_groups(a, i) if a.networks[i] else []
    groups.append(("grid_bias", np.zeros((len(a.grids), 2), np.int64)))
    groups.append(("taps", np.tile(np.array([-576, 4288, 14400, -1728]), (COARSEST, 1))))
    if joined_grids(a):
        groups.append(("gain", np.full(len(joined_grids(a)), 4096)))
    groups += [
        ("mix1", np.zeros((a.hidden, a.inputs), np.int64)),
        ("mix_bias1", np.zeros(a.hidden, np.int64)),
        ("mix2", np.zeros((3, a.hidden), np.int64)),
        ("mix_bias2", np.zeros(3, np.int64)),
        ("bypass", base_bypass(a)),
        ("bypass_bias", np.zeros(3, np.int64)),
    ]
    for i in range(a.convolutions):
        groups += [(("convolution", i), base_convolution()), (("convolution_bias", i), np.zeros(3, np.int64))]
    if a.base_set != 0:
        trained = base_sets()[a.base_set].groups
        groups = [(key, np.array(trained[key]).reshape(neutral.shape)) for key, neutral in groups]
    return groups


def read_group(coder, base):
    step = coder.raw_bits(4)
    if step == NO_DIFFERENCES:
        return base
    table = coder.raw_bits(6)
    q = np.array(coder.residuals([table] * base.size), np.int64).reshape(base.shape)
    values = base + (q << step)
    if (values < I16_MIN).any() or (values > I16_MAX).any():
        raise FormatError("bad_stream", "a parameter outside 16 bits")
    return values


def read_maps(coder, grids):
    """For each grid the three probabilities of its map, or None where it has no map."""
    maps = []
    for _ in grids:
        maps.append([coder.raw_bits(8) for _ in range(3)] if coder.raw_bits(1) else None)
        if maps[-1] and 0 in maps[-1]:
            raise FormatError("bad_stream", "a probability of 0")
    return maps


def read_parameters(coder, a):
    """(maps, parameters by key) from a coder that stands at the start of NETWORK."""
    maps = read_maps(coder, a.grids)
    parameters = {key: read_group(coder, base) for key, base in groups_of(a)}
    coder.finish()
    return maps, parameters
