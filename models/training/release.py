"""Releases a draft: from then on its files are decodable for ever.

    python3 -m models.training.release lic-photo [--date 2026-12-31]

The two model files get version 1, and the model's id goes into models/registry.json. Weights and id stay as they were:
an id is a hash of the half that symbols depend on, which the version is no part of. Refused, with nothing changed: a
model without a card, without golden files (vectors of it in tests/vectors, which stay in the tests for ever), with
halves that do not belong together, or whose id is released already.

A newer model of the same name does not overwrite a released one: export.py keeps it as NAME-ID.dec.licm, where decoders
find it by its id.
"""
import argparse
import csv
import datetime
import hashlib
import json
import os
import struct
import sys

from models.training.files import licm

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = os.path.join(ROOT, "models")
MANIFEST = os.path.join(ROOT, "tests", "vectors", "manifest.tsv")
VERSION_AT = len(licm.MAGIC)
DRAFT, RELEASED = 0, 1
LEAST_VECTORS = 3
SUFFIXES = {"decoder": ".dec.licm", "encoder": ".enc.licm"}


class Refused(Exception):
    """Why a model is not released."""


def read(path):
    with open(path, "rb") as file:
        return file.read()


def replace(path, data):
    """All of `data`, or what was there."""
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)


def as_released(data):
    """A model file with version 1."""
    return data[:VERSION_AT] + struct.pack("<B", RELEASED) + data[VERSION_AT + 1 :]


def golden_files(name, manifest=MANIFEST):
    """Vectors of a model, which the tests of all decoders decode."""
    with open(manifest, newline="", encoding="ascii") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        return [row["file"] for row in rows if row["model"] == f"models/{name}{SUFFIXES['decoder']}"]


def entry_of(name, models, vectors, date):
    """-> the registry's entry, and the model files' contents by half.

    Raises Refused if something is missing or does not fit.
    """
    try:
        files = {half: read(os.path.join(models, name + suffix)) for half, suffix in SUFFIXES.items()}
        decoder, encoder = licm.read_decoder(files["decoder"]), licm.read_encoder(files["encoder"])
        card = read(os.path.join(models, name + ".md"))
    except (OSError, ValueError) as error:
        raise Refused(f"{name}: {error}") from error
    if (encoder.model_id, encoder.head_hash) != (decoder.model_id(), decoder.head_hash()):
        raise Refused(f"{name}: the encoder's half belongs to another decoder")
    if b"Apache-2.0" not in card:
        raise Refused(f"{name}.md states no licence")
    if len(vectors) < LEAST_VECTORS:
        raise Refused(f"{name}: {len(vectors)} golden files, {LEAST_VECTORS} are needed (tests/vectors/pictures.py)")
    released = as_released(files["decoder"])
    return {
        "name": name,
        "id": decoder.model_id().hex(),
        "head": decoder.head_hash().hex(),
        "date": date,
        "licence": "Apache-2.0",
        "decoder_sha256": hashlib.sha256(released).hexdigest(),
        "golden": vectors,
    }, files


def release(name, models=MODELS, manifest=MANIFEST, date=""):
    """-> the new entry of models/registry.json."""
    path = os.path.join(models, "registry.json")
    registry = json.loads(read(path))
    entry, files = entry_of(name, models, golden_files(name, manifest), date or datetime.date.today().isoformat())
    if entry["id"] in {known["id"] for known in registry["released"]}:
        raise Refused(f"{name}: {entry['id']} is released already")
    registry["released"].append(entry)
    for half, data in files.items():
        replace(os.path.join(models, name + SUFFIXES[half]), as_released(data))
    replace(path, (json.dumps(registry, indent=2) + "\n").encode())
    return entry


def keep_released(prefix, new_id):
    """Makes way for a new model at `prefix`: a released decoder with another id moves aside.

    Returns its new path, or None.
    """
    path = prefix + SUFFIXES["decoder"]
    if not os.path.exists(path):
        return None
    old = licm.read_decoder(read(path))
    if old.version != RELEASED or old.model_id() == new_id:
        return None
    kept = f"{prefix}-{old.model_id().hex()}{SUFFIXES['decoder']}"
    os.rename(path, kept)
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--date", default="", help="default: today")
    args = parser.parse_args()
    try:
        entry = release(args.name, date=args.date)
    except Refused as error:
        raise SystemExit(f"release: {error}") from error
    print(
        f"{entry['name']} {entry['id']} is released; encode its golden files and samples anew, so that they say "
        f"version 1: {', '.join(entry['golden'])}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
