"""Cheaper synthesis heads: other shapes, pruning, activations of few bits, and the whole command on a small model.

Needs numpy, Pillow and torch; what the C++ decoder says of a head also the built `lic` (LIC_COMMAND, or build/release).
"""
import contextlib
import csv
import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
import weakref
from unittest import mock

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LIC = os.environ.get("LIC_COMMAND", os.path.join(ROOT, "build", "release", "native", "lic"))
HAS_ALL = all(importlib.util.find_spec(name) for name in ("numpy", "torch", "PIL"))

if HAS_ALL:
    import numpy as np
    import torch
    from PIL import Image

    from models.training import export, heads
    from models.training.card import cost_of
    from models.training.files import checkpoint, licm
    from models.training.files.coder import Network
    from models.training.networks import config as configuration
    from models.training.networks.codec import Codec, Synthesis
    from models.training.synthesis import pruning
    from models.training.synthesis.activations import FakeActivation, QuantisedSynthesis


def small_config(**changes):
    return configuration.from_dict(
        {
            "latent_channels": 16,
            "hyper_channels": 8,
            "analysis_width4": 8,
            "analysis_width8": 8,
            "analysis_width16": 8,
            "analysis_blocks": [1, 1, 1],
            "synthesis_width16": 16,
            "synthesis_width8": 8,
            "synthesis_width4": 8,
            "synthesis_blocks": [1, 2, 1],
            "hyper_width": 8,
            "feature_channels": 8,
            "context_width": 8,
            "context_hidden": 8,
            **changes,
        }
    )


def synthesis_of(config, seed=0):
    """Untrained, but with a convolutional branch that shows."""
    torch.manual_seed(seed)
    made = Synthesis(config)
    torch.nn.init.normal_(made.leave.weight, 0, 0.2)
    return made


def run(synthesis, y):
    with torch.no_grad():
        return synthesis(y, contextlib.nullcontext)


