"""docs/format.md in lockstep with the code: constants, enums, field names, anchors, and the example decoded from its
own text.

What the tables say of the bytes of headers, layers and models is read from the tables: see format_tables_test.py.
"""

import math
import os
import re
import subprocess
import unittest

from tests.docs import example
from tests.reference import lic_model, lic_reference

ROOT = example.ROOT

# Files whose every constant is part of the format.
FORMAT_FILES = [
    "shared/container/quality.h",
    "shared/container/sections.h",
    "shared/container/tile_grid.h",
    "shared/model/model.h",
    "shared/symbols/rans.h",
    "shared/symbols/residual_table.h",
]
# Constants of the format in files that hold others too.
SINGLE_CONSTANTS = [
    "kMaxSide",
    "kMaxPixels",
    "kHeaderBytes",
    "kMeanUnit",
    "kMaxLayers",
    "kMaxBranches",
    "kMaxChannels",
    "kMaxSupport",
    "kLevels",
    "kMaxChains",
    "kStripeLevels",
    "kLanes",
    "kLag",
    "kChunkSteps",
    "kMaxSpatial",
    "kMaxCoarser",
    "kMaxContextWidth",
    "kMaxContextNetworks",
    "kMaxHidden",
    "kMaxConvolutions",
    "kMaxNoise",
    "kMaxWork",
    "kFractions",
    "kMaxLaplaceSupport",
]
CODE_FOLDERS = ["shared", "native", "wasm", "web", "tests", "models", "scripts"]
CODE_ENDINGS = (".h", ".cpp", ".js", ".ts", ".py", ".md", ".txt", ".html")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


DOCUMENT = read("docs/format.md")


