"""Tests of the training tools: python3 -m unittest discover -s tests/training

Those of model files and integers need numpy, those of networks torch; without them they are skipped.
"""
import os
import tempfile
import unittest
import unittest.mock

from tests.training.small import HAS_NUMPY, HAS_TORCH, ROOT, small_config, smooth_pictures

if HAS_NUMPY:
    import numpy as np

    from models.training.files import integer, licm, residual_tables
if HAS_TORCH:
    import torch

    from models.training import export
    from models.training.curves import Curve, read_curve
    from models.training.data.crops import Crops
    from models.training.files import checkpoint
    from models.training.files.coder import Coder
    from models.training.learning import losses, trainer
    from models.training.networks.codec import Codec, from_classes, to_classes
    from models.training.networks.layers import Conv, IntegerConv
    from models.training.networks.quality import Gains, nearest_anchor


def read(name):
    with open(os.path.join(ROOT, "tests", "models", name), "rb") as file:
        return file.read()


def random_conv(inputs, outputs, kernel=1, shift=12, lo=-32768, hi=32767):
    random = np.random.default_rng(5)
    return licm.IntegerConvolution(
        random.integers(-127, 128, (outputs, inputs, kernel, kernel)).astype(np.int8),
        random.integers(60, 200, outputs).astype(np.int32),
        random.integers(-400, 401, (1, outputs)).astype(np.int32),
        shift,
        lo,
        hi,
    )


