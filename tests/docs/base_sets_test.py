"""Base sets: the table in docs/format.md, the files that it names, the C++ source made from them, and the registry of
those that are released."""

import hashlib
import json
import os
import re
import unittest

from models.overfitted import generate
from tests.docs.format_test import ROOT, read, table
from tests.reference.overfitted_base_sets import base_sets
from tests.reference.overfitted_networks import groups_of, parse_architecture

ROWS = [row for row in table("base-sets") if re.fullmatch(r"\d+", row[0])]
PARAMETER = re.compile(r"-?(0|[1-9]\d*)")


class Sets(unittest.TestCase):
    def test_the_table_names_every_file(self):
        self.assertEqual([int(row[0]) for row in ROWS], list(range(len(ROWS))))
        self.assertEqual([int(row[0]) for row in ROWS[1:]], list(base_sets()))
        for number, values, *_ in ROWS[1:]:
            self.assertEqual(values, f"[{number}.txt](base-sets/{number}.txt)")

    def test_files_are_as_the_document_says(self):
        for number, trained in base_sets().items():
            text = read(f"docs/base-sets/{number}.txt")
            self.assertTrue(text.isascii() and text.endswith("\n"))
            a = parse_architecture(bytes([number, *trained.networks]))
            self.assertEqual([key for key, _ in groups_of(a)], list(trained.groups))
            for key, values in groups_of(a):
                self.assertEqual(values.size, len(trained.groups[key]), key)
                self.assertTrue((abs(values) <= 32767).all(), key)
            words = [word for line in text.splitlines() if re.match(r" ", line) for word in line.split()]
            self.assertEqual(len(words), sum(map(len, trained.groups.values())))
            for word in words:
                self.assertRegex(word, PARAMETER)

    def test_the_source_is_made_of_them(self):
        self.assertEqual(
            generate.source_of(base_sets()),
            read("shared/overfitted/trained_sets.cpp"),
            "python3 -m models.overfitted.generate makes it anew",
        )

    def test_released_sets_are_as_they_were_released(self):
        released = {row[0]: row[3] for row in ROWS if row[3] != "draft"}
        entries = json.loads(read("models/registry.json"))["base_sets"]
        self.assertEqual(released, {str(entry["number"]): entry["date"] for entry in entries})
        for entry in entries:
            with open(os.path.join(ROOT, "docs", "base-sets", f"{entry['number']}.txt"), "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).hexdigest(), entry["sha256"])


if __name__ == "__main__":
    unittest.main()
