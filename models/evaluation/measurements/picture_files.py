"""Pictures as arrays: (height, width, 3) of uint8.

This module reads PNG and PNM, which is what decoders write. It writes both for encoders to read.
"""

import struct
import zlib

import numpy as np

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3}  # PNG colour type -> samples a pixel: grey, colour


class PictureError(ValueError):
    """A file that is no picture of a kind read here."""


def read_picture(path):
    with open(path, "rb") as file:
        data = file.read()
    try:
        if data.startswith(PNG_MAGIC):
            return read_png(data)
        if data[:2] in (b"P5", b"P6"):
            return read_pnm(data)
    except (struct.error, zlib.error, IndexError) as error:
        raise PictureError(f"damaged: {error}") from error
    raise PictureError("neither PNG nor PNM")


def read_pnm(data):
    fields, at = [], 2
    while len(fields) < 3:  # width, height, maximum; comments run to the end of a line
        while data[at : at + 1].isspace():
            at += 1
        if data[at : at + 1] == b"#":
            at = (data + b"\n").index(b"\n", at)
            continue
        end = at
        while data[end : end + 1].isdigit():
            end += 1
        if end == at:
            raise PictureError("damaged PNM header")
        fields.append(int(data[at:end]))
        at = end
    width, height, maximum = fields
    if maximum != 255:
        raise PictureError("not 8 bits a sample")
    channels = 3 if data[:2] == b"P6" else 1
    samples = np.frombuffer(data[at + 1 :], np.uint8)
    if samples.size < height * width * channels:
        raise PictureError("ends too early")
    return as_colour(samples[: height * width * channels].reshape(height, width, channels))


def read_png(data):
    at, compressed, header = len(PNG_MAGIC), b"", None
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        payload = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", payload)
        elif kind == b"IDAT":
            compressed += payload
        at += 12 + length
    if header is None:
        raise PictureError("no PNG header")
    width, height, depth, colour_type, _, _, interlaced = header
    if depth != 8 or colour_type not in CHANNELS or interlaced:
        raise PictureError("only PNG files of 8 bits, grey or colour, without alpha, palette and interlacing are read")
    channels = CHANNELS[colour_type]
    lines = np.frombuffer(zlib.decompress(compressed), np.uint8)
    if lines.size != height * (1 + width * channels):
        raise PictureError("ends too early")
    lines = lines.reshape(height, 1 + width * channels)
    return as_colour(unfilter(lines[:, 1:].reshape(height, width, channels), lines[:, 0]))


def unfilter(residuals, filters):
    """Undoes PNG's filters.

    A pixel needs those on its left, above and above left, so a whole anti-diagonal is done at a time.
    """
    height, width, channels = residuals.shape
    if filters.max(initial=0) > 4:
        raise PictureError("unknown filter")
    if not filters.any():  # as write_png() leaves them
        return residuals
    row = width + 1  # with a column and a row of zeros before the picture
    pixels = np.zeros(((height + 1) * row, channels), np.int16)
    source = np.zeros_like(pixels)
    source.reshape(height + 1, row, channels)[1:, 1:] = residuals
    kinds = filters[:, None]
    for diagonal in range(width + height - 1):
        first = max(0, diagonal - width + 1)  # row of the uppermost pixel
        last = min(height - 1, diagonal)
        start = (first + 1) * row + diagonal - first + 1
        stop = start + (last - first) * width + 1  # the next pixel of the diagonal lies one row down and one pixel back

        def neighbours(offset, start=start, stop=stop):
            return pixels[start - offset : stop - offset : width]

        left, up, corner = neighbours(1), neighbours(row), neighbours(row + 1)
        kind = kinds[first : last + 1]
        predicted = np.select(
            [kind == 1, kind == 2, kind == 3, kind == 4], [left, up, (left + up) >> 1, paeth(left, up, corner)], 0
        )
        pixels[start:stop:width] = (source[start:stop:width] + predicted) & 255
    return pixels.reshape(height + 1, row, channels)[1:, 1:].astype(np.uint8)


def paeth(left, up, corner):
    to_left, to_up, to_corner = np.abs(up - corner), np.abs(left - corner), np.abs(left + up - 2 * corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, np.where(to_up <= to_corner, up, corner))


def as_colour(pixels):
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def write_ppm(path, pixels):
    height, width, _ = pixels.shape
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height))
        file.write(pixels.tobytes())


def write_png(path, pixels):
    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + width * 3), np.uint8)  # filter 0: none
    lines[:, 1:] = pixels.reshape(height, -1)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines.tobytes(), 1)),
        (b"IEND", b""),
    ]
    with open(path, "wb") as file:
        file.write(PNG_MAGIC)
        for kind, payload in chunks:
            file.write(struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload)))
