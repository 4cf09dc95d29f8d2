"""How far a decoded picture is from its original.

PSNR is over all red, green and blue samples. MS-SSIM is that of Wang, Simoncelli, Bovik, "Multiscale structural similarity for
image quality assessment", Asilomar 2003: luma 0.299 R + 0.587 G + 0.114 B, 11 x 11 Gaussian window of standard deviation 1.5
where it lies wholly in the picture, five scales, each the 2 x 2 mean of the one before.
"""

import numpy as np

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from the finest scale to the coarsest
WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
MS_SSIM_LEAST_SIDE = (WINDOW - 1) * 2 ** (len(MS_SSIM_WEIGHTS) - 1) + 1  # 161: the window fits in the coarsest scale


def psnr(original, decoded):
    """dB; infinite for equal pictures."""
    error = np.mean((original.astype(np.float64) - decoded) ** 2)
    return float(10 * np.log10(255.0**2 / error)) if error else float("inf")


def luma(pixels):
    return pixels @ np.array([0.299, 0.587, 0.114])  # (height, width)


def ms_ssim(original, decoded):
    """1 for equal pictures, near 0 for unlike ones. Sides are MS_SSIM_LEAST_SIDE or more."""
    if min(original.shape[:2]) < MS_SSIM_LEAST_SIDE:
        raise ValueError(f"MS-SSIM needs sides of {MS_SSIM_LEAST_SIDE} pixels")
    a, b = luma(original), luma(decoded)
    product = 1.0
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        if scale:
            a, b = halve(a), halve(b)
        ssim, contrast_structure = similarities(a, b)
        is_coarsest = scale == len(MS_SSIM_WEIGHTS) - 1
        product *= max(0.0, ssim if is_coarsest else contrast_structure) ** weight
    return float(product)


def ms_ssim_db(value):
    """MS-SSIM on a scale on which pictures can be told apart: -10 log10(1 - MS-SSIM)."""
    return float(-10 * np.log10(1 - value)) if value < 1 else float("inf")


def similarities(a, b):
    """The means over a picture of SSIM and of its contrast and structure part."""
    mean_a, mean_b = blur(a), blur(b)
    variance_a, variance_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    contrast_structure = (2 * covariance + C2) / (variance_a + variance_b + C2)
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return (luminance * contrast_structure).mean(), contrast_structure.mean()


def gaussian():
    distance = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(distance**2) / (2 * SIGMA**2))
    return weights / weights.sum()


def blur(plane):
    height, width = (side - WINDOW + 1 for side in plane.shape)
    rows = sum(weight * plane[i : i + height] for i, weight in enumerate(gaussian()))
    return sum(weight * rows[:, i : i + width] for i, weight in enumerate(gaussian()))


def halve(plane):
    """An odd last row or column counts twice."""
    plane = np.pad(plane, [(0, side % 2) for side in plane.shape], mode="edge")
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4