def smooth_picture(seed, side=96):
    cells = np.random.default_rng(seed).integers(0, 256, (side // 30 + 2, side // 30 + 2, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(cells).resize((side, side), Image.BICUBIC))


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class ShapeTest(unittest.TestCase):
    def test_the_default_shape_is_that_of_every_checkpoint(self):
        config = small_config()
        self.assertEqual(config.block_hidden, ((32,), (16, 16), (16,)))
        self.assertEqual(tuple(Synthesis(config).linear.weight.shape), (768, 16, 1, 1))

    def test_widths_must_be_as_many_as_blocks(self):
        with self.assertRaisesRegex(ValueError, "3 widths for 4 blocks"):
            small_config(synthesis_hidden=[8, 8, 8])

    def test_a_linear_branch_with_inner_channels_begins_with_the_lowest_frequencies(self):
        y = torch.zeros(1, 16, 2, 2)
        y[:, 0], y[:, 12] = 1.0, 0.5  # the mean of luma, and of a colour axis
        full, split, none = (run(Synthesis(small_config(synthesis_linear=inner)), y) for inner in (-1, 8, 0))
        torch.testing.assert_close(split, full)
        self.assertGreater(full.abs().max(), 0.05)
        self.assertEqual(none.abs().max(), 0)

    def test_every_shape_is_exported_as_it_was_trained(self):
        y = torch.randn(1, 16, 3, 4)
        for changes in ({}, {"synthesis_linear": 8}, {"synthesis_linear": 0}, {"synthesis_hidden": [8, 24, 8, 16]}):
            trained = synthesis_of(small_config(**changes))
            branches = licm.read_network(licm.write_network(export.synthesis_branches(trained)))
            torch.testing.assert_close(Network(branches)(y), run(quantised(trained), y), rtol=1e-3, atol=1e-4)
            self.assertAlmostEqual(sum(cost_of(branch, 16) for branch in branches), pruning.cost(trained))


def quantised(synthesis):
    for module in synthesis.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.quantise = True
    return synthesis


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class PruningTest(unittest.TestCase):
    def setUp(self):
        self.config = small_config(synthesis_linear=16)
        self.synthesis = synthesis_of(self.config)
        self.y, self.x = torch.randn(6, 16, 3, 3), torch.rand(6, 3, 48, 48) - 0.5

    def scores(self, batches):
        """Of the squared error, with the pictures in so many batches."""
        scores = pruning.FisherScores(self.synthesis)
        for y, x in zip(self.y.chunk(batches), self.x.chunk(batches)):
            (self.synthesis(y, contextlib.nullcontext) - x).square().mean((1, 2, 3)).mean().backward()
        return scores.close()

    def kill(self, path, channels):
        block = dict(self.synthesis.named_modules())[path]
        block.narrow.weight.data[:, channels] = 0

    def test_dead_channels_have_no_score(self):
        dead = [1, 5, 6]
        self.synthesis.blocks8[1].widen.bias.data[:] = 1.0  # all others are alive
        self.kill("blocks8.1", dead)
        found = self.scores(1)["blocks8.1.widen"]
        self.assertEqual([c for c in range(16) if found[c] == 0], dead)

    def test_a_score_is_half_the_mean_square_of_the_examples_sums(self):
        channel, total = 3, 0.0
        for y, x in zip(self.y.split(1), self.x.split(1)):
            kept = []
            handle = self.synthesis.blocks4[0].act.register_forward_hook(
                lambda _, __, out: (out.retain_grad(), kept.append(out))[1]
            )
            (self.synthesis(y, contextlib.nullcontext) - x).square().mean().backward()
            handle.remove()
            total += float((kept[0] * kept[0].grad)[0, channel].sum()) ** 2 / 2
        for batches in (1, 3):
            self.assertAlmostEqual(
                float(self.scores(batches)["blocks4.0.widen"][channel]), total / 6, delta=1e-4 * total / 6
            )

    def test_a_step_leaves_nothing_behind(self):
        seen = []
        self.synthesis.blocks4[0].act.register_forward_hook(lambda _, __, output: seen.append(weakref.ref(output)))
        scores = pruning.FisherScores(self.synthesis)
        self.synthesis(self.y, contextlib.nullcontext).sum().backward()
        self.assertIsNone(seen[0]())
        self.assertGreater(float(scores.close()["blocks4.0.widen"].sum()), 0)

    def test_what_stays_does_what_it_did(self):
        dead = list(range(0, 16, 2))
        self.kill("blocks8.0", dead)
        kept = {
            inner.first: torch.arange(inner_width(self.synthesis, inner))
            for inner in pruning.inner_channels(self.synthesis)
        }
        kept["blocks8.0.widen"] = torch.arange(1, 16, 2)
        smaller, config = pruning.without(self.synthesis, self.config, kept)
        torch.testing.assert_close(run(smaller, self.y), run(self.synthesis, self.y))
        self.assertEqual((config.synthesis_hidden, config.synthesis_linear), ((32, 8, 16, 16), 16))
        self.assertAlmostEqual(pruning.cost(self.synthesis) - pruning.cost(smaller), 8 * 2 * 8 / 64 / 1000)

    def test_the_cheapest_loss_goes_first_and_some_channels_stay(self):
        inner = pruning.inner_channels(self.synthesis)
        scores = {part.first: torch.full((inner_width(self.synthesis, part),), part.cost) for part in inner}
        scores["blocks4.0.widen"][[0, 2, 4, 6, 8, 10, 12, 14]] = 0
        kept = pruning.choose(inner, scores, 1e-6)
        self.assertEqual(kept["blocks4.0.widen"].tolist(), list(range(1, 16, 2)))
        self.assertEqual(sum(map(len, kept.values())), sum(map(len, scores.values())) - 8)
        self.assertEqual({len(rows) for rows in pruning.choose(inner, scores, 1e9).values()}, {8})

    def test_a_split_linear_branch_is_the_best_of_its_width(self):
        config = small_config()
        full = synthesis_of(config)
        torch.nn.init.normal_(full.linear.bias)
        latents = torch.randn(500, 16) * torch.linspace(0.1, 3, 16) + 1
        y = latents.T.reshape(1, 16, 25, 20)
        errors = []
        for hidden in (16, 8):
            split, own = pruning.split_linear(full, config, hidden, latents)
            self.assertEqual(own.synthesis_linear, hidden)
            errors.append((run(split, y) - run(full, y)).square().sum().item())
        self.assertLess(errors[0], 1e-6)
        variances = torch.linalg.eigvalsh(torch.cov(full.linear.weight[:, :, 0, 0].detach() @ latents.T))  # ascending
        self.assertAlmostEqual(errors[1], float(variances[:-8].sum()) * 499, delta=1e-3 * errors[1])


def inner_width(synthesis, inner):
    return dict(synthesis.named_modules())[inner.first].out_channels


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class ActivationTest(unittest.TestCase):
    def test_values_are_levels_of_the_measured_range(self):
        x = torch.linspace(-1, 3, 999)
        fake = FakeActivation(4)
        found = fake(x)
        self.assertEqual(len(found.unique()), 16)
        self.assertLessEqual((found - x).abs().max(), 4 / 15 / 2 + 1e-6)
        fake.measuring = False
        self.assertEqual(float(fake(torch.tensor([9.0, -9.0])).max().detach()), 3.0)

    def test_gradients_pass_inside_and_move_the_range_outside(self):
        fake = FakeActivation(8)
        fake(torch.tensor([-1.0, 2.0]))
        fake.measuring = False
        x = torch.tensor([0.3, 5.0], requires_grad=True)
        fake(x).sum().backward()
        self.assertAlmostEqual(x.grad[0].item(), 1, places=5)
        self.assertEqual(x.grad[1].item(), 0)
        self.assertGreater(fake.high.grad.item(), 0.9)

    def test_many_bits_change_nothing_and_few_do(self):
        plain, y = synthesis_of(small_config()), torch.randn(2, 16, 3, 3)
        expected, errors = run(plain, y), []
        for bits in (16, 8, 4):
            head = QuantisedSynthesis(synthesis_of(small_config()), bits)
            errors.append(float((run(head, y) - expected).square().mean().sqrt() / expected.std()))
        self.assertLess(errors[0], 1e-3)
        self.assertTrue(errors[0] < errors[1] < errors[2])
        self.assertGreater(errors[2], 0.01)


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class HeadsTest(unittest.TestCase):
    """The whole command on generated pictures.

    The base is untrained; its DCT start shows them well enough to be measured.
    """

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        torch.manual_seed(0)
        model = Codec(small_config(name="base"))
        torch.nn.init.normal_(model.synthesis.leave.weight, 0, 0.05)
        checkpoint.save(self.path("base.pt"), model, model.state_dict(), 3000)
        with contextlib.redirect_stdout(io.StringIO()):
            export.save_files(*export.export(model, "base", 0, [smooth_picture(1)]), self.path("base"))
        rows = []
        for split, count in (("train-00", 6), ("val", 2)):
            with tarfile.open(self.path(split + ".tar"), "w") as tar:
                for number in range(count):
                    name = f"{split}-{number}.png"
                    Image.fromarray(smooth_picture(10 * count + number)).save(self.path(name))
                    tar.add(self.path(name), name)
                    rows.append((name, split.split("-")[0], "MIT"))
        with open(self.path("manifest.csv"), "w", newline="") as file:
            csv.writer(file).writerows([("file", "split", "licence"), *rows])

    def path(self, name):
        return os.path.join(self.folder, name)

    def heads(self, *more, steps=24, **recipe):
        with open(self.path("head.json"), "w") as file:
            json.dump({"name": "x", "batch": 2, "warmup_steps": 2, "prune_rounds": 2, **recipe}, file)
        arguments = [
            "heads.py",
            "--config",
            self.path("head.json"),
            "--base",
            self.path("base"),
            "--checkpoint",
            self.path("base.pt"),
            "--data",
            self.folder,
            "--cache",
            self.path("cache.npz"),
            "--crops",
            "6",
            "--side",
            "96",
            "--every",
            "1",
            "--out",
            self.path("tiny"),
            "--steps",
            str(steps),
            *more,
        ]
        with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(io.StringIO()) as out:
            gains = [gain for _, gain in heads.run(heads.arguments())]
        return gains, out.getvalue()

    def decoder(self, name):
        with open(self.path(name + ".dec.licm"), "rb") as file:
            return licm.read_decoder(file.read())

    def test_a_pruned_head_decodes_the_files_of_its_base(self):
        wanted = pruning.cost(Synthesis(small_config())) * 0.8
        _, text = self.heads("--prune-to", str(wanted), shape={"synthesis_linear": 16})
        head, base = self.decoder("tiny"), self.decoder("base")
        self.assertEqual(head.model_id(), base.model_id())
        self.assertNotEqual(head.head_hash(), base.head_hash())
        self.assertLessEqual(sum(cost_of(branch, 16) for branch in head.synthesis), wanted)
        self.assertIn("tiny against base.dec.licm", text)
        model, content = checkpoint.load(self.path("tiny.pt"))
        self.assertAlmostEqual(pruning.cost(model.synthesis), sum(cost_of(branch, 16) for branch in head.synthesis))
        self.assertEqual(content["step"], 3000)

    def test_training_goes_on_and_gains(self):
        gains, _ = self.heads(steps=100, learning_rate=2e-3)
        self.assertGreater(gains[0], 0.1)
        again, text = self.heads(
            "--checkpoint", self.path("tiny.pt"), "--against", self.path("base.dec.licm"), "--data", "/nowhere", steps=2
        )  # cached
        self.assertGreater(again[0], 0.1)
        self.assertEqual(again[0], again[1])
        self.assertIn("6 train crops, 16 val pictures", text)

    def test_activations_of_few_bits_are_measured_and_not_written(self):
        with mock.patch.object(heads, "MEASURE_STEPS", 4):
            fine, _ = self.heads("--activation-bits", "8", steps=8, learning_rate=1e-6)
            coarse, _ = self.heads("--activation-bits", "2", steps=8, learning_rate=1e-6)
        self.assertFalse(os.path.exists(self.path("tiny.dec.licm")))
        self.assertGreater(fine[0], -0.15)
        self.assertLess(coarse[0], -0.3)

    def test_wrong_recipes_are_named(self):
        with self.assertRaisesRegex(ValueError, "unknown keys of a head: \\['widths'\\]"):
            self.heads(widths=3)
        with self.assertRaisesRegex(ValueError, "prune first"):
            self.heads("--prune-to", "1", "--activation-bits", "8")
        with self.assertRaisesRegex(ValueError, "no name for a model file: Tiny_1"):
            self.heads("--out", self.path("Tiny_1"))

    @unittest.skipUnless(os.path.exists(LIC), f"there is no {LIC}")
    def test_the_cpp_decoder_takes_the_head_for_the_same_file(self):
        self.heads("--prune-to", "0.1", steps=6, shape={"synthesis_linear": 16})
        Image.fromarray(smooth_picture(3)).save(self.path("in.png"))

        def lic(*words):
            return subprocess.run([LIC, *words], capture_output=True, text=True, check=True).stdout

        lic(
            "encode",
            self.path("in.png"),
            "-o",
            self.path("p.lic"),
            "-m",
            self.path("base.dec.licm"),
            "-q",
            "60",
            "--quiet",
        )
        hashes, pictures = [], []
        for name in ("base", "tiny"):
            model = self.path(name + ".dec.licm")
            hashes.append(json.loads(lic("verify", self.path("p.lic"), "-m", model, "--json"))["symbol_hash"])
            lic("decode", self.path("p.lic"), "-o", self.path(name + ".png"), "-m", model, "--quiet")
            pictures.append(np.asarray(Image.open(self.path(name + ".png")).convert("RGB"), int))
        self.assertEqual(hashes[0], hashes[1])
        difference = np.abs(pictures[0] - pictures[1])
        self.assertGreater(difference.max(), 0)
        self.assertLess(difference.mean(), 12)


if __name__ == "__main__":
    if not HAS_ALL:
        print("SKIP: heads: torch, numpy or Pillow is not installed")
    unittest.main()
