"""The start of the linear branches: a 16x16 DCT."""
import numpy as np

PATCH = 16  # pixels per latent position and side


def dct_basis(channels):
    """Rows (channels, 3 * 16 * 16): low frequencies of an orthonormal 16x16 DCT.

    3/4 of them are of luma, 1/8 of each chroma axis.
    """
    k = np.arange(PATCH)
    dct = np.sqrt(2 / PATCH) * np.cos(np.pi * (2 * k[None] + 1) * k[:, None] / (2 * PATCH))
    dct[0] /= np.sqrt(2)
    order = sorted((i * i + j * j, i, j) for i in range(PATCH) for j in range(PATCH))
    axes = np.array([[3**-0.5] * 3, [2**-0.5, 0, -(2**-0.5)], [-(6**-0.5), 2 * 6**-0.5, -(6**-0.5)]])
    chroma = channels // 8
    rows = [
        (axes[axis][:, None, None] * np.outer(dct[i], dct[j])[None]).reshape(-1)
        for axis, count in ((0, channels - 2 * chroma), (1, chroma), (2, chroma))
        for _, i, j in order[:count]
    ]
    return np.array(rows, np.float32)