@unittest.skipUnless(HAS_NUMPY, "needs numpy")
class ModelFileTest(unittest.TestCase):
    def test_committed_files_survive_a_round_trip(self):
        self.assertEqual(licm.write_decoder(licm.read_decoder(read("tiny.dec.licm"))), read("tiny.dec.licm"))
        self.assertEqual(licm.write_encoder(licm.read_encoder(read("tiny.enc.licm"))), read("tiny.enc.licm"))

    @unittest.skipUnless(HAS_TORCH, "needs torch")
    def test_encoders_know_the_loss_of_their_training(self):
        for name, loss in (("lic-photo", "mse"), ("lic-visual", "visual")):
            data = read(os.path.join("..", "..", "models", f"{name}.enc.licm"))
            encoder = licm.read_encoder(data)
            self.assertEqual(encoder.loss, tuple(np.float32(losses.WEIGHTS[loss]).tolist()))
            self.assertEqual(licm.write_encoder(encoder), data)

    def test_committed_tiny_model_passes_the_bounds(self):
        decoder = licm.read_decoder(read("tiny.dec.licm"))
        integer.check_entropy(decoder.entropy)
        self.assertEqual(licm.read_encoder(read("tiny.enc.licm")).model_id, decoder.model_id())

    def test_a_flipped_bit_is_found(self):
        data = bytearray(read("tiny.dec.licm"))
        data[len(data) // 2] ^= 1
        with self.assertRaises(ValueError):
            licm.read_decoder(bytes(data))


@unittest.skipUnless(HAS_NUMPY, "needs numpy")
class TableTest(unittest.TestCase):
    def test_gaussian_tables_sum_to_the_precision(self):
        for table in residual_tables.gaussian_tables():
            frequency = table.frequency.astype(int)
            self.assertEqual(frequency[0] + 2 * frequency[1:].sum() + table.escape, 32768)
            self.assertGreaterEqual(min(frequency.min(), table.escape), 1)

    def test_fitted_tables_follow_the_counts(self):
        histograms = np.zeros((64, residual_tables.MAX_SUPPORT + 2))
        histograms[20, :2] = 1e6, 2e6
        frequency = residual_tables.fitted_tables(histograms)[20].frequency / 32768
        self.assertAlmostEqual(frequency[0], 1 / 3, places=2)
        self.assertAlmostEqual(frequency[1], 1 / 3, places=2)

    def test_escape_cost_counts_its_raw_bits(self):
        table = residual_tables.gaussian_table(0)
        cost, k = residual_tables.costs(table), len(table.frequency) - 1
        escape = 15 - np.log2(table.escape)
        self.assertAlmostEqual(cost[k + 1], escape + 2)  # m = 1: end of prefix, sign
        self.assertAlmostEqual(cost[k + 5], escape + 6)  # m = 5: two ones, end, two bits, sign


@unittest.skipUnless(HAS_NUMPY, "needs numpy")
class IntegerTest(unittest.TestCase):
    def test_convolution_agrees_with_a_loop(self):
        random = np.random.default_rng(1)
        layer = random_conv(3, 4, 3, shift=9, lo=-900, hi=700)
        x = random.integers(-32768, 32768, (3, 4, 5))
        out = integer.run_program([layer], x)
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        for o, r, c in ((0, 0, 0), (1, 3, 4), (3, 2, 1), (2, 0, 4)):
            acc = int(layer.bias[0, o]) + sum(
                int(layer.weight[o, i, dy, dx]) * int(padded[i, r + dy, c + dx])
                for i in range(3)
                for dy in range(3)
                for dx in range(3)
            )
            value = (acc * int(layer.multiplier[o]) + 256) >> 9
            self.assertEqual(out[o, r, c], min(max(value, -900), 700))

    def test_bounds_are_enforced(self):
        layer = random_conv(600, 1)
        layer.weight[:] = 127
        integer.check_bounds([layer], 20000)
        with self.assertRaises(ValueError):
            integer.check_bounds([layer], 32768)

    def test_gain_is_the_power_of_two(self):
        entropy = licm.read_decoder(read("tiny.dec.licm")).entropy
        for quality256 in (256, 5000, 12800, 25599, 25600):
            k = min(quality256 * 7 // 25600, 6)
            f = quality256 * 7 / 25600 - k
            log2 = entropy.gains[k] * (1 - f) + entropy.gains[k + 1] * f
            np.testing.assert_allclose(integer.gains(entropy, quality256), 65536 * 2.0 ** (log2 / 1024), rtol=4e-4)

    def test_latents_are_recovered_to_half_a_step(self):
        entropy = licm.read_decoder(read("tiny.dec.licm")).entropy
        random = np.random.default_rng(2)
        y = random.normal(0, 20, (entropy.latent_channels, 5, 7))
        z = random.integers(-9, 10, (entropy.hyper_channels, 2, 2))
        value16, _, indices, coded = integer.code_latents(entropy, y, integer.features_of(entropy, z, 5, 7))
        self.assertLessEqual(np.abs(value16 / 16 - y)[coded].max(), 0.5)
        self.assertTrue((coded == (indices >= entropy.skip_below)).all())


@unittest.skipUnless(HAS_TORCH, "needs torch")
class NetworkTest(unittest.TestCase):
    def setUp(self):
        self.model = self.make()

    @staticmethod
    def make(**changes):
        torch.manual_seed(0)
        model = Codec(small_config(**changes))
        for name, parameter in model.named_parameters():
            if ("leave" in name or "lap" in name) and "bias" not in name:
                torch.nn.init.normal_(parameter, 0, 0.05)
        # Wide tables, so that the residuals of an untrained model do not escape.
        model.context.leave.bias.data[:, 16:] = 48.0
        model.prior.index.data[:] = 40.0
        model.anneal(1.0)
        return model

    def test_classes_are_inverted(self):
        x = torch.rand(2, 3, 4, 6)
        self.assertTrue(torch.equal(from_classes(to_classes(x), 2, 4, 6), x))
        self.assertTrue(torch.equal(to_classes(x)[3][:, 0], x[0, :, 1, 1]))

    def test_wide_depthwise_gradient(self):
        conv = Conv(3, 3, 5, depthwise=True)
        x = torch.rand(2, 3, 6, 7, requires_grad=True)
        weights = torch.rand(2, 3, 6, 7)
        (conv(x) * weights).sum().backward()
        found = [x.grad.clone(), conv.weight.grad.clone(), conv.bias.grad.clone()]
        x.grad = conv.weight.grad = conv.bias.grad = None
        (torch.nn.functional.conv2d(x, conv.weight, conv.bias, 1, 2, 1, 3) * weights).sum().backward()
        for one, other in zip(found, (x.grad, conv.weight.grad, conv.bias.grad)):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)

    def test_integer_layer_agrees_with_its_export(self):
        layer = IntegerConv(6, 5, 3, lo=0)
        x = torch.randint(-3000, 3000, (1, 6, 4, 4))
        exact = integer.run_program([export.integer_layer(layer)], x[0].numpy().astype(np.int64))
        trained = (layer(x / 256.0)[0] * 256).round().detach().numpy()
        self.assertLessEqual(np.abs(exact - trained).max(), 1)

    def test_exported_models_code_like_the_trained_ones(self):
        for changes in (
            {},
            {"group_table": [[0, 0, 0, 0]]},
            {"group_table": [[0, 255, 255, 0], [255, 0, 0, 255]]},
            {"activation": "gate"},
            {"linear": "lapped"},
            {"linear": "dropped"},
            {"linear": "absent"},
            {"last_layer": "none"},
            {"last_layer": "full"},
        ):
            with self.subTest(changes):
                self.check_export(self.make(**changes))

    def check_export(self, model):
        entropy = export.entropy_of(model)
        decoder, encoder = export.make_files("test", 0, entropy, model)
        decoder = licm.read_decoder(licm.write_decoder(decoder))
        encoder = licm.read_encoder(licm.write_encoder(encoder))
        pixels = np.random.default_rng(3).integers(0, 256, (2, 2, 3)).repeat(32, 0).repeat(32, 1).astype(np.uint8)
        size, _, decoded = Coder(decoder, encoder).code(pixels, 50 * 256)
        model.set_quantise(True)
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        off = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=False)
        with torch.no_grad():
            picture, bits, hyper_bits = model(x, torch.tensor([50.0]), True, off)
        self.assertLess(np.abs(picture[0].permute(1, 2, 0).clamp(0, 1).numpy() * 255 - decoded).mean(), 1.0)
        self.assertAlmostEqual(float(bits + hyper_bits) / 8 + Coder.OVERHEAD, size, delta=0.05 * size)

    def test_gains_at_an_anchor(self):
        gains = Gains(2)
        quality = torch.tensor([300.0 / 7])
        torch.testing.assert_close(gains(quality)[0, :, 0, 0], torch.exp2(gains.log2[3]))
        self.assertEqual(nearest_anchor(quality).item(), 3)


