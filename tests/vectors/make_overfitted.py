"""Makes the vectors of the overfitted coding and their manifest, in overfitted/.

    python3 -m tests.vectors.make_overfitted           writes them
    python3 -m tests.vectors.make_overfitted --check   makes sure that the files there are what the script makes

overfitted/      pictures of random networks. The hashes in the manifest come from the second decoder in ../reference,
                 and every decoder must find the same.
overfitted/bad/  reject vectors: NAME_OF_ERROR-what.lic, each with one violation of the format.
"""

import os
import sys

from tests.reference.overfitted_base_sets import base_sets
from tests.reference.overfitted_random import architecture, random_file
from tests.reference.overfitted_reference import decode, pixel_hash
from tests.reference.overfitted_writer import network_bytes
from tests.vectors.bad_overfitted import bad_overfitted

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "overfitted")
MANIFEST = "manifest.tsv"
COLUMNS = "file width height channels pixels_sha256".split()
ABOUT = """\
# Conformance vectors of the overfitted coding, made by make_overfitted.py. One line a vector, a tab between columns:
# file           in this folder
# width, height  in pixels
# channels       of the decoded picture: 1 grey, 2 grey and alpha, 3 red green blue, 4 red green blue alpha
# pixels_sha256  SHA-256 of the interleaved samples, one byte each, in raster order
"""

ONE = [network_bytes(5, 2, 4)]
THREE = [network_bytes(5, 2, 4), network_bytes(3, 1, 2), network_bytes(2, 0, 1)]
ARCHITECTURES = {
    "least": architecture([(6, 6)], [network_bytes(1, 0, 1)], (0, 0), hidden=1),
    "finest-0": architecture([(0, 3)]),
    "finest-3": architecture([(3, 3)]),
    "joined-6": architecture([(1, 6)]),
    "all-joined": architecture([(0, 0)]),
    "two-chains": architecture([(0, 2), (2, 4)], network_of=(0, 1, 1)),
    "three-chains": architecture([(1, 2), (0, 6), (2, 4)], THREE, (2, 1, 0)),
    "finer-colour": architecture([(4, 4), (0, 2), (1, 1)], THREE, (0, 1, 2)),
    "all-contexts": architecture([(0, 1), (0, 1), (1, 1)], [network_bytes(16, 6, 5)], (0, 0, 0)),
    "fewest-contexts": architecture([(0, 6)], [network_bytes(1, 0, 2)], (0, 0)),
    "depth-2": architecture([(0, 2)], [network_bytes(4, 6, 32, depth=2), *ONE], (0, 1)),
    "own-biases": architecture([(1, 2), (1, 2)], [network_bytes(4, 1, 3, own_biases=True), *ONE], (0, 1, 0)),
    "one-convolution": architecture(convolutions=1),
    "two-convolutions": architecture(convolutions=2, hidden=64),
    "most-work": architecture([(1, 1), (0, 6), (1, 6)], [network_bytes(16, 6, 32, depth=2)], (0, 0, 0), hidden=22),
    "noise": architecture(noise=3, hidden=1),
}
SIZES = [(1, 1), (1, 300), (300, 1), (2, 2), (64, 64), (65, 63), (33, 31)]
STRIPES = [(70, 65, 0), (66, 130, 1), (20, 129, 2)]  # width, height, finest level
RANDOM_SEEDS = range(100, 120)


def vectors():
    """Pairs of a name and a file as random_file makes it."""
    for seed, (name, networks) in enumerate(ARCHITECTURES.items()):
        yield name, random_file(seed, networks, 37, 29, alpha=False)
    for number, trained in base_sets().items():
        yield f"base-set-{number}", random_file(number, bytes([number, *trained.networks]), 37, 29, alpha=False)
    for seed, (width, height) in enumerate(SIZES):
        for mapped in (0, 1):
            name = f"{width}x{height}{'-mapped' if mapped else ''}"
            yield name, random_file(
                seed, architecture([(0, 1)]), width, height, mapped=mapped, alpha=False, tile_units=1
            )
    for seed, (width, height, finest) in enumerate(STRIPES):
        for alpha in (False, True):
            name = f"stripes-finest-{finest}{'-alpha' if alpha else ''}"
            networks = architecture([(finest, 3), (1, 1)], network_of=(0, 1, 1))
            yield name, random_file(seed, networks, width, height, alpha=alpha, tile_units=1)
    for grey, alpha in ((False, True), (True, False), (True, True)):
        name = "-".join(["grey"] * grey + ["alpha"] * alpha)
        yield name, random_file(5, architecture(), 17, 13, alpha=alpha, grey=grey)
    extras = {"icc": b"profile", "exif": b"MM", "xmp": b"<x/>", "unknown": [(128, b""), (255, b"later")]}
    yield "every-section", random_file(6, architecture(), 8, 8, alpha=True, extras=extras)
    extras = {"unknown": [(128, b"")], "trailer": b"\n<!-- cached -->\n"}
    yield "trailer", random_file(7, architecture(), 8, 8, alpha=False, extras=extras)
    for seed in RANDOM_SEEDS:
        yield f"random-{seed}", random_file(seed, wildness=0.3, tile_units=1)


def decode_back(name, file):
    """What the decoder finds, which must be what the writer wrote."""
    decoded = decode(file.data)
    same = [(found == written).all() for found, written in zip(decoded.grids, file.latents, strict=True)]
    same.append(decoded.maps == file.maps)
    same.append(decoded.alpha is None if file.alpha is None else (decoded.alpha == file.alpha).all())
    if not all(same):
        raise AssertionError(f"{name}: the second decoder does not find what was written")
    return decoded


def all_files():
    """File name to contents."""
    files, lines = {}, []
    for name, file in vectors():
        decoded = decode_back(name, file)
        height, width, channels = decoded.pixels.shape
        lines.append("\t".join(map(str, (f"{name}.lic", width, height, channels, pixel_hash(decoded)))))
        files[f"{name}.lic"] = file.data
    files[MANIFEST] = (ABOUT + "\n".join(["\t".join(COLUMNS), *lines]) + "\n").encode()
    return files | {f"bad/{name}.lic": data for name, data in bad_overfitted()}


def files_here():
    here = {}
    for folder, prefix in ((FOLDER, ""), (os.path.join(FOLDER, "bad"), "bad/")):
        os.makedirs(folder, exist_ok=True)
        for entry in os.scandir(folder):
            if entry.is_file():
                with open(entry.path, "rb") as file:
                    here[prefix + entry.name] = file.read()
    return here


def write(files, names):
    for name in names:
        path = os.path.join(FOLDER, name)
        if name not in files:
            os.remove(path)
            continue
        with open(path, "wb") as file:
            file.write(files[name])


def main(arguments):
    files, here = all_files(), files_here()
    differ = sorted(name for name in here.keys() | files.keys() if here.get(name) != files.get(name))
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes")
    if arguments != ["--check"]:
        write(files, differ)
        return 0
    if differ:
        print("differ: " + ", ".join(differ))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