def slug(title):
    """The anchor that a heading gets."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", title.strip().lower()))


PARTS = {slug(title): text for title, text in re.findall(r"^#+ (.+)\n((?:(?!#+ ).*\n?)*)", DOCUMENT, re.M)}


def cells(line):
    """The cells of a table's row, without backquotes around them."""
    return [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def tables(anchor):
    """The tables of a section, each as a list of rows, the first of which is its head."""
    found = re.findall(r"(?:^\|.*\n?)+", PARTS[anchor], re.M)
    return [[cells(line) for line in text.splitlines() if not line.startswith("|---")] for text in found]


def table(anchor):
    """The rows of all tables in a section."""
    return [row for rows in tables(anchor) for row in rows]


def library_sources():
    """Paths of the headers and sources below shared/."""
    return [
        os.path.relpath(os.path.join(folder, name), ROOT)
        for folder, _, names in os.walk(os.path.join(ROOT, "shared"))
        for name in names
        if name.endswith((".h", ".cpp"))
    ]


def constants_in(path, wanted="k\\w+"):
    """Name to value of the integer constants of a C++ file, or of those that `wanted` matches."""
    values = {}
    for name, text in re.findall(rf"constexpr \w+ ({wanted}) = ([^;]+);", read(path)):
        text = re.sub(r"u?int\d+_t\{(\d+)\}|(\d+)u\b", r"\1\2", text)
        values[name] = eval(text, {"__builtins__": {}}, values)  # the repository's own headers
    return values


def enum_in(path, name):
    """Snake-case name to number of a C++ enum's values."""
    body = re.search(r"enum (?:class )?" + name + r" : uint8_t \{(.*?)\}", read(path), re.S)[1]
    body = re.sub(r"//.*", "", body)
    return {
        re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower(): int(number)
        for key, number in re.findall(r"k(\w+) = (\d+)", body)
    }


class Constants(unittest.TestCase):
    def test_constants_of_the_code_stand_in_the_document(self):
        documented = {row[0]: int(row[1]) for row in table("constants")[1:]}
        found = {}
        for path in FORMAT_FILES:
            found |= constants_in(path)
        for path in library_sources():
            found |= constants_in(path, "|".join(SINGLE_CONSTANTS))
        self.assertEqual(found, documented)

    def test_constants_named_in_the_text(self):
        documented = {row[0]: int(row[1]) for row in table("constants")[1:]}
        named = re.findall(r"`(k\w+)` = (\d+)", DOCUMENT)
        self.assertGreaterEqual(len(named), 3)
        for name, value in named:
            self.assertEqual(documented[name], int(value), name)

    def test_exp2_tables(self):
        for name, steps in (("kExp2Coarse", 32), ("kExp2Fine", 1024)):
            body = re.search(name + r"\[32\] = \{(.*?)\}", read("shared/model/gains.cpp"), re.S)[1]
            values = [int(value, 0) for value in re.findall(r"\w+", body.replace("u,", ","))]
            self.assertEqual(values, [round(2 ** (i / steps) * 2**30) for i in range(32)], name)

    def test_laplace_tables(self):
        documented = [
            (int(decay), int(support))
            for _, decays, supports in table("laplace-tables")[1:]
            for decay, support in zip(decays.split(","), supports.split(","))
        ]
        body = re.search(r"kScales\[kScaleCount\] = \{(.*?)\};", read("shared/overfitted/laplace_tables.cpp"), re.S)[1]
        self.assertEqual([(int(a), int(b)) for a, b in re.findall(r"\{(\d+), (\d+)\}", body)], documented)
        scales = [math.exp(-4.5 + i / 8) for i in range(64)]
        self.assertEqual([decay for decay, _ in documented], [round(2**30 * math.exp(-1 / (32 * b))) for b in scales])

    def test_second_decoder(self):
        documented = {row[0]: int(row[1]) for row in table("constants")[1:]}
        self.assertEqual(lic_reference.RANS_PRECISION, documented["kRansPrecision"])
        self.assertEqual(lic_reference.RANS_LOW, documented["kRansLow"])
        self.assertEqual(lic_reference.HEADER_BYTES, documented["kHeaderBytes"])
        self.assertEqual(lic_model.SCALE_COUNT, documented["kScaleCount"])
        self.assertEqual(lic_model.HYPER_MAX, documented["kHyperMax"])


class Names(unittest.TestCase):
    def test_errors(self):
        documented = {row[1]: int(row[0]) for row in table("errors")[1:]}
        self.assertEqual(enum_in("shared/include/lic/result.h", "Error"), {"none": 0} | documented)
        body = re.search(r"enum lic_error \{(.*?)\}", read("shared/include/lic/lic_c.h"), re.S)[1]
        in_c = {name.lower(): int(number) for name, number in re.findall(r"LIC_(\w+) = (\d+)", body)}
        self.assertEqual(in_c, {"ok": 0} | documented)
        names = re.search(r"kNames\[kErrorCount\] = \{(.*?)\}", read("shared/base/result.cpp"), re.S)[1]
        self.assertEqual(re.findall(r'"(\w+)"', names), ["ok"] + sorted(documented, key=documented.get))
        codes = re.search(r"type LicErrorCode =(.*?);", read("web/index.d.ts"), re.S)[1]
        self.assertLessEqual(set(re.findall(r"'(\w+)'", codes)), set(documented))

    def test_every_boxed_error_is_in_the_table(self):
        documented = {row[1] for row in table("errors")[1:]}
        for name in re.findall(r"`\[(\w+)\]`", DOCUMENT):
            self.assertIn(name, documented)

    def test_sections(self):
        documented = {row[1].lower(): int(row[0]) for row in table("sections") if row[0].isdigit() and row[1].isupper()}
        self.assertEqual(enum_in("shared/container/sections.h", "SectionType"), documented | {"first_ignored": 128})
        models = {row[1].lower() + "_section": int(row[0]) for row in table("model-sections") if row[0].isdigit()}
        self.assertEqual(enum_in("shared/model/model_file.cpp", "ModelSection"), models)

    def test_layers(self):
        code = enum_in("shared/networks/layers.h", "Op")
        for anchor in ("integer-programs", "float-programs"):
            documented = {row[1]: int(row[0]) for row in table(anchor) if row[0].isdigit()}
            self.assertLessEqual(documented.items(), code.items())
        in_files = {name for name, number in code.items() if number < 128}  # the others are parts of gradients
        self.assertEqual(set(documented), in_files)

    def test_fields(self):
        """A field has one name in the document and in C++."""
        header = re.search(r"struct Header \{(.*?)\}", read("shared/container/header.h"), re.S)[1]
        entropy = re.search(r"struct EntropyModel \{(.*?)\n\}", read("shared/model/model.h"), re.S)[1]
        documented = re.sub("flags", "has_alpha is_grey", PARTS["header"])
        for name in re.findall(r"^  \w+ (\w+)(?: = .*)?;", header, re.M):
            self.assertRegex(documented, rf"\b{name}\b")
        for name in re.findall(r"^  uint32_t (\w+) = 0;", entropy, re.M):
            self.assertIn(f"`{name}`", DOCUMENT)


class Anchors(unittest.TestCase):
    def test_anchors_cited_exist(self):
        anchors = set(PARTS)
        self.assertEqual(len(anchors), len(re.findall(r"^#+ ", DOCUMENT, re.M)), "two headings have one name")
        for cited in re.findall(r"\]\(#([\w-]+)\)", DOCUMENT):
            self.assertIn(cited, anchors)
        tracked = subprocess.run(
            ["git", "ls-files", *CODE_FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True
        )
        count = 0
        for path in tracked.stdout.split("\n"):
            if not path.endswith(CODE_ENDINGS) or not os.path.exists(os.path.join(ROOT, path)):
                continue
            for line in read(path).splitlines():
                if "format.md#" in line:
                    for cited in re.findall(r"#([a-z][\w-]+)", line.split("format.md", 1)[1]):
                        self.assertIn(cited, anchors, f"{path}: {line}")
                        count += 1
        self.assertGreater(count, 10)


class Example(unittest.TestCase):
    def test_the_text_is_what_the_script_writes(self):
        text = DOCUMENT.split(example.BEGIN)[1].split(example.END)[0]
        self.assertEqual(text, "\n" + example.example() + "\n")

    def test_the_bytes_in_the_text_decode_to_the_hash_in_the_text(self):
        text = DOCUMENT.split(example.BEGIN)[1].split(example.END)[0]
        data = bytes.fromhex("".join(re.findall(r"^    [0-9a-f]{4}  ((?:[0-9a-f]{2} ?){1,8})", text, re.M)))
        model = lic_model.read_model(lic_reference.read_file(os.path.join(ROOT, example.MODEL)))
        decoded = lic_reference.decode(data, model)
        self.assertIn(lic_reference.symbol_hash(decoded), text)


if __name__ == "__main__":
    unittest.main()
