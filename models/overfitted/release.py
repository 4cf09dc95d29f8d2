"""Releases a base set: from then on it never changes, and files that begin from it are decodable for ever.

    python3 -m models.overfitted.release 1 [--date 2026-12-31]

The table of docs/format.md gets the date, and models/registry.json an entry with the hash of the set's file. Refused,
with nothing changed: a set that does not exist or is released already, and one without a vector.
"""

import argparse
import datetime
import hashlib
import json
import os

from models.overfitted import export
from models.overfitted.generate import ROOT, read_text, write_text
from tests.reference.overfitted_base_sets import FOLDER, base_sets

VECTORS = os.path.join(ROOT, "tests", "vectors", "overfitted")


def release(number, date, registry=export.REGISTRY, document=export.DOCUMENT):
    """The new entry of the registry."""
    entries, text = json.loads(read_text(registry)), read_text(document)
    if number not in base_sets():
        raise export.Refused(f"there is no base set {number}")
    if number in {entry["number"] for entry in entries["base_sets"]}:
        raise export.Refused(f"base set {number} is released already")
    if not os.path.exists(os.path.join(VECTORS, f"base-set-{number}.lic")):
        raise export.Refused(f"base set {number} has no vector; python3 -m tests.vectors.make_overfitted makes it")
    row = export.ROW.format(number)
    if row not in text:
        raise export.Refused(f"{document} has no row {row.strip()}")
    with open(os.path.join(FOLDER, f"{number}.txt"), "rb") as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    entry = {"number": number, "date": date, "licence": "Apache-2.0", "sha256": sha256}
    entries["base_sets"].append(entry)
    write_text(document, text.replace(row, row.replace("draft", date)))
    write_text(registry, json.dumps(entries, indent=2) + "\n")
    return entry


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int)
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="default: today")
    args = parser.parse_args()
    try:
        print(release(args.number, args.date))
    except export.Refused as error:
        raise SystemExit(f"release: {error}") from error


if __name__ == "__main__":
    main()
