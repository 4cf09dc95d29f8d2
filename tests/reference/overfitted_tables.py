"""The Laplace tables of the overfitted coding (docs/format.md#laplace-tables)."""

from bisect import bisect_right

import numpy as np

SCALES, FRACTIONS, MIDDLE_FRACTION = 64, 16, 8

DECAY = [
    64448697, 89694538, 120074301, 155327504, 194944065, 238220219, 284325880, 332372810,
    381475636, 430800881, 479602069, 527241204, 573198357, 617071780, 658571182, 697506558,
    733774619, 767344380, 798243041, 826542892, 852349672, 875792562, 897015844, 916172132,
    933417027, 948905022, 962786459, 975205368, 986298011, 996191996, 1005005817, 1012848738,
    1019820917, 1026013699, 1031510039, 1036384994, 1040706261, 1044534730, 1047925039, 1050926115,
    1053581694, 1055930808, 1058008244, 1059844969, 1061468522, 1062903368, 1064171226, 1065291363,
    1066280860, 1067154852, 1067926742, 1068608396, 1069210315, 1069741788, 1070211031, 1070625307,
    1070991038, 1071313898, 1071598902, 1071850480, 1072072546, 1072268557, 1072441565, 1072594268,
]  # fmt: skip
SUPPORT = (
    [1] * 19 + [2] * 5 + [3] * 4 + [4, 4, 5, 5, 6, 7, 8, 8, 10, 11, 12, 14, 15, 17, 20, 22, 25, 28, 32, 36, 41, 46]
)
SUPPORT += [48] * (SCALES - len(SUPPORT))


def powers(decay, count):
    power = [1 << 30]
    while len(power) < count:
        power.append((power[-1] * decay + (1 << 29)) >> 30)
    return power


def starts(scale, fraction):
    """Where the intervals of -K..K and of the escape begin, and 32768."""
    support = SUPPORT[scale]
    n = 2 * support + 2
    edges = [32 * (i - support) - 16 - 2 * (fraction - MIDDLE_FRACTION) for i in range(n)]
    power = powers(DECAY[scale], max(map(abs, edges)) + 1)
    below = [power[-x] >> 1 if x <= 0 else (1 << 30) - (power[x] >> 1) for x in edges]
    return [i + (((f - below[0]) * (32768 - n)) >> 30) for i, f in enumerate(below)] + [32768]


class LaplaceTables:
    """Tables by scale and fraction, made when first used: a pair (starts, support)."""

    def __init__(self):
        self.made = {}

    def __getitem__(self, place):
        if place not in self.made:
            self.made[place] = (starts(*place), SUPPORT[place[0]])
        return self.made[place]

    def symbol(self, place, slot):
        """(symbol number, frequency, start) of a slot."""
        edges, _ = self[place]
        number = bisect_right(edges, slot) - 1
        return number, edges[number + 1] - edges[number], edges[number]


class ResidualTables:
    """The Laplace tables of the middle fraction as a RansReader takes tables: differences of parameters, and alpha."""

    def __init__(self):
        self.made = {}

    def __getitem__(self, index):
        if index not in self.made:
            edges = np.array(starts(index, MIDDLE_FRACTION))
            frequencies = np.diff(edges)
            symbol_of_slot = np.repeat(np.arange(len(frequencies)), frequencies).tolist()
            self.made[index] = symbol_of_slot, frequencies.tolist(), edges[:-1].tolist(), SUPPORT[index]
        return self.made[index]
