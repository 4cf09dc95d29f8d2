"""Runs of codecs on pictures, kept by all that they depend on: what was measured once is read the next time.

  image --encoder, setting--> file --decoder--> decoded picture
    |                          | bytes, cost       | cost
    +--------------------------+------ metrics ----+-> row
"""

import bisect
import hashlib
import json
import math
import os
import shutil
import tempfile
import time
import weakref
from functools import cached_property

from models.evaluation.codecs import programs
from models.evaluation.codecs.coders import file_hash
from models.measures import metrics

from . import perceptual, picture_files

# What a row of measurements holds, in the order of the CSV files.
COLUMNS = (
    "image",
    "codec",
    "setting",
    "bytes",
    "pixels",
    "psnr",
    "psnr_y",
    "ssim",
    "ms_ssim",
    "ssimulacra2",
    "butteraugli",
    "encode_seconds",
    "encode_wall_seconds",
    "encode_memory",
    "decode_seconds",
    "decode_wall_seconds",
    "decode_memory",
)

NEAR_ENOUGH = 0.01  # of a number of bytes, where one is looked for: steps of an AVIF file are thrice that


class RunError(ValueError):
    """A picture that cannot be measured, or a codec that failed on it."""


def image_name(path):
    return os.path.splitext(os.path.basename(path))[0]


class Cache:
    """JSON records and files in a folder, by a hash of what they depend on.

    Several processes may use a folder at a time.
    """

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def path(self, extension, *key):
        return os.path.join(self.folder, hashlib.sha256(json.dumps(key).encode()).hexdigest() + extension)

    def load(self, path):
        """The record, or None if there is none that can be read."""
        try:
            with open(path, encoding="ascii") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def save(self, path, record):
        with open(f"{path}.{os.getpid()}", "w", encoding="ascii") as file:
            json.dump(record, file)
        os.replace(file.name, path)


class Original:
    """A picture with all that its measurements need: arrays, and a folder with copies for encoders.

    The encoders work in that folder as well.
    """

    def __init__(self, path):
        self.path = path
        try:
            self.pixels = picture_files.read_picture(path)
        except (OSError, picture_files.PictureError) as error:
            raise RunError(f"{path}: {error}") from error
        if min(self.pixels.shape[:2]) < metrics.MS_SSIM_LEAST_SIDE:
            raise RunError(f"{path}: a side is shorter than {metrics.MS_SSIM_LEAST_SIDE} pixels")
        self.folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.names = {"ppm": f"{self.folder}/original.ppm", "png": f"{self.folder}/original.png"}
        picture_files.write_ppm(self.names["ppm"], self.pixels)
        picture_files.write_png(self.names["png"], self.pixels)

    @cached_property
    def reference(self):
        return metrics.Reference(self.pixels)


