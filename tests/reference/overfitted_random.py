"""Random valid files of the overfitted coding. No training gives such networks, but a decoder must run them too."""

from types import SimpleNamespace

import numpy as np

from tests.reference.lic_bytes import FormatError
from tests.reference.overfitted_grids import empty_planes
from tests.reference.overfitted_networks import COARSEST, groups_of, parse_architecture
from tests.reference.overfitted_tables import SUPPORT
from tests.reference.overfitted_writer import header_of, network_bytes, networks_field, write_picture

DEFAULT_NETWORKS = [network_bytes(8, 3, 8), network_bytes(12, 4, 6)]


def architecture(chains=((0, 2),), networks=None, network_of=(0, 1), **more):
    """The 16 bytes of a usual architecture but for what is given."""
    return networks_field(chains, networks or DEFAULT_NETWORKS, network_of, **more)


def random_context_network(rng):
    spatial, coarser, width = (int(rng.integers(*bounds)) for bounds in ((1, 17), (0, 7), (1, 33)))
    return network_bytes(spatial, coarser, width, depth=int(rng.integers(1, 3)), own_biases=bool(rng.random() < 0.5))


def random_architecture(rng):
    """Any 16 bytes that keep every rule but perhaps that of the work."""
    chains = []
    for _ in range(int(rng.integers(1, 4))):
        finest = int(rng.integers(0, 3)) if rng.random() < 0.8 else int(rng.integers(0, COARSEST + 1))
        chains.append((finest, int(rng.integers(finest, COARSEST + 1))))
    classes = [0] + [1] * (chains[0][0] < COARSEST) + [2] * (len(chains) > 1)
    wanted = {c: int(rng.integers(0, 3)) for c in classes}
    numbers = {old: new for new, old in enumerate(dict.fromkeys(wanted.values()))}
    networks = [random_context_network(rng) for _ in numbers]
    network_of = [numbers[wanted[c]] if c in wanted else 0 for c in range(3)]
    hidden, convolutions, noise = int(rng.integers(1, 65)), int(rng.integers(0, 3)), int(rng.integers(0, 4))
    return networks_field(chains, networks, network_of, hidden, convolutions, noise)


def valid_architecture(rng):
    while True:
        networks = random_architecture(rng)
        try:
            parse_architecture(networks)
            return networks
        except FormatError:
            pass


def random_group(rng, key, base, wildness):
    """A group whose parameters stay within 16 bits: None, or (step, table, differences)."""
    if rng.random() < 0.1:
        return None
    if rng.random() < wildness:
        step = int(rng.integers(0, 15))
        differences = rng.integers(-40000, 40000, base.shape)
    else:
        name = key if isinstance(key, str) else key[0]
        step = int(rng.integers(0, 4))
        typical = 40 if "bias" in name else 400
        differences = np.round(rng.laplace(0, typical, base.shape)).astype(np.int64)
    lowest, highest = -((base + 32768) >> step), (32767 - base) >> step
    differences = np.clip(differences >> step, lowest, highest)
    if wildness and rng.random() < 0.1:  # the edges, as far as the largest residual reaches
        differences = np.where(rng.random(base.shape) < 0.5, lowest, highest)
    differences = np.clip(differences, -32767, 32767)
    spread = max(1, int(np.abs(differences).mean()))
    table = min(63, int(np.searchsorted(SUPPORT, min(spread, 48))) + int(rng.integers(0, 12)))
    return step, table, differences


def random_latents(rng, shape):
    """Sparse ones, with empty regions, and a few at the ends of the range."""
    scale = 2 ** rng.uniform(-2, 4)
    latents = np.round(rng.laplace(0, scale, shape)).astype(np.int64)
    latents[rng.random(shape) < rng.uniform(0, 0.8)] = 0
    for _ in range(int(rng.integers(0, 3))):
        y, x = rng.integers(0, shape[0] + 1, 2), rng.integers(0, shape[1] + 1, 2)
        latents[min(y) : max(y), min(x) : max(x)] = 0
    ends = rng.random(shape) < 0.01
    latents[ends] = rng.choice([-128, 127], int(ends.sum()))
    return np.clip(latents, -128, 127)


def random_maps(rng, a, mapped):
    return [[int(p) for p in rng.integers(1, 256, 3)] if rng.random() < mapped else None for _ in a.grids]


def random_alpha(rng, height, width):
    """Opaque, smooth or noisy."""
    kind = rng.integers(0, 3)
    if kind == 0:
        return np.full((height, width), rng.integers(0, 256), np.uint8)
    if kind == 1:
        return np.clip(np.add.outer(np.arange(height), np.arange(width)) * 3, 0, 255).astype(np.uint8)
    return rng.integers(0, 256, (height, width)).astype(np.uint8)


def random_file(seed, networks=None, width=None, height=None, mapped=0.5, wildness=0.1, alpha=None, **header):
    """A namespace with data and what it was written from: h, a, maps, groups, latents, alpha.

    `alpha` is True or False, or None for chance; `extras`, in `header`, are those of write_file.
    """
    rng = np.random.default_rng(seed)
    networks = networks or valid_architecture(rng)
    a = parse_architecture(networks)
    width = width or int(rng.integers(1, 80))
    height = height or int(rng.integers(1, 80))
    has_alpha = rng.random() < 0.2 if alpha is None else alpha
    plane = random_alpha(rng, height, width) if has_alpha else None
    extras = header.pop("extras", {})
    h = header_of(networks, width, height, alpha=plane, **header)
    maps = random_maps(rng, a, mapped)
    groups = {key: random_group(rng, key, base, wildness) for key, base in groups_of(a)}
    latents = [random_latents(rng, p.shape) for p in empty_planes(a, h)]
    data = write_picture(h, maps, groups, latents, plane, whims=rng, **extras)
    return SimpleNamespace(data=data, h=h, a=a, maps=maps, groups=groups, latents=latents, alpha=plane)
