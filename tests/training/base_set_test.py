"""Training and exporting base sets: mosaics, rounds of descent, rounding. Needs numpy, Pillow and torch."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
from unittest import mock

import numpy as np
from PIL import Image

from models.overfitted import crops, export, generate, release
from models.overfitted.units import NETWORKS, UNITS, read_checkpoint
from models.training.data.crops import UNSTATED
from tests.reference.overfitted_base_sets import base_sets, parse_base_set
from tests.reference.overfitted_networks import groups_of, parse_architecture

SIDE = 40
MARK = {"good": 40, "unstated": 200, "val": 250}  # the red of all pixels of a picture


def write_shards(folder):
    """Six crops to train on, and some that must not be."""
    rng = np.random.default_rng(1)
    rows = []
    for shard, kinds in (("train-00", ["good"] * 4 + ["unstated"]), ("train-01", ["good"] * 2), ("val", ["val"])):
        with tarfile.open(os.path.join(folder, shard + ".tar"), "w") as tar:
            for kind in kinds:
                name = f"{len(rows):05}.png"
                pixels = np.add.outer(np.arange(SIDE), np.arange(SIDE))[..., None] * 2 + rng.integers(0, 60, 3)
                pixels = (pixels + rng.integers(0, 20, pixels.shape)).astype(np.uint8)
                pixels[..., 0] = MARK[kind]
                data = io.BytesIO()
                Image.fromarray(pixels).save(data, "png")
                member = tarfile.TarInfo(name)
                member.size = data.tell()
                tar.addfile(member, io.BytesIO(data.getvalue()))
                licence = UNSTATED if kind == "unstated" else "CC0"
                rows.append({"file": name, "split": shard.split("-")[0], "licence": licence})
    with open(os.path.join(folder, "manifest.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        write_shards(self.folder)


class Mosaics(Folder):
    def test_only_stated_training_crops(self):
        photographs = crops.list_photographs(self.folder)
        self.assertEqual(len(photographs), 6)
        for seed in range(8):
            mosaic = crops.draw_mosaic(np.random.default_rng(seed), photographs, 2, 16)
            self.assertEqual(mosaic.shape, (32, 32, 3))
            self.assertEqual(set(np.unique(mosaic[..., 0])), {MARK["good"]})

    def test_a_seed_is_a_mosaic(self):
        photographs = crops.list_photographs(self.folder)
        first, again, other = (crops.draw_mosaic(np.random.default_rng(s), photographs, 2, 16) for s in (1, 1, 2))
        self.assertTrue((first == again).all())
        self.assertFalse((first == other).all())

    def test_crops_that_are_too_small(self):
        with self.assertRaisesRegex(SystemExit, "smaller than 64x64"):
            crops.draw_mosaic(np.random.default_rng(0), crops.list_photographs(self.folder), 2, 64)


class Training(Folder):
    def train(self, *options):
        """The losses that are printed."""
        command = [sys.executable, "-m", "models.overfitted.train", "--data", self.folder, "--quality", "50"]
        command += ["--out", os.path.join(self.folder, "out"), "--across", "2", "--side", "32", "--threads", "1"]
        done = subprocess.run([*command, *options], cwd=generate.ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [float(line.split()[-1]) for line in done.stdout.splitlines() if "loss" in line]

    def checkpoint(self):
        with open(os.path.join(self.folder, "out", "50.f32"), "rb") as file:
            return file.read()

    def test_rounds_carry_the_networks_on(self):
        losses = self.train("--rounds", "2", "--iterations", "50")
        whole = self.checkpoint()
        self.assertLess(losses[2], losses[0] / 5)  # of the first round
        self.assertEqual(len(read_checkpoint(os.path.join(self.folder, "out", "50.f32"))), len(base_set_groups()))
        first = self.train("--rounds", "1", "--iterations", "50")
        self.assertEqual(first, losses[:3])
        path = os.path.join(self.folder, "out", "50.f32")
        second = self.train("--rounds", "1", "--iterations", "50", "--first-round", "1", "--start", path)
        self.assertEqual((second, self.checkpoint()), (losses[3:], whole))

    def test_a_wrong_checkpoint(self):
        path = os.path.join(self.folder, "short.f32")
        np.zeros(7, "<f4").tofile(path)
        with self.assertRaisesRegex(AssertionError, "short.f32 has not the 3820 bytes"):
            self.train("--rounds", "1", "--iterations", "1", "--start", path)
        with self.assertRaisesRegex(ValueError, "7 values"):
            read_checkpoint(path)


def base_set_groups():
    return groups_of(parse_architecture(NETWORKS))


class Export(Folder):
    """Into a copy of what the command changes."""

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(5)
        self.groups = [(key, rng.laplace(0, 300, neutral.shape)) for key, neutral in base_set_groups()]
        self.document, self.source = (os.path.join(self.folder, name) for name in ("format.md", "trained_sets.cpp"))
        generate.write_text(self.document, generate.read_text(export.DOCUMENT))
        for target, name, value in (
            (export, "DOCUMENT", self.document),
            (generate, "SOURCE", self.source),
            (export.overfitted_base_sets, "FOLDER", self.folder),
        ):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def checkpoint(self):
        path = os.path.join(self.folder, "a.f32")
        units = [UNITS.get(key if isinstance(key, str) else key[0], 1 / 4096) for key, _ in self.groups]
        np.concatenate([v.ravel() * unit for (_, v), unit in zip(self.groups, units)]).astype("<f4").tofile(path)
        return path

    def test_values_come_back(self):
        number = len(base_sets()) + 1
        export.export(self.checkpoint(), number, 33.25)
        with open(os.path.join(self.folder, f"{number}.txt"), encoding="ascii") as file:
            text = file.read()
        self.assertLessEqual(max(map(len, text.splitlines())), 120)
        written = parse_base_set(text)
        self.assertEqual((written.networks, written.quality), (NETWORKS[1:], 33.25))
        for key, values in self.groups:
            error = np.abs(values.ravel() - written.groups[key]).max()
            self.assertLessEqual(error, max(0.5, np.abs(values).max() / 127 + 1e-3), key)
        self.assertEqual(generate.read_text(self.source), generate.source_of(base_sets() | {number: written}))
        self.assertIn(f"\n{export.ROW.format(number)}", generate.read_text(self.document))

    def test_a_set_is_replaced(self):
        before = generate.read_text(self.document)
        export.export(self.checkpoint(), 1, 50)
        self.assertEqual(generate.read_text(self.document), before)

    def test_refused(self):
        registry = os.path.join(self.folder, "registry.json")
        generate.write_text(registry, '{"base_sets": [{"number": 1}]}')
        for number, reason in ((1, "is released"), (0, "next one is 2"), (3, "next one is 2")):
            with self.assertRaisesRegex(export.Refused, reason):
                export.check_number(number, {1: None}, registry)
        export.check_number(2, {1: None}, registry)
        self.groups[0][1][0, 0] = 40000
        with self.assertRaisesRegex(export.Refused, "at most 32767"):
            export.export(self.checkpoint(), 1, 50)
        self.assertFalse(os.path.exists(self.source))

    def test_release(self):
        registry = os.path.join(self.folder, "registry.json")
        generate.write_text(registry, '{"base_sets": [], "released": []}')
        draft, row = generate.read_text(self.document), export.ROW.format(1)
        if row not in draft:  # it is released
            generate.write_text(self.document, re.sub(r"^\| 1 \| .* \|\n", row, draft, flags=re.M))
        entry = release.release(1, "2026-12-31", registry, self.document)
        self.assertEqual(json.loads(generate.read_text(registry)), {"base_sets": [entry], "released": []})
        self.assertIn(row.replace("draft", "2026-12-31"), generate.read_text(self.document))
        for number, reason in ((1, "released already"), (200, "no base set 200")):
            with self.assertRaisesRegex(export.Refused, reason):
                release.release(number, "2026-12-31", registry, self.document)

    def test_sets_that_do_not_fit(self):
        trained = next(iter(base_sets().values()))
        for change, reason in (
            ({"gain": [1, 3000]}, "gain has 2 values"),
            ({"gain": [1, 3000] + [0] * 8}, "gain: 1..3000|gain: 0..3000"),
            ({"later": [1]}, "not those of its networks"),
        ):
            changed = parse_base_set("networks:\nquality: 1\n")
            changed.networks, changed.groups = trained.networks, trained.groups | change
            with self.assertRaisesRegex(ValueError, reason):
                generate.bytes_of_set(1, changed)


if __name__ == "__main__":
    unittest.main()
