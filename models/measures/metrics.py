"""How far a decoded picture is from its original.

PSNR is over all red, green and blue samples, or over luma: 0.299 R + 0.587 G + 0.114 B. SSIM is that of Wang, Bovik,
Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity", IEEE Transactions on
Image Processing 13, 2004, on luma: 11 x 11 Gaussian window of standard deviation 1.5 where it lies wholly in the
picture. MS-SSIM is that of Wang, Simoncelli, Bovik, "Multiscale structural similarity for image quality assessment",
Asilomar 2003: the same window on five scales, each the 2 x 2 mean of the one before.
"""

import numpy as np

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from the finest scale to the coarsest
WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
MS_SSIM_LEAST_SIDE = (WINDOW - 1) * 2 ** (len(MS_SSIM_WEIGHTS) - 1) + 1  # 161: the window fits in the coarsest scale


def psnr(original, decoded):
    """dB, of arrays with samples of 0 to 255; infinite for equal ones."""
    error = np.mean((original.astype(np.float64) - decoded) ** 2)
    return float(10 * np.log10(255.0**2 / error)) if error else float("inf")


def luma(pixels):
    return pixels @ np.array([0.299, 0.587, 0.114])  # (height, width)


def psnr_y(original, decoded):
    """dB, over luma without rounding."""
    return psnr(luma(original), luma(decoded))


def ssim(original, decoded):
    """1 for equal pictures, 0 or less for unlike ones. Sides are WINDOW or more."""
    return Reference(original, scales=1).similarities(decoded)[0]


def ms_ssim(original, decoded):
    """1 for equal pictures, near 0 for unlike ones. Sides are MS_SSIM_LEAST_SIDE or more."""
    return Reference(original).similarities(decoded)[1]


def ms_ssim_db(value):
    """MS-SSIM on a scale on which pictures can be told apart: -10 log10(1 - MS-SSIM)."""
    return float(-10 * np.log10(1 - value)) if value < 1 else float("inf")


class Reference:
    """An original, prepared for comparison with many decoded pictures. ValueError for a picture that is too small."""

    def __init__(self, original, scales=len(MS_SSIM_WEIGHTS)):
        least_side = (WINDOW - 1) * 2 ** (scales - 1) + 1
        if min(original.shape[:2]) < least_side:
            raise ValueError(f"sides of {least_side} pixels are needed")
        self.pixels, self.luma = original, luma(original)
        plane, self.scales = self.luma, []  # (plane, its windowed mean, its windowed variance)
        for scale in range(scales):
            plane = halve(plane) if scale else plane
            mean = blur(plane)
            self.scales.append((plane, mean, blur(plane * plane) - mean**2))

    def compare(self, decoded):
        """All metrics of this file by name."""
        ssim_value, ms_ssim_value = self.similarities(decoded)
        return {
            "psnr": psnr(self.pixels, decoded),
            "psnr_y": psnr(self.luma, luma(decoded)),
            "ssim": ssim_value,
            "ms_ssim": ms_ssim_value,
        }

    def similarities(self, decoded):
        """SSIM and MS-SSIM."""
        plane, finest, product = luma(decoded), None, 1.0
        for scale, (reference, weight) in enumerate(zip(self.scales, MS_SSIM_WEIGHTS)):
            plane = halve(plane) if scale else plane
            ssim_value, contrast_structure = similarity(*reference, plane)
            finest = ssim_value if scale == 0 else finest
            is_coarsest = scale == len(MS_SSIM_WEIGHTS) - 1
            product *= max(0.0, ssim_value if is_coarsest else contrast_structure) ** weight
        return float(finest), float(product)


def similarity(a, mean_a, variance_a, b):
    """The means over a plane of SSIM and of its contrast and structure part."""
    mean_b = blur(b)
    variance_b, covariance = blur(b * b) - mean_b**2, blur(a * b) - mean_a * mean_b
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