@unittest.skipUnless(HAS_TORCH, "needs torch")
class CropsTest(unittest.TestCase):
    def test_crops_are_parts_of_their_pictures(self):
        rows = np.arange(40, dtype=np.uint8)[:, None, None].repeat(50, 1).repeat(3, 2)
        batch = Crops([rows], 24, 6, seed=3).next()
        self.assertEqual(tuple(batch.shape), (6, 3, 24, 24))
        for crop in batch[:, 0] * 255:
            down, across = crop[1:] - crop[:-1], crop[:, 1:] - crop[:, :-1]
            steps = down if down.abs().sum() > 0 else across  # transposed: the rows run across
            torch.testing.assert_close(steps, torch.ones_like(steps), rtol=0, atol=1e-4)

    def test_pictures_of_one_size_give_the_crops_of_pictures_of_several(self):
        pictures = smooth_pictures(3, 48, 40)
        several = Crops([*pictures, smooth_pictures(1, 60, 40)[0]], 24, 8, seed=2)
        one = Crops(pictures, 24, 8, seed=2)
        several.draw = one.draw = lambda draw=one.draw: draw()
        state = one.random.bit_generator.state
        first = several.next()
        one.random.bit_generator.state = state
        self.assertTrue(torch.equal(one.next(), first))

    def test_a_seed_repeats_its_crops(self):
        pictures = smooth_pictures(3, 64, 80)
        first, second = (Crops(pictures, 32, 4, seed=9) for _ in range(2))
        for _ in range(3):
            self.assertTrue(torch.equal(first.next(), second.next()))