class Runs:
    """Codecs on pictures, with their results in a cache folder. `codecs` is a dict, key -> Codec, of usable ones. If
    `quick`, SSIMULACRA 2 and Butteraugli are left out, which take longer than all else.

    All methods raise RunError, which names picture, codec and setting. An instance serves one thread; several processes
    may use one folder."""

    def __init__(self, cache_folder, codecs, quick=False):
        self.cache = Cache(cache_folder)
        self.codecs = codecs
        self.perceptual = perceptual.PerceptualMetrics(wanted=not quick)
        self._original = None
        self._hashes = {}

    def __getstate__(self):
        """For another process: without the picture that is open."""
        return {**self.__dict__, "_original": None}

    def measure(self, image_path, codec_key, setting):
        """All COLUMNS of a run, as a dict, when it was "measured", and "encode_processor" and "decode_processor",
        which older records lack. Metrics whose program is missing are None."""
        kept = self.kept(image_path, codec_key, setting)
        if kept:
            return kept
        encoded = self._encode(image_path, codec_key, setting)
        measured = {**encoded, **self._run(image_path, codec_key, setting, self._measure)}
        self.cache.save(self._measured_place(image_path, codec_key, setting), measured)
        return {"image": image_name(image_path), "codec": codec_key, "setting": setting, **measured}

    def kept(self, image_path, codec_key, setting):
        """What measure() would give without running anything, or None."""
        measured = self.cache.load(self._measured_place(image_path, codec_key, setting))
        return measured and {"image": image_name(image_path), "codec": codec_key, "setting": setting, **measured}

    def encoded(self, image_path, codec_key, setting):
        """The path of the codec's file, in the cache: not to be changed."""
        self._encode(image_path, codec_key, setting)
        return self.cache.path(self.codecs[codec_key].extension, *self._key(image_path, codec_key, setting))

    def decoded(self, image_path, codec_key, setting):
        """The path of a PNG file (8 bits, RGB) of the decoded picture, in the cache: not to be changed."""
        place = self.cache.path(".png", *self._key(image_path, codec_key, setting))
        if not os.path.exists(place):
            self._encode(image_path, codec_key, setting)
            self._run(
                image_path,
                codec_key,
                setting,
                lambda original, codec, names: self._keep_decoded(original, codec, names, place),
            )
        return place

    def at_rate(self, image_path, codec_key, bits_per_pixel):
        """(setting, row): of all that the codec's dial has, the setting whose file comes nearest to the rate, or one
        that is within NEAR_ENOUGH of it. Bytes are taken to rise along the dial."""
        codec = self.codecs[codec_key]
        target = bits_per_pixel * self._open(image_path).pixels[:, :, 0].size / 8

        def size(index):
            return self._size(image_path, codec_key, codec.dial[index])

        index = nearest(size, target, [0, *map(codec.dial.index, codec.settings), len(codec.dial) - 1])
        return codec.dial[index], self.measure(image_path, codec_key, codec.dial[index])

    def _key(self, image_path, codec_key, setting):
        return self._hash(image_path), self.codecs[codec_key].identity, setting

    def _measured_place(self, image_path, codec_key, setting):
        return self.cache.path(
            ".json", *self._key(image_path, codec_key, setting), self._measure_code, self.perceptual.identity
        )

    def _hash(self, image_path):
        try:
            status = os.stat(image_path)
            known = image_path, status.st_mtime_ns, status.st_size
            if known not in self._hashes:
                self._hashes[known] = file_hash(image_path)
            return self._hashes[known]
        except OSError as error:
            raise RunError(f"{image_path}: {error.strerror}") from error

    @cached_property
    def _measure_code(self):
        return [file_hash(module.__file__) for module in (metrics, picture_files, perceptual)]

    def _open(self, image_path):
        if self._original is None or self._original.path != image_path:
            self._original = Original(image_path)
        return self._original

    def _run(self, image_path, codec_key, setting, work):
        """work(original, codec, names), with complaints that say where. {file} is in the cache."""
        original, codec = self._open(image_path), self.codecs[codec_key]
        names = {
            **original.names,
            "setting": setting,
            "decoded": f"{original.folder}/decoded{codec.decoded}",
            "file": self.cache.path(codec.extension, *self._key(image_path, codec_key, setting)),
        }
        try:
            return work(original, codec, names)
        except (programs.CodecError, picture_files.PictureError, OSError, ValueError) as error:
            raise RunError(f"{image_path}: {codec.title} at {setting}: {error}") from error

    def _encode(self, image_path, codec_key, setting):
        """Makes {file}, unless it is kept. Returns its bytes and what making it took."""
        key = self._key(image_path, codec_key, setting)
        place, file = self.cache.path(".json", *key, "encoded"), self.cache.path(self.codecs[codec_key].extension, *key)
        encoded = self.cache.load(place) if os.path.exists(file) else None
        if encoded is None:
            encoded = self._run(image_path, codec_key, setting, self._keep_encoded)
            self.cache.save(place, encoded)
        return encoded

    def _keep_encoded(self, original, codec, names):
        new = f"{original.folder}/coded{codec.extension}"
        cost = codec.run_encoder({**names, "file": new})
        size = os.path.getsize(new)
        shutil.copyfile(new, f"{names['file']}.{os.getpid()}")
        os.replace(f"{names['file']}.{os.getpid()}", names["file"])
        return {"bytes": size, **{f"encode_{name}": value for name, value in vars(cost).items()}}

    def _measure(self, original, codec, names):
        """What follows from {file}."""
        cost = codec.run_decoder(names)
        decoded = self._read_decoded(original, names)
        as_ppm = f"{original.folder}/decoded-again.ppm"  # quicker to read than PNG, and without metadata
        picture_files.write_ppm(as_ppm, decoded)
        return {
            "pixels": decoded[:, :, 0].size,
            **original.reference.compare(decoded),
            **self.perceptual.compare(names["ppm"], as_ppm),
            **{f"decode_{name}": value for name, value in vars(cost).items()},
            "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }

    def _read_decoded(self, original, names):
        decoded = picture_files.read_picture(names["decoded"])
        if decoded.shape != original.pixels.shape:
            raise ValueError(f"decoded to {decoded.shape[1]} x {decoded.shape[0]} pixels")
        return decoded

    def _keep_decoded(self, original, codec, names, place):
        codec.run_decoder(names)
        new = f"{place}.{os.getpid()}"
        picture_files.write_png(new, self._read_decoded(original, names))
        os.replace(new, place)

    def _size(self, image_path, codec_key, setting):
        """Bytes of a file, which is only encoded if it was not measured."""
        measured = self.cache.load(self._measured_place(image_path, codec_key, setting))
        return (measured or self._encode(image_path, codec_key, setting))["bytes"]


def nearest(size, target, knots):
    """The integer from knots[0] to knots[-1] whose size comes nearest to the target, or one within NEAR_ENOUGH of
    it. `size` rises from knot to knot; between them its logarithm is guessed to be linear."""
    probed = {}

    def below(index):
        probed[index] = size(index)
        return probed[index] < target

    at = bisect.bisect_left(knots, True, 1, len(knots) - 1, key=lambda knot: not below(knot))
    low, high = knots[at - 1], knots[at]
    while True:
        for end in (low, high):
            if end not in probed:
                below(end)
        best = min(probed, key=lambda index: abs(probed[index] - target))
        if high - low <= 1 or not probed[low] < target < probed[high] or abs(probed[best] / target - 1) < NEAR_ENOUGH:
            return best
        part = math.log(target / probed[low]) / math.log(probed[high] / probed[low])
        middle = min(max(low + round(part * (high - low)), low + 1), high - 1)
        low, high = (middle, high) if below(middle) else (low, middle)
