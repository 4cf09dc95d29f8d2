"""What both file formats are made of: little-endian numbers, sections with checksums, and errors by name."""

import hashlib
import struct
import zlib

import numpy as np


class FormatError(Exception):
    """A violation of the format; `name` is that of docs/format.md#errors."""

    def __init__(self, name, what):
        super().__init__(f"{name}: {what}")
        self.name = name


def require(condition, what):
    if not condition:
        raise FormatError("bad_model", what)


def short_id(payload):
    """The first 8 bytes of the SHA-256, as model ids and head hashes are."""
    return hashlib.sha256(payload).digest()[:8]


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        require(self.at + count <= len(self.data), "ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def one(self, code):
        return self.many(code, 1)[0]

    def many(self, code, count):
        """A tuple of `count` numbers; `code` is one of struct's."""
        code = f"<{count}{code}"
        return struct.unpack(code, self.take(struct.calcsize(code)))

    def array(self, dtype, *shape):
        dtype = np.dtype(dtype).newbyteorder("<")
        count = int(np.prod(shape))
        return np.frombuffer(self.take(count * dtype.itemsize), dtype).reshape(shape)

    def finish(self):
        require(self.at == len(self.data), "bytes are left over")


def packed(dtype, values):
    return np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()


def section(kind, payload):
    head = struct.pack("<BI", kind, len(payload))
    return head + struct.pack("<I", zlib.crc32(head + payload)) + payload
