"""Tests of fine-tuning: audit, split, card, self-test and the whole command on a model of few weights.

Needs numpy, Pillow and torch, the whole command also the built `lic` (LIC_COMMAND, or build/release).
"""
import contextlib
import importlib.util
import io
import os
import stat
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from unittest import mock

from tests.training.small import ROOT, small_config

LIC = os.environ.get("LIC_COMMAND", os.path.join(ROOT, "build", "release", "native", "lic"))
HAS_ALL = all(importlib.util.find_spec(name) for name in ("numpy", "torch", "PIL"))

if HAS_ALL:
    import numpy as np
    import torch
    from PIL import Image

    from models.training import card, export, finetune, selftest
    from models.training.data import photos
    from models.training.files import checkpoint
    from models.training.learning.trainer import Budget as finetune_budget
    from models.training.networks.codec import Codec


def picture(seed, height=288, width=320, block=9):
    random = np.random.default_rng(seed)
    cells = random.integers(0, 256, (-(-height // block), -(-width // block), 3))
    return cells.repeat(block, 0).repeat(block, 1)[:height, :width].astype(np.uint8)


def smooth_picture(seed, height=288, width=320):
    """Random colours 60 pixels apart, with everything between them interpolated."""
    cells = np.random.default_rng(seed).integers(0, 256, (height // 60 + 2, width // 60 + 2, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(cells).resize((width, height), Image.BICUBIC))


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def save(self, name, pixels, **options):
        path = self.path(*name.split("/"))
        Image.fromarray(pixels).save(path, **options)
        return path


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class AuditTest(Folder):
    def problems(self):
        return {photo.path: photo.problem.split(":")[0] for photo in photos.audit(self.folder).photos}

    def test_each_problem_is_named(self):
        self.save("good.png", picture(1))
        self.save("z-copy.png", picture(1))
        self.save("small.png", picture(2, 200, 300))
        self.save("flat.png", np.full((300, 300, 3), 90, np.uint8))
        with open(self.path("torn.jpg"), "wb") as file:
            file.write(b"\xff\xd8\xff no picture")
        self.assertEqual(
            self.problems(),
            {
                "good.png": "",
                "z-copy.png": "duplicate",
                "small.png": "too small",
                "flat.png": "flat",
                "torn.jpg": "unreadable",
            },
        )

    def test_pictures_are_turned_upright_and_reduced(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        self.save("turned.jpg", picture(3, 300, 400), exif=exif.tobytes())
        self.save("wide.png", picture(4, 300, photos.MAX_SIDE + 100))
        sizes = {photo.path: (photo.width, photo.height) for photo in photos.audit(self.folder).photos}
        self.assertEqual(sizes["turned.jpg"], (300, 400))
        self.assertEqual(sizes["wide.png"][0], photos.MAX_SIDE)

    def test_jpeg_quality_is_estimated(self):
        for quality in (30, 60, 90):
            path = self.save(f"{quality}.jpg", picture(5), quality=quality)
            self.assertAlmostEqual(photos.load_photo(path)[1], quality, delta=4)
        self.assertIn("2 are JPEG files of quality below 75", "\n".join(photos.audit(self.folder).lines()))

    def test_whole_sources_are_held_out(self):
        for source in "abcd":
            for number in range(3):
                self.save(f"{source}/{number}.png", picture(10 * ord(source) + number))
        for seed in range(5):
            train, held = photos.split(photos.audit(self.folder).fit, 0.2, seed)
            self.assertEqual(len({photo.source for photo in held}), 1)
            self.assertTrue({photo.source for photo in held}.isdisjoint({photo.source for photo in train}))

    def test_versions_of_a_picture_stay_together(self):
        for seed in range(4):
            pixels = picture(seed, block=40)
            self.save(f"{seed}.png", pixels)
            self.save(f"{seed}-again.jpg", pixels, quality=80)
        for seed in range(5):
            train, held = photos.split(photos.audit(self.folder).fit, 0.25, seed)
            self.assertEqual(len(held), 2)
            self.assertEqual(held[0].path[0], held[1].path[0])

    def test_a_large_source_is_not_held_out_for_a_small_one(self):
        for number in range(12):
            self.save(f"{'small' if number < 3 else 'large'}/{number}.png", picture(50 + number, block=40))
        for seed in range(5):
            train, held = photos.split(photos.audit(self.folder).fit, 0.2, seed)
            self.assertEqual({photo.source for photo in held}, {"small"})

    def test_versions_in_two_sources_stay_together(self):
        for source in "abc":
            self.save(f"{source}/0.png", picture(ord(source), block=40))
        self.save("a/shared.png", picture(1, block=40))
        self.save("b/shared.jpg", picture(1, block=40), quality=80)
        _, held = photos.split(photos.audit(self.folder).fit, 0.2)
        self.assertEqual({photo.source for photo in held}, {"c"})

    def test_one_look_cannot_be_split(self):
        pixels = picture(6, block=40)
        self.save("one.png", pixels)
        self.save("two.jpg", pixels)
        with self.assertRaises(ValueError):
            photos.split(photos.audit(self.folder).fit, 0.2)


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class GainTest(unittest.TestCase):
    BASE = [(0.1, 26.0), (0.3, 30.0), (1.0, 36.0)]

    def test_gain_is_the_change_of_rate(self):
        self.assertAlmostEqual(finetune.gain_of(self.BASE, [(0.9 * bpp, db) for bpp, db in self.BASE]), -10, places=3)
        self.assertAlmostEqual(finetune.gain_of(self.BASE, [(1.2 * bpp, db) for bpp, db in self.BASE]), 20, places=3)

    def test_a_point_that_a_smaller_one_beats_says_nothing(self):
        self.assertAlmostEqual(
            finetune.gain_of([*self.BASE, (1.2, 20.0)], [(0.9 * bpp, db) for bpp, db in self.BASE]), -10, places=3
        )

    def test_a_collapsed_model_is_refused(self):
        with self.assertRaisesRegex(finetune.Refused, "36.0 dB on the held-out pictures, the new model 16.0 dB"):
            finetune.gain_of(self.BASE, [(0.01, 14.0), (0.015, 15.0), (0.02, 16.0)])

    def test_a_model_that_lost_its_high_qualities_is_refused(self):
        with self.assertRaisesRegex(finetune.Refused, "the new model 28.0 dB"):
            finetune.gain_of(self.BASE, [(0.05, 25.0), (0.1, 27.0), (0.15, 28.0)])

    def test_what_cannot_be_compared_is_refused(self):
        with self.assertRaisesRegex(finetune.Refused, "too little to compare"):
            finetune.gain_of(self.BASE, [(0.9, 35.0), (2.0, 45.0)])


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class FinetuneTest(Folder):
    """A base of few weights, trained for nothing.

    The DCT start shows smooth pictures well, so what is learnt is the rate.
    """

    def setUp(self):
        super().setUp()
        if not os.path.exists(LIC):
            self.skipTest(f"there is no {LIC}")
        torch.manual_seed(0)
        self.model = Codec(small_config())
        self.base = self.path("base")
        checkpoint.save(self.base + ".pt", self.model, self.model.state_dict(), 3000)
        with redirect_stdout(io.StringIO()):
            export.save_files(*export.export(self.model, "base", 0, [picture(0)]), self.base)
        for number in range(6):
            self.save(f"photos/{number % 3}/{number}.png", smooth_picture(20 + number))

    def finetune(self, *more, lic=LIC):
        arguments = [
            "finetune.py",
            "--data",
            self.path("photos", ""),
            "--base",
            self.base,
            "--checkpoint",
            self.base + ".pt",
            "--out",
            self.path("out", "acme"),
            "--minutes",
            "0.1",
            "--threads",
            "1",
            "--lic",
            lic,
            *more,
        ]
        counted = lambda seconds: finetune_budget(steps=12)  # the same on every machine
        with mock.patch.object(sys, "argv", arguments), mock.patch.object(finetune, "Budget", counted), redirect_stdout(
            io.StringIO()
        ) as out:
            finetune.main()
        return out.getvalue()

    def refusal(self, *more, **options):
        with self.assertRaises(SystemExit) as caught:
            self.finetune(*more, **options)
        self.assertEqual([name for name in os.listdir(self.path("out", "")) if name.endswith((".licm", ".md"))], [])
        return str(caught.exception)

    def test_a_better_model_is_written_with_its_card(self):
        self.assertIn("files agree with the second decoder", self.finetune())
        self.assertEqual(
            sorted(os.listdir(self.path("out", ""))),
            ["acme.csv", "acme.dec.licm", "acme.enc.licm", "acme.md", "acme.pt"],
        )
        with open(self.path("out", "acme.md")) as file:
            text = file.read()
        self.assertRegex(text, r"\*\*-\d+\.\d %\*\* of the rate of base")
        self.assertIn("4 to train on", text)

    def without_training(self, gain):
        """Lets the base stand for the trained model, and `gain` for what its files were measured to give."""
        stack = contextlib.ExitStack()
        stack.enter_context(mock.patch.object(finetune, "train", lambda *_: (self.model, 3000)))
        stack.enter_context(mock.patch.object(finetune, "compare", lambda *_: ([[], []], gain)))
        return stack

    def test_a_worse_model_is_refused(self):
        with self.without_training(gain=0.4):
            self.assertIn("+0.40 % more rate than its base", self.refusal())

    def test_a_model_that_the_codec_decodes_otherwise_is_refused(self):
        fake = self.path("fake-lic")
        with open(fake, "w") as file:
            file.write(f'#!/bin/sh\n"{LIC}" "$@" | sed \'s/"symbol_hash":"./"symbol_hash":"x/\'\n')
        os.chmod(fake, os.stat(fake).st_mode | stat.S_IXUSR)
        with self.without_training(gain=-1.0):
            self.assertIn("does not agree", self.refusal(lic=fake))

    def test_the_audit_alone_trains_nothing(self):
        self.assertIn("6 pictures, 6 fit, from 3 sources", self.finetune("--audit-only"))
        self.assertEqual(os.listdir(self.path("out", "")), [])

    def test_pictures_in_both_parts_are_refused(self):
        os.makedirs(self.path("out", ""), exist_ok=True)
        self.save("held/same.png", smooth_picture(20))
        self.assertIn("look like training pictures: same.png", self.refusal("--held-out", self.path("held", "")))

    def test_a_missing_command_is_named(self):
        os.makedirs(self.path("out", ""), exist_ok=True)
        self.assertIn("there is no /nowhere/lic", self.refusal(lic="/nowhere/lic"))


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class SelftestTest(Folder):
    def test_the_committed_model_agrees(self):
        if not os.path.exists(LIC):
            self.skipTest(f"there is no {LIC}")
        path = self.save("grey.png", picture(1, 40, 50)[:, :, 0])
        self.assertEqual(selftest.check(LIC, os.path.join(ROOT, "models", "lic-photo"), [path], (40,)), 1)


@unittest.skipUnless(HAS_ALL, "needs numpy, torch and Pillow")
class CardTest(unittest.TestCase):
    def test_costs_of_the_committed_model(self):
        facts = dict(card.facts(os.path.join(ROOT, "models", "lic-photo")))
        # 224 x 768 weights at 1/16 in the linear branches: 0.672 of each
        self.assertGreater(float(facts["synthesis"].split()[0]), 0.672)
        self.assertLess(float(facts["synthesis"].split()[0]), 5)
        self.assertRegex(facts["lic-photo.dec.licm"], r"^\d+ bytes, SHA-256 `[0-9a-f]{64}`$")


if __name__ == "__main__":
    if not HAS_ALL:
        print("SKIP: fine-tuning: torch, numpy or Pillow is not installed")
    unittest.main()
