"""Tests of the registry of released models, and of releasing. Needs numpy."""
import hashlib
import json
import os
import shutil
import tempfile
import unittest

from models.training import release
from models.training.files import licm

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

MODELS, TINY = os.path.join(ROOT, "models"), os.path.join(ROOT, "tests", "models", "tiny")
VECTORS = os.path.join(ROOT, "tests", "vectors")


def decoders(folder):
    """-> id: (path, decoder) of all decoder files in a folder."""
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".dec.licm")]
    models = [(path, licm.read_decoder(release.read(path))) for path in paths]
    return {model.model_id().hex(): (path, model) for path, model in models}


class RegistryTest(unittest.TestCase):
    """What is promised of the models in this repository."""

    def setUp(self):
        self.entries = json.loads(release.read(os.path.join(MODELS, "registry.json")))["released"]
        self.decoders = decoders(MODELS)

    def test_every_released_model_is_here_as_it_was_released(self):
        for entry in self.entries:
            with self.subTest(entry["name"]):
                path, model = self.decoders[entry["id"]]
                self.assertEqual((model.version, model.head_hash().hex()), (1, entry["head"]))
                self.assertEqual(hashlib.sha256(release.read(path)).hexdigest(), entry["decoder_sha256"])

    def test_only_released_models_say_so(self):
        released = {entry["id"] for entry in self.entries}
        self.assertEqual(released, {name for name, (_, model) in self.decoders.items() if model.version == 1})

    def test_golden_files_are_those_of_the_model_and_in_the_manifest(self):
        for entry in self.entries:
            path = self.decoders[entry["id"]][0]
            listed = release.golden_files(os.path.basename(path)[: -len(".dec.licm")])
            self.assertLessEqual(set(entry["golden"]), set(listed))
            for name in entry["golden"]:
                data = release.read(os.path.join(VECTORS, name))
                self.assertIn(bytes.fromhex(entry["id"]), data[:64], name)


class ReleaseTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.models = folder.name
        for half in release.SUFFIXES.values():
            shutil.copy(TINY + half, self.models)
        self.write("tiny.md", "Licence: Apache-2.0\n")
        self.write("registry.json", json.dumps({"comment": "kept", "released": []}))
        self.manifest = self.write(
            "manifest.tsv",
            "# about\nfile\tmodel\n"
            + "".join(f"t{i}.lic\tmodels/tiny.dec.licm\n" for i in range(3))
            + "x.lic\tmodels/other.dec.licm\n",
        )

    def write(self, name, text):
        path = os.path.join(self.models, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def release(self):
        return release.release("tiny", self.models, self.manifest, "2026-11-30")

    def contents(self):
        return {name: release.read(os.path.join(self.models, name)) for name in sorted(os.listdir(self.models))}

    def test_version_and_registry_change_and_nothing_else(self):
        before = self.contents()
        entry = self.release()
        after = self.contents()
        self.assertEqual(before.keys(), after.keys())
        for half in release.SUFFIXES.values():
            old, new = before["tiny" + half], after["tiny" + half]
            self.assertEqual([i for i in range(len(old)) if old[i] != new[i]], [release.VERSION_AT])
        model = licm.read_decoder(after["tiny.dec.licm"])
        self.assertEqual(
            (model.version, model.model_id().hex(), model.head_hash().hex()), (1, entry["id"], entry["head"])
        )
        self.assertEqual(licm.read_encoder(after["tiny.enc.licm"]).version, 1)
        self.assertEqual(json.loads(after["registry.json"]), {"comment": "kept", "released": [entry]})
        self.assertEqual((entry["golden"], entry["date"]), (["t0.lic", "t1.lic", "t2.lic"], "2026-11-30"))
        self.assertEqual(entry["decoder_sha256"], hashlib.sha256(after["tiny.dec.licm"]).hexdigest())

    def refuses(self, reason):
        before = self.contents()
        with self.assertRaisesRegex(release.Refused, reason):
            self.release()
        self.assertEqual(self.contents(), before)

    def test_refuses_a_second_release_of_an_id(self):
        self.release()
        self.refuses("released already")

    def test_refuses_a_model_without_card_licence_or_golden_files(self):
        os.remove(os.path.join(self.models, "tiny.md"))
        self.refuses("tiny.md")
        self.write("tiny.md", "no licence\n")
        self.refuses("states no licence")
        self.write("tiny.md", "Licence: Apache-2.0\n")
        self.write("manifest.tsv", "file\tmodel\nt0.lic\tmodels/tiny.dec.licm\n")
        self.refuses("1 golden files, 3 are needed")

    def test_refuses_halves_of_two_models_and_damage(self):
        shutil.copy(os.path.join(ROOT, "tests", "models", "least.enc.licm"), os.path.join(self.models, "tiny.enc.licm"))
        self.refuses("belongs to another decoder")
        with open(os.path.join(self.models, "tiny.dec.licm"), "r+b") as file:
            file.seek(40)
            file.write(b"\xff\xff\xff")
        self.refuses("bad checksum")

    def test_a_new_model_moves_a_released_one_aside_and_no_draft(self):
        prefix, other = os.path.join(self.models, "tiny"), bytes(8)
        self.assertIsNone(release.keep_released(prefix, other), "a draft is overwritten")
        entry = self.release()
        self.assertIsNone(
            release.keep_released(prefix, bytes.fromhex(entry["id"])), "another head of the same model takes its place"
        )
        kept = release.keep_released(prefix, other)
        self.assertEqual(kept, f"{prefix}-{entry['id']}.dec.licm")
        self.assertEqual(hashlib.sha256(release.read(kept)).hexdigest(), entry["decoder_sha256"])
        self.assertIsNone(release.keep_released(prefix, other), "nothing is left there")


if __name__ == "__main__":
    unittest.main()
