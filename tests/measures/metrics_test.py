"""PSNR and MS-SSIM against closed forms, a plain implementation, and values of another one."""

import math
import unittest

import numpy as np

from models.measures.metrics import MS_SSIM_LEAST_SIDE, MS_SSIM_WEIGHTS, ms_ssim, ms_ssim_db, psnr


def waves(height, width):
    """A picture of slopes, waves and fine texture."""
    y, x = np.mgrid[:height, :width]
    red = 40 + x * 160 / width + 30 * np.sin(y / 9)
    green = 128 + 60 * np.sin(x / 5) * np.cos(y / 7) + 20 * ((x // 8 + y // 8) % 2)
    blue = 90 + 50 * np.sin((x + y) / 23) + (x * 7919 + y * 104729) % 41
    return np.clip(np.stack([red, green, blue], 2), 0, 255).astype(np.uint8)


def coarser(pixels, step):
    """What quantisation to multiples of `step` leaves."""
    return (pixels // step * step + step // 2).astype(np.uint8)


def plain_ms_ssim(original, decoded):
    """By the definition: one window after another, each with all its 121 weights."""
    distance = np.arange(-5, 6)
    window = np.exp(-(distance[:, None] ** 2 + distance**2) / (2 * 1.5**2))
    window /= window.sum()
    planes = [0.299 * p[..., 0] + 0.587 * p[..., 1] + 0.114 * p[..., 2] for p in (original, decoded)]
    product = 1
    for scale in range(5):
        if scale:
            planes = [plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean((1, 3)) for plane in planes]
        luminances, contrasts = [], []
        for y in range(planes[0].shape[0] - 10):
            views = [np.lib.stride_tricks.sliding_window_view(plane[y : y + 11], (11, 11))[0] for plane in planes]
            means = [(view * window).sum((1, 2)) for view in views]
            offsets = [view - mean[:, None, None] for view, mean in zip(views, means)]
            a, b, ab = ((window * o * p).sum((1, 2)) for o, p in ((offsets[0],) * 2, (offsets[1],) * 2, offsets))
            luminances.append((2 * means[0] * means[1] + 6.5025) / (means[0] ** 2 + means[1] ** 2 + 6.5025))
            contrasts.append((2 * ab + 58.5225) / (a + b + 58.5225))
        luminances, contrasts = np.array(luminances), np.array(contrasts)
        product *= (contrasts if scale < 4 else luminances * contrasts).mean() ** MS_SSIM_WEIGHTS[scale]
    return product


# Step of coarser() -> MS-SSIM of waves(192, 256), by the algorithm of the package pytorch-msssim in float64, of
# unrounded luma.
PYTORCH_MSSSIM = {4: 0.999675951359, 32: 0.974038360701}


class Psnr(unittest.TestCase):
    def test_constant_difference(self):
        a = np.full((5, 7, 3), 100, np.uint8)
        self.assertAlmostEqual(psnr(a, a + np.uint8(10)), 20 * math.log10(25.5))
        self.assertAlmostEqual(psnr(a + np.uint8(10), a), 20 * math.log10(25.5))

    def test_counts_every_sample(self):
        a = np.zeros((4, 4, 3), np.uint8)
        b = a.copy()
        b[1, 2, 0] = 255  # one of 48 samples
        self.assertAlmostEqual(psnr(a, b), 10 * math.log10(48))

    def test_equal_pictures(self):
        self.assertEqual(psnr(waves(8, 8), waves(8, 8)), math.inf)


class MsSsim(unittest.TestCase):
    def test_equal_pictures(self):
        self.assertAlmostEqual(ms_ssim(waves(161, 200), waves(161, 200)), 1, places=12)
        self.assertEqual(ms_ssim_db(1), math.inf)

    def test_constant_pictures_differ_in_luminance_alone(self):
        a, b = np.full((176, 176, 3), 120, np.uint8), np.full((176, 176, 3), 100, np.uint8)
        luminance = (2 * 120 * 100 + 6.5025) / (120**2 + 100**2 + 6.5025)
        self.assertAlmostEqual(ms_ssim(a, b), luminance**0.1333, places=10)

    def test_equals_the_plain_implementation(self):
        original = waves(176, 192)
        for step in (4, 32):
            with self.subTest(step=step):
                decoded = coarser(original, step)
                self.assertAlmostEqual(ms_ssim(original, decoded), plain_ms_ssim(original, decoded), places=10)

    def test_equals_pytorch_msssim(self):
        original = waves(192, 256)
        for step, expected in PYTORCH_MSSSIM.items():
            with self.subTest(step=step):
                self.assertAlmostEqual(ms_ssim(original, coarser(original, step)), expected, places=10)

    def test_falls_with_distortion(self):
        original = waves(170, 180)  # odd sides at some scales
        values = [ms_ssim(original, coarser(original, step)) for step in (2, 8, 24, 64, 128)]
        self.assertEqual(values, sorted(values, reverse=True))

    def test_opposed_pictures_do_not_go_below_zero(self):
        original = waves(161, 161)
        self.assertGreaterEqual(ms_ssim(original, 255 - original), 0)

    def test_least_side(self):
        self.assertEqual(MS_SSIM_LEAST_SIDE, 161)
        with self.assertRaises(ValueError):
            ms_ssim(waves(160, 300), waves(160, 300))

    def test_decibels(self):
        self.assertAlmostEqual(ms_ssim_db(0.9), 10)
        self.assertAlmostEqual(ms_ssim_db(0.99), 20)


if __name__ == "__main__":
    unittest.main()
