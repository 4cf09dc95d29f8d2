"""The tables of docs/format.md, taken at their word: bytes are read as the tables say, and the violations in them
are tried."""

import os
import re
import struct
import unittest
import zlib

import numpy as np

from tests.docs import example
from tests.docs.format_test import DOCUMENT, ROOT, read, table, tables
from tests.reference.lic_bytes import FormatError
from tests.reference.lic_model import (
    CONVOLUTION,
    DEPTHWISE,
    read_model,
    write_entropy,
    write_float_network,
    write_integer_program,
)
from tests.reference.lic_reference import read_file, read_header

MODEL = read_model(read_file(os.path.join(ROOT, example.MODEL)))
CODES = {"u8": "u1", "u16": "u2", "u32": "u4", "i8": "i1", "i16": "i2", "i32": "i4", "f32": "f4"}


def bytes_of(kind):
    """The size of a type such as u16 or u8[8], or None where it depends on another field."""
    found = re.fullmatch(r"[uif](\d+)(?:\[(\d+)\])?", kind)
    return int(found[1]) // 8 * int(found[2] or 1) if found else None


def parse_field(text):
    """The type of numpy, the name and the dimensions of a documented field such as "i32 bias[bias_sets][out]"."""
    found = re.fullmatch(r"(\w+)(?: or \w+)? (\w+)((?:\[\w+\])*)", text)
    return CODES[found[1]], found[2], re.findall(r"\[(\w+)\]", found[3])


def read_fields(data, fields):
    """Values by name, read from `data` as the fields say, and the position after them."""
    values, at = {}, 0
    for code, name, dimensions in fields:
        shape = [int(size) if size.isdigit() else int(values[size]) for size in dimensions]
        if name == "weight" and values.get("bits") == 16:
            code = "i2"
        count = int(np.prod(shape))
        array = np.frombuffer(data, "<" + code, count, at)
        at += array.nbytes
        values[name] = array.reshape(shape) if dimensions else array[0]
    return values, at


class Bytes(unittest.TestCase):
    def test_offsets_are_the_sums_of_the_sizes(self):
        for anchor, total in (("header", 40), ("sections", 9), ("model-files", None)):
            head, *rows = tables(anchor)[0]
            self.assertEqual(head[:3], ["offset", "type", "field"])
            at = 0
            for offset, kind, *_ in rows:
                self.assertEqual(int(offset), at, anchor)
                at = at + bytes_of(kind) if bytes_of(kind) else None
            self.assertEqual(at, total)

    def check_layers(self, anchor, layers, write):
        head, *rows = next(rows for rows in tables(anchor) if rows[0] == ["convolution", "depthwise"])
        seen = set()
        for layer in layers:
            if layer.op not in (CONVOLUTION, DEPTHWISE):
                continue
            fields = [parse_field(row[layer.op - CONVOLUTION]) for row in rows]
            data = write(layer)
            values, size = read_fields(data, fields)
            self.assertEqual(size, len(data))
            for name in {"kernel", "stride", "shift", "bits", "lo", "hi", "multiplier", "scale", "bias", "weight"}:
                if name in values:
                    self.assertTrue(np.array_equal(values[name], getattr(layer, name)), name)
            seen.add(head[layer.op - CONVOLUTION])
        self.assertEqual(seen, set(head))

    def test_layers_of_integer_programs(self):
        layers = MODEL.hyper_synthesis + MODEL.context
        self.check_layers("integer-programs", layers, lambda layer: write_integer_program([layer])[2:])

    def test_layers_of_networks_in_floating_point(self):
        layers = [layer for branch in MODEL.synthesis for layer in branch]
        self.check_layers("float-programs", layers, lambda layer: write_float_network([[layer]])[3:])

    def test_entropy_payload(self):
        head, *rows = tables("entropy-payload")[0]
        self.assertEqual(head, ["type", "field", "allowed"])
        numbers = rows[: next(i for i, row in enumerate(rows) if row[0] == "64 tables")]
        fields = []
        for kind, field, _ in numbers:
            base, dimensions = re.fullmatch(r"(\w+)((?:\[\w+\])*)", kind).groups()
            fields.append((CODES[base], field.split("`")[0], re.findall(r"\[(\w+)\]", dimensions)))
        values, _ = read_fields(write_entropy(MODEL), fields)
        names = {"L": "log2_gain", "offset": "hyper_offset", "index": "hyper_table"}
        for name, value in values.items():
            self.assertTrue(np.array_equal(value, getattr(MODEL, names.get(name, name))), name)
        self.assertEqual(len(values), 10)


class Violations(unittest.TestCase):
    def with_field(self, offset, size, value):
        """The head of the example with a field changed, the coding that its version has, and its checksum mended."""
        data = bytearray(read_file(os.path.join(ROOT, example.VECTOR)))
        data[offset : offset + size] = value.to_bytes(size, "little")
        data[34] = data[4] == 2
        data[36:40] = struct.pack("<I", zlib.crc32(data[:36]))
        return bytes(data)

    def test_ranges_of_the_header(self):
        tried = 0
        for offset, kind, field, allowed, error in tables("header")[0][1:]:
            found = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", allowed)
            if not found:
                continue
            low, high = int(found[1]), int(found[2] or found[1])
            size = bytes_of(kind)
            for value in (low, high):
                read_header(self.with_field(int(offset), size, value))
            for value in (low - 1, high + 1):
                if 0 <= value < 1 << 8 * size:
                    with self.assertRaises(FormatError, msg=field) as caught:
                        read_header(self.with_field(int(offset), size, value))
                    self.assertEqual(caught.exception.name, error.strip("[]"), field)
                    tried += 1
        self.assertEqual(tried, 11)

    def test_magics(self):
        for anchor, data in (("header", example.VECTOR), ("model-files", example.MODEL)):
            magic = bytes.fromhex(tables(anchor)[0][1][3])
            self.assertEqual(read_file(os.path.join(ROOT, data))[:4], magic)

    def test_columns_of_errors_name_one_error_each(self):
        rules = 0
        for text in re.findall(r"(?:^\|.*\n)+", DOCUMENT, re.M):
            head, _, *rows = text.splitlines()
            if not re.search(r"\| (error|otherwise) \|$", head) or "number" in head:
                continue
            for row in rows:
                self.assertRegex(row, r"\| (`\[\w+\]` )?\|$")
                rules += row.count("`[")
        self.assertGreater(rules, 70)

    def test_every_error_has_a_file_that_must_be_refused(self):
        refused = {name.split("-")[0] for name in os.listdir(os.path.join(ROOT, "tests", "vectors", "bad"))}
        named = set(re.findall(r"`\[(\w+)\]`", DOCUMENT))
        self.assertEqual(named - refused, {"unknown_model"})  # a reader's lack, no file's fault
        self.assertEqual(refused - named - {"README.md"}, set())


class Names(unittest.TestCase):
    def test_weights_of_the_loss(self):
        documented = [row[1] for row in table("loss") if row[0] == "f32"]
        declared = [
            re.findall(r"float (\w+)", body)
            for path in self.headers()
            for body in re.findall(r"struct VisualLoss \{(.*?)\n\}", read(path), re.S)
        ]
        self.assertEqual(declared, [documented])

    def headers(self):
        for folder, _, names in os.walk(os.path.join(ROOT, "shared")):
            for name in names:
                if name.endswith(".h"):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


if __name__ == "__main__":
    unittest.main()
