"""What tests of the `lic` command share: its path and errors, small pictures, and a case that runs it in a folder of
its own.

LIC_COMMAND names the command; without it, that of the preset `release` is taken. Needs Python's standard library only.
"""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
LIC = os.path.abspath(os.environ.get("LIC_COMMAND") or os.path.join(ROOT, "build", "release", "native", "lic"))
MODELS, VECTORS = os.path.join(ROOT, "tests", "models"), os.path.join(ROOT, "tests", "vectors")
EXIT_USAGE = 64
EXIT_NO_INPUT = 66  # a search found nothing
ERRORS = {}  # name to number, from the format document
with open(os.path.join(ROOT, "docs", "format.md"), encoding="utf-8") as document:
    for row in document.read().split("\n## Errors\n")[1].splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 3 and cells[0].isdigit():
            ERRORS[cells[1]] = (int(cells[0]), cells[2])


def chunk(kind, payload):
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png(width, height, pixel, channels=3, depth=8, before_pixels=b""):
    """A PNG whose samples at (x, y) are pixel(x, y)."""
    rows = b"".join(
        b"\0" + b"".join(v.to_bytes(depth // 8, "big") for x in range(width) for v in pixel(x, y))
        for y in range(height)
    )
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before_pixels
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def ppm(width, height, pixel):
    return b"P6 %d %d 255\n" % (width, height) + bytes(
        v for y in range(height) for x in range(width) for v in pixel(x, y)
    )


def read_pnm(data):
    """Width, height, rows of tuples."""
    kind, width, height, _, samples = (
        data.split(maxsplit=4)
        if not data.startswith(b"P6\n")
        else ([b"P6"] + data.split(b"\n", 3)[1].split() + [b"255", data.split(b"\n", 3)[3]])
    )
    assert kind == b"P6"
    width, height = int(width), int(height)
    return width, height, [[tuple(samples[(y * width + x) * 3 :][:3]) for x in range(width)] for y in range(height)]


def smooth(x, y):
    return (40 + 2 * x % 160, 60 + 2 * y % 160, 128)


def quadrant(width, height):
    """Four flat quarters: top left red, top right green, bottom left blue, bottom right grey."""
    return lambda x, y: (((200, 40, 40), (40, 180, 40)), ((40, 40, 200), (128, 128, 128)))[2 * y >= height][
        2 * x >= width
    ]


class CommandCase(unittest.TestCase):
    """Runs the command in a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lic-command-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = dict(os.environ, LIC_MODEL_PATH=MODELS)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def put(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
        return name

    def get(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def files(self):
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.folder)
            for folder, _, names in os.walk(self.folder)
            for name in names
        )

    def lic(self, *arguments, stdin=b"", expect=0, **options):
        """Runs the command in the test's folder; `expect` is the exit status or the name of an error."""
        options.setdefault("env", self.environment)
        done = subprocess.run(
            [LIC, *arguments], input=stdin, capture_output=True, cwd=self.folder, timeout=120, **options
        )
        number = ERRORS[expect][0] if isinstance(expect, str) else expect
        self.assertEqual(done.returncode, number, (arguments, done.stderr))
        if isinstance(expect, str) and "--json" not in arguments:
            self.assertIn(expect, done.stderr.decode())
        return done

    def encode(self, *arguments, **options):
        return self.lic("encode", "-m", "tiny", *arguments, **options)

    def lines(self, done):
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def decoded(self, name):
        return read_pnm(self.lic("decode", name, "-o", "-", "-f", "ppm").stdout)
