"""Makes the conformance vectors and their manifest.

    python3 -m tests.vectors.make_vectors
    python3 -m tests.vectors.make_vectors --check
    python3 -m tests.vectors.make_vectors --encode LIC PREFIX

The first writes the generated vectors (recipes.py) and the manifest of all vectors. `--check` makes sure that the files
here are what the scripts make. `--encode` first encodes anew, with the command LIC, the pictures of pictures.py whose
names begin with PREFIX: `photo-` when models/lic-photo has changed.

Encoded vectors are kept as they are once made: another machine's encoder may choose other symbols, but every decoder
must find the symbols of these files. The hashes in the manifest come from the second decoder in ../reference.
"""

import argparse
import hashlib
import os
import sys

from tests.reference.lic_pixels import synthesize
from tests.reference.lic_reference import decode, symbol_hash
from tests.vectors import pictures
from tests.vectors.recipes import HERE, generated, load_model

MANIFEST = "manifest.tsv"
# Pixels are committed for pictures of at most this many bytes.
PIXEL_BYTES_MAX = 6000
COLUMNS = "file model width height channels symbols_sha256 alpha_sha256 mean pixels".split()
ABOUT = """\
# Conformance vectors, made by make_vectors.py. One line a vector, columns separated by one tab, `-` for none:
# file            in this folder
# model           decoder model, path from the root of the repository
# width, height   in pixels
# channels        of the decoded picture: 1 grey, 2 grey and alpha, 3 red green blue, 4 red green blue alpha
# symbols_sha256  the symbol hash: SHA-256 of the hyper-latents and of value16 clamped to 16 bits
# alpha_sha256    SHA-256 of the alpha plane, one byte a pixel in raster order
# mean            of each channel, separated by commas; a decoder's may differ by 0.1
# pixels          file of interleaved 8-bit samples; a decoder's colours may differ by 1, its alpha not at all
"""


def describe(name, model_path, data, model):
    """The manifest's columns, and the pixels if they are few."""
    decoded = decode(data, model)
    pixels = synthesize(model, decoded)
    height, width, channels = pixels.shape
    alpha = "-" if decoded.alpha is None else hashlib.sha256(decoded.alpha.tobytes()).hexdigest()
    mean = ",".join(f"{m:.3f}" for m in pixels.reshape(-1, channels).mean(0))
    small = pixels.size <= PIXEL_BYTES_MAX
    fields = [
        f"{name}.lic",
        model_path,
        width,
        height,
        channels,
        symbol_hash(decoded),
        alpha,
        mean,
        f"{name}.pixels" if small else "-",
    ]
    return "\t".join(map(str, fields)), pixels.tobytes() if small else None


def read_here(name):
    with open(os.path.join(HERE, name), "rb") as file:
        return file.read()


def all_files():
    """File name to contents, of everything that this script makes or keeps."""
    vectors = generated()
    vectors += [(name, model, read_here(f"{name}.lic")) for name, model in pictures.encoded_names()]
    models, files, lines = {}, {}, []
    for name, model_path, data in vectors:
        if model_path not in models:
            models[model_path] = load_model(model_path)
        line, pixels = describe(name, model_path, data, models[model_path])
        lines.append(line)
        files[f"{name}.lic"] = data
        if pixels is not None:
            files[f"{name}.pixels"] = pixels
    files[MANIFEST] = (ABOUT + "\n".join(["\t".join(COLUMNS), *lines]) + "\n").encode()
    return files


def stale(files):
    """Names that differ from `files` or that nothing made."""
    here = {name for name in os.listdir(HERE) if name.endswith((".lic", ".pixels", ".tsv"))}
    return sorted((here ^ files.keys()) | {name for name in here & files.keys() if read_here(name) != files[name]})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--encode", nargs=2, metavar=("LIC", "PREFIX"))
    arguments = parser.parse_args()
    if arguments.encode:
        pictures.encode_all(*arguments.encode)
    files = all_files()
    differ = stale(files)
    if not arguments.check:
        for name in differ:
            if name in files:
                with open(os.path.join(HERE, name), "wb") as file:
                    file.write(files[name])
            else:
                os.remove(os.path.join(HERE, name))
        differ = []
    print(
        f"{len(files)} files, {sum(map(len, files.values()))} bytes"
        + ("; differ: " + ", ".join(differ) if differ else "")
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
