"""Tests of the training losses."""
import unittest

from tests.training.small import HAS_TORCH, smooth_pictures

if HAS_TORCH:
    import numpy as np
    import torch

    from models.measures import metrics
    from models.training.learning import losses


@unittest.skipUnless(HAS_TORCH, "needs torch")
class LossTest(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(4)
        self.pixels = np.clip(smooth_pictures(1, 180, 200)[0] + random.normal(0, 9, (180, 200, 3)), 0, 255)
        self.noisy = np.clip(self.pixels + random.normal(0, 12, self.pixels.shape), 0, 255)

    @staticmethod
    def tensor(pixels):
        return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]

    def visual(self, changed):
        return losses.visual(self.tensor(changed), self.tensor(self.pixels)).item()

    def test_structure_is_the_ms_ssim_of_the_evaluation(self):
        lumas = [losses.to_ycbcr(self.tensor(pixels))[0] for pixels in (self.pixels, self.noisy)]
        self.assertAlmostEqual(
            losses.structure_error(*lumas)[0].item(), 1 - metrics.ms_ssim(self.pixels, self.noisy), places=4
        )

    def test_equal_pictures_have_no_loss(self):
        self.assertAlmostEqual(self.visual(self.pixels), 0, places=6)

    def test_lost_texture_is_an_error_and_other_texture_hardly_one(self):
        random, smooth = np.random.default_rng(4), np.full((180, 200, 3), 120.0)
        one, other = (smooth + random.normal(0, 25, (180, 200, 1)) for _ in range(2))
        luma = [losses.to_ycbcr(self.tensor(pixels))[0] for pixels in (one, other, smooth)]
        self.assertGreater(losses.structure_error(luma[0], luma[2])[1], 5 * losses.structure_error(luma[0], luma[1])[1])

    def test_a_shift_of_colour_counts(self):
        shifted = self.pixels + np.array([8.0, 0.0, 8.0])  # luma hardly moves
        mse = np.square(shifted / 255 - self.pixels / 255).mean()
        self.assertGreater(self.visual(shifted), 1.1 * losses.FIDELITY * mse)

    def test_small_crops_have_fewer_scales(self):
        self.assertEqual([losses.scales_of(side) for side in (11, 64, 175, 176, 256)], [1, 3, 4, 5, 5])
        x = torch.rand(2, 3, 64, 64)
        self.assertEqual(losses.visual(x, x * 0.5).shape, (2,))


if __name__ == "__main__":
    unittest.main()
