"""The metrics and the BD-rate against implementations of others: scikit-image, SciPy, and the C++ of `lic verify`.

Agreement is asked to 0.01 dB, 0.001 of SSIM and MS-SSIM, and 0.2 % of BD-rate; what is found is far closer.
"""

import glob
import json
import math
import os
import subprocess
import tempfile
import unittest

import numpy as np
from scipy.integrate import quad
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from skimage.transform import downscale_local_mean

from models.evaluation.figures import comparison
from models.evaluation.measurements.picture_files import read_picture, write_png
from models.measures import metrics
from tests.evaluation import paths
from tests.measures.metrics_test import coarser, waves

MODEL = os.path.join(paths.ROOT, "tests", "models", "tiny.dec.licm")
DECIBELS, SIMILARITY, RATE = 0.01, 0.001, 0.002
WINDOW = {
    "gaussian_weights": True,
    "sigma": 1.5,
    "use_sample_covariance": False,
    "data_range": 255,
}  # of the paper of 2004


def skimage_luma(pixels):
    return np.average(pixels, axis=2, weights=(299, 587, 114))


def skimage_ms_ssim(original, decoded):
    """Of scikit-image's SSIM on five scales. With a large first constant its luminance term is 1, and contrast and
    structure are what is left."""
    planes, product = [skimage_luma(original), skimage_luma(decoded)], 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        if scale:
            planes = [downscale_local_mean(plane, (2, 2)) for plane in planes]
        product *= structural_similarity(*planes, **WINDOW, **({"K1": 1e6} if scale < 4 else {})) ** weight
    return product


def distorted(original):
    """name -> the picture with less of something."""
    noise = np.random.default_rng(1).normal(0, 9, original.shape)
    blurred = gaussian(original, 1.2, channel_axis=2, preserve_range=True)
    return {
        "steps of 8": coarser(original, 8),
        "steps of 48": coarser(original, 48),
        "noise": np.clip(original + noise, 0, 255).astype(np.uint8),
        "blur": np.clip(blurred, 0, 255).astype(np.uint8),
        "darker": (original * 0.8).astype(np.uint8),
    }


def scipy_bd_rate(anchor, test, low_rate, high_rate):
    """By SciPy's interpolant, root finder and quadrature."""
    curves = [PchipInterpolator([metric for _, metric in c], [math.log(rate) for rate, _ in c]) for c in (anchor, test)]

    def metric_at(curve, rate):
        low, high = curve.x[[0, -1]]
        if not curve(low) < math.log(rate) < curve(high):
            return low if math.log(rate) <= curve(low) else high
        return brentq(lambda metric: curve(metric) - math.log(rate), low, high)

    low = max(metric_at(curve, low_rate) for curve in curves)
    high = min(metric_at(curve, high_rate) for curve in curves)
    areas = [
        quad(curve, low, high, points=curve.x[(curve.x > low) & (curve.x < high)], limit=200)[0] for curve in curves
    ]
    return math.expm1((areas[1] - areas[0]) / (high - low))


class Metrics(unittest.TestCase):
    def compare(self, original):
        reference = metrics.Reference(original)
        for name, decoded in distorted(original).items():
            with self.subTest(name):
                found = reference.compare(decoded)
                luma = skimage_luma(original), skimage_luma(decoded)
                self.assertAlmostEqual(found["psnr"], peak_signal_noise_ratio(original, decoded), delta=DECIBELS)
                self.assertAlmostEqual(found["psnr_y"], peak_signal_noise_ratio(*luma, data_range=255), delta=DECIBELS)
                self.assertAlmostEqual(found["ssim"], structural_similarity(*luma, **WINDOW), delta=SIMILARITY)
                self.assertAlmostEqual(found["ms_ssim"], skimage_ms_ssim(original, decoded), delta=SIMILARITY)

    def test_generated_picture(self):
        self.compare(waves(256, 336))

    def test_photos(self):
        photos = sorted(glob.glob(os.path.join(os.environ.get("LIC_TEST_DATA", ""), "kodak", "*.png")))
        if not photos:
            paths.skip("metrics on photos: LIC_TEST_DATA names no folder with kodak/*.png")
        for photo in photos[::6]:
            self.compare(read_picture(photo))

    def test_single_functions(self):
        original, decoded = waves(170, 180), coarser(waves(170, 180), 20)
        found = metrics.Reference(original).compare(decoded)
        self.assertEqual(found, {name: getattr(metrics, name)(original, decoded) for name in found})

    def test_equals_lic_verify(self):
        with tempfile.TemporaryDirectory() as folder:
            picture, coded, decoded = f"{folder}/waves.png", f"{folder}/waves.lic", f"{folder}/decoded.png"
            write_png(picture, waves(190, 230))
            for quality in ("10", "90"):
                subprocess.run(
                    [paths.LIC, "encode", picture, "-o", coded, "-q", quality, "-m", MODEL, "--quiet"], check=True
                )
                subprocess.run([paths.LIC, "decode", coded, "-o", decoded, "-m", MODEL, "--quiet"], check=True)
                verify = [paths.LIC, "verify", coded, "--against", picture, "-m", MODEL, "--json"]
                verified = json.loads(subprocess.run(verify, capture_output=True, check=True).stdout)
                found = metrics.Reference(read_picture(picture)).compare(read_picture(decoded))
                self.assertAlmostEqual(verified["psnr"], found["psnr"], delta=DECIBELS)
                self.assertAlmostEqual(verified["ssim"], found["ssim"], delta=SIMILARITY)


class BdRate(unittest.TestCase):
    """On the curves of the committed results: every metric, rival and picture."""

    def test_equals_scipy(self):
        curves = comparison.curves_of(
            comparison.read_rows(os.path.join(paths.ROOT, "models", "evaluation", "results", "kodak.csv"))
        )
        compared = 0
        for metric in comparison.METRICS:
            for rival in (codec for codec in curves if codec != "lic"):
                for image in curves[rival]:
                    compared += self.compare(
                        *(rising(comparison.pairs(curves[codec][image], metric)) for codec in (rival, "lic"))
                    )
        self.assertGreater(compared, 500)

    def compare(self, anchor, test):
        found = comparison.bd_rate(anchor, test, comparison.LOW_RATE, comparison.HIGH_RATE)
        if found is None:
            return 0
        self.assertAlmostEqual(
            found, scipy_bd_rate(anchor, test, comparison.LOW_RATE, comparison.HIGH_RATE), delta=RATE
        )
        return 1


def rising(points):
    """Without points that another one beats: SciPy wants a strictly rising curve."""
    kept = []
    for point in sorted(points):
        if not kept or point[1] > kept[-1][1]:
            kept.append(point)
    return kept


if __name__ == "__main__":
    unittest.main()