@unittest.skipUnless(HAS_TORCH, "needs torch")
class TrainerTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.config = small_config(crop=64, batch=2, learning_rate=2e-3, warmup_steps=5, hard_fraction=0.2)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def make(self, seed=1, **start):
        torch.manual_seed(seed)
        crops = Crops(smooth_pictures(4, 96, 96), 64, 2, seed)
        return trainer.Trainer(
            Codec(self.config), start.get("average"), crops, smooth_pictures(2, 64, 64, seed=5), torch.device("cpu")
        )

    def train(self, name, steps=30, seed=1):
        made = self.make(seed)
        made.run(trainer.Budget(steps=steps), self.path(name + ".pt"), Curve(self.path(name + ".csv")))
        return made

    def test_a_run_lowers_the_loss_and_records_it(self):
        before = self.make()
        start = trainer.mean_of(trainer.validate(before.model, before.pictures, before.device, before.autocast))[0]
        self.train("run", steps=80)
        rows = read_curve(self.path("run.csv"))
        self.assertEqual(rows[-1]["kind"], "val")
        self.assertLess(rows[-1]["loss"], 0.9 * start)

    def test_equal_seeds_give_equal_weights(self):
        states = [self.train(name).model.state_dict() for name in ("one", "other")]
        self.assertTrue(all(torch.equal(states[0][key], states[1][key]) for key in states[0]))
        different = self.train("different", seed=2).model.state_dict()
        self.assertFalse(all(torch.equal(states[0][key], different[key]) for key in different))

    def test_a_checkpoint_has_weights_average_and_steps(self):
        made = self.train("run", steps=7)
        model, content = checkpoint.load(self.path("run.pt"), "weights")
        self.assertEqual(content["step"], 7)
        for key, value in model.state_dict().items():
            torch.testing.assert_close(value, made.model.state_dict()[key], rtol=1e-3, atol=1e-3)

    def test_a_step_that_is_not_finite_changes_nothing(self):
        made = self.make()
        made.take_step()
        kept, average = (
            {key: value.clone() for key, value in state.items()}
            for state in (made.model.state_dict(), made.average.state)
        )
        made.crops.next = lambda: torch.full((2, 3, 64, 64), float("nan"))
        self.assertEqual(made.take_step()[3], 1)
        self.assertTrue(all(torch.equal(made.model.state_dict()[key], kept[key]) for key in kept))
        self.assertTrue(all(torch.equal(made.average.state[key], average[key]) for key in kept))

    def test_a_broken_model_is_rolled_back(self):
        made = self.make()
        made.take_step()
        next(made.model.synthesis.parameters()).data.fill_(float("nan"))
        made.roll_back()
        self.assertEqual(made.take_step()[3], 0)

    def test_a_run_that_stays_broken_ends(self):
        made = self.make()
        made.average.state = {key: torch.full_like(value, float("nan")) for key, value in made.average.state.items()}
        made.model.load_state_dict(made.average.state)
        with self.assertRaises(SystemExit):
            with unittest.mock.patch.multiple(trainer, REPORT_STEPS=3, BAD_STEPS=0):
                made.run(trainer.Budget(steps=99), self.path("x.pt"), Curve(self.path("x.csv")))

    def test_the_last_part_trains_the_decoder_only(self):
        made = self.make()
        made.anneal(0.9, 100)
        before = {key: value.clone() for key, value in made.model.state_dict().items()}
        made.take_step()
        after = made.model.state_dict()
        changed = {key.split(".")[0] for key in after if not torch.equal(after[key], before[key])}
        self.assertIn("synthesis", changed)
        self.assertTrue(changed.isdisjoint({"analysis", "gains"}))

    def test_budgets_end_annealed(self):
        budget = trainer.Budget(seconds=100, span=(0.5, 1.0))
        self.assertEqual(budget.fraction(budget.elapsed(100, 3)), 1.0)
        made = self.make()
        self.assertAlmostEqual(made.anneal(1.0, 100), self.config.learning_rate * trainer.FINAL_RATE)
        self.assertAlmostEqual(made.anneal(0.0, 0), self.config.learning_rate / self.config.warmup_steps)


if __name__ == "__main__":
    if not HAS_TORCH:
        print("SKIP: training: torch is not installed")
    unittest.main()
