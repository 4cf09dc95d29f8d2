"""The second decoder against the committed vectors: hashes, alpha, pixels and errors.

A changed model is noticed, too.
"""

import copy
import csv
import hashlib
import os
import unittest

import numpy as np

from tests.reference.lic_bytes import FormatError
from tests.reference.lic_integers import gains
from tests.reference.lic_model import read_encoder_model, read_model, write_model
from tests.reference.lic_pixels import synthesize
from tests.reference.lic_reference import decode, read_file, symbol_hash

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
VECTORS = os.path.join(HERE, "..", "vectors")

TINY = "tests/models/tiny.dec.licm"
LEAST = "tests/models/least.dec.licm"


def load(path):
    return read_model(read_file(os.path.join(ROOT, path)))


def manifest():
    with open(os.path.join(VECTORS, "manifest.tsv"), encoding="ascii") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))


class Vectors(unittest.TestCase):
    def test_every_vector(self):
        models = {}
        for row in manifest():
            with self.subTest(row["file"]):
                if row["model"] not in models:
                    models[row["model"]] = load(row["model"])
                model = models[row["model"]]
                decoded = decode(read_file(os.path.join(VECTORS, row["file"])), model)
                self.assertEqual(symbol_hash(decoded), row["symbols_sha256"])
                alpha = "-" if decoded.alpha is None else hashlib.sha256(decoded.alpha.tobytes()).hexdigest()
                self.assertEqual(alpha, row["alpha_sha256"])
                pixels = synthesize(model, decoded)
                self.assertEqual(pixels.shape, tuple(int(row[key]) for key in ("height", "width", "channels")))
                mean = [float(m) for m in row["mean"].split(",")]
                self.assertLess(np.abs(pixels.reshape(-1, len(mean)).mean(0) - mean).max(), 0.1)
                if row["pixels"] != "-":
                    expected = np.frombuffer(read_file(os.path.join(VECTORS, row["pixels"])), np.uint8).reshape(
                        pixels.shape
                    )
                    self.assertLessEqual(np.abs(pixels.astype(int) - expected).max(), 1)


class RejectVectors(unittest.TestCase):
    def test_every_file(self):
        tiny, least = load(TINY), load(LEAST)
        folder = os.path.join(VECTORS, "bad")
        for name in sorted(os.listdir(folder)):
            data = read_file(os.path.join(folder, name))
            with self.subTest(name):
                self.assertEqual(error_of(name, data, tiny, least), name.split("-")[0])


def error_of(name, data, decoder, owner):
    try:
        if name.endswith(".lic"):
            decode(data, decoder)
        elif name.endswith(".dec.licm"):
            read_model(data)
        else:
            read_encoder_model(data, owner)
    except FormatError as error:
        return error.name
    return "ok"


class Models(unittest.TestCase):
    def test_read_write(self):
        for path in (TINY, LEAST, "tests/models/edge.dec.licm"):
            data = read_file(os.path.join(ROOT, path))
            self.assertEqual(write_model(read_model(data)), data)

    def test_gain(self):
        """Against the formula in real numbers, at the anchors and between them."""
        model = load(TINY)
        for quality256 in (256, 3657, 9000, 12800, 25599, 25600):
            place = min(quality256 * 7 / 25600, 7)
            log2_gain = [np.interp(place, range(8), model.log2_gain[:, c]) / 1024 for c in range(model.latent_channels)]
            self.assertLess(np.abs(gains(model, quality256) / 65536 / 2 ** np.array(log2_gain) - 1).max(), 0.001)

    def test_changed_multiplier_is_noticed(self):
        """A decoder that rounds differently in one layer of the context program finds other symbols."""
        model = load(TINY)
        broken = copy.deepcopy(model)
        broken.context[-1].multiplier += 1
        for row in manifest():
            if row["model"] == TINY:
                data = read_file(os.path.join(VECTORS, row["file"]))
                with self.subTest(row["file"]):
                    try:
                        self.assertNotEqual(symbol_hash(decode(data, broken)), row["symbols_sha256"])
                    except FormatError as error:
                        self.assertEqual(error.name, "bad_stream")


if __name__ == "__main__":
    unittest.main()
