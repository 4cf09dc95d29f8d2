"""Says whether a picture is damaged more than photographs are at the same quality.

The measures are others than those of `lic encode --qa`.

MS-SSIM of luma stands for structure. Colours are compared as CIE 1976 distances in L*a*b* of slightly blurred pictures
(the eye does not see the colour of single pixels), in the mean and where they are worst. A picture is damaged if one of
these is clearly worse than that of the worst photograph.
"""

import numpy as np

from models.measures.metrics import Reference, ms_ssim_db

STRUCTURE_MARGIN_DB = 1.0
COLOUR_MARGIN = 1.5  # half more than the worst photograph
BLUR = np.array([1, 4, 6, 4, 1]) / 16
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = (0.9505, 1.0, 1.089)


def to_lab(pixels):
    """sRGB bytes to L*a*b* under D65."""
    linear = np.where(
        np.arange(256) <= 10, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
    )
    xyz = linear[pixels] @ TO_XYZ.T / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def blur(planes):
    height, width = (side - len(BLUR) + 1 for side in planes.shape[:2])
    rows = sum(weight * planes[i : i + height] for i, weight in enumerate(BLUR))
    return sum(weight * rows[:, i : i + width] for i, weight in enumerate(BLUR))


class Original:
    """A picture, prepared for comparison with several decoded ones."""

    def __init__(self, pixels):
        self.reference, self.colours = Reference(pixels), blur(to_lab(pixels))

    def measure(self, decoded):
        """(MS-SSIM in dB, mean colour distance, that which 5 % of the blocks of 16 x 16 pixels exceed)."""
        distance = np.sqrt(((self.colours - blur(to_lab(decoded))) ** 2).sum(2))
        height, width = (side // 16 for side in distance.shape)
        blocks = distance[: height * 16, : width * 16].reshape(height, 16, width, 16).mean((1, 3))
        _, structure = self.reference.similarities(decoded)
        return ms_ssim_db(structure), distance.mean(), np.percentile(blocks, 95)


def worst(measured):
    """Of each measure the worst that photographs show."""
    structure, mean, blocks = zip(*measured)
    return min(structure), max(mean), max(blocks)


def damages(measured, norm):
    """The measures by which a picture is clearly worse than the worst photograph."""
    clearly = (
        measured[0] < norm[0] - STRUCTURE_MARGIN_DB,
        measured[1] > norm[1] * COLOUR_MARGIN,
        measured[2] > norm[2] * COLOUR_MARGIN,
    )
    return [name for name, is_worse in zip(("structure", "colour", "colour of blocks"), clearly) if is_worse]
