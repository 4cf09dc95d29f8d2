"""Tests of the ancestor's network: shapes, rate against a direct sum, coded size, training."""
import math
import os
import tempfile
import unittest

from tests.training.small import HAS_TORCH, small_config, smooth_pictures

if HAS_TORCH:
    import numpy as np
    import torch

    from models.training import evaluate
    from models.training.curves import Curve
    from models.training.data.crops import Crops
    from models.training.files import checkpoint
    from models.training.learning import trainer
    from models.training.networks import cae2017
    from models.training.networks.families import make_model

    OFF = trainer.make_autocast(torch.device("cpu"))


def normal_mass(low, high, deviation):
    return 0.5 * (math.erf(high / deviation / math.sqrt(2)) - math.erf(low / deviation / math.sqrt(2)))


@unittest.skipUnless(HAS_TORCH, "needs torch")
class AncestorTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.model = make_model(small_config(network="cae-2017"))
        for parameter in (self.model.mixture.log_scale, self.model.mixture.logit):
            parameter.data += 0.3 * torch.randn_like(parameter)
        self.x, self.quality = torch.rand(2, 3, 48, 64), torch.tensor([20.0, 75.0])

    def pixels(self, height, width):
        return smooth_pictures(1, height, width, seed=7)[0]

    def test_latents_lie_at_an_eighth(self):
        self.assertEqual(self.model.analyse(self.x, OFF).shape, (2, 96, 6, 8))
        picture, bits, hyper_bits = self.model(self.x, self.quality, False, OFF)
        self.assertEqual((picture.shape, bits.shape, hyper_bits.tolist()), (self.x.shape, (2,), [0.0, 0.0]))
        self.assertTrue(0 <= picture.min() and picture.max() <= 1)

    def test_the_hard_rate_is_the_mass_of_the_mixtures(self):
        gain = self.model.gains(self.quality)
        q = torch.round(self.model.analyse(self.x, OFF) * gain)
        found = self.model.mixture.bits(q, gain)
        weights, scales = self.model.mixture.logit.softmax(1), self.model.mixture.log_scale.exp()
        for b, c, i, j in ((0, 0, 0, 0), (1, 95, 5, 7), (0, 40, 3, 2), (1, 7, 2, 6)):
            k, g = q[b, c, i, j].item(), gain[b, c].item()
            mass = sum(w.item() * normal_mass(k - 0.5, k + 0.5, s.item() * g) for w, s in zip(weights[c], scales[c]))
            self.assertAlmostEqual(found[b, c, i, j].item(), -math.log2(mass), places=3)
        self.assertAlmostEqual(
            self.model(self.x, self.quality, True, OFF)[1][1].item(), found[1].sum().item(), delta=0.01
        )

    def test_the_noisy_rate_is_an_upper_bound(self):
        gain, y = self.model.gains(torch.tensor([50.0])), torch.zeros(1, 96, 1, 1)
        noise = (torch.arange(4001.0) / 4000 - 0.5).reshape(-1, 1, 1, 1)
        noisy, exact = self.model.mixture.noisy_bits(y + noise, gain).mean(0), self.model.mixture.bits(y, gain)[0]
        self.assertTrue((noisy > exact - 1e-4).all())
        density = -self.model.mixture.noisy_bits(y + noise, gain) * math.log(2)  # whose integral is the mass
        torch.testing.assert_close(density.exp().mean(0), 2**-exact, rtol=2e-3, atol=1e-5)

    def test_noise_stands_for_rounding_in_the_soft_rate_alone(self):
        soft, hard = ([self.model(self.x, self.quality, kind, OFF)[1] for _ in range(2)] for kind in (False, True))
        self.assertFalse(torch.equal(*soft))
        self.assertTrue(torch.equal(*hard))

    def test_clipping_and_rounding_pass_gradients(self):
        latents = (20 * torch.randn(1, 96, 2, 2)).requires_grad_()
        picture = self.model.synthesise(latents, OFF)
        self.assertTrue(((picture == 0) | (picture == 1)).any())
        picture[(picture == 0) | (picture == 1)].sum().backward()
        self.assertGreater(latents.grad.abs().sum(), 0)
        self.model(self.x, self.quality, False, OFF)[0].sum().backward()
        self.assertGreater(self.model.analysis.down2.weight.grad.abs().sum(), 0)

    def test_coded_pictures_cost_their_rate(self):
        coder, pixels = cae2017.TableCoder(self.model, OFF), self.pixels(64, 80)
        size, hyper, decoded = coder.code(pixels, 50 * 256)
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            picture, bits, _ = self.model(x, torch.tensor([50.0]), True, OFF)
        self.assertEqual(hyper, 0)
        self.assertAlmostEqual(size - coder.OVERHEAD, bits.item() / 8, delta=0.01 * size)
        self.assertLessEqual(np.abs(picture[0].permute(1, 2, 0).numpy() * 255 - decoded).max(), 0.51)

    def test_pictures_of_any_size_are_coded(self):
        coder = cae2017.TableCoder(self.model, OFF)
        for height, width in ((1, 1), (15, 17), (65, 63)):
            self.assertEqual(coder.code(self.pixels(height, width), 30 * 256)[2].shape, (height, width, 3))

    def test_tables_have_the_mass_that_they_cover(self):
        within = np.array([0.5, 0.8, 0.95, 0.9999, 1.0])
        table = cae2017.mixture_table(within)
        self.assertEqual(len(table.frequency), 4)  # beyond the fourth lies less than TAIL_MASS
        np.testing.assert_allclose(table.frequency / 32768, [0.5, 0.15, 0.075, 0.02495], atol=2e-4)

    def test_it_trains_and_comes_back_from_its_checkpoint(self):
        config = small_config(network="cae-2017", crop=64, batch=2, learning_rate=1e-3, warmup_steps=3)
        with tempfile.TemporaryDirectory() as folder:
            crops, path = Crops(smooth_pictures(4, 96, 96), 64, 2, 1), os.path.join(folder, "cae.pt")
            made = trainer.Trainer(
                make_model(config), None, crops, smooth_pictures(2, 64, 64, seed=5), torch.device("cpu")
            )
            start = trainer.mean_of(trainer.validate(made.model, made.pictures, made.device, made.autocast))[0]
            made.run(trainer.Budget(steps=25), path, Curve(os.path.join(folder, "cae.csv")))
            model, _ = checkpoint.load(path)
            end = trainer.mean_of(trainer.validate(model, made.pictures, made.device, made.autocast))[0]
            self.assertLess(end, 0.7 * start)
            coder = evaluate.load_coder(path)[1]
            self.assertGreater(coder.code(self.pixels(32, 32), 50 * 256)[0], coder.OVERHEAD)
            other = make_model(small_config())
            checkpoint.save(path, other, other.state_dict(), 0)
            with self.assertRaises(SystemExit):
                evaluate.load_coder(path)


if __name__ == "__main__":
    unittest.main()
