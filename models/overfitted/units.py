"""What an integer parameter is worth in a checkpoint, which has floats in the units of the C++ descent.

A checkpoint is raw float32 in the order of the groups (docs/format.md#network-payload).
"""

import numpy as np

from tests.reference.overfitted_networks import groups_of, parse_architecture
from tests.reference.overfitted_writer import network_bytes, networks_field

# kNetworks of shared/overfitted/encoding/presets.h.
NETWORKS = networks_field(
    [(0, 6), (2, 2), (2, 2)], [network_bytes(10, 4, 14, depth=2)], (0, 0, 0), hidden=16, convolutions=2
)
SAMPLE = 1 / 255  # the descent has samples of 0..1
UNITS = {
    "bias1": 1 / 256,
    "bias2": 1 / 256,
    "bias3": 1 / 256,
    "grid_bias": 1 / 256,
    "taps": 1 / 16384,
    "mix_bias1": 1 / 64,
    "mix2": SAMPLE / 256,
    "mix_bias2": SAMPLE / 64,
    "bypass": SAMPLE / 256,
    "bypass_bias": SAMPLE / 64,
    "convolution_bias": SAMPLE / 64,
}
OTHER_UNIT = 1 / 4096


def name_of(key):
    """The name of a group without its number."""
    return key if isinstance(key, str) else key[0]


def read_checkpoint(path, networks=NETWORKS):
    """Pairs of a group's key and its values, floats in units of the integers."""
    groups = groups_of(parse_architecture(networks))
    floats = np.fromfile(path, "<f4").astype(float)
    expected = sum(base.size for _, base in groups)
    if floats.size != expected:
        raise ValueError(f"{path} has {floats.size} values, the networks have {expected}")
    if not np.isfinite(floats).all():
        raise ValueError(f"{path} has values that are not finite")
    ends = np.cumsum([base.size for _, base in groups])
    parts = np.split(floats, ends[:-1])
    return [
        (key, part.reshape(base.shape) / UNITS.get(name_of(key), OTHER_UNIT))
        for (key, base), part in zip(groups, parts, strict=True)
    ]
