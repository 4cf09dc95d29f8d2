"""Measures what `lic encode --qa` takes for normal: the limits of models/NAME.qa.json.

    python3 -m models.evaluation.qa_calibrate ../shared/data/train/train-*.tar --every 12

encodes photographs at several qualities and takes, for each measure of a tile of 32 x 32 pixels
(native/assurance/tile_damage.h), the value that 98 % of the photographs exceed in no tile. Some photographs hold what
the codec is bad at; this way they do not move the limits. It is to be run after every change of the model's weights,
with photographs that the tests do not use, 200 or more, of about 400 x 400 pixels (of larger ones more tiles would be
flagged). Inputs are picture files and tar archives of them.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIC = os.environ.get("LIC_COMMAND", os.path.join(ROOT, "build/release/native/lic"))
QUALITIES = (1, 10, 30, 50, 70, 100)
MEASURES = ("error", "relative", "structure", "shift", "chroma")
PERCENTILE = 98  # of photographs


def run_lic(*arguments):
    """The lines of JSON that a command of `lic` prints."""
    done = subprocess.run([LIC, *arguments, "--json"], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def gather(inputs, every, folder):
    """The paths of every n-th picture; those of archives are unpacked into `folder`."""
    paths = []
    for path in inputs:
        if not tarfile.is_tarfile(path):
            paths.append(path)
            continue
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                if not member.isfile():
                    continue
                paths.append(os.path.join(folder, f"{len(paths)}-{os.path.basename(member.name)}"))
                with open(paths[-1], "wb") as file:
                    file.write(archive.extractfile(member).read())
    return paths[::every]


def measure_tiles(photos, quality, model, folder):
    """A line of JSON of `lic encode`, and {measure: the largest value in each photo}."""
    encoded = run_lic("encode", *photos, "-d", folder, "-q", str(quality), "-m", model)
    tiles = [
        run_lic("verify", line["output"], "--against", line["file"], "--tiles", "-m", model)[0]["tiles"]
        for line in encoded
    ]
    return encoded[0], {measure: [max(each[measure]) for each in tiles] for measure in MEASURES}


def head_hash(path):
    return run_lic("info", path)[0]["head_hash"]


def calibrate(photos, model, folder):
    """The contents of a calibration file."""
    limits = []
    for quality in QUALITIES:
        line, values = measure_tiles(photos, quality, model, folder)
        limits.append(
            {"quality": quality}
            | {measure: float(f"{np.percentile(values[measure], PERCENTILE):.4g}") for measure in MEASURES}
        )
        print("  ".join(f"{name} {value:g}" for name, value in limits[-1].items()), flush=True)
    return {
        "model": line["model"],
        "model_id": line["model_id"],
        "head_hash": head_hash(line["output"]),
        "tile": 32,
        "percentile": PERCENTILE,
        "photos": len(photos),
        "limits": limits,
    }


def save(calibration, path):
    """One limit a line, for readable differences."""
    *head, (name, limits) = calibration.items()
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head]
    rows = ",\n".join("    " + json.dumps(row) for row in limits)
    text = "{\n" + "\n".join(lines) + f"\n  {json.dumps(name)}: [\n{rows}\n  ]\n}}\n"
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", metavar="PHOTO|TAR")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every n-th picture only")
    parser.add_argument("--model", default="lic-photo", help="name of the model; the file is written beside it")
    parser.add_argument(
        "--models", default=os.path.join(ROOT, "models"), metavar="DIR", help="folder of the model's files"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        photos = gather(options.inputs, options.every, folder)
        calibration = calibrate(
            photos, os.path.join(options.models, f"{options.model}.dec.licm"), os.path.join(folder, "encoded")
        )
    path = os.path.join(options.models, f"{options.model}.qa.json")
    save(calibration, path)
    print(f"{path}: {len(photos)} photographs")


if __name__ == "__main__":
    main(sys.argv[1:])
